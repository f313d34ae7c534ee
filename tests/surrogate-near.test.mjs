// Questions of the same meaning: an answer that the tenant has paid for serves them, too, and no others,
// be they as like it as they may.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { complete, TEXT } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { Gateway, UPSTREAM_KEY } from "./support/gateway.mjs";
import { textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";
import { gate, until } from "./support/until.mjs";
import { Upstream } from "./support/upstream.mjs";

const AUTO = "moecraft/auto";
const ASKED = "How do I reset my password?";
const REWORDED = "How can I reset my password?";
// No hit is looked at again by a model: that is drawn by the request's id.
const vars = { AUDIT_EVERY: "0" };
const set = stage({ options: ({ 0: upstream }) => ({ upstreams: [upstream.origin], vars }) });

const said = ({ headers }, name) => headers.get(`x-moecraft-${name}`);

/** Asks, and waits until the answer's row is written: from then on it may serve others. */
async function first(client, question = ASKED, { path = "/v1/chat/completions", ...more } = {}) {
  const answer = await client.post(path, { ...ask(AUTO, question), ...more });
  assert.equal(answer.status, 200, answer.text);
  assert.notEqual(said(answer, "class"), "surrogate");
  await client.row(said(answer, "request-id"));
  return answer;
}

/** Asks something else, and tells whether it was answered without a model. */
async function serves(client, body, options) {
  const answer = await client.chat(typeof body === "string" ? ask(AUTO, body) : body, options);
  assert.equal(answer.status, 200, answer.text);
  return said(answer, "class") === "surrogate";
}

describe("a question of the same meaning", () => {
  test("is answered without a call, and says so", async () => {
    const client = await set.tenant();
    const given = await first(client);
    const { hits } = set.upstream;
    const answer = await client.chat(ask(AUTO, REWORDED));
    assert.equal(set.upstream.hits, hits);
    assert.equal(answer.json.choices[0].message.content, TEXT);
    assert.deepEqual([said(answer, "class"), said(answer, "model"), said(answer, "cost")], ["surrogate", said(given, "model"), "0"]);
    assert.match(said(answer, "reason"), /of the same meaning/);
    const fits = Number(said(answer, "surrogate-fits"));
    assert.ok(fits > 0.95 && fits < 1, `${fits}`);
    const row = await client.row(said(answer, "request-id"));
    assert.ok(Math.abs(row.decision.near.p - fits) < 1e-3);
    assert.deepEqual([row.outcome, row.cost_nanos], ["surrogate", 0]);
    await client.settled(2);
  });

  test("is answered in the dialect it is asked in, as a stream, too", async () => {
    const client = await set.tenant();
    await first(client);
    const streamed = await client.streamed({ ...ask(AUTO, REWORDED), stream: true });
    assert.equal(textOf(streamed.chunks), TEXT);
    const messages = await client.post("/v1/messages", { ...ask(AUTO, REWORDED), max_tokens: 1000 });
    assert.equal(messages.json.content[0].text, TEXT);
    assert.equal(set.upstream.hits, 1);
  });

  test("is answered after other turns only if those were the same", async () => {
    const client = await set.tenant();
    const talk = (first, last) => ({
      model: AUTO,
      messages: [{ role: "user", content: first }, { role: "assistant", content: "Yes." }, { role: "user", content: last }],
    });
    const answer = await client.chat(talk("May I ask you something?", ASKED));
    await client.row(said(answer, "request-id"));
    assert.equal(await serves(client, talk("May I ask you nothing?", REWORDED)), false);
    assert.equal(await serves(client, talk("May I ask you something?", REWORDED)), true);
  });
});

describe("no answer is served", () => {
  for (const [asked, other] of [
    ["What is the capital of France?", "What is the capital of Spain?"],
    ["How do I turn on dark mode in Slack?", "How do I turn off dark mode in Slack?"],
    ["How do I convert 5 miles to kilometers?", "How do I convert 8 miles to kilometers?"],
    ["Is it safe to take aspirin with alcohol?", "Is it not safe to take aspirin with alcohol?"],
    ["How do I convert euros to dollars?", "How do I convert dollars to euros?"],
    ["What does the function parse_header do?", "What does the function parse_body do?"],
    ["What is the weather in Paris today?", "What's the weather in Paris today?"],
  ]) {
    test(`to "${other}" that "${asked}" has had`, async () => {
      const client = await set.tenant();
      await first(client, asked);
      assert.equal(await serves(client, other), false);
    });
  }

  for (const [what, more] of [
    ["behind another system prompt", { messages: [{ role: "system", content: "Answer in German." }, { role: "user", content: REWORDED }] }],
    ["with another seed", { seed: 7 }],
    ["in another format", { response_format: { type: "json_object" } }],
    ["with tools", { tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }] }],
    ["for variety", { temperature: 1 }],
    ["under another policy", { model: "moecraft/performance" }],
    ["of a model by its name", { model: "openai/gpt-4o-mini", temperature: 0 }],
  ]) {
    test(`to the same question ${what}`, async () => {
      const client = await set.tenant();
      await first(client);
      assert.equal(await serves(client, { ...ask(AUTO, REWORDED), ...more }), false);
    });
  }

  test("to another tenant", async () => {
    await first(await set.tenant());
    assert.equal(await serves(await set.tenant(), REWORDED), false);
  });

  test("that is older than the client takes, or that the client does not want", async () => {
    const client = await set.tenant();
    await first(client);
    for (const wish of ["no-cache", "no-store", "max-age=0"]) {
      assert.equal(await serves(client, REWORDED, { headers: { "cache-control": wish } }), false, wish);
    }
  });

  test("where the tenant accepts no wrong one", async () => {
    const client = await set.tenant({ owner: true });
    assert.equal((await client.put("/moecraft/routing", { false_hits: 0 })).status, 200);
    await first(client);
    assert.equal(await serves(client, REWORDED), false);
    assert.equal(await serves(client, ASKED), true, "an equal question has nothing to do with it");
    const refused = await client.put("/moecraft/routing", { false_hits: 0.5 });
    assert.equal(refused.json.error.param, "false_hits");
  });

  test("that names what the question does not", async () => {
    const client = await set.tenant();
    set.upstream.answer(complete({ words: ["Follow the steps for 1234."] }));
    await first(client, "How do I reset my password, 1234?");
    set.upstream.answer(complete());
    assert.equal(await serves(client, REWORDED), false);
  });
});

test("what is asked is on the disk only beside its answer", async () => {
  const client = await set.tenant();
  const held = gate();
  set.upstream.answer(async (_request) => (await held.promise, complete()));
  const asking = client.chat(ask(AUTO, "How do I reset my Quagmire password?"));
  await until("it is under way", async () => (await client.cost()).reserved.requests === 1);
  const onDisk = () => set.gateway.onDisk().some((file) => file.includes("Quagmire"));
  assert.equal(onDisk(), false);
  held.open();
  await client.row(said(await asking, "request-id"));
  assert.equal(onDisk(), true);
});

test("no question is kept once the tenant accepts no wrong answer, nor one that was under way", async () => {
  const client = await set.tenant({ owner: true });
  const held = gate();
  set.upstream.answer(async (_request) => (await held.promise, complete()));
  const question = "How do I reset my Hullabaloo password?";
  const asking = client.chat(ask(AUTO, question));
  await until("it is under way", async () => (await client.cost()).reserved.requests === 1);
  assert.equal((await client.put("/moecraft/routing", { false_hits: 0 })).status, 200);
  held.open();
  await client.row(said(await asking, "request-id"));
  assert.equal(set.gateway.onDisk().some((file) => file.includes("Hullabaloo")), false);
});

describe("an answer that was no good for another question", () => {
  test("is served to its own only, once somebody has complained", async () => {
    const client = await set.tenant();
    await first(client);
    const served = await client.chat(ask(AUTO, REWORDED));
    assert.equal(said(served, "class"), "surrogate");
    const word = { request_id: said(served, "request-id"), verdict: "down" };
    assert.equal((await client.post("/v1/feedback", word)).status, 200);
    assert.equal(await serves(client, REWORDED), false);
    assert.equal(await serves(client, ASKED), true);
    const { json } = await client.get("/moecraft/surrogates");
    assert.deepEqual([json.near.audits, json.near.wrong], [0, 0], "only audits, which are drawn by lot, move the bar");
  });

  test("is praised once by who says so again and again", async () => {
    const client = await set.tenant();
    await first(client);
    const served = await client.chat(ask(AUTO, REWORDED));
    const say = async (verdict) => {
      const word = { request_id: said(served, "request-id"), verdict };
      assert.equal((await client.post("/v1/feedback", word)).status, 200);
    };
    for (let i = 0; i < 150; i++) await say("up");
    await say("down");
    assert.equal(await serves(client, REWORDED), false, "one word of praise outweighs no complaint");
  });

  test("is not served to who asks again at once", async () => {
    const client = await set.tenant();
    await first(client);
    const session = { headers: { "x-session-id": "one" } };
    assert.equal(await serves(client, REWORDED, session), true);
    assert.equal(await serves(client, REWORDED, session), false);
  });
});

describe("after the runtime was killed", () => {
  let upstream, gateway;
  before(async () => {
    upstream = await Upstream.start({ key: UPSTREAM_KEY });
    gateway = await Gateway.start({ upstreams: [upstream.origin], vars });
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });
  afterEach(() => upstream.reset());

  test("what was asked before is found again", async () => {
    const client = await gateway.tenant("acme", { owner: true });
    await first(client);
    await gateway.kill9();
    await gateway.restart();
    assert.equal(await serves(client, REWORDED), true);
    assert.equal((await client.fetch("/moecraft/surrogates", { method: "DELETE" })).status, 200);
    assert.equal(await serves(client, "How could I reset my password?"), false);
  });
});
