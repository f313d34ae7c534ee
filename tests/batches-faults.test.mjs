// What can go wrong between the gateway and a provider's batches: nothing is paid for twice, and no line is lost.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { BatchProvider } from "./support/batch-provider.mjs";
import { create, createMessages, ended, endedMessages, line } from "./support/batches.mjs";
import { Gateway } from "./support/gateway.mjs";
import { script } from "./support/provider/script.mjs";
import { until } from "./support/until.mjs";

const MINI = "openai/gpt-4o-mini";
const HAIKU = "anthropic/claude-haiku-4-5";
const OPENAI_MAKES = "POST /v1/batches";
const ANTHROPIC_MAKES = "POST /v1/messages/batches";

let openai, anthropic, gateway;
let tenants = 0;
const tenant = () => gateway.tenant(`faults-${++tenants}`);
const say = (model, text) => ({ model, messages: [{ role: "user", content: script({ say: text }) }] });
const lines = (...names) => names.map((name) => line(name, say(MINI, `Answer ${name}.`)));
const requests = (...names) => names.map((name) => [name, { ...say(HAIKU, `Answer ${name}.`), max_tokens: 100 }]);
const textOf = ({ response }) => response.body.choices[0].message.content;
const textsOf = ({ results }) => Object.fromEntries([...results].map(([name, one]) => [name, one.response?.status_code === 200 ? textOf(one) : (one.error?.code ?? one.response.status_code)]));
const messagesOf = ({ results }) => Object.fromEntries([...results].map(([name, one]) => [name, one.message?.content[0].text ?? one.type]));

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

/** The first call of this kind fails so. */
const once = (kind, how) => ({ method, path, count }) => (`${method} ${path}` === kind && count === 1 ? how : undefined);

describe("a submission", () => {
  for (const [name, call, how] of [
    ["waits while the provider is busy", OPENAI_MAKES, { status: 429, headers: { "retry-after": "0" } }],
    ["is made anew when its file could not be uploaded", "POST /v1/files", { status: 500 }],
    ["is made anew when nobody answered the upload", "POST /v1/files", "lost"],
    ["is made anew once the list shows that it was not made", OPENAI_MAKES, "unheard"],
    ["is found in the list when the answer was lost", OPENAI_MAKES, "lost"],
    ["is found in the list when it was made in spite of an error", OPENAI_MAKES, { status: 500, done: true }],
  ]) {
    test(name, async () => {
      openai.trouble = once(call, how);
      const client = await tenant();
      const { id } = await create(client, lines("a", "b"));
      assert.deepEqual(textsOf(await ended(client, id)), { a: "Answer a.", b: "Answer b." });
      assert.equal(openai.batches.length, 1, "made once");
      assert.equal(openai.live.length, 0);
      const rows = await client.settled(2);
      assert.ok(rows.every(({ price_version }) => price_version.endsWith(":batch")));
    });
  }

  test("is looked for where the provider fails in the middle: an error may hide that it was made", async () => {
    let made = 0;
    openai.trouble = ({ method, path }) => (`${method} ${path}` === OPENAI_MAKES && ++made === 1 ? "lost" : path === "/v1/batches" && method === "GET" && made === 1 && openai.calls.filter((call) => call === "GET /v1/batches").length < 4 ? { status: 500 } : undefined);
    const client = await tenant();
    const { id } = await create(client, lines("a"));
    assert.deepEqual(textsOf(await ended(client, id)), { a: "Answer a." });
    assert.equal(made, 1, "a list that cannot be read says nothing");
    await client.settled(1);
  });

  test("of Anthropic's is known again by its results, and another's is left alone", async () => {
    let stranger;
    const lost = once(ANTHROPIC_MAKES, "lost");
    // The list is shown once another's batch is at its head.
    anthropic.trouble = (call) => lost(call) ?? (!stranger && call.method === "GET" ? { status: 503 } : undefined);
    const client = await tenant();
    anthropic.prompt = false;
    const { id } = await createMessages(client, requests("a", "b"));
    await until("it was made", () => anthropic.batches.length === 1);
    stranger = anthropic.stranger(2);
    await until("another's was looked into", () => anthropic.calls.includes(`GET /v1/messages/batches/${stranger.id}/results`));
    await anthropic.work();
    assert.deepEqual(messagesOf(await endedMessages(client, id)), { a: "Answer a.", b: "Answer b." });
    assert.equal(anthropic.calls.filter((call) => call === ANTHROPIC_MAKES).length, 1);
    assert.ok(!anthropic.calls.some((call) => call.endsWith("/cancel")));
    await client.settled(2);
  });

  test("that the provider refuses is answered the ordinary way, at the full price", async () => {
    openai.trouble = ({ method, path }) => (`${method} ${path}` === OPENAI_MAKES ? { status: 403 } : undefined);
    const client = await tenant();
    const { id } = await create(client, lines("a", "b"));
    assert.deepEqual(textsOf(await ended(client, id)), { a: "Answer a.", b: "Answer b." });
    assert.equal(openai.live.length, 2);
    const rows = await client.settled(2);
    assert.ok(rows.every(({ price_version }) => !price_version.endsWith(":batch")));
  });
});

describe("results", () => {
  test("come in any order", async () => {
    openai.shuffled = true;
    const client = await tenant();
    const { id } = await create(client, lines("a", "b", "c"));
    assert.deepEqual(textsOf(await ended(client, id)), { a: "Answer a.", b: "Answer b.", c: "Answer c." });
    await client.settled(3);
  });

  test("that are missing, expired or failed in passing are asked for the ordinary way; the rest is final", async () => {
    const fates = { "Answer b.": "missing", "Answer c.": "expired", "Answer d.": { status: 500, body: {} }, "Answer e.": { status: 400, body: { error: { message: "no", type: "invalid_request_error", param: null, code: null } } } };
    openai.fate = ({ body }) => fates[Object.keys(fates).find((text) => JSON.stringify(body).includes(text))];
    const client = await tenant();
    const { id } = await create(client, lines("a", "b", "c", "d", "e"));
    const batch = await ended(client, id);
    assert.deepEqual(textsOf(batch), { a: "Answer a.", b: "Answer b.", c: "Answer c.", d: "Answer d.", e: 400 });
    assert.equal(batch.results.get("e").response.body.error.message, "no");
    assert.equal(openai.live.length, 3);
    const rows = await client.settled(5);
    assert.equal(rows.filter(({ price_version }) => price_version.endsWith(":batch")).length, 2);
    assert.deepEqual(rows.filter(({ cost_nanos }) => cost_nanos === 0).map(({ outcome, status }) => [outcome, status]), [["failed", 400]]);
  });

  test("of Anthropic's end as its API says", async () => {
    const fates = { "Answer b.": "expired", "Answer c.": { status: 400, body: { type: "error", error: { type: "invalid_request_error", message: "no" } } } };
    anthropic.fate = ({ body }) => fates[Object.keys(fates).find((text) => JSON.stringify(body).includes(text))];
    const client = await tenant();
    const { id } = await createMessages(client, requests("a", "b", "c"));
    const batch = await endedMessages(client, id);
    assert.deepEqual(messagesOf(batch), { a: "Answer a.", b: "Answer b.", c: "errored" });
    assert.equal(batch.results.get("c").error.error.message, "no");
    assert.deepEqual(batch.request_counts, { processing: 0, succeeded: 2, errored: 1, canceled: 0, expired: 0 });
    await client.settled(3);
  });

  test("that break off are read once more, and each line counts once", async () => {
    let reads = 0;
    openai.trouble = ({ path }) => (path.endsWith("/content") && ++reads <= 2 ? (reads === 1 ? { status: 500 } : "halved") : undefined);
    const client = await tenant();
    // More than share one transaction.
    const names = Array.from({ length: 40 }, (_, i) => `l${i}`);
    const { id } = await create(client, lines(...names));
    assert.deepEqual(textsOf(await ended(client, id)), Object.fromEntries(names.map((name) => [name, `Answer ${name}.`])));
    assert.ok(reads >= 3);
    await client.settled(40);
  });

  test("are waited for while the provider cannot be asked", async () => {
    let looks = 0;
    openai.trouble = ({ method, path }) => (method === "GET" && path.startsWith("/v1/batches/") && ++looks <= 3 ? (looks === 1 ? "unheard" : { status: 503 }) : undefined);
    const client = await tenant();
    const { id } = await create(client, lines("a"));
    assert.deepEqual(textsOf(await ended(client, id)), { a: "Answer a." });
    await client.settled(1);
  });
});

describe("lines that go the ordinary way", () => {
  test("wait while the model is busy, and leave one row", async () => {
    const client = await tenant();
    openai.trouble = ({ method, path }) => (`${method} ${path}` === OPENAI_MAKES ? { status: 403 } : undefined);
    let busy = 3;
    openai.model.trouble = () => (busy-- > 0 ? "overloaded" : undefined);
    const { id } = await create(client, lines("a"));
    assert.deepEqual(textsOf(await ended(client, id)), { a: "Answer a." });
    const rows = await client.settled(1);
    assert.equal(rows[0].outcome, "complete");
  });
});

describe("a batch whose time is up", () => {
  test("has what was answered, and the rest is expired and costs nothing", async () => {
    const short = await Gateway.start({ vars: { BATCH_STEP_MS: "30", BATCH_WINDOW_MS: "1500", ...openai.vars, ...anthropic.vars } });
    try {
      openai.prompt = false;
      const client = await short.tenant("short");
      const { id } = await create(client, [...lines("a", "b"), line("c", say(HAIKU, "In time."))]);
      const batch = await ended(client, id);
      assert.equal(batch.status, "expired");
      assert.deepEqual(textsOf(batch), { a: "batch_expired", b: "batch_expired", c: "In time." });
      assert.ok(openai.calls.some((call) => call.endsWith("/cancel")), "the provider was told");
      const rows = await client.settled(1);
      assert.equal(rows[0].provider, "anthropic");
    } finally {
      await short.stop();
    }
  });
});
