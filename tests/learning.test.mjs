// What the router learns from words on its answers, and how another way of choosing is judged by them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { stage } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const LEARNING = "/moecraft/learning";
const EVALUATE = "/moecraft/policies/evaluate";
const EASY = "What is the capital of France?";
const set = stage();

const prior = async (client) => (await client.post("/v1/route", { prompt: EASY })).json.p.haiku;

/** So many requests, each with this word on its answer; gives their rows. */
async function worded(client, count, word) {
  const before = (await client.cost()).total_requests;
  const questions = Array.from({ length: count }, (_, i) => `${EASY} ${before + i}`);
  await Promise.all(questions.map((question) => client.chat(ask("moecraft/auto", question))));
  const rows = (await client.settled(before + count)).slice(0, count);
  for (const row of rows) {
    const said = typeof word === "function" ? word(row) : word;
    assert.equal((await client.post("/v1/feedback", { request_id: row.id, ...said })).status, 200);
  }
  return rows;
}

describe("what was learnt", () => {
  test("changes what is stated and, in time, what is chosen", async () => {
    const client = await set.tenant();
    const before = await prior(client);
    assert.ok(before > 0.5);
    await worded(client, 40, { verdict: "down" });
    const dry = await until("it has been told", async () => {
      const dry = (await client.post("/v1/route", { prompt: EASY })).json;
      return dry.p.haiku < 0.5 && dry;
    });
    assert.equal(dry.prior.haiku, before, "the prior stays what it is");
    assert.notEqual(dry.choice.class, "haiku");
    const { headers } = await client.chat(ask("moecraft/auto", EASY));
    assert.equal(headers.get("x-moecraft-class"), dry.choice.class);
    const { classes } = (await client.get(LEARNING)).json;
    assert.deepEqual(classes.map(({ class: name, outcomes }) => [name, outcomes]), [["haiku", 40]]);
    assert.equal(await prior(await set.tenant()), before, "another tenant's router is its own");
  });

  test("is bounded, however often one takes a word back", async () => {
    const client = await set.tenant();
    const [row] = await worded(client, 1, { verdict: "down" });
    for (let i = 0; i < 20; i++) await client.post("/v1/feedback", { request_id: row.id, verdict: i % 2 ? "down" : "up" });
    const [{ outcomes }] = (await client.get(LEARNING)).json.classes;
    assert.ok(outcomes <= 3, `${outcomes}`);
  });

  test("outlives the runtime, can be moved to another tenant, and forgotten", async () => {
    const [client, other] = [await set.gateway.tenant("wise", { owner: true }), await set.gateway.tenant("fresh", { owner: true })];
    await worded(client, 5, { verdict: "down" });
    const learnt = (await client.get(LEARNING)).json;
    await set.gateway.kill9();
    await set.gateway.restart();
    assert.deepEqual((await client.get(LEARNING)).json, learnt);
    assert.deepEqual((await other.put(LEARNING, learnt)).json, learnt);
    assert.equal(await prior(other), await prior(client));
    const before = (await client.post("/v1/route", { prompt: EASY })).json.prior.haiku;
    assert.ok((await prior(client)) < before);
    assert.deepEqual((await client.send(LEARNING, { method: "DELETE" })).json, { classes: [] });
    assert.equal(await prior(client), before);
    assert.deepEqual((await client.get(LEARNING)).json, { classes: [] });
    const { data } = (await client.get("/moecraft/audit")).json;
    assert.deepEqual(data.map(({ event, policy }) => [event, policy.change]), [["learning", "reset"]]);
  });

  test("is changed by owners alone, and only to what was exported", async () => {
    const owner = await set.gateway.tenant("kept", { owner: true });
    const member = await set.gateway.tenant("kept");
    await worded(member, 1, { verdict: "up" });
    const { classes } = (await member.get(LEARNING)).json;
    assertError(await member.put(LEARNING, { classes }), { status: 403, code: "forbidden" });
    assertError(await member.send(LEARNING, { method: "DELETE" }), { status: 403, code: "forbidden" });
    const changed = (change) => owner.put(LEARNING, { classes: [{ ...classes[0], ...change }] });
    for (const change of [{ class: "opus" }, { form: 0 }, { checksum: "" }, { state: `${classes[0].state} ` }]) {
      assertError(await changed(change), { status: 400, param: "classes[0]" });
    }
    assertError(await owner.put(LEARNING, { classes: Array(4).fill(classes[0]) }), { status: 400, param: "classes" });
    assertError(await owner.put(LEARNING, {}), { status: 400, param: "classes" });
    assertError(await owner.put(LEARNING, " ".repeat(65_537)), { status: 413 });
    assert.deepEqual((await owner.get(LEARNING)).json.classes, classes);
    assert.equal((await owner.post(LEARNING, {})).headers.get("allow"), "GET, PUT, DELETE");
  });
});

describe("POST /moecraft/policies/evaluate", () => {
  test("says that there is too little data, as long as that is so", async () => {
    const client = await set.tenant();
    const { status, json } = await client.post(EVALUATE, {});
    assert.equal(status, 200);
    assert.deepEqual([json.quality.verdict, json.quality.outcomes, json.sample.judged], ["too_little_data", 0, 0]);
    await worded(client, 3, { verdict: "up" });
    const { quality } = (await client.post(EVALUATE, { mode: "efficiency" })).json;
    assert.deepEqual([quality.verdict, quality.outcomes, quality.achieved.mean], ["too_little_data", 3, 1]);
  });

  test("does not judge what was never tried", async () => {
    const client = await set.tenant();
    await worded(client, 40, (row) => ({ verdict: row.seq % 4 ? "up" : "down" }));
    const { quality, cost } = (await client.post(EVALUATE, { lambda: 0 })).json;
    assert.equal(quality.verdict, "untried");
    assert.equal(quality.untried, 1);
    assert.ok(cost.proposed > cost.chosen);
    const same = (await client.post(EVALUATE, {})).json.quality;
    assert.equal(same.verdict, "no_difference");
    for (const estimate of [same.ips, same.snips, same.dr]) assert.ok(Math.abs(estimate.mean - same.achieved.mean) < 0.02, JSON.stringify(same));
    assert.ok(same.effective_size > 30 && same.achieved.low < same.achieved.mean && same.achieved.mean < same.achieved.high);
  });

  test("finds by what was explored whether another way would have been better", async () => {
    const client = await set.gateway.tenant("explorer", { owner: true });
    await client.put("/moecraft/routing", { explore: 0.2 });
    // Here the cheap class fails every second time, and the others never do.
    const rows = [];
    for (let round = 0; round < 5; round++) {
      rows.push(...(await worded(client, 60, (row) => ({ verdict: row.model_used === "haiku" && row.seq % 2 ? "down" : "up" }))));
    }
    const opus = rows.filter(({ model_used }) => model_used === "opus").length;
    const { quality, cost } = (await client.post(EVALUATE, { lambda: 0 })).json;
    assert.ok(opus > 0 && quality.untried === 0 && quality.outcomes > 250, JSON.stringify(quality));
    assert.ok(quality.dr.mean > quality.achieved.mean, JSON.stringify(quality));
    assert.ok(["better", "too_little_data", "no_difference"].includes(quality.verdict), JSON.stringify(quality));
    assert.ok(cost.proposed > cost.chosen);
  });

  for (const [param, body] of [["lambda", { lambda: -1 }], ["lamda", { lamda: 1 }], ["deny[0]", { deny: ["nobody"] }], ["body", []], ["body", { mode: "cheap" }]]) {
    test(`what cannot be used is refused by name: ${JSON.stringify(body)}`, async () => {
      const client = await set.tenant();
      assertError(await client.post(EVALUATE, body), { status: 400, param });
    });
  }

  test("wants a key", async () => {
    assertError(await set.gateway.client("moe_x").post(EVALUATE, {}), { status: 401 });
    assert.equal((await (await set.tenant()).get(EVALUATE)).headers.get("allow"), "POST");
  });
});
