// OpenAI's Responses: how a request is read and an answer written.
import { openaiError, openaiQuota } from "./chat.mjs";
import { encrypted, objection } from "./responses-rules.mjs";
import { pieces, tokens, Turn } from "./turn.mjs";

export const responses = {
  path: "/v1/responses",
  objection,
  read,
  write,
  events,
  end: "",
  named: true,
  error: openaiError,
  quota: openaiQuota,
  overloaded: { status: 503, message: "Our servers are currently overloaded. Please try again later.", code: "server_is_overloaded" },
};

const itemsOf = (input) => (typeof input === "string" ? [{ role: "user", content: input }] : input);
const textOf = (content) => (typeof content === "string" ? content : (content ?? []).map(({ text }) => text ?? "").join("\n"));

function read(body) {
  const turn = new Turn();
  let calling = false;
  for (const { type = "message", role, content, output, tools } of itemsOf(body.input)) {
    const call = type.endsWith("_call");
    if (call && !calling) turn.called(); // calls side by side are one turn
    calling = call;
    if (type.endsWith("_output")) turn.result(textOf(output));
    if (type === "additional_tools") addTools(turn, tools);
    if (type !== "message" || role !== "user") continue;
    if (textOf(content)) turn.user(textOf(content));
    if (Array.isArray(content)) content.filter(({ type }) => type === "input_image").forEach(({ image_url }) => turn.image(image_url));
  }
  addTools(turn, body.tools ?? []);
  const { tool_choice: choice, text } = body;
  turn.forced = choice === "required" ? [...turn.tools.keys()][0] : choice?.name;
  turn.schema = text?.format?.schema ?? (text?.format?.type === "json_object" ? { type: "object" } : undefined);
  return turn;
}

function addTools(turn, tools, namespace) {
  for (const tool of tools) {
    if (tool.type === "namespace") addTools(turn, tool.tools, tool.name);
    if (tool.type === "function" || tool.type === "custom") turn.tools.set(tool.name, { schema: tool.parameters, custom: tool.type === "custom", namespace });
  }
}

function write({ body, turn, plan, provider, id, callId }) {
  const output = [];
  const { think, text } = plan;
  if (think && body.reasoning) {
    const sealed = body.include?.includes("reasoning.encrypted_content") && { encrypted_content: encrypted(provider, think) };
    output.push({ type: "reasoning", id: id("rs_"), summary: [{ type: "summary_text", text: think }], ...sealed });
  }
  if (text !== undefined) {
    output.push({ type: "message", id: id("msg_"), status: "completed", role: "assistant", content: [{ type: "output_text", text, annotations: [], logprobs: [] }] });
  }
  for (const [name, args] of plan.calls) output.push({ ...called(turn, name, args, id), call_id: callId("call_", name), status: "completed" });
  const [input_tokens, output_tokens] = [tokens([body.instructions, body.input, body.tools]), tokens(output)];
  return {
    id: id("resp_"),
    object: "response",
    created_at: 1_767_225_600,
    status: "completed",
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: body.model,
    output,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: body.store ?? true,
    temperature: 1,
    text: body.text ?? { format: { type: "text" } },
    tool_choice: body.tool_choice ?? "auto",
    tools: body.tools ?? [],
    top_p: 1,
    truncation: "disabled",
    metadata: {},
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input_tokens + output_tokens,
    },
  };
}

function called(turn, name, args, id) {
  const { custom, namespace } = turn.tools.get(name);
  const place = namespace && { namespace };
  if (custom) return { type: "custom_tool_call", id: id("ctc_"), name, input: args, ...place };
  return { type: "function_call", id: id("fc_"), name, arguments: JSON.stringify(args), ...place };
}

function* events(response) {
  let sequence_number = 0;
  const event = (type, more) => ({ type, sequence_number: sequence_number++, ...more });
  const begun = { ...response, status: "in_progress", output: [], usage: null };
  yield event("response.created", { response: begun });
  yield event("response.in_progress", { response: begun });
  for (const [output_index, item] of response.output.entries()) {
    const blank = { message: { content: [] }, reasoning: { summary: [] }, function_call: { arguments: "" }, custom_tool_call: { input: "" } }[item.type];
    yield event("response.output_item.added", { output_index, item: { ...item, ...(item.status && { status: "in_progress" }), ...blank } });
    for (const [type, more] of PARTS_OF[item.type](item)) yield event(type, { item_id: item.id, output_index, ...more });
    yield event("response.output_item.done", { output_index, item });
  }
  yield event("response.completed", { response });
}

const PARTS_OF = {
  *message({ content }) {
    for (const [content_index, part] of content.entries()) {
      yield ["response.content_part.added", { content_index, part: { ...part, text: "" } }];
      for (const delta of pieces(part.text)) yield ["response.output_text.delta", { content_index, delta, logprobs: [] }];
      yield ["response.output_text.done", { content_index, text: part.text, logprobs: [] }];
      yield ["response.content_part.done", { content_index, part }];
    }
  },
  *reasoning({ summary }) {
    for (const [summary_index, part] of summary.entries()) {
      yield ["response.reasoning_summary_part.added", { summary_index, part: { ...part, text: "" } }];
      for (const delta of pieces(part.text)) yield ["response.reasoning_summary_text.delta", { summary_index, delta }];
      yield ["response.reasoning_summary_text.done", { summary_index, text: part.text }];
      yield ["response.reasoning_summary_part.done", { summary_index, part }];
    }
  },
  *function_call({ arguments: whole, name }) {
    for (const delta of pieces(whole)) yield ["response.function_call_arguments.delta", { delta }];
    yield ["response.function_call_arguments.done", { name, arguments: whole }];
  },
  *custom_tool_call({ input }) {
    for (const delta of pieces(input)) yield ["response.custom_tool_call_input.delta", { delta }];
    yield ["response.custom_tool_call_input.done", { input }];
  },
};
