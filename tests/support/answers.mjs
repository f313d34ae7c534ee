// What a provider may answer, well or badly. Each maker gives `(request, response) => …`.
import { setTimeout as sleep } from "node:timers/promises";

export const USAGE = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
/** The three counts that every usage object has, out of one that may tell more. */
export const counts = (usage) => usage && { prompt_tokens: usage.prompt_tokens, completion_tokens: usage.completion_tokens, total_tokens: usage.total_tokens };
const WORDS = ["Hello", ", ", "this ", "is ", "an ", "answer", "."];
export const TEXT = WORDS.join("");

const NOUNS = "river stone window garden letter market winter engine forest teacher bridge candle harbour island journey kitchen ladder mirror needle orchard".split(" ");
const VERBS = "meets carries follows paints remembers crosses opens answers borrows keeps".split(" ");

/** The text of an answer, about so many characters long, that says something else in each sentence, and for each seed. */
export function prose(length, seed = 1) {
  let text = "";
  const pick = (words) => words[(seed = (seed * 48_271) % 2_147_483_647) % words.length];
  while (text.length < length) text += `The ${pick(NOUNS)} ${pick(VERBS)} the ${pick(NOUNS)} near the ${pick(NOUNS)}. `;
  return text.trimEnd();
}

/** A whole answer, in the form that was asked for. */
export function complete({ words = WORDS, usage = USAGE, message = {}, choice = {}, finish = "stop" } = {}) {
  const whole = json(undefined, { words, usage, message, choice, finish });
  const pieces = stream({ words, usage, choice, finish });
  return (request, response) => (request.stream ? pieces : whole)(request, response);
}

/** An answer in one piece; `body` in place of a proper one, byte for byte. */
export function json(body, { words = WORDS, usage = USAGE, message = {}, choice = {}, finish = "stop" } = {}) {
  return ({ model }, response) => {
    const object = {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1_700_000_000,
      model,
      choices: [{ index: 0, message: { role: "assistant", content: words.join(""), ...message }, finish_reason: finish, ...choice }],
      ...(usage && { usage }),
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(body ?? JSON.stringify(object));
  };
}

/**
 * An answer in events, each in a write of its own. `between(i)` is awaited before word `i` and, with
 * the number of words, before the end. `cut` ends the connection after so many words, `error` sends
 * an error event there. The usage comes only when it was asked for, as with OpenAI.
 */
export function stream({ words = WORDS, usage = USAGE, choice = {}, finish = "stop", between, cut, error, prefix } = {}) {
  return async ({ model, body }, response) => {
    const wanted = usage && body.stream_options?.include_usage === true;
    const send = (choices, more) => {
      const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model, choices, ...(wanted && { usage: null }), ...more };
      return write(response, `data: ${JSON.stringify(chunk)}\n\n`);
    };
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (prefix) await write(response, prefix);
    for (let i = 0; ; i++) {
      await between?.(i);
      if (response.destroyed) return;
      if (i === cut) return void response.destroy();
      if (i === error) return void response.end(`data: ${JSON.stringify({ error: { message: "the model fell over", type: "server_error" } })}\n\n`);
      if (i === words.length) break;
      const delta = i === 0 ? { role: "assistant", content: words[i] } : { content: words[i] };
      await send([{ index: 0, delta, finish_reason: null, ...choice }]);
    }
    await send([{ index: 0, delta: {}, finish_reason: finish }]);
    if (wanted) await send([], { usage });
    response.end("data: [DONE]\n\n");
  };
}

/** An error status, in OpenAI's form. */
export function status(code, { headers = {}, message = `status ${code}`, error = {} } = {}) {
  return (_request, response) => {
    response.writeHead(code, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ error: { message, type: "server_error", param: null, code: null, ...error } }));
  };
}

/** The connection ends before any answer. */
export const drop = () => (_request, response) => void response.destroy();

/** Nothing comes, for as long as the caller waits. */
export const hang = () => () => {};

/** Bytes of any kind. Pieces that are functions are awaited, so that a test sets the pace. */
export function bytes(contentType, ...pieces) {
  return async (_request, response) => {
    response.writeHead(200, { "content-type": contentType });
    for (const piece of pieces) typeof piece === "function" ? await piece() : await write(response, piece);
    response.end();
  };
}

/** Resolves when the bytes have left this process, each piece as one of its own. */
async function write(response, text) {
  await new Promise((resolve) => response.write(text, resolve));
  await sleep(1);
}
