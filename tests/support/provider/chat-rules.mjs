// What OpenAI's Chat Completions API refuses, in its words.

const FIELDS = new Set([
  "model", "messages", "max_tokens", "max_completion_tokens", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls",
  "response_format", "temperature", "top_p", "n", "stop", "seed", "user", "metadata", "store", "reasoning_effort", "verbosity", "logprobs",
  "top_logprobs", "logit_bias", "frequency_penalty", "presence_penalty", "prediction", "service_tier", "modalities", "audio",
  "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "web_search_options", "functions", "function_call",
]);
const PARTS = {
  system: ["text"],
  developer: ["text"],
  user: ["text", "image_url", "input_audio", "file"],
  assistant: ["text", "refusal"],
  tool: ["text"],
};
const PART_FIELDS = ["type", "text", "image_url", "input_audio", "file", "refusal"];
const LONGEST_ID = 40;
/** Reasoning models have another name for the limit and their own temperature. */
const REASONS = /^(gpt-[5-9]|o\d)/;

/** Why a request is refused with 400; undefined for a good one. */
export function objection(body) {
  for (const field of ["model", "messages"]) if (body[field] === undefined) return `Missing required parameter: '${field}'.`;
  for (const field of Object.keys(body)) if (!FIELDS.has(field)) return `Unrecognized request argument supplied: ${field}`;
  if (body.stream_options && !body.stream) return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  if (REASONS.test(body.model)) {
    if (body.max_tokens !== undefined) return "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    if (body.temperature !== undefined && body.temperature !== 1) return "Unsupported value: 'temperature' does not support this value with this model.";
  }
  return tools(body) ?? format(body) ?? conversation(body);
}

function tools({ tools, tool_choice, parallel_tool_calls }) {
  if (tools?.length === 0) return "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.";
  const names = new Set();
  for (const [i, { type, function: tool }] of (tools ?? []).entries()) {
    if (type !== "function") return `Invalid value: '${type}'. Supported values are: 'function'.`;
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(tool?.name)) return `Invalid 'tools[${i}].function.name': string does not match pattern.`;
    if (tool.parameters && tool.parameters.type !== "object") return `Invalid schema for function '${tool.name}': schema must be a JSON Schema of 'type: "object"'`;
    names.add(tool.name);
  }
  if (!tools && tool_choice !== undefined) return "'tool_choice' is only allowed when 'tools' are specified.";
  if (!tools && parallel_tool_calls !== undefined) return "'parallel_tool_calls' is only allowed when 'tools' are specified.";
  const choice = typeof tool_choice === "object" ? tool_choice.type : tool_choice;
  if (choice !== undefined && !["auto", "none", "required", "function"].includes(choice)) return `Invalid value: '${choice}' for 'tool_choice'.`;
  if (choice === "function" && !names.has(tool_choice.function?.name)) return `Tool choice '${tool_choice.function?.name}' not found in 'tools' parameter.`;
  return undefined;
}

function format({ response_format: format }) {
  if (!format) return undefined;
  if (!["text", "json_object", "json_schema"].includes(format.type)) return `Invalid value: '${format.type}' for 'response_format.type'.`;
  if (format.type === "json_schema" && !/^[a-zA-Z0-9_-]{1,64}$/.test(format.json_schema?.name)) return "Missing required parameter: 'response_format.json_schema.name'.";
  return undefined;
}

/** Content as parts: a string stands for one text. */
export const partsOf = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : content ?? []);

function conversation({ messages }) {
  if (!Array.isArray(messages) || messages.length === 0) return "Invalid 'messages': empty array.";
  const open = new Set(); // calls that are still to be answered
  for (const [i, message] of messages.entries()) {
    const { role, content, tool_calls: calls = [] } = message;
    if (!PARTS[role]) return `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'.`;
    if (content === undefined || content === null) {
      if (role !== "assistant" || calls.length === 0) return `Invalid value for 'messages[${i}].content': expected a string, got null.`;
    }
    if (Array.isArray(content) && content.length === 0) return `Invalid 'messages[${i}].content': empty array.`;
    for (const [k, part] of partsOf(content).entries()) {
      if (!PARTS[role].includes(part.type)) return `Invalid value: '${part.type}' in 'messages[${i}].content[${k}].type'.`;
      const unknown = Object.keys(part).find((field) => !PART_FIELDS.includes(field));
      if (unknown) return `Unknown parameter: 'messages[${i}].content[${k}].${unknown}'.`;
    }
    if (role === "tool") {
      if (!open.delete(message.tool_call_id)) return `Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.`;
      continue;
    }
    if (open.size > 0) return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. Missing: ${[...open]}`;
    for (const [k, call] of calls.entries()) {
      const wrong = callObjection(call, open);
      if (wrong) return `Invalid 'messages[${i}].tool_calls[${k}]${wrong}`;
      open.add(call.id);
    }
  }
  return open.size > 0 ? `An assistant message with 'tool_calls' must be followed by tool messages. Missing: ${[...open]}` : undefined;
}

function callObjection({ id, type, function: called }, open) {
  if (typeof id !== "string" || id === "" || open.has(id)) return ".id': missing or used twice.";
  if (id.length > LONGEST_ID) return `.id': string too long. Expected a string with maximum length ${LONGEST_ID}, but got a string with length ${id.length} instead.`;
  if (type !== "function" || typeof called?.name !== "string") return ".type': expected 'function'.";
  try {
    JSON.parse(called.arguments);
    return undefined;
  } catch {
    return ".function.arguments': expected a string of JSON.";
  }
}
