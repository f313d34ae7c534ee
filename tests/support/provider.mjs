// A provider as clients and gateways meet it: Anthropic's and OpenAI's own dialects with their rules,
// streams and errors, and a model that does what the prompt's script says (provider/script.mjs).
// upstream.mjs answers what a test dictates byte by byte; this one understands what it is asked.
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "./loopback.mjs";
import { chat, openaiError } from "./provider/chat.mjs";
import { embeddings } from "./provider/embeddings.mjs";
import { count, messages } from "./provider/messages.mjs";
import { responses } from "./provider/responses.mjs";
import { hasFailed } from "./provider/trouble.mjs";
import { sha256 } from "./provider/turn.mjs";

const DIALECTS = { messages, chat, responses };
const COUNT_TOKENS = "/v1/messages/count_tokens";
const EMBEDDINGS = "/v1/embeddings";

export class Provider {
  /** Requests for an answer in order of arrival: { dialect, model, body, raw, headers, stream, failed, left }. */
  requests = [];
  /** All that ever came, whether it was taken or not: { line, headers, raw }. */
  heard = [];
  /** What was refused with 400, and why. A test that expects none asserts that this is empty. */
  refusals = [];
  /**
   * Whether this request fails, and how: a function of the request that gives a mode of provider/trouble.mjs, nothing, or
   * a function of { frames, form, response } that sends what it likes of the answer: its events, or the whole as one.
   */
  trouble;
  /** What the model says to this request in place of what its prompt's script says: a function of the request, or nothing. */
  says;
  #options;
  #server;
  #serial = 0;

  /**
   * `name`: whose seal is on thoughts. `key`: what callers must present. `dialects`: the ones spoken; others are
   * 404. `models`: the ones listed. `callId`: (prefix, tool, serial) => the id of a call, where it is an odd one.
   */
  static async start({ name, key, dialects = Object.keys(DIALECTS), models = [], callId }) {
    const provider = new Provider();
    provider.#options = { name, key, dialects, models, callId };
    provider.#server = await serve((request, response) => {
      provider.#serve(request, response).catch((error) => {
        provider.refusals.push(String(error));
        response.destroy();
      });
    });
    provider.origin = provider.#server.origin;
    return provider;
  }

  get name() {
    return this.#options.name;
  }

  get last() {
    return this.requests.at(-1);
  }

  /** The requests that were answered. */
  get answered() {
    return this.requests.filter(({ failed }) => !failed);
  }

  /** Forgets what came and is well again. */
  reset() {
    this.requests = [];
    this.heard = [];
    this.refusals = [];
    this.trouble = undefined;
    this.says = undefined;
  }

  stop() {
    return this.#server.stop();
  }

  async #serve(request, response) {
    const { pathname: path } = new URL(request.url, this.origin);
    const name = path === COUNT_TOKENS ? "messages" : Object.keys(DIALECTS).find((name) => DIALECTS[name].path === path);
    const raw = Buffer.concat(await request.toArray()).toString();
    this.heard.push({ line: `${request.method} ${request.url}`, headers: request.rawHeaders, raw });
    const form = name ? DIALECTS[name] : { error: openaiError };
    const refuse = (status, message, more) => send(response, status, form.error(status, message, more));

    const leak = Object.entries(request.headers).find(([, value]) => String(value).includes("moe_"));
    if (leak) this.refusals.push(`a tenant's key in ${leak[0]}`);
    if (!this.#knows(name, request.headers)) return refuse(401, "Incorrect API key provided.", { code: "invalid_api_key" });
    if (request.method === "GET" && path.startsWith("/v1/models")) return this.#models(path, response);
    if (path === EMBEDDINGS && this.#options.dialects.includes("chat")) return this.#embed(JSON.parse(raw), raw, response, refuse);
    if (!name || !this.#options.dialects.includes(name) || request.method !== "POST") return refuse(404, `Invalid URL (${request.method} ${path})`);

    let body;
    try {
      body = JSON.parse(raw);
    } catch {
      return refuse(400, "We could not parse the JSON body of your request.");
    }
    const objection = path === COUNT_TOKENS ? messages.countingObjection : form.objection;
    const wrong = objection(body, request.headers, this.name);
    if (wrong) {
      this.refusals.push(wrong);
      return refuse(400, wrong);
    }
    if (path === COUNT_TOKENS) return send(response, 200, { input_tokens: count(body) });
    return this.#answer(name, { body, raw, headers: request.headers }, response);
  }

  /** Anthropic takes a key in either header, OpenAI only as a bearer token. */
  #knows(dialect, { authorization, "x-api-key": apiKey }) {
    const bearer = authorization?.replace(/^Bearer /, "");
    return [bearer, dialect === "messages" || dialect === undefined ? apiKey : undefined].includes(this.#options.key);
  }

  async #answer(name, { body, raw, headers }, response) {
    const form = DIALECTS[name];
    const seen = { dialect: name, model: body.model, body, raw, headers, stream: body.stream === true, left: false };
    response.on("close", () => (seen.left = !response.writableFinished));
    const mode = this.trouble?.(seen, this.answered.length);
    seen.failed = mode !== undefined;
    this.requests.push(seen);
    if (typeof mode === "string" && hasFailed(mode, form, response)) return;

    const turn = form.read(body);
    const id = (prefix) => prefix + sha256(`${this.name} ${++this.#serial}`).slice(0, 22); // no two providers give the same
    const { callId = id } = this.#options;
    const serial = (prefix, tool) => callId(prefix, tool, ++this.#serial);
    const text = this.says?.(seen);
    const plan = text === undefined ? turn.plan() : { calls: [], text };
    const answer = form.write({ body, turn, plan, provider: this.name, id, callId: serial });
    const frames = seen.stream ? framesOf(form, answer, body) : [JSON.stringify(answer)];
    if (typeof mode === "function") return mode({ frames, form, response });
    if (!seen.stream) {
      response.writeHead(200, { "content-type": "application/json", "request-id": id("req_01") });
      return void (mode === "cut" ? response.write("{", () => response.destroy()) : response.end(frames[0]));
    }
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", "request-id": id("req_01") });
    const until = mode === "cut" ? Math.ceil(frames.length / 2) : frames.length;
    for (const frame of frames.slice(0, until)) await write(response, frame);
    if (mode === "cut") return void response.destroy();
    response.end();
  }

  #models(path, response) {
    const list = this.#options.models.map((id) => ({
      id, object: "model", created: 1_767_225_600, owned_by: this.name, type: "model", display_name: id, created_at: "2026-01-01T00:00:00Z",
    }));
    const wanted = decodeURIComponent(path.slice("/v1/models/".length));
    if (!wanted) return send(response, 200, { object: "list", data: list, has_more: false, first_id: list[0]?.id, last_id: list.at(-1)?.id });
    const model = list.find(({ id }) => id === wanted);
    return model ? send(response, 200, model) : send(response, 404, openaiError(404, `The model '${wanted}' does not exist`, { code: "model_not_found" }));
  }

  #embed(body, raw, response, refuse) {
    const answer = embeddings(body);
    if (typeof answer === "string") return refuse(400, answer);
    this.requests.push({ dialect: "embeddings", model: body.model, body, raw, failed: false });
    return send(response, 200, answer);
  }
}

/** An answer's events as they are written, with the mark of the end where the dialect has one. */
function framesOf(form, answer, body) {
  const frames = [...form.events(answer, body)].map((event) => `${form.named ? `event: ${event.type}\n` : ""}data: ${JSON.stringify(event)}\n\n`);
  return form.end ? [...frames, form.end] : frames;
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Networks cut anywhere: an event with wide characters is cut inside the first of them. */
export async function write(response, text) {
  const bytes = Buffer.from(text);
  const wide = bytes.findIndex((byte) => byte > 127);
  if (wide < 0) return new Promise((resolve) => response.write(bytes, resolve));
  await new Promise((resolve) => response.write(bytes.subarray(0, wide + 1), resolve));
  await sleep(1);
  return new Promise((resolve) => response.write(bytes.subarray(wide + 1), resolve));
}
