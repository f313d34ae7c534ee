// Anthropic's Messages: how a request is read and an answer written.
import { blocksOf, countingObjection, objection, signature } from "./messages-rules.mjs";
import { pieces, tokens, Turn } from "./turn.mjs";

const TYPES = {
  400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large",
  429: "rate_limit_error", 500: "api_error", 529: "overloaded_error",
};

export const messages = {
  path: "/v1/messages",
  objection,
  countingObjection,
  read,
  write,
  events,
  end: "",
  named: true,
  error: (status, message, { type = TYPES[status] } = {}) => ({ type: "error", error: { type, message }, request_id: "req_011CSscripted" }),
  /** What a subscription says when its five hours are used up; `reset` in Unix seconds, which is in `seconds`. */
  quota: (reset, seconds) => ({
    status: 429,
    message: "This request would exceed your account's rate limit. Please try again later.",
    headers: {
      "retry-after": String(seconds),
      "x-should-retry": "false",
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
      "anthropic-ratelimit-unified-reset": String(reset),
      "anthropic-ratelimit-unified-5h-status": "rejected",
      "anthropic-ratelimit-unified-5h-utilization": "1.0",
      "anthropic-ratelimit-unified-5h-reset": String(reset),
    },
  }),
  overloaded: { status: 529, message: "Overloaded" },
};

/** How many tokens a request has, for count_tokens. */
export const count = ({ system, messages, tools }) => tokens({ system, messages, tools });

function read(body) {
  const turn = new Turn();
  for (const { role, content } of body.messages) {
    const blocks = blocksOf(content);
    if (role === "assistant" && blocks.some(({ type }) => type === "tool_use")) turn.called();
    if (role !== "user") continue;
    const text = blocks.filter(({ type }) => type === "text").map(({ text }) => text).join("\n");
    if (text) turn.user(text);
    for (const block of blocks) {
      if (block.type === "image" && block.source.type === "base64") turn.image(block.source.data);
      if (block.type !== "tool_result") continue;
      turn.result(blocksOf(block.content).map(({ text }) => text ?? "").join(" "));
      blocksOf(block.content).filter(({ type, source }) => type === "image" && source.type === "base64").forEach(({ source }) => turn.image(source.data));
    }
  }
  for (const { name, input_schema } of body.tools ?? []) turn.tools.set(name, { schema: input_schema });
  const { type, name } = body.tool_choice ?? {};
  turn.forced = type === "tool" ? name : type === "any" ? [...turn.tools.keys()][0] : undefined;
  turn.schema = body.output_config?.format?.schema;
  return turn;
}

function write({ body, turn, plan, provider, id, callId }) {
  const content = [];
  const thinks = ["enabled", "adaptive"].includes(body.thinking?.type);
  if (plan.think && thinks) content.push({ type: "thinking", thinking: plan.think, signature: signature(provider, plan.think) });
  if (plan.text !== undefined) content.push({ type: "text", text: plan.text });
  for (const [name, args] of plan.calls) content.push({ type: "tool_use", id: callId("toolu_01", name), name, input: turn.input(name, args) });
  return {
    id: id("msg_01"),
    type: "message",
    role: "assistant",
    model: body.model,
    content,
    stop_reason: plan.calls.length > 0 ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: { input_tokens: count(body), cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: tokens(content), service_tier: "standard" },
  };
}

function* events(message) {
  yield { type: "message_start", message: { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } } };
  yield { type: "ping" };
  for (const [index, block] of message.content.entries()) {
    const delta = (delta) => ({ type: "content_block_delta", index, delta });
    const start = { text: { text: "" }, thinking: { thinking: "", signature: "" }, tool_use: { input: {} } }[block.type];
    yield { type: "content_block_start", index, content_block: { ...block, ...start } };
    if (block.type === "text") for (const text of pieces(block.text)) yield delta({ type: "text_delta", text });
    if (block.type === "thinking") {
      for (const thinking of pieces(block.thinking)) yield delta({ type: "thinking_delta", thinking });
      yield delta({ type: "signature_delta", signature: block.signature });
    }
    if (block.type === "tool_use") {
      for (const partial_json of ["", ...pieces(JSON.stringify(block.input))]) yield delta({ type: "input_json_delta", partial_json });
    }
    yield { type: "content_block_stop", index };
  }
  yield { type: "message_delta", delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: { output_tokens: message.usage.output_tokens } };
  yield { type: "message_stop" };
}
