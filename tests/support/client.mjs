// What a client of the gateway can do, in plain HTTP: nothing between the test and the bytes.
import assert from "node:assert/strict";
import { Dashboard } from "./dashboard.mjs";
import { events } from "./sse.mjs";
import { until } from "./until.mjs";

export const CHAT = "/v1/chat/completions";

/** A request body with one user message. */
export const ask = (model, content = "Say hello.", more = {}) => ({ model, messages: [{ role: "user", content }], ...more });

export class Client {
  #gateway;

  constructor(gateway, key, keyId) {
    this.#gateway = gateway;
    this.key = key;
    this.keyId = keyId;
  }

  /** The response as fetch gives it. A `body` that is no string or bytes is sent as JSON. */
  async fetch(path, { method = "GET", body, headers = {}, signal } = {}) {
    const authorization = this.key === undefined ? {} : { authorization: `Bearer ${this.key}` };
    const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
    const request = {
      method,
      headers: { ...authorization, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      body: raw ? body : JSON.stringify(body),
      signal,
      ...(body instanceof ReadableStream && { duplex: "half" }),
    };
    return fetch(this.#gateway.url + path, request).catch((error) => {
      throw new Error(`${method} ${path}: ${error.cause ?? error}`, { cause: error });
    });
  }

  /** The response read whole: status, headers, text and, where it is JSON, what it says. */
  async send(path, options) {
    const response = await this.fetch(path, options);
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      // Not every body is JSON; a test that needs it fails on `undefined`.
    }
    return { status: response.status, headers: response.headers, text, json };
  }

  get(path, options) {
    return this.send(path, options);
  }

  post(path, body, options) {
    return this.send(path, { method: "POST", body, ...options });
  }

  put(path, body, options) {
    return this.send(path, { method: "PUT", body, ...options });
  }

  /** A chat completion, read whole. */
  chat(body, options) {
    return this.post(CHAT, body, options);
  }

  /** A chat completion as a stream: its head, and its events as they come. */
  async stream(body, options) {
    const response = await this.fetch(CHAT, { method: "POST", body: { stream: true, ...body }, ...options });
    return { status: response.status, headers: response.headers, response, events: events(response.body) };
  }

  /** A streamed chat completion, read to its end. */
  async streamed(body, options) {
    const { events, ...head } = await this.stream(body, options);
    const data = [];
    for await (const event of events) data.push(event);
    const chunks = () => data.filter((one) => one !== "[DONE]").map((one) => JSON.parse(one));
    return {
      ...head,
      data,
      get chunks() {
        return chunks();
      },
    };
  }

  async cost() {
    const { status, json } = await this.get("/moecraft/metrics/cost");
    assert.equal(status, 200);
    return json;
  }

  async performance() {
    const { status, json } = await this.get("/moecraft/metrics/performance");
    assert.equal(status, 200);
    return json;
  }

  async history(query = "") {
    const { status, json } = await this.get(`/moecraft/routing/history${query}`);
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  }

  /** Every row of the ledger, newest first, through all pages. */
  async rows() {
    const rows = [];
    for (let before = ""; ; ) {
      const page = await this.history(`?limit=500${before}`);
      rows.push(...page.data);
      if (page.next_before === null) return rows;
      before = `&before=${page.next_before}`;
    }
  }

  /** The ledger once nothing is under way and it holds `count` rows. Checks that the sums are right. */
  async settled(count) {
    const [cost, rows] = await until(`${count} settled rows`, async () => {
      const cost = await this.cost();
      if (cost.reserved.requests > 0 || cost.total_requests < count) return false;
      const rows = await this.rows();
      // A row that was put right in between stands in one of the two only.
      return (await this.cost()).seq === cost.seq && [cost, rows];
    });
    assert.equal(rows.length, count, "one row for each request");
    assertSums(cost, rows);
    return rows;
  }

  /** The row of one request, once it has settled. */
  async row(id) {
    return until(`the row of ${id}`, async () => (await this.history(`?id=${id}`)).data[0]);
  }

  dashboard(since) {
    return Dashboard.open(this.#gateway.url, this.key, since);
  }
}

/** Every figure equals the sum over the rows, and no request has two of them. */
export function assertSums(cost, rows) {
  const nanos = (dollars) => Math.round(dollars * 1e9);
  const sum = (of, some = rows) => some.reduce((total, row) => total + of(row), 0);
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length, "no request has two rows");
  assert.equal(cost.total_requests, rows.length);
  assert.equal(nanos(cost.total_cost), sum((row) => row.cost_nanos));
  assert.equal(nanos(cost.total_savings), sum((row) => row.baseline_nanos - row.cost_nanos));
  assert.equal(cost.input_tokens, sum((row) => row.usage.input + row.usage.cache_read + row.usage.cache_write + row.usage.cache_write_long));
  assert.equal(cost.output_tokens, sum((row) => row.usage.output));
  for (const [name, figures] of Object.entries(cost.by_class)) {
    const some = rows.filter((row) => row.model_used === name);
    assert.equal(figures.requests, some.length, `requests of class ${name}`);
    assert.equal(nanos(figures.cost), sum((row) => row.cost_nanos, some), `cost of class ${name}`);
  }
  assert.equal(sum((hour) => hour.requests, cost.by_hour), rows.length, "the hours hold every request");
  assert.equal(sum((hour) => nanos(hour.cost), cost.by_hour), nanos(cost.total_cost), "the hours hold every cent");
}
