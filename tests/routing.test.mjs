// The dry run, the record of a decision, and what a tenant sets for the router.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stage as dialects } from "./clients/support/stage.mjs";
import { ask } from "./support/client.mjs";
import { DIALECTS } from "./support/dialects.mjs";
import { assertError } from "./support/errors.mjs";
import { accessKey } from "./support/secrets.mjs";
import { stage } from "./support/stage.mjs";

const ROUTE = "/v1/route";
const ROUTING = "/moecraft/routing";
const USUAL = { mode: "balanced", allow: [], deny: [], explore: 0, optimise: "off", cache_marks: "auto" };
const EASY = "What is the capital of France?";
const HARD = "Prove that every finite integral domain is a field, then derive from the proof why the theorem fails for infinite rings.";
/** Between what efficiency and performance take for enough. */
const MIDDLING = "Write a Python function that checks whether a string is a palindrome.";
/** Much that features tell of: most of them are 0 in most prompts. */
const VARIED = `Dear team, I'm sorry, please explain briefly why the following JavaScript code fails, fix it now and add tests!
1. Compare x^2 + 3y >= 17.5% with $\\frac{a}{b}$; prove the theorem by induction, derive its complexity. - "Why?" (A) yes (B) no
A. Paris B. London C. Rome D. Oslo
\`\`\`js
function f(xs) { for (const i of xs) { if (i === 0 && !xs[i]) return null; } }
\`\`\`
| a | b | https://example.com/p?q=1 {"type":"object","properties":{"n":{"type":"integer"}}} What was the capital in 1914? Therefore, however,
not all doctors, lawyers or banks translate the patient's contract step by step; write a poem, a summary and an SQL query. GRÜSSE 日本語 🙂`;
const RANK = { haiku: 0, sonnet: 1, opus: 2 };

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
      for (const field of ["class", "score", "confidence", "mode", "propensity", "familiarity", "p", "doubt", "features", "tier"]) {
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
    for (const { p, cost, utility, model, reason } of json.candidates) {
      assert.ok(0 <= p && p <= 1 && cost > 0 && cost <= json.baseline && utility < p, model);
      assert.ok(reason.length > 5);
    }
    const { haiku, sonnet, opus } = json.p;
    assert.ok(0 < haiku && haiku < sonnet && sonnet < opus && opus < 1);
    assert.ok(0 <= json.familiarity && json.familiarity <= 1);
    for (const doubt of Object.values(json.doubt)) assert.ok(0 <= doubt && doubt <= 1);
    for (const { model, filter, why } of json.removed) assert.ok(model && filter && why);
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
    assert.deepEqual((await set.gateway.admin.put(`${ROUTING}?tenant=routing-${tenants}`, { deny, explore: true })).json, { ...USUAL, deny, explore: 0.02 });
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
    const rows = [];
    const count = 60;
    for (let i = 0; i < count; i++) await client.chat(DIALECTS.chat.ask("moecraft/auto", `${EASY} ${i}`));
    rows.push(...(await client.settled(count)));
    const greedy = rows.filter(({ decision }) => decision.class === "haiku");
    assert.ok(greedy.length > count / 2 && rows.every(({ decision }) => [1 - 0.2 + 0.2 / 3, 0.2 / 3].some((p) => Math.abs(decision.propensity - p) < 1e-9)));
    assert.ok(greedy.every(({ decision }) => decision.propensity > 0.5));
    assert.ok(rows.filter(({ decision }) => decision.class !== "haiku").every(({ decision }) => decision.propensity < 0.1 && decision.reason.startsWith("explores")));
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
      ...["barred", "candidates", "class", "confidence", "doubt", "familiarity", "features", "findings", "mode"],
      ...["p", "prior", "propensity", "reason", "removed", "score", "tier", "x"],
    ]);
    for (const candidate of row.decision.candidates) {
      assert.ok("p" in candidate && "cost_nanos" in candidate && "utility" in candidate);
    }
  });
});
