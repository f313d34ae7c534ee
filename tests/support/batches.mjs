// Clients of batches, in plain HTTP.
import assert from "node:assert/strict";
import { until } from "./until.mjs";

export const CHAT = "/v1/chat/completions";

/** A line of a batch file. */
export const line = (custom_id, body, url = CHAT) => ({ custom_id, method: "POST", url, body });

/** Uploads lines: values, or text as it is. Gives the file's object. */
export async function upload(client, lines) {
  const text = lines.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n");
  const form = new FormData();
  form.set("purpose", "batch");
  form.set("file", new Blob([text]), "requests.jsonl");
  const encoded = new Response(form);
  const headers = { "content-type": encoded.headers.get("content-type") };
  const answer = await client.post("/v1/files", new Uint8Array(await encoded.arrayBuffer()), { headers });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

/** Makes a batch of lines; gives its object. */
export async function create(client, lines, endpoint = CHAT) {
  const { id } = await upload(client, lines);
  const answer = await client.post("/v1/batches", { input_file_id: id, endpoint, completion_window: "24h" });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

export async function look(client, id) {
  const answer = await client.get(`/v1/batches/${id}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

const ENDS = ["completed", "failed", "expired", "cancelled"];

/** The batch once it has ended, with its results by custom_id. */
export async function ended(client, id) {
  const batch = await until(`${id} has ended`, async () => {
    const batch = await look(client, id);
    return ENDS.includes(batch.status) && batch;
  });
  const results = new Map();
  for (const file of [batch.output_file_id, batch.error_file_id].filter(Boolean)) {
    const { text, status } = await client.get(`/v1/files/${file}/content`);
    assert.equal(status, 200);
    for (const one of text.split("\n").filter(Boolean).map((text) => JSON.parse(text))) {
      assert.ok(!results.has(one.custom_id), `${one.custom_id} has one result`);
      results.set(one.custom_id, { ...one, file: file === batch.output_file_id ? "output" : "error" });
    }
  }
  return { ...batch, results };
}

/** A message batch, made of `[custom_id, params]`. */
export async function createMessages(client, requests, { headers = {} } = {}) {
  const body = { requests: requests.map(([custom_id, params]) => ({ custom_id, params })) };
  const answer = await client.post("/v1/messages/batches", body, { headers: { "anthropic-version": "2023-06-01", ...headers } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

/** The same once it has ended. */
export async function endedMessages(client, id) {
  const batch = await until(`${id} has ended`, async () => {
    const { json } = await client.get(`/v1/messages/batches/${id}`);
    return json.processing_status === "ended" && json;
  });
  const { text, status } = await client.get(new URL(batch.results_url).pathname);
  assert.equal(status, 200);
  const lines = text.split("\n").filter(Boolean).map((text) => JSON.parse(text));
  const results = new Map(lines.map(({ custom_id, result }) => [custom_id, result]));
  assert.equal(results.size, lines.length, "each request has one result");
  return { ...batch, results };
}
