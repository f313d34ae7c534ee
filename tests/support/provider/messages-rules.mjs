// What Anthropic's Messages API refuses, in its words.
import { createHash } from "node:crypto";

const FIELDS = new Set([
  "model", "messages", "system", "tools", "tool_choice", "metadata", "max_tokens", "thinking", "stream", "stop_sequences", "temperature",
  "top_p", "top_k", "service_tier", "container", "mcp_servers", "context_management", "output_config", "inference_geo", "speed",
  "safeguards", "cache_control",
]);
const ID = /^[a-zA-Z0-9_-]+$/;
const IMAGE_TYPE = /^image\/(jpeg|png|gif|webp)$/;
const MOST_CACHE_MARKS = 4;
const BLOCKS = {
  user: new Set(["text", "image", "document", "tool_result", "search_result"]),
  assistant: new Set(["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"]),
  system: new Set(["text"]),
};
/** These always think, and take neither sampling parameters nor a forced tool. */
const ALWAYS_THINKS = /^claude-(opus|sonnet)-5-5/;

/** The seal on a thought: only the provider that had it can make it, and only for these very words. */
export const signature = (provider, thought) => createHash("sha256").update(`${provider}\0${thought}`).digest("base64");

/** Why a request is refused with 400; undefined for a good one. */
export function objection(body, headers, provider) {
  if (!headers["anthropic-version"]) return "anthropic-version: header is required";
  for (const field of ["model", "messages", "max_tokens"]) if (body[field] === undefined) return `${field}: Field required`;
  for (const field of Object.keys(body)) if (!FIELDS.has(field)) return `${field}: Extra inputs are not permitted`;
  if (!(Number.isInteger(body.max_tokens) && body.max_tokens > 0)) return "max_tokens: Input should be greater than or equal to 1";
  return settings(body) ?? tools(body) ?? conversation(body, provider) ?? cacheMarks(body);
}

/** What count_tokens refuses: the same, but that nothing is produced. */
export const countingObjection = (body, headers, provider) => objection({ max_tokens: 1, ...body }, headers, provider);

function settings({ model, thinking, max_tokens, temperature, top_p, top_k, tool_choice }) {
  if (ALWAYS_THINKS.test(model)) {
    if ([temperature, top_p, top_k].some((value) => value !== undefined)) return "sampling parameters are not supported for this model";
    if (["any", "tool"].includes(tool_choice?.type)) return "tool_choice: forced tool use is not supported for this model";
  }
  if (thinking?.type === "enabled") {
    if (!(thinking.budget_tokens >= 1024)) return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
    if (thinking.budget_tokens >= max_tokens) return "`max_tokens` must be greater than `thinking.budget_tokens`";
    if (temperature !== undefined && temperature !== 1) return "`temperature` may only be set to 1 when thinking is enabled";
  }
  return undefined;
}

function tools({ tools = [], tool_choice }) {
  const names = new Set();
  for (const [i, tool] of tools.entries()) {
    if (tool.type !== undefined && tool.type !== "custom") return `tools.${i}: Input tag '${tool.type}' found using 'type' does not match any of the expected tags`;
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(tool.name)) return `tools.${i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    if (tool.input_schema?.type !== "object") return `tools.${i}.custom.input_schema.type: Input should be 'object'`;
    if (names.has(tool.name)) return "tools: Tool names must be unique.";
    names.add(tool.name);
  }
  if (!tool_choice) return undefined;
  if (!["auto", "any", "tool", "none"].includes(tool_choice.type)) return `tool_choice: Input tag '${tool_choice.type}' is none of the expected tags`;
  if (tools.length === 0) return "tool_choice: may only be specified while providing `tools`";
  if (tool_choice.type === "tool" && !names.has(tool_choice.name)) return `Tool '${tool_choice.name}' not found in provided tools`;
  return undefined;
}

/** Content as blocks: a string stands for one text. */
export const blocksOf = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : content ?? []);

function conversation({ messages, thinking }, provider) {
  if (!Array.isArray(messages) || messages.length === 0) return "messages: at least one message is required";
  const said = messages.filter(({ role }) => role !== "system");
  if (said[0]?.role !== "user") return 'messages: first message must use the "user" role';
  let open = []; // calls that the next message must answer
  for (const [i, { role, content }] of messages.entries()) {
    if (!BLOCKS[role]) return `messages.${i}.role: Input should be 'user' or 'assistant'`;
    const blocks = blocksOf(content);
    for (const [k, block] of blocks.entries()) {
      const wrong = blockObjection(block, BLOCKS[role], provider);
      if (wrong) return `messages.${i}.content.${k}${wrong}`;
    }
    if (role === "system") continue;
    const answered = blocks.filter(({ type }) => type === "tool_result").map(({ tool_use_id }) => tool_use_id);
    const unexpected = answered.find((id, at) => !open.includes(id) || answered.indexOf(id) !== at);
    if (unexpected) return `messages.${i}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unexpected}`;
    const missing = open.filter((id) => !answered.includes(id));
    if (missing.length > 0) return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing}`;
    open = blocks.filter(({ type }) => type === "tool_use").map(({ id }) => id);
    if (new Set(open).size < open.length) return "messages: `tool_use` ids must be unique";
  }
  if (open.length > 0) return "messages: `tool_use` ids were found without `tool_result` blocks immediately after";
  if (thinking?.type === "enabled") return thinkingFirst(said);
  return undefined;
}

function blockObjection(block, allowed, provider) {
  if (!allowed.has(block.type)) return `: Input tag '${block.type}' found using 'type' does not match any of the expected tags`;
  if (block.type === "text" && !block.text) return ".text: text content blocks must be non-empty";
  if (block.type === "thinking" && block.signature !== signature(provider, block.thinking)) return ": Invalid `signature` in `thinking` block";
  if (block.type === "redacted_thinking") return ": Invalid `data` in `redacted_thinking` block";
  if (block.type === "tool_use") {
    if (!ID.test(block.id)) return `.tool_use.id: String should match pattern '${ID.source}'`;
    if (typeof block.input !== "object" || block.input === null) return ".tool_use.input: Input should be a valid dictionary";
  }
  if (block.type === "tool_result") {
    if (!ID.test(block.tool_use_id)) return `.tool_result.tool_use_id: String should match pattern '${ID.source}'`;
    const empty = Array.isArray(block.content) && block.content.some(({ type, text }) => type === "text" && !text);
    if (empty) return ".tool_result: text content blocks must be non-empty";
  }
  if (block.type === "image" && block.source?.type === "base64" && !IMAGE_TYPE.test(block.source.media_type)) {
    return ".image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'";
  }
  return undefined;
}

/** With thinking switched on in the classic way, an unfinished tool loop must begin with a thought. */
function thinkingFirst(said) {
  const results = ({ role, content }) => role === "user" && blocksOf(content).some(({ type }) => type === "tool_result");
  const turn = results(said.at(-1)) ? said.at(-2) : undefined;
  const first = turn && blocksOf(turn.content)[0]?.type;
  if (!turn || ["thinking", "redacted_thinking"].includes(first)) return undefined;
  return `messages.${said.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\``;
}

function cacheMarks({ system, tools = [], messages }) {
  const blocks = [...blocksOf(system), ...tools, ...messages.flatMap(({ content }) => blocksOf(content))];
  const marks = blocks.filter(({ cache_control }) => cache_control).length;
  return marks > MOST_CACHE_MARKS ? `A maximum of ${MOST_CACHE_MARKS} blocks with cache_control may be provided. Found ${marks}.` : undefined;
}
