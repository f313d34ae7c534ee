// Message batches as Anthropic defines them.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { BatchProvider } from "./support/batch-provider.mjs";
import { createMessages, endedMessages } from "./support/batches.mjs";
import { assertRefusal } from "./support/dialects.mjs";
import { Gateway } from "./support/gateway.mjs";
import { priceOf } from "./support/prices.mjs";
import { script } from "./support/provider/script.mjs";
import { until } from "./support/until.mjs";

const HAIKU = "anthropic/claude-haiku-4-5";
const MINI = "openai/gpt-4o-mini";
const PATH = "/v1/messages/batches";

let openai, anthropic, gateway;
let tenants = 0;
const tenant = () => gateway.tenant(`messages-${++tenants}`);
const say = (model, text) => ({ model, max_tokens: 100, messages: [{ role: "user", content: script({ say: text }) }] });
const textOf = ({ message }) => message.content[0].text;

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

describe("a message batch", () => {
  test("goes through the provider's own, at half the price", async () => {
    const client = await tenant();
    const made = await createMessages(client, [["a", say(HAIKU, "One.")], ["b", say(HAIKU, "Two.")]]);
    assert.match(made.id, /^msgbatch_/);
    assert.deepEqual([made.type, made.processing_status, made.results_url, made.ended_at], ["message_batch", "in_progress", null, null]);
    assert.equal(made.request_counts.processing, 2);
    assert.equal(Date.parse(made.expires_at) - Date.parse(made.created_at), 24 * 3600_000);
    const { results, request_counts } = await endedMessages(client, made.id);
    assert.deepEqual([...results.values()].map(textOf).sort(), ["One.", "Two."]);
    assert.deepEqual(request_counts, { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 });
    assert.equal(anthropic.batches.length, 1);
    const rows = await client.settled(2);
    for (const { message } of results.values()) {
      const full = priceOf(HAIKU, { input: message.usage.input_tokens, output: message.usage.output_tokens });
      assert.ok(rows.some(({ cost_nanos }) => cost_nanos === Math.ceil(full / 2)));
    }
  });

  test("may go to another maker's model, and tells its betas to Anthropic's alone", async () => {
    const client = await tenant();
    const headers = { "anthropic-beta": "context-management-2025-06-27" };
    const { id } = await createMessages(client, [["a", say(MINI, "Not Anthropic's.")], ["b", say(HAIKU, "Anthropic's.")]], { headers });
    const { results } = await endedMessages(client, id);
    assert.equal(textOf(results.get("a")), "Not Anthropic's.");
    assert.equal(results.get("a").message.type, "message");
    assert.equal(openai.lines.length, 1);
    assert.equal(anthropic.batches[0].betas, headers["anthropic-beta"]);
    await client.settled(2);
  });

  test("is refused with the request and the field that are wrong", async () => {
    const client = await tenant();
    const good = { custom_id: "a", params: say(HAIKU, "x") };
    for (const [requests, field] of [
      [[], "requests"],
      [[good, good], "requests[1].custom_id"],
      [[{ ...good, custom_id: "with blanks" }], "requests[0].custom_id"],
      [[{ custom_id: "a" }], "requests[0].params"],
      [[{ ...good, params: { ...good.params, stream: true } }], "requests[0].params.stream"],
    ]) {
      const answer = await client.post(PATH, { requests }, { headers: { "anthropic-version": "2023-06-01" } });
      const error = assertRefusal("messages", answer, { status: 400, messages: "invalid_request_error" });
      assert.ok(error.message.includes(`\`${field}\``), error.message);
    }
    assert.deepEqual((await client.get(PATH)).json.data, []);
  });

  test("has a request that is wrong: it alone is errored, in the API's form", async () => {
    const client = await tenant();
    const { id } = await createMessages(client, [["good", say(HAIKU, "Fine.")], ["bad", { model: HAIKU, max_tokens: 9 }]]);
    const { results } = await endedMessages(client, id);
    assert.equal(textOf(results.get("good")), "Fine.");
    const { type, error } = results.get("bad");
    assert.deepEqual([type, error.type, error.error.type], ["errored", "error", "invalid_request_error"]);
    assert.match(error.error.message, /messages/);
    await client.settled(1);
  });

  test("has no results before it has ended, and cannot be deleted before", async () => {
    anthropic.prompt = false;
    const client = await tenant();
    const { id } = await createMessages(client, [["a", say(HAIKU, "x")]]);
    assertRefusal("messages", await client.get(`${PATH}/${id}/results`), { status: 400, messages: "invalid_request_error" });
    assertRefusal("messages", await client.send(`${PATH}/${id}`, { method: "DELETE" }), { status: 400, messages: "invalid_request_error" });
    await until("it was sent", () => anthropic.batches.length === 1);
    await anthropic.work();
    await endedMessages(client, id);
    assert.deepEqual((await client.send(`${PATH}/${id}`, { method: "DELETE" })).json, { id, type: "message_batch_deleted" });
    for (const path of [`${PATH}/${id}`, `${PATH}/${id}/results`]) assertRefusal("messages", await client.get(path), { status: 404, messages: "not_found_error" });
    await client.settled(1);
  });

  test("is cancelled: its provider's too, and what was not answered costs nothing", async () => {
    anthropic.prompt = false;
    const client = await tenant();
    const { id } = await createMessages(client, [["a", say(HAIKU, "x")], ["b", say(MINI, "Answered.")]]);
    await until("the other one was answered", async () => (await client.cost()).total_requests === 1);
    const { json } = await client.post(`${PATH}/${id}/cancel`);
    assert.equal(json.processing_status, "canceling");
    assert.ok(json.cancel_initiated_at);
    const { results, request_counts } = await endedMessages(client, id);
    assert.deepEqual(results.get("a"), { type: "canceled" });
    assert.equal(textOf(results.get("b")), "Answered.");
    assert.deepEqual(request_counts, { processing: 0, succeeded: 1, errored: 0, canceled: 1, expired: 0 });
    await client.settled(1);
  });

  test("is made of a request that may wait", async () => {
    const client = await tenant();
    const headers = { "anthropic-version": "2023-06-01", "x-moecraft-deadline": "90000", prefer: "respond-async" };
    const { status, json } = await client.post("/v1/messages", say(HAIKU, "Later."), { headers });
    assert.deepEqual([status, json.type], [202, "message_batch"]);
    const { results } = await endedMessages(client, json.id);
    assert.equal(textOf(results.get("request")), "Later.");
    assert.equal(anthropic.lines.length, 1);
    await client.settled(1);
  });

  test("is its tenant's alone, and comes page by page", async () => {
    const [mine, theirs] = [await tenant(), await tenant()];
    const ids = [];
    for (const name of ["a", "b", "c"]) ids.unshift((await createMessages(mine, [[name, say(HAIKU, name)]])).id);
    for (const id of ids) await endedMessages(mine, id);
    assertRefusal("messages", await theirs.get(`${PATH}/${ids[0]}`), { status: 404, messages: "not_found_error" });
    assertRefusal("messages", await theirs.get(`${PATH}/${ids[0]}/results`), { status: 404, messages: "not_found_error" });
    assertRefusal("messages", await theirs.post(`${PATH}/${ids[0]}/cancel`), { status: 404, messages: "not_found_error" });
    assert.deepEqual((await theirs.get(PATH)).json.data, []);
    const page = async (query) => {
      const { data, has_more } = (await mine.get(`${PATH}?limit=1${query}`)).json;
      return [data.map(({ id }) => id), has_more];
    };
    assert.deepEqual(await page(""), [[ids[0]], true]);
    assert.deepEqual(await page(`&after_id=${ids[1]}`), [[ids[2]], false]);
    assert.deepEqual(await page(`&before_id=${ids[2]}`), [[ids[1]], true]);
    await mine.settled(3);
  });
});
