// What a tenant sets for the guard, what the guard writes down, and what it says of a text.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stage as dialects } from "./clients/support/stage.mjs";
import { assertRefusal, DIALECTS } from "./support/dialects.mjs";
import { assertError } from "./support/errors.mjs";
import { accessKey, sourceCode } from "./support/secrets.mjs";
import { stage } from "./support/stage.mjs";

const KIMI = "moonshot/kimi-k3";
const GUARD = "/moecraft/guard";
const AUDIT = "/moecraft/audit";
const USUAL = { strict: false, prohibited: "route", distrusted: [], overrides: [], lexicon: { confidential: [], restricted: [], domains: [] } };

describe("a tenant's policy", () => {
  const set = dialects(["openai", "moonshot"]);
  let tenants = 0;
  const owner = () => set.gateway.tenant(`policy-${++tenants}`, { owner: true });
  const ask = (client, model, content) => client.chat(DIALECTS.chat.ask(model, content));

  test("is the usual one until an owner or the operator sets another, and each change is audited", async () => {
    const client = await owner();
    assert.deepEqual((await client.get(GUARD)).json, USUAL);
    assert.deepEqual((await client.put(GUARD, { strict: true })).json, { ...USUAL, strict: true });
    const admin = await set.gateway.admin.put(`${GUARD}?tenant=policy-${tenants}`, { distrusted: [KIMI] });
    assert.deepEqual([admin.status, admin.json.distrusted], [200, [KIMI]]);
    const member = await set.gateway.tenant(`policy-${tenants}`);
    assert.deepEqual((await member.get(GUARD)).json.distrusted, [KIMI]);
    assertError(await member.put(GUARD, {}), { status: 403, code: "forbidden" });
    assertError(await member.get(AUDIT), { status: 403, code: "forbidden" });
    const { data } = (await client.get(AUDIT)).json;
    assert.deepEqual(data.map(({ event, key_id, policy }) => [event, key_id, policy.strict]), [["policy", "admin", false], ["policy", client.keyId, true]]);
  });

  test("holds from the next request on, and outlives the runtime", async () => {
    const client = await owner();
    const key = accessKey();
    assert.equal((await ask(client, "openai/gpt-4o-mini", key)).status, 200);
    await client.put(GUARD, { prohibited: "block" });
    const { message } = assertRefusal("chat", await ask(client, "openai/gpt-4o-mini", key), { status: 403, type: "data_guard" });
    assert.match(message, /policy/);
    await set.gateway.kill9();
    await set.gateway.restart();
    assert.equal((await ask(client, "openai/gpt-4o-mini", key)).status, 403);
    assert.equal((await ask(client, "openai/gpt-4o-mini", "Hi.")).status, 200);
    await client.put(GUARD, {});
    assert.equal((await ask(client, "openai/gpt-4o-mini", key)).status, 200);
  });

  test("that is strict takes the bare word for tier 0", async () => {
    const client = await owner();
    assert.equal((await ask(client, KIMI, "Explain what a password is.")).status, 200);
    await client.put(GUARD, { strict: true });
    assert.equal((await ask(client, KIMI, "Explain what a password is.")).status, 403);
  });

  test("knows the tenant's own words, and the audit does not", async () => {
    const client = await owner();
    await client.put(GUARD, { lexicon: { confidential: ["bluebird"] } });
    assert.equal((await ask(client, KIMI, "When does bluebird ship?")).status, 403);
    assert.equal((await ask(client, "openai/gpt-4o-mini", "When does bluebird ship?")).status, 200);
    const { text } = await client.get(AUDIT);
    assert.ok(!text.includes("bluebird"), text);
  });

  test("lets tier 1 to one untrusted model by the owner's leave, and tier 0 to none", async () => {
    const client = await owner();
    const leave = { model: KIMI, reason: "contract of 2026" };
    await client.put(GUARD, { overrides: [leave] });
    const answer = await ask(client, KIMI, `Review:\n${sourceCode().code}`);
    assert.deepEqual([answer.status, answer.headers.get("x-moecraft-tier"), answer.headers.get("x-moecraft-model")], [200, "1", KIMI]);
    assert.equal((await ask(client, KIMI, accessKey())).status, 403);
    const { data } = (await client.get(AUDIT)).json;
    assert.deepEqual(data.map(({ event, model }) => [event, model]), [["block", KIMI], ["override", KIMI], ["policy", null]]);
  });

  test("is told of where an earlier answer serves the request, too", async () => {
    const client = await owner();
    await client.put(GUARD, { overrides: [{ model: KIMI, reason: "contract of 2026" }] });
    const text = `Review:\n${sourceCode().code}`;
    const served = [];
    for (const _ of [1, 2]) {
      const { headers } = await client.chat(DIALECTS.chat.ask(KIMI, text, { temperature: 0 }));
      served.push(headers.get("x-moecraft-class"));
      await client.row(headers.get("x-moecraft-request-id"));
    }
    assert.equal(served[1], "surrogate");
    const { data } = (await client.get(AUDIT)).json;
    assert.deepEqual(data.map(({ event, model }) => [event, model]), [["override", KIMI], ["override", KIMI], ["policy", null]]);
  });

  for (const [field, body] of [
    ["stict", { stict: true }],
    ["body", { prohibited: "allow" }],
    ["reason", { overrides: [{ model: KIMI }] }],
    ["overrides[0].reason", { overrides: [{ model: KIMI, reason: "" }] }],
    ["lexicon.domains[1]", { lexicon: { domains: ["a.example", ""] } }],
    ["distrusted", { distrusted: Array(201).fill(KIMI) }],
    ["lexicon.confidential", { lexicon: { confidential: Array(501).fill("x") } }],
    ["body", "[]"],
    ["body", "no JSON"],
  ]) {
    test(`is refused where it cannot be used, by name: ${field} of ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const client = await owner();
      assertError(await client.put(GUARD, body), { status: 400, param: field });
      assert.deepEqual((await client.get(GUARD)).json, USUAL);
    });
  }

  test("is bounded, and its reasons hold no secret: the audit forgets nothing", async () => {
    const client = await owner();
    assertError(await client.put(GUARD, " ".repeat(65_537)), { status: 413 });
    const leave = { model: KIMI, reason: `see ${accessKey()}` };
    assertError(await client.put(GUARD, { overrides: [leave] }), { status: 400, param: "overrides[0].reason" });
    assertError(await client.put(GUARD, { distrusted: [accessKey()] }), { status: 400, param: "distrusted[0]" });
    assert.deepEqual((await client.get(AUDIT)).json.data, []);
  });
});

describe("the audit", () => {
  const set = dialects(["openai", "moonshot"]);

  test("has one row for each event of a request, in pages, the newest first", async () => {
    const client = await set.gateway.tenant("audited", { owner: true });
    const ids = [];
    for (let i = 0; i < 3; i++) ids.unshift((await client.chat(DIALECTS.chat.ask(KIMI, accessKey()))).headers.get("x-moecraft-request-id"));
    ids.unshift((await client.chat(DIALECTS.chat.ask("kimi-k3", accessKey()))).headers.get("x-moecraft-request-id"));
    const pages = [];
    for (let before = ""; ; ) {
      const { json } = await client.get(`${AUDIT}?limit=2${before}`);
      pages.push(...json.data);
      if (json.next_before === null) break;
      before = `&before=${json.next_before}`;
    }
    assert.deepEqual(pages.map(({ request_id }) => request_id), ids);
    assert.deepEqual(pages.map(({ event }) => event), ["reroute", "block", "block", "block"]);
    assert.deepEqual(Object.keys(pages[0]).sort(), ["at", "event", "id", "key_id", "kinds", "model", "policy", "request_id", "tier"]);
    for (const [query, field] of [["?limit=x", "limit"], ["?since=1", "since"]]) assertError(await client.get(AUDIT + query), { status: 400, param: field });
  });

  test("is the tenant's own, and there before the client is told of a block", async () => {
    const client = await set.gateway.tenant("told", { owner: true });
    await client.chat(DIALECTS.chat.ask(KIMI, accessKey()));
    await set.gateway.kill9();
    await set.gateway.restart();
    assert.equal((await client.get(AUDIT)).json.data.length, 1);
    const other = await set.gateway.tenant("other", { owner: true });
    assert.deepEqual((await other.get(AUDIT)).json.data, []);
  });
});

describe("the table of the audit", () => {
  const set = stage({ options: { faults: {} } });

  test("takes no change, no replacement and no deletion, be it by the object itself", async () => {
    const owner = await set.gateway.tenant("append-only", { owner: true });
    await owner.put(GUARD, { strict: true });
    await owner.put(GUARD, { prohibited: "block" });
    assert.equal((await owner.chat(DIALECTS.chat.ask("openai/gpt-4o-mini", accessKey()))).status, 403);
    const sql = (statement) => set.gateway.sql("append-only", statement);
    const all = () => sql("SELECT * FROM audit ORDER BY seq");
    const before = await all();
    assert.deepEqual(before.rows.map(({ event }) => event), ["policy", "policy", "block"]);
    for (const statement of [
      "UPDATE audit SET detail = NULL",
      "UPDATE audit SET key_id = 'x' WHERE seq = 1",
      "UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2",
      "DELETE FROM audit",
      "DELETE FROM audit WHERE event = 'block'",
    ]) {
      assert.match((await sql(statement)).error ?? "", /append-only/, statement);
    }
    const row = "(seq, at, key_id, event, kinds) VALUES (1, 0, 'x', 'policy', '{}')";
    const again = "(at, key_id, request_id, event, kinds, model) SELECT at, 'x', request_id, event, kinds, model FROM audit WHERE request_id IS NOT NULL";
    for (const statement of [`REPLACE INTO audit ${row}`, `INSERT INTO audit ${row} ON CONFLICT DO UPDATE SET key_id = 'x'`, `INSERT INTO audit ${again}`]) {
      assert.equal((await sql(statement)).error, undefined, statement);
    }
    assert.deepEqual(await all(), before);
    assert.deepEqual((await sql("INSERT INTO audit (at, key_id, event, kinds) VALUES (0, 'x', 'policy', '{}')")).rows, []);
    assert.equal((await all()).rows.length, before.rows.length + 1, "what is new is taken");
  });
});

describe("POST /v1/classify", () => {
  const set = stage();

  test("tells the tier and the findings, and keeps nothing", async () => {
    const client = await set.tenant();
    const key = accessKey();
    for (const [body, tier, place] of [
      [{ text: `key ${key}` }, 0, "text"],
      [{ messages: [{ role: "user", content: "Hi." }, { role: "user", content: `key ${key}` }] }, 0, "messages[1].content"],
      [{ input: ["Hi.", `key ${key}`] }, 0, "input[1]"],
      [{ text: sourceCode().code }, 1, "text"],
      [{ text: "What is a key?" }, 2],
    ]) {
      const { status, json, text, headers } = await client.post("/v1/classify", body);
      assert.deepEqual([status, json.tier, headers.get("x-moecraft-tier")], [200, tier, String(tier)], text);
      assert.ok(!text.includes(key));
      if (!place) assert.deepEqual(json.findings, []);
      else {
        const found = json.findings.find((one) => one.place === place);
        assert.ok(found, text);
        assert.deepEqual(Object.keys(found).sort(), ["bytes", "family", "kind", "line", "place", "title"]);
      }
    }
    assert.equal((await client.cost()).total_requests, 0);
    assert.equal(set.upstream.hits, 0);
  });

  test("names what is missing, is bounded, and wants a key", async () => {
    const client = await set.tenant();
    for (const body of [{}, { txt: "x" }, "[]", "no JSON"]) assertError(await client.post("/v1/classify", body), { status: 400, param: "text" });
    assertError(await client.post("/v1/classify", { text: "x".repeat(5 << 20) }), { status: 413 });
    assertError(await set.gateway.client("moe_x").post("/v1/classify", { text: "x" }), { status: 401 });
    assert.equal((await client.get("/v1/classify")).headers.get("allow"), "POST");
  });
});

describe("switched off", () => {
  const set = dialects(["elsewhere"], { vars: { MOECRAFT_ENABLED: "false" } });

  test("the gateway still lets nothing that is protected to a model that is not trusted", async () => {
    const client = await set.gateway.tenant("off");
    const { requests } = set.providers.elsewhere;
    const ask = (name, model, content, more) => client.post(DIALECTS[name].path, DIALECTS[name].ask(model, content, more), { headers: { "anthropic-version": "2023-06-01" } });
    for (const name of Object.keys(DIALECTS)) {
      for (const content of [accessKey(), sourceCode().code]) {
        const answer = await ask(name, "deepseek-chat", content);
        assertRefusal(name === "responses" ? "chat" : name, answer, { status: 403, type: "data_guard", messages: "permission_error" });
        assert.equal(answer.headers.get("x-moecraft-error"), "data_guard");
      }
      assert.equal((await ask(name, "deepseek-chat", "Hi.")).status, 200);
      assert.equal((await ask(name, "claude-haiku-4-5", accessKey())).status, 200);
    }
    assert.equal(requests.length, 6);
    assert.ok(requests.every(({ model, raw }) => model !== "deepseek-chat" || !/AKIA|class /.test(raw)));
    assert.equal((await ask("chat", "gpt-4o-mini", accessKey(), { models: ["deepseek-chat"] })).status, 403);
    assert.equal((await ask("chat", "gpt-4o-mini", accessKey(), { plugins: [{ id: "fusion", model: "deepseek-chat" }] })).status, 403);
    for (const [path, text] of [["embeddings", { input: [1, 2] }], ["completions", { prompt: [[1, 2]] }]]) {
      assert.equal((await client.post(`/v1/${path}`, { model: "deepseek-chat", ...text })).status, 403, "token numbers cannot be examined");
    }
    const twice = `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"${accessKey()}"}],"model":"deepseek-chat"}`;
    assert.equal((await client.post("/v1/chat/completions", twice)).status, 403);
    assert.equal((await client.post("/v1/files", { any: accessKey() })).status, 403, "no model is named: any may come to see it");
    assert.equal((await client.get(`/v1/models?note=${accessKey()}`)).status, 403);
    assert.equal(set.providers.elsewhere.requests.length, 6);
  });
});
