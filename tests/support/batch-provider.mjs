// A provider with a batch API, OpenAI's or Anthropic's, before the scripted model of provider.mjs: it is as
// strict about what it is sent as the real ones, and does with each line what the model does with a request.
import { once } from "node:events";
import { createServer } from "node:http";
import { Provider } from "./provider.mjs";
import { sha256 } from "./provider/turn.mjs";

const KINDS = {
  openai: { dialects: ["chat", "responses"], variable: "OPENAI" },
  anthropic: { dialects: ["messages"], variable: "ANTHROPIC" },
};
const ENDPOINTS = ["/v1/chat/completions", "/v1/responses", "/v1/embeddings"];
/** Files are wanted for days, not for good. */
const KEPT = /^\d{4,6}$/;
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

export class BatchProvider {
  /** Batches in the order they were made: { id, lines: [{ custom_id, url, body }], results, status, … }. */
  batches = [];
  /** What was refused, and why. A test that expects none asserts that this is empty. */
  refusals = [];
  /** Every call: "POST /v1/batches". */
  calls = [];
  /**
   * What goes wrong with a call: a function of { method, path, count, raw } that gives nothing, { status, body, headers } in place
   * of an answer (with `done` it is done all the same), "lost" (it is done, and the connection breaks), "hung" (it is done, and no answer ever comes), "unheard" (it
   * is not done, and the connection breaks), "stalled" (it is not done, and no answer ever comes), "halved" (the answer breaks off in
   * the middle) or "dripped" (it stands still there).
   */
  trouble;
  /** Whether a batch is worked on as soon as it is made. */
  prompt = true;
  /**
   * What becomes of a line: a function of ({ custom_id, body, index }) that gives nothing, { status, body }, or one of "missing",
   * "expired", "canceled".
   */
  fate;
  /** Whether results come in another order than the requests. */
  shuffled = false;
  #files = new Map();
  #kind;
  #key;
  #server;
  #serial = 0;

  static async start(kind) {
    const provider = new BatchProvider();
    const { dialects } = KINDS[kind];
    provider.#kind = kind;
    provider.#key = `sk-${kind}-of-the-gateway`;
    provider.model = await Provider.start({ name: kind, key: provider.#key, dialects });
    provider.#server = createServer((request, response) => {
      provider.#serve(request, response).catch((error) => {
        provider.refusals.push(String(error?.stack ?? error));
        response.destroy();
      });
    });
    provider.#server.listen(0, "127.0.0.1");
    await once(provider.#server, "listening");
    provider.origin = `http://127.0.0.1:${provider.#server.address().port}`;
    return provider;
  }

  /** The gateway's variables by which it knows the provider. */
  get vars() {
    const { variable } = KINDS[this.#kind];
    return { [`${variable}_API_KEY`]: this.#key, [`${variable}_BASE_URL`]: `${this.origin}/v1` };
  }

  /** Requests that were answered outside of batches. */
  get live() {
    return this.model.requests.filter(({ headers }) => !headers?.["x-line"]);
  }

  /** All lines of all batches. */
  get lines() {
    return this.batches.flatMap(({ lines }) => lines);
  }

  /** All text that ever came. */
  get heard() {
    return [...this.#files.values()].map(({ text }) => text).join("\n") + JSON.stringify(this.lines) + this.model.heard.map(({ raw }) => raw).join("\n");
  }

  reset() {
    Object.assign(this, { batches: [], refusals: [], calls: [], trouble: undefined, fate: undefined, prompt: true, shuffled: false });
    this.#files.clear();
    this.model.reset();
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.model.stop();
  }

  /** Works on the batches that wait. */
  async work() {
    for (const batch of this.batches) await this.#work(batch);
  }

  /** A batch of somebody else's who has the same account, at the head of the list. */
  stranger(lines, { ended = true } = {}) {
    const batch = this.#made(Array.from({ length: lines }, (_, i) => ({ custom_id: `theirs-${i}`, body: {} })), {});
    if (ended) {
      batch.results = batch.lines.map(({ custom_id }) => ({ custom_id, result: { type: "canceled" } }));
      batch.ended = true;
    }
    return batch;
  }

  async #serve(request, response) {
    const { pathname: path, searchParams: query } = new URL(request.url, this.origin);
    const batchApi = this.#kind === "openai" ? /^\/v1\/(?:files|batches)/ : /^\/v1\/messages\/batches/;
    const raw = Buffer.concat(await request.toArray());
    if (!batchApi.test(path)) return this.#pass(request, path, raw, response);
    const call = `${request.method} ${path}`;
    this.calls.push(call);
    const count = this.calls.filter((earlier) => earlier === call).length;
    const leak = Object.entries(request.headers).find(([, value]) => String(value).includes("moe_"));
    if (leak) this.refusals.push(`a tenant's key in ${leak[0]}`);
    if (!this.#knows(request.headers)) return send(response, 401, this.#error(401, "invalid key"));
    const trouble = this.trouble?.({ method: request.method, path, count, raw: raw.toString() });
    if (trouble === "unheard") return void response.destroy();
    if (trouble === "stalled") return undefined;
    const failed = () => send(response, trouble.status, trouble.body ?? this.#error(trouble.status, "scripted"), trouble.headers);
    if (typeof trouble === "object" && !trouble.done) return failed();
    const answer = this.#kind === "openai" ? await this.#openai(request, path, query, raw) : await this.#anthropic(request, path, query, raw);
    if (answer.status === 400) this.refusals.push(answer.body.error.message);
    if (typeof trouble === "object") return failed();
    if (trouble === "lost") return void response.destroy();
    if (trouble === "hung") return undefined;
    if (trouble === "halved" || trouble === "dripped") {
      response.writeHead(200, { "content-length": String(Buffer.byteLength(answer.text)) });
      // Behind the last line but one: what was read before has to count.
      const end = answer.text.lastIndexOf("\n", answer.text.length - 2);
      return void response.write(answer.text.slice(0, end + 9), () => trouble === "halved" && response.destroy());
    }
    if (answer.text !== undefined) return void response.writeHead(200, { "content-type": "application/octet-stream" }).end(answer.text);
    send(response, answer.status ?? 200, answer.body);
  }

  #knows(headers) {
    if (this.#kind === "openai") return headers.authorization === `Bearer ${this.#key}`;
    return headers["x-api-key"] === this.#key && headers["anthropic-version"] !== undefined;
  }

  async #pass(request, path, raw, response) {
    const answer = await fetch(this.model.origin + path, { method: request.method, headers: headersOf(request.headers), body: raw.length ? raw : undefined });
    response.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => name !== "content-length" && name !== "transfer-encoding" && name !== "connection")));
    response.end(Buffer.from(await answer.arrayBuffer()));
  }

  // OpenAI's

  async #openai(request, path, query, raw) {
    const [, , what, id, more] = path.split("/");
    if (what === "files" && request.method === "POST") return this.#upload(request, raw);
    if (what === "files" && more === "content") {
      const file = this.#files.get(id);
      return file ? { text: file.text } : this.#refuse(404, "no such file");
    }
    if (what !== "batches") return this.#refuse(404, "no such path");
    if (request.method === "POST" && !id) return this.#create(raw);
    if (request.method === "GET" && !id) return { body: this.#list(query.get("after"), Number(query.get("limit") ?? 20), { object: "list" }) };
    const batch = this.batches.find((batch) => batch.id === id);
    if (!batch) return this.#refuse(404, "no such batch");
    if (more === "cancel") await this.#cancel(batch);
    return { body: this.#shown(batch) };
  }

  async #upload(request, raw) {
    const form = await new Response(raw, { headers: { "content-type": request.headers["content-type"] } }).formData();
    const file = form.get("file");
    if (form.get("purpose") !== "batch" || typeof file !== "object" || !file.name.endsWith(".jsonl") || !KEPT.test(form.get("expires_after[seconds]")) || form.get("expires_after[anchor]") !== "created_at") return this.#refuse(400, "the form is not what it has to be");
    const id = `file-${++this.#serial}`;
    this.#files.set(id, { text: await file.text() });
    return { body: { id, object: "file", purpose: "batch", bytes: file.size, created_at: now(), filename: file.name, status: "processed" } };
  }

  #create(raw) {
    const { input_file_id, endpoint, completion_window, metadata, output_expires_after: kept } = JSON.parse(raw);
    const file = this.#files.get(input_file_id);
    if (!file || !ENDPOINTS.includes(endpoint) || completion_window !== "24h" || !KEPT.test(kept?.seconds) || kept.anchor !== "created_at") return this.#refuse(400, "the batch is not what it has to be");
    const lines = file.text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    const wrong =
      !unique(lines) ||
      lines.some(({ method, url, body }) => method !== "POST" || url !== endpoint || typeof body !== "object" || body.stream) ||
      new Set(lines.map(({ body }) => body.model)).size !== 1;
    if (wrong) return this.#refuse(400, "the input file is not what it has to be");
    return { body: this.#shown(this.#made(lines, { endpoint, metadata, input_file_id })) };
  }

  // Anthropic's

  async #anthropic(request, path, query, raw) {
    const [, , , , id, more] = path.split("/");
    if (request.method === "POST" && !id) {
      const { requests } = JSON.parse(raw);
      const lines = requests.map(({ custom_id, params }) => ({ custom_id, url: "/v1/messages", body: params }));
      if (!unique(lines) || !lines.every(({ custom_id, body }) => NAME.test(custom_id) && typeof body === "object" && !body.stream)) return this.#refuse(400, "the requests are not what they have to be");
      return { body: this.#shown(this.#made(lines, { betas: request.headers["anthropic-beta"] })) };
    }
    if (request.method === "GET" && !id) return { body: this.#list(query.get("after_id"), Number(query.get("limit") ?? 20), {}) };
    const batch = this.batches.find((batch) => batch.id === id);
    if (!batch) return this.#refuse(404, "no such batch");
    if (more === "cancel") await this.#cancel(batch);
    if (more === "results") return batch.ended ? { text: batch.results.map((line) => `${JSON.stringify(line)}\n`).join("") } : this.#refuse(404, "no results yet");
    return { body: this.#shown(batch) };
  }

  // Both

  #made(lines, more) {
    const batch = { id: `${this.#kind === "openai" ? "batch_" : "msgbatch_"}${sha256(`${++this.#serial}`).slice(0, 20)}`, lines, created: now(), ended: false, cancelled: false, ...more };
    this.batches.push(batch);
    if (this.prompt) this.#work(batch).catch((error) => this.refusals.push(String(error)));
    return batch;
  }

  #list(after, limit, more) {
    const newest = [...this.batches].reverse();
    const from = after ? newest.findIndex(({ id }) => id === after) + 1 : 0;
    const page = newest.slice(from, from + limit);
    return { ...more, data: page.map((batch) => this.#shown(batch)), has_more: from + limit < newest.length, first_id: page[0]?.id, last_id: page.at(-1)?.id };
  }

  async #cancel(batch) {
    batch.cancelled = true;
    await this.#work(batch);
  }

  async #work(batch) {
    if (batch.ended || batch.working) return;
    batch.working = true;
    const outcomes = [];
    for (const [index, line] of batch.lines.entries()) {
      const fate = (batch.cancelled && !batch.started ? "canceled" : undefined) ?? this.fate?.({ ...line, index });
      if (fate === "missing") continue;
      outcomes.push([line.custom_id, fate ?? (await this.#run(line))]);
    }
    if (this.shuffled) outcomes.reverse();
    this.#kind === "openai" ? this.#files_of(batch, outcomes) : (batch.results = outcomes.map(([custom_id, outcome]) => ({ custom_id, result: resultOf(outcome) })));
    batch.ended = true;
  }

  async #run({ url, body }) {
    const key = this.#kind === "openai" ? { authorization: `Bearer ${this.#key}` } : { "x-api-key": this.#key, "anthropic-version": "2023-06-01" };
    const answer = await fetch(this.model.origin + url, { method: "POST", headers: { "content-type": "application/json", "x-line": "1", ...key }, body: JSON.stringify(body) });
    return { status: answer.status, body: await answer.json() };
  }

  #files_of(batch, outcomes) {
    const line = ([custom_id, outcome]) => {
      const error = typeof outcome === "string" ? { code: outcome === "expired" ? "batch_expired" : "batch_cancelled", message: outcome } : null;
      return JSON.stringify({ id: "batch_req_1", custom_id, response: error ? null : { status_code: outcome.status, request_id: "req", body: outcome.body }, error });
    };
    const good = ([, outcome]) => outcome.status === 200;
    const file = (name, lines) => {
      if (lines.length === 0) return;
      batch[name] = `file-${++this.#serial}`;
      this.#files.set(batch[name], { text: lines.map((one) => `${line(one)}\n`).join("") });
    };
    file("output_file_id", outcomes.filter(good));
    file("error_file_id", outcomes.filter((one) => !good(one)));
  }

  #shown(batch) {
    const { id, lines, metadata, ended, cancelled, endpoint, input_file_id, created } = batch;
    if (this.#kind === "openai") {
      const status = ended ? (cancelled ? "cancelled" : "completed") : cancelled ? "cancelling" : "in_progress";
      return { id, object: "batch", endpoint, status, input_file_id, output_file_id: batch.output_file_id ?? null, error_file_id: batch.error_file_id ?? null, metadata, created_at: created };
    }
    const counts = { processing: ended ? 0 : lines.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
    for (const { result } of ended ? batch.results : []) counts[result.type]++;
    const processing_status = ended ? "ended" : cancelled ? "canceling" : "in_progress";
    return { id, type: "message_batch", processing_status, request_counts: counts, created_at: new Date(created * 1000).toISOString(), results_url: ended ? `${this.origin}/elsewhere` : null };
  }

  #error(status, message) {
    if (this.#kind === "openai") return { error: { message, type: "invalid_request_error", param: null, code: null } };
    return { type: "error", error: { type: status === 429 ? "rate_limit_error" : "invalid_request_error", message } };
  }

  #refuse(status, message) {
    return { status, body: this.#error(status, message) };
  }
}

function resultOf(outcome) {
  if (typeof outcome === "string") return { type: outcome };
  return outcome.status === 200 ? { type: "succeeded", message: outcome.body } : { type: "errored", error: outcome.body };
}

const now = () => Math.floor(Date.now() / 1000);
const unique = (lines) => lines.length > 0 && new Set(lines.map(({ custom_id }) => custom_id)).size === lines.length;

function headersOf(headers) {
  const { host, connection, "content-length": length, "transfer-encoding": encoding, ...rest } = headers;
  return rest;
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
