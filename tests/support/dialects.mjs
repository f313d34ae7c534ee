// The three dialects as a client speaks them: what it asks, what it reads, and how it is told of errors.
// Written from the providers' documents, independently of the code under test.
import assert from "node:assert/strict";

const OPENAI_ERROR = ["code", "message", "param", "type"];
const TYPES = { 400: "invalid_request_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error", 529: "overloaded_error" };

const openai = {
  /** The error in a body, checked for its form. */
  error(json) {
    assert.deepEqual(Object.keys(json ?? {}), ["error"]);
    assert.deepEqual(Object.keys(json.error).sort(), OPENAI_ERROR);
    return json.error;
  },
};

/**
 * By name: the `path`; `ask`, a body with one text of the user's; `text` of a whole answer; `piece`, the text in an event;
 * `ends`, whether an event is the proper end; `error` of a body and `fault` of an event, checked for their form.
 */
export const DIALECTS = {
  chat: {
    ...openai,
    path: "/v1/chat/completions",
    ask: (model, content, more) => ({ model, messages: [{ role: "user", content }], ...more }),
    text: ({ choices }) => choices[0].message.content,
    piece: ({ choices }) => choices?.[0]?.delta?.content ?? "",
    ends: (event) => event === "[DONE]",
    fault: (event) => event.error && openai.error(event),
  },
  responses: {
    ...openai,
    path: "/v1/responses",
    ask: (model, input, more) => ({ model, input, ...more }),
    text: ({ output }) => output.filter(({ type }) => type === "message").flatMap(({ content }) => content.map(({ text }) => text)).join(""),
    piece: ({ type, delta }) => (type === "response.output_text.delta" ? delta : ""),
    ends: ({ type }) => type === "response.completed",
    fault(event) {
      if (event.type !== "error") return undefined;
      assert.deepEqual(Object.keys(event).sort(), ["code", "message", "param", "sequence_number", "type"]);
      return event;
    },
  },
  messages: {
    path: "/v1/messages",
    ask: (model, content, more) => ({ model, max_tokens: 64_000, messages: [{ role: "user", content }], ...more }),
    text: ({ content }) => content.filter(({ type }) => type === "text").map(({ text }) => text).join(""),
    piece: ({ type, delta }) => (type === "content_block_delta" ? (delta.text ?? "") : ""),
    ends: ({ type }) => type === "message_stop",
    error(json) {
      assert.deepEqual(Object.keys(json ?? {}).sort(), ["error", "request_id", "type"]);
      assert.equal(json.type, "error");
      assert.deepEqual(Object.keys(json.error).sort(), ["message", "type"]);
      return json.error;
    },
    fault: (event) => (event.type === "error" ? DIALECTS.messages.error(event) : undefined),
  },
};

/** An event's JSON; as it is where it is none: `[DONE]`, or garbage that has gone out. */
export function parsed(event) {
  try {
    return JSON.parse(event);
  } catch {
    return event;
  }
}

/** What a stream said, how it ended and what was wrong: { text, whole, faults }. */
export function heard({ piece, ends, fault }, events) {
  const told = events.map(parsed);
  return { text: told.map(piece).join(""), whole: told.some(ends), faults: told.map(fault).filter(Boolean) };
}

/** Asserts an error answer in a dialect's own form, with Anthropic's type for the status. Gives the error. */
export function assertRefusal(name, { status, headers, json, text }, expected) {
  assert.equal(status, expected.status, text);
  assert.match(headers.get("content-type"), /^application\/json/);
  const error = DIALECTS[name].error(json);
  assert.ok(error.message.length > 8, text);
  const type = expected[name] ?? (name === "messages" ? (TYPES[status] ?? "api_error") : expected.type);
  assert.equal(error.type, type, text);
  return error;
}

/** Which dialect a client speaks, and which the provider of the model it asks for. */
export const PAIRS = [
  { client: "chat", upstream: "chat", model: "openai/gpt-4o-mini" },
  { client: "responses", upstream: "responses", model: "openai/gpt-4o-mini" },
  { client: "messages", upstream: "messages", model: "anthropic/claude-haiku-4-5" },
  { client: "messages", upstream: "chat", model: "moonshot/kimi-k3" },
  { client: "responses", upstream: "chat", model: "moonshot/kimi-k3" },
  { client: "chat", upstream: "messages", model: "anthropic/claude-haiku-4-5" },
  { client: "responses", upstream: "messages", model: "anthropic/claude-haiku-4-5" },
].map((pair) => ({ ...pair, provider: pair.model.split("/")[0], name: pair.client === pair.upstream ? pair.client : `${pair.client} over ${pair.upstream}` }));
