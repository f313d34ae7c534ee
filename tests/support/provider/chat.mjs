// OpenAI's Chat Completions: how a request is read and an answer written.
import { objection, partsOf } from "./chat-rules.mjs";
import { pieces, tokens, Turn } from "./turn.mjs";

const TYPES = { 401: "invalid_request_error", 429: "requests", 500: "server_error", 503: "server_error" };

/** The error body of both OpenAI dialects. */
export const openaiError = (status, message, { type = TYPES[status] ?? "invalid_request_error", code = null } = {}) => ({
  error: { message, type, param: null, code },
});

/** What an account without money says, in both OpenAI dialects. */
export const openaiQuota = () => ({
  status: 429,
  message: "You exceeded your current quota, please check your plan and billing details.",
  type: "insufficient_quota",
  code: "insufficient_quota",
  headers: {},
});

export const chat = {
  path: "/v1/chat/completions",
  objection,
  read,
  write,
  events,
  end: "data: [DONE]\n\n",
  named: false,
  error: openaiError,
  quota: openaiQuota,
  overloaded: { status: 503, message: "The engine is currently overloaded, please try again later", code: "server_is_overloaded" },
};

function read(body) {
  const turn = new Turn();
  for (const { role, content, tool_calls: calls = [] } of body.messages) {
    const parts = partsOf(content);
    const text = parts.filter(({ type }) => type === "text").map(({ text }) => text).join("\n");
    if (role === "assistant" && calls.length > 0) turn.called();
    if (role === "tool") turn.result(text);
    if (role !== "user") continue;
    if (text) turn.user(text);
    parts.filter(({ type }) => type === "image_url").forEach(({ image_url }) => turn.image(image_url.url));
  }
  for (const { function: tool } of body.tools ?? []) turn.tools.set(tool.name, { schema: tool.parameters });
  const { tool_choice: choice, response_format: format } = body;
  turn.forced = choice === "required" ? [...turn.tools.keys()][0] : choice?.function?.name;
  turn.schema = format?.json_schema?.schema ?? (format?.type === "json_object" ? { type: "object" } : undefined);
  return turn;
}

function write({ body, turn, plan, id, callId }) {
  const tool_calls = plan.calls.map(([name, args]) => ({
    id: callId("call_", name),
    type: "function",
    function: { name, arguments: JSON.stringify(turn.input(name, args)) },
  }));
  const message = { role: "assistant", content: plan.text ?? null, refusal: null, ...(tool_calls.length > 0 && { tool_calls }) };
  const [prompt_tokens, completion_tokens] = [tokens([body.messages, body.tools]), tokens(message)];
  return {
    id: id("chatcmpl-"),
    object: "chat.completion",
    created: 1_767_225_600,
    model: body.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: tool_calls.length > 0 ? "tool_calls" : "stop" }],
    usage: {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  };
}

function* events({ id, created, model, choices: [{ message, finish_reason }], usage }, body) {
  const counted = body.stream_options?.include_usage === true;
  const chunk = (choices, more = counted ? { usage: null } : {}) => ({ id, object: "chat.completion.chunk", created, model, choices, ...more });
  const delta = (delta, finish_reason = null) => chunk([{ index: 0, delta, logprobs: null, finish_reason }]);
  yield delta({ role: "assistant", content: message.content === null ? null : "" });
  for (const content of message.content ? pieces(message.content) : []) yield delta({ content });
  for (const [index, { id, type, function: { name, arguments: whole } }] of (message.tool_calls ?? []).entries()) {
    yield delta({ tool_calls: [{ index, id, type, function: { name, arguments: "" } }] });
    for (const piece of pieces(whole)) yield delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  yield delta({}, finish_reason);
  if (counted) yield chunk([], { usage });
}
