// The official SDKs of both makers with batches, from making one to its results, before providers with batch APIs.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { BatchProvider } from "../support/batch-provider.mjs";
import { Gateway } from "../support/gateway.mjs";
import { script } from "../support/provider/script.mjs";
import { until } from "../support/until.mjs";
import { load } from "./support/installed.mjs";

const Anthropic = load("@anthropic-ai/sdk").default;
const OpenAI = load("openai").default;
const { toFile } = load("openai");

let openai, anthropic, gateway;
let tenants = 0;

before(async () => {
  openai = await BatchProvider.start("openai");
  anthropic = await BatchProvider.start("anthropic");
  gateway = await Gateway.start({ vars: { BATCH_STEP_MS: "40", ...openai.vars, ...anthropic.vars } });
});
afterEach(() => {
  const refusals = [openai, anthropic].flatMap((provider) => [...provider.refusals, ...provider.model.refusals]);
  openai.reset();
  anthropic.reset();
  assert.deepEqual(refusals, [], "a provider was sent what it refuses");
});
after(async () => {
  await gateway?.stop();
  await openai?.stop();
  await anthropic?.stop();
});

const key = () => gateway.key(`tenant-${++tenants}`);
const said = (text) => [{ role: "user", content: script({ say: text }) }];

describe("Anthropic's", () => {
  const connect = async () => new Anthropic({ baseURL: gateway.url, apiKey: await key(), maxRetries: 0 });
  const request = (custom_id, model, text) => ({ custom_id, params: { model, max_tokens: 100, messages: said(text) } });

  test("goes from requests to results", async () => {
    const client = await connect();
    const made = await client.messages.batches.create({
      requests: [request("one", "claude-haiku-4-5", "This is one."), request("two", "gpt-4o-mini", "This is two.")],
    });
    assert.equal(made.processing_status, "in_progress");
    const done = await until("it has ended", async () => {
      const batch = await client.messages.batches.retrieve(made.id);
      return batch.processing_status === "ended" && batch;
    });
    assert.equal(done.request_counts.succeeded, 2);
    const texts = {};
    for await (const { custom_id, result } of await client.messages.batches.results(made.id)) {
      assert.equal(result.type, "succeeded");
      texts[custom_id] = result.message.content[0].text;
    }
    assert.deepEqual(texts, { one: "This is one.", two: "This is two." });
    assert.deepEqual([anthropic.lines.length, openai.lines.length], [1, 1]);

    const listed = [];
    for await (const { id } of client.messages.batches.list({ limit: 1 })) listed.push(id);
    assert.deepEqual(listed, [made.id]);
    assert.equal((await client.messages.batches.delete(made.id)).type, "message_batch_deleted");
    await assert.rejects(() => client.messages.batches.retrieve(made.id), Anthropic.NotFoundError);
  });

  test("cancels one", async () => {
    anthropic.prompt = false;
    const client = await connect();
    const { id } = await client.messages.batches.create({ requests: [request("one", "claude-haiku-4-5", "x")] });
    await until("it was sent", () => anthropic.batches.length === 1);
    assert.equal((await client.messages.batches.cancel(id)).processing_status, "canceling");
    await until("it has ended", async () => (await client.messages.batches.retrieve(id)).processing_status === "ended");
    const results = [];
    for await (const result of await client.messages.batches.results(id)) results.push(result);
    assert.deepEqual(results, [{ custom_id: "one", result: { type: "canceled" } }]);
  });

  test("is told what is wrong", async () => {
    const client = await connect();
    const twice = [request("a", "claude-haiku-4-5", "x"), request("a", "claude-haiku-4-5", "y")];
    await assert.rejects(() => client.messages.batches.create({ requests: twice }), /requests\[1\]\.custom_id/);
  });
});

describe("OpenAI's", () => {
  const connect = async () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: await key(), maxRetries: 0 });

  test("goes from a file to results, and cancels", async () => {
    const client = await connect();
    const line = (custom_id) => JSON.stringify({ custom_id, method: "POST", url: "/v1/chat/completions", body: { model: "claude-haiku-4-5", messages: said(custom_id) } });
    const make = async (names) => {
      const file = await client.files.create({ file: await toFile(Buffer.from(names.map(line).join("\n")), "in.jsonl"), purpose: "batch" });
      return client.batches.create({ input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" });
    };
    const { id } = await make(["one", "two"]);
    const done = await until("it is completed", async () => {
      const batch = await client.batches.retrieve(id);
      return batch.status === "completed" && batch;
    });
    const text = await (await client.files.content(done.output_file_id)).text();
    const results = text.trim().split("\n").map((one) => JSON.parse(one));
    assert.deepEqual(results.map(({ custom_id, response }) => [custom_id, response.body.choices[0].message.content]).sort(), [["one", "one"], ["two", "two"]]);

    anthropic.prompt = false;
    const other = await make(["three"]);
    await until("it was sent", () => anthropic.batches.length === 2);
    assert.equal((await client.batches.cancel(other.id)).status, "cancelling");
    await until("it is cancelled", async () => (await client.batches.retrieve(other.id)).status === "cancelled");
  });
});
