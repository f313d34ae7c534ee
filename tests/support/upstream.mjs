// A scripted OpenAI-compatible provider on loopback. It is strict about what it is sent, remembers
// it, and answers as the test's script says (see answers.mjs).
import { complete } from "./answers.mjs";
import { serve } from "./loopback.mjs";

export class Upstream {
  /** All that ever came, whether it was taken or not: { line, headers, raw }. */
  heard = [];
  /** Every request in order of arrival. */
  requests = [];
  /** What was wrong with requests: a test that expects none asserts that this is empty. */
  violations = [];
  #server;
  #script;
  #key;

  /** `key`: what callers must present. `pages`: GET answers by path, for a model server. */
  static async start({ key, pages = {} } = {}) {
    const upstream = new Upstream();
    upstream.#key = key;
    upstream.#server = await serve((request, response) => {
      const page = request.method === "GET" && pages[request.url];
      if (page) return void response.writeHead(200, { "content-type": "application/json", ...page.headers }).end(JSON.stringify(page.body));
      upstream.#serve(request, response).catch((error) => {
        upstream.violations.push(String(error));
        response.destroy();
      });
    });
    upstream.origin = upstream.#server.origin;
    upstream.reset();
    return upstream;
  }

  get hits() {
    return this.requests.length;
  }

  get last() {
    return this.requests.at(-1);
  }

  /** Answers every request from now on: `script(request)` gives one of the answers, or is one. */
  answer(script) {
    this.#script = script;
  }

  /** Forgets what came and answers plainly again. */
  reset() {
    this.requests = [];
    this.heard = [];
    this.violations = [];
    this.#script = complete();
  }

  async #serve(request, response) {
    const bytes = Buffer.concat(await request.toArray());
    this.heard.push({ line: `${request.method} ${request.url}`, headers: request.rawHeaders, raw: bytes.toString() });
    const seen = { path: request.url, headers: request.headers, raw: bytes.toString("latin1"), left: false };
    response.on("close", () => (seen.left = !response.writableFinished));
    const violation = this.#check(request, bytes, seen);
    if (violation) {
      this.violations.push(violation);
      return void refuse(response, 400, violation);
    }
    this.requests.push(seen);
    const { script = this.#script } = this;
    const answer = script.length === 1 ? await script(seen) : script;
    return (typeof answer === "function" ? answer : complete())(seen, response);
  }

  /** What a real provider would refuse, and what must never leave the gateway. */
  #check(request, bytes, seen) {
    if (request.method !== "POST" || request.url !== "/v1/chat/completions") return `${request.method} ${request.url}`;
    if (request.headers["content-type"] !== "application/json") return `content-type ${request.headers["content-type"]}`;
    if (this.#key && request.headers.authorization !== `Bearer ${this.#key}`) return "the gateway's key is missing";
    const leak = Object.entries(request.headers).find(([name, value]) => String(value).includes("moe_") || name.startsWith("x-api-key"));
    if (leak) return `a tenant's key in ${leak[0]}`;
    let body;
    try {
      body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch (error) {
      return `the body is not JSON: ${error.message}`;
    }
    Object.assign(seen, { body, model: body.model, stream: body.stream === true });
    if (typeof body.model !== "string" || body.model === "") return "model";
    if (!Array.isArray(body.messages) || body.messages.length === 0) return "messages";
    if (!body.messages.every(({ role }) => ["system", "developer", "user", "assistant", "tool"].includes(role))) return "role";
    if (body.stream_options !== undefined && !seen.stream) return "stream_options without stream";
    for (const field of ["model", "stream_options"]) {
      if (topLevel(seen.raw, field) > 1) return `${field} is there twice`;
    }
    return undefined;
  }

  stop() {
    return this.#server.stop();
  }
}

/** How often a key stands at the top level of an object: JSON.parse would hide a second one. */
function topLevel(json, field) {
  let [depth, count, from] = [0, 0, -1];
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '"') {
      for (from = at++; json[at] !== '"'; at++) if (json[at] === "\\") at++;
    } else if (char === ":" && depth === 1 && json.startsWith(`"${field}"`, from)) count++;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
  }
  return count;
}

function refuse(response, status, message) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code: null } }));
}
