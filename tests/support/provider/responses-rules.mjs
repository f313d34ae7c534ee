// What OpenAI's Responses API refuses, in its words.
import { createHash } from "node:crypto";

const FIELDS = new Set([
  "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "store", "stream", "stream_options", "include",
  "prompt_cache_key", "prompt_cache_retention", "text", "client_metadata", "previous_response_id", "max_output_tokens", "temperature", "top_p",
  "top_logprobs", "metadata", "user", "truncation", "service_tier", "background", "conversation", "max_tool_calls", "prompt",
  "safety_identifier", "context_management",
]);
const PARTS = {
  user: ["input_text", "input_image", "input_file"],
  system: ["input_text", "input_image", "input_file"],
  developer: ["input_text", "input_image", "input_file"],
  assistant: ["output_text", "refusal"],
};
/** Items, and how their ids begin where they have one. */
const ITEMS = {
  message: "msg", reasoning: "rs", function_call: "fc", function_call_output: "fc", custom_tool_call: "ctc", custom_tool_call_output: "ctc",
  additional_tools: "",
};
const TOOLS = ["function", "custom", "namespace", "web_search", "tool_search", "image_generation", "local_shell", "file_search", "mcp"];
const LONGEST_ID = 64;

/** The seal on a reasoning item: only the provider that made it can read it again. */
export const encrypted = (provider, thought) => `gAAAAA${createHash("sha256").update(`${provider}\0${thought}`).digest("base64url")}`;

/** Why a request is refused with 400; undefined for a good one. */
export function objection(body, _headers, provider) {
  for (const field of ["model", "input"]) if (body[field] === undefined) return `Missing required parameter: '${field}'.`;
  for (const field of Object.keys(body)) if (!FIELDS.has(field)) return `Unknown parameter: '${field}'.`;
  if (body.previous_response_id) return `Previous response with id '${body.previous_response_id}' not found.`;
  for (const [i, tool] of (body.tools ?? []).entries()) {
    if (!TOOLS.includes(tool.type)) return `Invalid value: '${tool.type}' in 'tools[${i}].type'.`;
    if (["function", "custom"].includes(tool.type) && !/^[a-zA-Z0-9_-]{1,128}$/.test(tool.name)) return `Invalid 'tools[${i}].name': string does not match pattern.`;
  }
  const { format } = body.text ?? {};
  if (format?.type === "json_schema" && !(format.name && format.schema)) return "Missing required parameter: 'text.format.name'.";
  return typeof body.input === "string" ? undefined : conversation(body.input, provider);
}

function conversation(input, provider) {
  if (!Array.isArray(input) || input.length === 0) return "Invalid 'input': empty array.";
  const open = new Set(); // calls that are still to be answered
  const known = new Set();
  for (const [i, item] of input.entries()) {
    const type = item.type ?? "message";
    if (!(type in ITEMS)) return `Invalid value: '${type}' in 'input[${i}].type'.`;
    if (item.id && !item.id.startsWith(ITEMS[type])) return `Invalid 'input[${i}].id': '${item.id}'. Expected an ID that begins with '${ITEMS[type]}'.`;
    const wrong = itemObjection(type, item, { open, known, provider });
    if (wrong) return `input[${i}]: ${wrong}`;
  }
  return open.size > 0 ? `No tool output found for function call ${[...open][0]}.` : undefined;
}

function itemObjection(type, item, { open, known, provider }) {
  if (type === "message") {
    if (!PARTS[item.role]) return `Invalid value: '${item.role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`;
    const part = Array.isArray(item.content) && item.content.find(({ type }) => !PARTS[item.role].includes(type));
    return part ? `Invalid value: '${part.type}'. Supported values are: ${PARTS[item.role]}.` : undefined;
  }
  if (type === "reasoning") {
    if (!item.encrypted_content) return `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false.`;
    const thought = item.summary?.[0]?.text ?? "";
    return item.encrypted_content === encrypted(provider, thought) ? undefined : `The encrypted content for item ${item.id} could not be verified.`;
  }
  if (type.endsWith("_call")) {
    if (typeof item.call_id !== "string" || item.call_id === "" || item.call_id.length > LONGEST_ID) return `Invalid 'call_id': ${item.call_id}`;
    if (known.has(item.call_id)) return `Duplicate item found with call_id ${item.call_id}`;
    if (typeof item.name !== "string") return "Missing required parameter: 'name'.";
    const field = type === "function_call" ? "arguments" : "input";
    if (typeof item[field] !== "string") return `Missing required parameter: '${field}'.`;
    open.add(item.call_id);
    known.add(item.call_id);
  }
  if (type.endsWith("_output")) {
    if (!known.has(item.call_id)) return `No tool call found for function call output with call_id ${item.call_id}.`;
    if (item.output === undefined) return "Missing required parameter: 'output'.";
    open.delete(item.call_id);
  }
  return undefined;
}
