// What the router learns from words on its answers, and how another way of choosing is judged by them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { complete, status } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { stage } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const LEARNING = "/moecraft/learning";
const EVALUATE = "/moecraft/policies/evaluate";
const EASY = "What is the capital of France?";
/** The haiku class is expected to do this well, and not so well that what is learnt could change nothing. */
const LIKELY = "Summarize the plot of Hamlet in two sentences.";
/** Where it is open which class is best. */
const OPEN = "Explain the difference between TCP and UDP with an example of each.";
/** What is learnt moves the log-odds by no more than this. */
const MOST = 4;
const set = stage();

const prior = async (client, prompt = EASY) => (await client.post("/v1/route", { prompt })).json.p.haiku;
const logOdds = (p) => Math.log(p / (1 - p));

/** So many requests, each with this word on its answer; gives their rows. */
async function worded(client, count, word, prompt = EASY) {
  const before = (await client.cost()).total_requests;
  const questions = Array.from({ length: count }, (_, i) => `${prompt} ${before + i}`);
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
    const first = (await client.post("/v1/route", { prompt: LIKELY })).json;
    const before = first.p.haiku;
    assert.equal(first.choice.class, "haiku");
    await worded(client, 40, { verdict: "down" }, LIKELY);
    // What is imported is told at once: by it one sees when all that was learnt here has been told.
    const other = await set.gateway.tenant("taught", { owner: true });
    await other.put(LEARNING, (await client.get(LEARNING)).json);
    const learnt = await prior(other, LIKELY);
    const dry = await until("all has been told", async () => {
      const dry = (await client.post("/v1/route", { prompt: LIKELY })).json;
      return dry.p.haiku === learnt && dry;
    });
    assert.ok(learnt < 0.8, `${learnt}`);
    assert.ok(logOdds(before) - logOdds(dry.p.haiku) < MOST + 1e-3, `${before} to ${dry.p.haiku}`);
    assert.equal(dry.prior.haiku, before, "the prior stays what it is");
    assert.notEqual(dry.choice.class, "haiku");
    const { headers } = await client.chat(ask("moecraft/auto", LIKELY));
    assert.equal(headers.get("x-moecraft-class"), dry.choice.class);
    const { classes } = (await client.get(LEARNING)).json;
    assert.deepEqual(classes.map(({ class: name, outcomes }) => [name, outcomes]), [["haiku", 40]]);
    assert.equal(await prior(await set.tenant(), LIKELY), before, "another tenant's router is its own");
  });

  test("is what a program says for all its users, of whom none says more than a little", async () => {
    const client = await set.tenant();
    await worded(client, 80, { verdict: "up" });
    const learnt = async () => (await client.get(LEARNING)).json.classes;
    const [{ outcomes }] = await learnt();
    assert.equal(outcomes, 80, "each of another conversation");
    const headers = { "x-session-id": "one" };
    const ids = [];
    for (let i = 0; i < 20; i++) {
      const answer = await client.chat(ask("moecraft/auto", `${EASY} ${i} again`), { headers });
      ids.push(answer.headers.get("x-moecraft-request-id"));
    }
    await client.settled(100);
    const say = (request_id, verdict) => client.post("/v1/feedback", { request_id, verdict });
    for (const id of ids.slice(0, 19)) await say(id, "up");
    const before = await learnt();
    await say(ids[19], "down");
    assert.deepEqual(await learnt(), before, "of one conversation so much and no more");
    await worded(client, 1, { verdict: "down" });
    assert.notDeepEqual(await learnt(), before, "of another one still");
  });

  test("and that it holds no longer is told at once, and kept", async () => {
    const client = await set.gateway.tenant("drifting", { owner: true });
    const { choice } = (await client.post("/v1/route", { prompt: EASY })).json;
    await client.put("/moecraft/routing", { allow: [choice.model] });
    const dashboard = await client.dashboard();
    await worded(client, 60, { verdict: "up" });
    assert.deepEqual((await client.get(LEARNING)).json.drifts, []);
    await worded(client, 40, { verdict: "down" });
    const { drifts } = (await client.get(LEARNING)).json;
    assert.deepEqual(drifts.map(({ class: of, change }) => [of, change]), [[choice.class, "worse"]]);
    assert.ok(drifts[0].outcomes > 60 && drifts[0].at > 0);
    const told = await until("the event", () => dashboard.messages.find(({ type }) => type === "drift"));
    assert.deepEqual(told.data, drifts[0]);
    dashboard.close();
  });

  test("is nothing where the request had no answer", async () => {
    const client = await set.tenant();
    set.upstream.answer(status(400));
    await client.chat(ask("moecraft/auto", EASY));
    set.upstream.answer(complete());
    const [{ id }] = await client.settled(1);
    assert.equal((await client.post("/v1/feedback", { request_id: id, verdict: "down" })).status, 200);
    await worded(client, 1, { verdict: "up" });
    assert.deepEqual((await client.get(LEARNING)).json.classes.map(({ outcomes }) => outcomes), [1]);
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
    const nothing = { classes: [], drifts: [] };
    assert.deepEqual((await client.send(LEARNING, { method: "DELETE" })).json, nothing);
    assert.equal(await prior(client), before);
    assert.deepEqual((await client.get(LEARNING)).json, nothing);
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
    const { state } = classes[0];
    for (const change of [{ class: "opus" }, { class: "local" }, { state: "{}" }, { state: state.replace(/"outcomes":\d+/, '"outcomes":99') }]) {
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
    assert.deepEqual([json.verdict, json.estimate.decisions, json.sample.judged], ["too_little_data", 0, 0]);
    await worded(client, 3, { verdict: "up" });
    const { verdict, estimate } = (await client.post(EVALUATE, { mode: "efficiency" })).json;
    assert.deepEqual([verdict, estimate.decisions, estimate.logged.mean], ["too_little_data", 3, 1]);
  });

  test("does not judge what was never tried", async () => {
    const client = await set.tenant();
    await worded(client, 40, (row) => ({ verdict: row.seq % 4 ? "up" : "down" }));
    const other = (await client.post(EVALUATE, { lambda: 0 })).json;
    assert.deepEqual([other.verdict, other.untried, other.estimate.effective_size], ["untried", 1, 0]);
    assert.ok(other.cost.proposed > other.cost.chosen);
    const { verdict, estimate, untried, cost } = (await client.post(EVALUATE, {})).json;
    assert.deepEqual([verdict, untried, estimate.agreed, estimate.effective_size], ["too_little_data", 0, 40, 40]);
    for (const { mean, low, high } of [estimate.ips, estimate.snips, estimate.dr]) {
      assert.ok(Math.abs(mean - 0.75) < 1e-6 && low < mean && mean < high, JSON.stringify(estimate));
    }
    assert.equal(cost.proposed, cost.chosen);
  });

  test("finds by what was explored whether another way would have been better", async () => {
    const client = await set.gateway.tenant("explorer", { owner: true });
    await client.put("/moecraft/routing", { explore: 0.2 });
    // What the router prefers fails every second time, and the others never do.
    const usual = (await client.post("/v1/route", { prompt: OPEN })).json.class;
    const rows = [];
    for (let round = 0; round < 5; round++) {
      rows.push(...(await worded(client, 60, (row) => ({ verdict: row.model_used === usual && row.seq % 2 ? "down" : "up" }), OPEN)));
    }
    const tried = rows.filter(({ decision }) => decision.class !== usual);
    assert.ok(tried.length > 10, "what fails is tried less and less");
    const other = tried[0].decision.class;
    const offered = rows.flatMap(({ decision }) => decision.candidates.filter((candidate) => candidate.class === other));
    const allow = [...new Set(offered.map(({ model_id }) => model_id))];
    const { estimate, untried } = (await client.post(EVALUATE, { allow })).json;
    const agreed = rows.filter(({ decision }) => decision.class === other).length;
    assert.ok(untried < 0.5 && estimate.agreed === agreed, JSON.stringify(estimate));
    assert.ok(estimate.snips.mean > 0.9 && estimate.dr.mean > estimate.logged.mean, JSON.stringify(estimate));
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
