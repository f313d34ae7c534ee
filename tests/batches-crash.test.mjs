// kill -9 of the runtime while a batch is in each of its states, and a start on the same disk: every line gets its one
// result and its one row, and no provider's batch is made twice.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { BatchProvider } from "./support/batch-provider.mjs";
import { create, createMessages, ended, endedMessages, line } from "./support/batches.mjs";
import { Gateway } from "./support/gateway.mjs";
import { script } from "./support/provider/script.mjs";
import { until } from "./support/until.mjs";

const MINI = "openai/gpt-4o-mini";
const HAIKU = "anthropic/claude-haiku-4-5";
const NAMES = ["a", "b", "c"];
const EXPECTED = { a: "Answer a.", b: "Answer b.", c: "Answer c." };

let openai, anthropic, gateway;
let tenants = 0;
const say = (model, name) => ({ model, messages: [{ role: "user", content: script({ say: `Answer ${name}.` }) }] });
const lines = () => NAMES.map((name) => line(name, say(MINI, name)));
const requests = () => NAMES.map((name) => [name, { ...say(HAIKU, name), max_tokens: 100 }]);
const textsOf = ({ results }) => Object.fromEntries([...results].map(([name, { response }]) => [name, response.body.choices?.[0].message.content]).sort());

before(async () => {
  openai = await BatchProvider.start("openai");
  anthropic = await BatchProvider.start("anthropic");
  gateway = await Gateway.start({ vars: { BATCH_STEP_MS: "30", ...openai.vars, ...anthropic.vars } });
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

const tenant = () => gateway.tenant(`crash-${++tenants}`);

/** Kills the runtime, and starts it on the same disk. */
async function crash() {
  await gateway.kill9();
  openai.trouble = anthropic.trouble = openai.model.trouble = undefined;
  openai.prompt = anthropic.prompt = true;
  await gateway.restart();
}

/** What must hold of a batch of three lines, whatever died on the way. */
async function assertWhole(client, id, { batches = 1 } = {}) {
  const batch = await ended(client, id);
  assert.deepEqual(textsOf(batch), EXPECTED);
  assert.deepEqual(batch.request_counts, { total: 3, completed: 3, failed: 0 });
  assert.equal(openai.batches.length, batches, "the provider's batch was made once");
  const rows = await client.settled(3);
  const ids = [...batch.results.values()].map(({ response }) => response.request_id).sort();
  assert.deepEqual(rows.map(({ id }) => id).sort(), ids, "each result has its row");
}

/** A call of this kind is done and never answered: the runtime dies waiting. */
const hung = (kind) => ({ method, path }) => (`${method} ${path}`.startsWith(kind) ? "hung" : undefined);

for (const [name, trouble] of [
  ["while the file is uploaded", hung("POST /v1/files")],
  ["while the provider's batch is made, which it was", hung("POST /v1/batches")],
  ["while the provider is asked", hung("GET /v1/batches/")],
]) {
  test(name, async () => {
    openai.trouble = trouble;
    const client = await tenant();
    const { id } = await create(client, lines());
    await until("the call hangs", () => openai.calls.some((call) => trouble({ method: call.split(" ")[0], path: call.split(" ")[1] })));
    await crash();
    await assertWhole(client, id);
    assert.equal(openai.live.length, 0);
  });
}

test("while the provider's batch is made, which it was not", async () => {
  let waits = true;
  openai.trouble = ({ method, path }) => (`${method} ${path}` === "POST /v1/batches" && waits ? "stalled" : undefined);
  const client = await tenant();
  const { id } = await create(client, lines());
  await until("the call hangs", () => openai.calls.includes("POST /v1/batches"));
  waits = false;
  await crash();
  await assertWhole(client, id);
});

test("while Anthropic's batch is made, which it was", async () => {
  anthropic.trouble = hung("POST /v1/messages/batches");
  const client = await tenant();
  const { id } = await createMessages(client, requests());
  await until("it was made", () => anthropic.batches.length === 1);
  await crash();
  const { results, request_counts } = await endedMessages(client, id);
  assert.deepEqual(Object.fromEntries([...results].map(([name, { message }]) => [name, message.content[0].text]).sort()), EXPECTED);
  assert.equal(request_counts.succeeded, 3);
  assert.equal(anthropic.batches.length, 1);
  await client.settled(3);
});

test("while the provider works", async () => {
  openai.prompt = false;
  const client = await tenant();
  const { id } = await create(client, lines());
  await until("it is looked at", () => openai.calls.some((call) => call.startsWith("GET /v1/batches/")));
  await crash();
  await openai.work();
  await assertWhole(client, id);
});

test("in the middle of the results, some of which have landed", async () => {
  openai.trouble = ({ path }) => (path.endsWith("/content") ? "dripped" : undefined);
  const client = await tenant();
  const names = Array.from({ length: 40 }, (_, i) => `l${i}`);
  const { id } = await create(client, names.map((name) => line(name, say(MINI, name))));
  await until("some have landed", async () => (await client.cost()).total_requests > 0);
  await crash();
  const { results, request_counts } = await ended(client, id);
  assert.deepEqual(request_counts, { total: 40, completed: 40, failed: 0 });
  assert.equal(results.size, 40);
  assert.deepEqual([openai.batches.length, openai.live.length], [1, 0]);
  await client.settled(40);
});

test("while lines are called the ordinary way", async () => {
  openai.trouble = ({ method, path }) => (`${method} ${path}` === "POST /v1/batches" ? { status: 403 } : undefined);
  openai.model.trouble = () => "hang";
  const client = await tenant();
  const { id } = await create(client, lines());
  await until("they hang", () => openai.live.length === 3);
  await crash();
  openai.trouble = ({ method, path }) => (`${method} ${path}` === "POST /v1/batches" ? { status: 403 } : undefined);
  await assertWhole(client, id, { batches: 0 });
});

test("before anything was sent, and nobody asks for the batch: it goes on by itself", async () => {
  openai.trouble = hung("POST /v1/files");
  const client = await tenant();
  const { id } = await create(client, lines());
  await until("the call hangs", () => openai.calls.includes("POST /v1/files"));
  await crash();
  await until("it was made", () => openai.batches.length === 1, 60_000);
  await assertWhole(client, id);
});

test("after it has ended: nothing is done twice", async () => {
  const client = await tenant();
  const { id } = await create(client, lines());
  await assertWhole(client, id);
  const calls = openai.calls.length;
  await crash();
  await assertWhole(client, id);
  assert.equal(openai.calls.length, calls);
});
