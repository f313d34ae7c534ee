// The dry run, the record of a decision, and what a tenant sets for the router.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stage as dialects } from "./clients/support/stage.mjs";
import { ask } from "./support/client.mjs";
import { DIALECTS } from "./support/dialects.mjs";
import { assertError } from "./support/errors.mjs";
import { accessKey } from "./support/secrets.mjs";
import { stage } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const ROUTE = "/v1/route";
const ROUTING = "/moecraft/routing";
const USUAL = { mode: "balanced", allow: [], deny: [], explore: 0, optimise: "off", cache_marks: "auto", cascade: "off", repair: true, false_hits: 0.005 };
const EASY = "What is the capital of France?";
const HARD = "Prove that every finite integral domain is a field, then derive from the proof why the theorem fails for infinite rings.";
/** Between what efficiency and performance take for enough. */
const MIDDLING = "Write a Python function that checks whether a string is a palindrome.";
/** Like what the shipped models have learned from, and like nothing of it. */
const KNOWN = "Maria bakes 24 muffins in the morning and half as many in the afternoon. She sells 30 of them for $2 each. How much money does she make?";
const FOREIGN = "Gutschrift vom 3. Mai: bitte umgehend an Frau Özdemir weiterleiten, und der Spedition absagen!";
/** Much that features tell of: most of them are 0 in most prompts. */
const VARIED = `Dear team, I'm sorry, please explain briefly why the following JavaScript code fails, fix it now and add tests!
1. Compare x^2 + 3y >= 17.5% with $\\frac{a}{b}$; prove the theorem by induction, derive its complexity. - "Why?" (A) yes (B) no
A. Paris B. London C. Rome D. Oslo
\`\`\`js
function f(xs) { for (const i of xs) { if (i === 0 && !xs[i]) return null; } }
\`\`\`
| a | b | https://example.com/p?q=1 {"type":"object","properties":{"n":{"type":"integer"}}} What was the capital in 1914? Therefore, however,
not all doctors, lawyers or banks translate the patient's contract step by step; write a poem, a summary and an SQL query. GRÜSSE 日本語 🙂`;
/** Where it is open which class is best: none is ahead of the next by much. */
const OPEN = "Explain the difference between TCP and UDP with an example of each.";
const RANK = { haiku: 0, sonnet: 1, opus: 2 };
/** What the record says that a candidate was worth. */
const worth = ({ weights }, { p, cost_nanos, latency_ms }) =>
  p - (weights.lambda * cost_nanos) / weights.dearest_nanos - (weights.second * (latency_ms ?? 0)) / 1000;

describe("POST /v1/route", () => {
  const set = dialects(["openai", "anthropic", "moonshot"]);
  let tenants = 0;
  const tenant = (options) => set.gateway.tenant(`dry-${++tenants}`, options);

  for (const content of [EASY, MIDDLING, HARD]) {
    test(`decides as is then done: ${content.slice(0, 30)}`, async () => {
      const client = await tenant();
      const body = DIALECTS.chat.ask("moecraft/auto", content);
      const dry = (await client.post(ROUTE, body)).json;
      const { headers } = await client.chat(body);
      const row = await client.row(headers.get("x-moecraft-request-id"));
      assert.equal(headers.get("x-moecraft-model"), dry.choice.model);
      assert.equal(headers.get("x-moecraft-class"), dry.choice.class);
      assert.equal(headers.get("x-moecraft-reason"), dry.reason);
      assert.deepEqual(dry.candidates.map(({ model }) => model), row.decision.candidates.map(({ model_id }) => model_id));
      for (const field of ["class", "score", "confidence", "calibrated", "mode", "weights", "propensity", "chances", "kept_out", "familiarity", "p", "doubt", "features", "tier"]) {
        assert.deepEqual(dry[field], row.decision[field], field);
      }
    });
  }

  for (const [name, { path, ask }] of Object.entries(DIALECTS)) {
    test(`reads ${name}, as the door of its own does`, async () => {
      const client = await tenant();
      const body = ask("moecraft/auto", HARD);
      const headers = name === "messages" ? { "anthropic-version": "2023-06-01" } : {};
      const { status, json } = await client.post(ROUTE, body, { headers });
      assert.equal(status, 200);
      assert.equal(json.target.dialect, name);
      const answer = await client.post(path, body, { headers });
      assert.equal(answer.headers.get("x-moecraft-model"), json.choice.model);
    });
  }

  test("takes a bare prompt, and a model that is pinned", async () => {
    const client = await tenant();
    const auto = (await client.post(ROUTE, { prompt: EASY })).json;
    assert.deepEqual([auto.target, auto.choice.class], [{ requested: "moecraft/auto", routed: true, dialect: "chat" }, "haiku"]);
    const pinned = (await client.post(ROUTE, { prompt: EASY, model: "anthropic/claude-opus-4-5" })).json;
    assert.deepEqual([pinned.target.routed, pinned.choice.model, pinned.propensity], [false, "anthropic/claude-opus-4-5", 1]);
  });

  test("shows figures that hold together", async () => {
    const client = await tenant();
    const { json, headers } = await client.post(ROUTE, { prompt: MIDDLING });
    assert.equal(headers.get("x-moecraft-tier"), "2");
    assert.ok(json.features.prompt_tokens > 0 && json.features.complexity >= 0);
    assert.equal(json.confidence, json.candidates[0].p);
    for (const { p, cost, utility, model, reason, answer_tokens } of json.candidates) {
      assert.ok(0 <= p && p <= 1 && cost > 0 && cost <= json.baseline && utility < p, model);
      assert.ok(reason.length > 5 && answer_tokens > 0);
    }
    assert.equal(json.candidates[0].utility, Math.max(...json.candidates.map(({ utility }) => utility)));
    const known = (await client.post(ROUTE, { prompt: KNOWN })).json;
    assert.equal(known.calibrated, true, "of a task as those learned from");
    assert.ok(["alone", "second_opinion", "dont_know"].includes(known.advice) && known.foreignness < 0);
    assert.equal((await client.post(ROUTE, { prompt: EASY })).json.calibrated, false, "of small talk nobody has measured it");
    const { haiku, sonnet, opus } = json.p;
    assert.ok(0 < haiku && haiku < sonnet && sonnet < opus && opus < 1);
    assert.ok(0 <= json.familiarity && json.familiarity <= 1);
    for (const doubt of Object.values(json.doubt)) assert.ok(0 <= doubt && doubt <= 1);
    for (const { model, filter, why } of json.removed) assert.ok(model && filter && why);
  });

  test("judges a prompt among the tenant's prompts of late", async () => {
    const client = await tenant();
    const familiarity = async () => (await client.post(ROUTE, { prompt: KNOWN })).json.familiarity;
    const alone = await familiarity();
    let sent = 0;
    await until("the object has told of them", async () => {
      await client.chat(ask("moecraft/auto", `${FOREIGN} ${++sent}`));
      return (await familiarity()) < alone - 0.1;
    });
  });

  test("calls nobody, reserves nothing, writes nothing", async () => {
    const client = await tenant();
    const dashboard = await client.dashboard();
    for (let i = 0; i < 3; i++) await client.post(ROUTE, { prompt: `${EASY} ${i}` });
    const cost = await client.cost();
    assert.deepEqual([cost.total_requests, cost.reserved.requests, cost.seq], [0, 0, 0]);
    assert.deepEqual((await client.history()).data, []);
    for (const provider of Object.values(set.providers)) assert.equal(provider.requests.length, 0);
    assert.equal(dashboard.messages.length, 1, "the hello alone");
    dashboard.close();
  });

  test("shows whom the guard keeps out, and refuses what a real request is refused with", async () => {
    const client = await tenant({ owner: true });
    const secret = accessKey();
    const kimi = (await client.post(ROUTE, { prompt: `key ${secret}`, model: "kimi-k3" })).json;
    assert.equal(kimi.tier, 0);
    assert.ok(kimi.removed.some(({ model, filter }) => model === "moonshot/kimi-k3" && filter === "trust"), JSON.stringify(kimi.removed));
    assert.ok(kimi.candidates.every(({ model }) => !model.startsWith("moonshot/")));
    assert.ok(!JSON.stringify(kimi).includes(secret));
    const pinned = await client.post(ROUTE, { prompt: `key ${secret}`, model: "moonshot/kimi-k3" });
    assertError(pinned, { status: 403, type: "data_guard" });
    assert.deepEqual((await client.get("/moecraft/audit")).json.data, [], "nothing was stopped, since nothing was sent");
  });

  test("names what is wrong, is bounded, and wants a key", async () => {
    const client = await tenant();
    assertError(await client.post(ROUTE, {}), { status: 400, param: "prompt" });
    assertError(await client.post(ROUTE, { prompt: 1 }), { status: 400, param: "prompt" });
    assertError(await client.post(ROUTE, "[]"), { status: 400, param: "body" });
    assertError(await client.post(ROUTE, { messages: [] }), { status: 400, param: "messages" });
    assertError(await client.post(ROUTE, { prompt: EASY, model: "moecraft/none" }), { status: 404, code: "model_not_found", param: "model" });
    assertError(await client.post(ROUTE, " ".repeat((32 << 20) + 1)), { status: 413 });
    assertError(await set.gateway.client("moe_x").post(ROUTE, { prompt: EASY }), { status: 401 });
    assert.equal((await client.get(ROUTE)).headers.get("allow"), "POST");
  });
});

describe("what a tenant sets for the router", () => {
  const set = dialects(["openai", "anthropic"]);
  let tenants = 0;
  const owner = () => set.gateway.tenant(`routing-${++tenants}`, { owner: true });
  const chosen = async (client, model, content) => {
    const { status, headers } = await client.chat(DIALECTS.chat.ask(model, content));
    assert.equal(status, 200);
    return { model: headers.get("x-moecraft-model"), rank: RANK[headers.get("x-moecraft-class")], id: headers.get("x-moecraft-request-id") };
  };

  test("is the usual until an owner or the operator sets it, is audited, and outlives the runtime", async () => {
    const client = await owner();
    assert.deepEqual((await client.get(ROUTING)).json, USUAL);
    assert.deepEqual((await client.put(ROUTING, { mode: "efficiency" })).json, { ...USUAL, mode: "efficiency" });
    const deny = ["openai/*"];
    assert.deepEqual((await set.gateway.admin.put(`${ROUTING}?tenant=routing-${tenants}`, { deny, explore: true })).json, { ...USUAL, deny, explore: 0.05 });
    const member = await set.gateway.tenant(`routing-${tenants}`);
    assertError(await member.put(ROUTING, {}), { status: 403, code: "forbidden" });
    await set.gateway.kill9();
    await set.gateway.restart();
    assert.deepEqual((await member.get(ROUTING)).json.deny, deny);
    const { data } = (await client.get("/moecraft/audit")).json;
    assert.deepEqual(data.map(({ event, key_id, policy }) => [event, key_id, policy.mode]), [["routing", "admin", "balanced"], ["routing", client.keyId, "efficiency"]]);
  });

  test("deny and allow hold from the next request on, for all but what a client pins", async () => {
    const client = await owner();
    assert.match((await chosen(client, "moecraft/auto", `${EASY} 1`)).model, /./);
    await client.put(ROUTING, { deny: ["openai/*"] });
    assert.match((await chosen(client, "moecraft/auto", `${EASY} 2`)).model, /^anthropic\//);
    assert.match((await chosen(client, "gpt-4o-mini", EASY)).model, /^anthropic\//, "a vendor's name is a preference");
    assert.equal((await chosen(client, "openai/gpt-4o-mini", EASY)).model, "openai/gpt-4o-mini");
    const only = "anthropic/claude-opus-4-5";
    await client.put(ROUTING, { allow: [only] });
    const { model, id } = await chosen(client, "moecraft/auto", `${EASY} 3`);
    assert.equal(model, only);
    const { decision } = await client.row(id);
    assert.ok(decision.removed.length > 0 && decision.removed[0].filter === "denied");
    await client.put(ROUTING, { allow: [only], deny: [only] });
    const none = await client.chat(DIALECTS.chat.ask("moecraft/auto", `${EASY} 4`));
    assert.match(assertError(none, { status: 503, code: "no_candidate" }).message, /routing settings/);
  });

  test("the mode is the tenant's, or that of the name for one request", async () => {
    const client = await owner();
    for (const [name, content] of [["auto", EASY], ["performance", HARD], ["efficiency", EASY], ["balanced", HARD]]) {
      const { id } = await chosen(client, `moecraft/${name}`, `${content} ${name}`);
      assert.equal((await client.row(id)).decision.mode, name === "auto" ? "balanced" : name);
    }
    const ranks = async (content) => {
      const ranks = [];
      for (const mode of ["efficiency", "balanced", "performance"]) ranks.push(RANK[(await client.post(ROUTE, { prompt: content, model: `moecraft/${mode}` })).json.choice.class]);
      return ranks;
    };
    const all = [];
    for (const content of [EASY, MIDDLING, HARD, "Explain the difference between TCP and UDP with an example of each."]) all.push(await ranks(content));
    for (const [less, usual, more] of all) assert.ok(less <= usual && usual <= more, JSON.stringify(all));
    assert.ok(all.some(([less, , more]) => less < more), JSON.stringify(all));
    await client.put(ROUTING, { mode: "performance" });
    assert.equal((await client.post(ROUTE, { prompt: EASY })).json.mode, "performance");
    assert.equal((await client.post(ROUTE, { prompt: EASY, model: "moecraft/efficiency" })).json.mode, "efficiency");
    const listed = (await client.get("/v1/models")).json.data.map(({ id }) => id);
    for (const mode of ["auto", "balanced", "performance", "efficiency"]) assert.ok(listed.includes(`moecraft/${mode}`));
  });

  test("exploring is as rare as it says, and its probability is written down", async () => {
    const client = await owner();
    await client.put(ROUTING, { explore: 0.2 });
    const count = 60;
    for (let i = 0; i < count; i++) await client.chat(DIALECTS.chat.ask("moecraft/auto", `${OPEN} ${i}`));
    const rows = await client.settled(count);
    const usual = (await client.post(ROUTE, { prompt: `${OPEN} 0` })).json.class;
    for (const { decision } of rows) {
      const { propensity, chances, reason } = decision;
      assert.ok(propensity > 0 && Math.abs(propensity - chances[decision.class]) < 1e-6);
      assert.ok(Math.abs(Object.values(chances).reduce((sum, chance) => sum + chance) - 1) < 1e-5, JSON.stringify(chances));
      assert.ok(chances[usual] >= 0.8 - 1e-6, "a fifth at most goes elsewhere");
      assert.equal(reason.startsWith("explores"), decision.class !== usual, reason);
    }
    assert.ok(rows.some(({ decision }) => decision.chances[usual] < 1), "others are given a chance");
    // 60 draws of at most a fifth: more than half would come once in 10^9 runs.
    assert.ok(rows.filter(({ decision }) => decision.class === usual).length > count / 2);
    const sure = (await client.post(ROUTE, { prompt: OPEN })).json;
    assert.equal(sure.propensity, 1, "a dry run draws nothing");
  });

  for (const [field, body] of [
    ["mod", { mod: "balanced" }],
    ["body", { mode: "cheap" }],
    ["body", []],
    ["allow[1]", { allow: ["openai/*", "gpt-4o-mini"] }],
    ["deny[0]", { deny: ["nobody/*"] }],
    ["deny", { deny: Array(201).fill("openai/*") }],
    ["explore", { explore: 0.5 }],
    ["deny[0]", { deny: [`local/${accessKey()}`] }],
  ]) {
    test(`what cannot be used is refused by name: ${field}`, async () => {
      const client = await owner();
      const { message } = assertError(await client.put(ROUTING, body), { status: 400, param: field });
      assert.ok(message.length > 20);
      assert.deepEqual((await client.get(ROUTING)).json, USUAL);
    });
  }
});

describe("what a client allows one request to take", () => {
  const set = dialects(["openai", "anthropic"]);
  const MAX_COST = "x-moecraft-max-cost";
  const MAX_LATENCY = "x-moecraft-max-latency-ms";
  const within = (name, value) => ({ headers: { [name]: String(value) } });
  let tenants = 0;
  const tenant = () => set.gateway.tenant(`bounds-${++tenants}`);
  const decimal = (dollars) => dollars.toFixed(9);

  test("keeps out what is expected to cost more, and says so", async () => {
    const client = await tenant();
    const free = (await client.post(ROUTE, { prompt: HARD })).json;
    assert.equal(free.choice.class, "opus");
    const most = free.candidates[0].cost / 2;
    const dry = (await client.post(ROUTE, { prompt: HARD }, within(MAX_COST, decimal(most)))).json;
    assert.notEqual(dry.choice.class, "opus");
    assert.ok(dry.candidates.every(({ cost }) => cost <= most) && dry.kept_out.cost > 0);
    const told = dry.removed.find(({ filter }) => filter === "cost");
    assert.match(told.why, /cost more than the request allows/);
    const { headers } = await client.chat(DIALECTS.chat.ask("moecraft/auto", HARD), within(MAX_COST, decimal(most)));
    assert.equal(headers.get("x-moecraft-model"), dry.choice.model);
    const { decision } = await client.row(headers.get("x-moecraft-request-id"));
    assert.ok(decision.kept_out.cost > 0 && decision.candidates.every(({ cost_nanos }) => cost_nanos <= most * 1e9));
  });

  for (const [name, { path, ask }] of Object.entries(DIALECTS)) {
    test(`that leaves no model is the client's to mend, in ${name}`, async () => {
      const client = await tenant();
      const headers = { ...within(MAX_COST, "0.000000001").headers, ...(name === "messages" && { "anthropic-version": "2023-06-01" }) };
      for (const model of ["moecraft/auto", "openai/gpt-4o-mini"]) {
        const { status, text } = await client.post(path, ask(model, HARD), { headers });
        assert.equal(status, 400, text);
        assert.match(text, /x-moecraft-max-cost/);
        assert.match(text, /cost more than the request allows/);
      }
      for (const provider of Object.values(set.providers)) assert.equal(provider.requests.length, 0, "nobody was called");
    });
  }

  test("keeps out who has taken longer of late", async () => {
    const client = await tenant();
    const model = "openai/gpt-4o-mini";
    const pace = async () => (await client.post(ROUTE, { prompt: EASY, model })).json.candidates[0]?.latency_ms;
    assert.equal(await pace(), null, "nothing is known yet");
    for (let i = 0; i < 5; i++) await client.chat(DIALECTS.chat.ask(model, `${EASY} ${i}`));
    const known = await until("it is known how long it takes", async () => (await pace()) ?? false);
    assert.ok(known >= 250, "nobody waits for less");
    const slow = await client.chat(DIALECTS.chat.ask(model, EASY), within(MAX_LATENCY, 249));
    assert.match(assertError(slow, { status: 400, param: MAX_LATENCY }).message, /longer of late/);
    const dry = (await client.post(ROUTE, { prompt: EASY }, within(MAX_LATENCY, 249))).json;
    assert.ok(dry.candidates.length > 0 && dry.candidates.every((candidate) => candidate.model !== model));
    assert.equal(dry.kept_out.latency, 1);
    assert.equal((await client.post(ROUTE, { prompt: EASY }, within(MAX_LATENCY, 600_000))).json.kept_out.latency, undefined);
  });

  for (const [name, value] of [[MAX_COST, "cheap"], [MAX_COST, "-1"], [MAX_COST, "1e-3"], [MAX_LATENCY, "0"], [MAX_LATENCY, "1.5"], [MAX_LATENCY, "soon"]]) {
    test(`that means nothing is refused by name: ${name}: ${value}`, async () => {
      const client = await tenant();
      for (const answer of [await client.chat(DIALECTS.chat.ask("moecraft/auto", EASY), within(name, value)), await client.post(ROUTE, { prompt: EASY }, within(name, value))]) {
        assertError(answer, { status: 400, param: name });
      }
    });
  }
});

describe("the record of a decision", () => {
  const set = stage();

  test("is small and holds nothing of what was said, however much that was", async () => {
    const client = await set.tenant();
    const secret = `word${Math.random().toString(36).slice(2)}`;
    const { headers } = await client.chat(ask("moecraft/auto", `${VARIED}\n${secret} `.repeat(20_000 / VARIED.split(/\s+/).length)));
    const row = await client.row(headers.get("x-moecraft-request-id"));
    assert.ok(JSON.stringify(row.decision).length < 8_192, `${JSON.stringify(row.decision).length} bytes`);
    assert.ok(!JSON.stringify(row).includes(secret));
    assert.deepEqual(Object.keys(row.decision).sort(), [
      ...["advice", "barred", "calibrated", "candidates", "chances", "class", "confidence", "doubt", "familiarity", "features", "findings"],
      ...["foreignness", "kept_out", "mode", "p", "prior", "propensity", "reason", "removed", "score", "talk", "tier", "weights", "x"],
    ]);
  });

  test("holds all that the choice was made by, and the choice follows from it", async () => {
    const client = await set.tenant();
    for (const content of [EASY, OPEN, MIDDLING, HARD]) {
      const { headers } = await client.chat(ask("moecraft/auto", content));
      const { decision, model } = await client.row(headers.get("x-moecraft-request-id"));
      const { candidates, removed, kept_out, weights, confidence, propensity, reason, features } = decision;
      assert.ok(features.prompt_tokens > 0 && Object.keys(features.vector).length > 5, "features");
      assert.ok(weights.lambda > 0 && weights.dearest_nanos > 0 && weights.second > 0, "the price of λ");
      const cloud = candidates.filter(({ class: of }) => of !== "local");
      for (const candidate of cloud) {
        assert.ok(candidate.cost_nanos > 0 && candidate.answer_tokens > 0);
        assert.ok(Math.abs(candidate.utility - worth(decision, candidate)) < 2e-6, JSON.stringify(candidate));
      }
      assert.equal(candidates[0].model_id, model);
      assert.equal(candidates[0].utility, Math.max(...cloud.map(({ utility }) => utility)), "the best is first");
      assert.ok(removed.every(({ model, filter }) => model && kept_out[filter] > 0));
      assert.equal(new Set(removed.map(({ model }) => model)).size, removed.length);
      assert.ok(0 < confidence && confidence < 1 && propensity === 1 && confidence === candidates[0].p);
      assert.ok(reason.startsWith(`${decision.class} class: good answers expected`) && !reason.includes("\n"));
    }
  });
});
