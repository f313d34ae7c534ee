// The data-flow guard on every path: nothing that it protects reaches a model that is not trusted with it.
// What it finds in which disguise is the engine's matter; here it is one secret, one class, and every way out.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { stage } from "./clients/support/stage.mjs";
import { modelServer, Agent } from "./support/agent.mjs";
import { complete } from "./support/answers.mjs";
import { assertRefusal, DIALECTS } from "./support/dialects.mjs";
import { Gateway } from "./support/gateway.mjs";
import { localIds } from "./support/home.mjs";
import { accessKey, sourceCode } from "./support/secrets.mjs";
import { until } from "./support/until.mjs";

const AUTO = "moecraft/auto";
const KIMI = "moonshot/kimi-k3";
let tenants = 0;
const tenant = (gateway, options) => gateway.tenant(`guard-${++tenants}`, options);
const post = (client, name, model, text, more) => client.post(DIALECTS[name].path, DIALECTS[name].ask(model, text, more));
const modelOf = ({ headers }) => headers.get("x-moecraft-model");
const audit = async (client, query = "") => (await client.get(`/moecraft/audit${query}`)).json.data;

/** All that was sent to a provider. */
const heard = (provider) => provider.requests.map(({ raw }) => raw).join("\n");

describe("a model that is not trusted", () => {
  const set = stage(["openai", "anthropic", "moonshot"]);

  for (const name of Object.keys(DIALECTS)) {
    for (const [tier, holds] of [[0, () => `My key is ${accessKey()}.`], [1, () => `Review this:\n${sourceCode().code}`]]) {
      test(`is not called with tier ${tier} at ${DIALECTS[name].path}: a clear 403, and nobody is asked`, async () => {
        const client = await tenant(set.gateway, { owner: true });
        const text = holds();
        const answer = await post(client, name, KIMI, text);
        const error = assertRefusal(name, answer, { status: 403, type: "data_guard", messages: "permission_error" });
        assert.match(error.message, /guard/);
        assert.match(error.message, /trusted/);
        assert.ok(!text.split(/\s/).some((word) => word.length > 15 && error.message.includes(word)), "no value is told");
        if (name !== "messages") assert.match(error.param, /messages|input/);
        const { headers } = answer;
        assert.deepEqual([headers.get("x-moecraft-error"), headers.get("x-moecraft-tier")], ["data_guard", String(tier)]);
        for (const provider of Object.values(set.providers)) assert.deepEqual(provider.requests, []);
        assert.equal((await client.cost()).total_requests, 0);
        const [row, ...more] = await audit(client);
        assert.deepEqual([row.event, row.tier, row.model, row.request_id, more], ["block", tier, KIMI, headers.get("x-moecraft-request-id"), []]);
        assert.ok(Object.values(row.kinds).some((count) => count > 0));
      });
    }

    test(`is called with what is for everybody at ${DIALECTS[name].path}`, async () => {
      const client = await tenant(set.gateway);
      const answer = await post(client, name, KIMI, "Explain what an access key is, and what a class is.");
      assert.deepEqual([answer.status, answer.headers.get("x-moecraft-tier"), modelOf(answer)], [200, "2", KIMI]);
    });
  }

  test("is passed over where the router chooses, and the plan says why", async () => {
    const key = accessKey();
    const client = await tenant(set.gateway);
    const answer = await post(client, "chat", AUTO, `Is ${key} a good key?`);
    assert.deepEqual([answer.status, answer.headers.get("x-moecraft-tier")], [200, "0"]);
    assert.deepEqual(set.providers.moonshot.requests, []);
    const row = await client.row(answer.headers.get("x-moecraft-request-id"));
    assert.equal(row.decision.tier, 0);
    assert.ok(row.decision.candidates.length > 0);
    assert.ok(row.decision.candidates.every(({ trust }) => trust === "trusted"), JSON.stringify(row.decision.candidates));
    assert.ok(row.decision.removed.some(({ model, filter }) => model.startsWith("moonshot/") && filter === "trust"));
    assert.ok(Object.values(row.decision.findings).every((count) => Number.isInteger(count) && count > 0));
    assert.ok(!JSON.stringify(row).includes(key));
  });

  test("is not fallen over to: with all trusted ones down, the request ends in an error", async () => {
    const client = await tenant(set.gateway);
    for (const name of ["openai", "anthropic"]) set.providers[name].trouble = () => "overloaded";
    const answer = await post(client, "chat", AUTO, `Is ${accessKey()} a good key?`);
    assert.ok(answer.status >= 429, answer.text);
    assert.deepEqual(set.providers.moonshot.requests, []);
    const [row] = await client.settled(1);
    assert.equal(row.outcome, "failed");
    assert.ok(row.attempts.length > 0 && row.attempts.every(({ provider }) => provider !== "moonshot"));
  });

  test("that the body names beside a trusted one gets it no more than by itself", async () => {
    const client = await tenant(set.gateway);
    for (const more of [{ models: ["openai/gpt-4o-mini", "deepseek/deepseek-chat"] }, { fallbacks: ["qwen/qwen3-max"] }]) {
      const answer = await post(client, "chat", "openai/gpt-4o-mini", `Is ${accessKey()} good?`, more);
      assertRefusal("chat", answer, { status: 403, type: "data_guard" });
    }
    assert.deepEqual(set.providers.openai.requests, []);
  });

  test("of a tenant's own choice is told nothing that the guard has not seen", async () => {
    const owner = await tenant(set.gateway, { owner: true });
    const model = "anthropic/claude-haiku-4-5";
    const headers = { "anthropic-beta": "a-beta" };
    const told = async () => {
      const body = { model, max_tokens: 9, messages: [{ role: "user", content: "Hi." }] };
      assert.equal((await owner.post("/v1/messages", body, { headers })).status, 200);
      return set.providers.anthropic.requests.at(-1).headers["anthropic-beta"];
    };
    assert.equal(await told(), "a-beta");
    await owner.put("/moecraft/guard", { distrusted: [model] });
    assert.equal(await told(), undefined);
  });

  test("that the body names a second time gets it no more than the first time", async () => {
    const client = await tenant(set.gateway);
    const rest = `"max_tokens":9,"messages":[{"role":"user","content":"Is ${accessKey()} good?"}]`;
    for (const name of ["chat", "messages"]) {
      for (const models of [["openai/gpt-4o-mini", KIMI], [KIMI, "openai/gpt-4o-mini"]]) {
        const body = `{"model":"${models[0]}",${rest},"model":"${models[1]}"}`;
        await client.post(DIALECTS[name].path, body);
      }
    }
    const sent = Object.values(set.providers).flatMap(({ requests }) => requests.map(({ raw }) => raw));
    assert.ok(sent.every((raw) => !raw.includes("kimi")), sent.join());
  });

  test("is asked to count nothing that it may not see", async () => {
    const client = await tenant(set.gateway);
    const count = (model, content) => client.post("/v1/messages/count_tokens", { model, messages: [{ role: "user", content }] });
    assert.equal((await count("anthropic/claude-haiku-4-5", "Hi.")).status, 200);
    assert.equal((await count("anthropic/claude-haiku-4-5", accessKey())).headers.get("x-moecraft-tier"), "0");
    assert.equal((await client.put("/moecraft/guard", {})).status, 403, "a member sets nothing");
    const owner = await tenant(set.gateway, { owner: true });
    await owner.put("/moecraft/guard", { distrusted: ["anthropic/claude-haiku-4-5"] });
    const body = { model: "anthropic/claude-haiku-4-5", messages: [{ role: "user", content: accessKey() }] };
    assert.equal((await owner.post("/v1/messages/count_tokens", body)).status, 404);
    const [row] = await audit(owner);
    assert.deepEqual([row.event, row.tier, row.model], ["block", 0, "anthropic/claude-haiku-4-5"]);
  });

  test("makes no vectors of it", async () => {
    const owner = await tenant(set.gateway, { owner: true });
    const model = "openai/text-embedding-3-small";
    const embed = (input) => owner.post("/v1/embeddings", { model, input });
    assert.equal((await embed(accessKey())).status, 200, "a trusted one does");
    await owner.put("/moecraft/guard", { distrusted: [model] });
    const hits = set.providers.openai.requests.length;
    assertRefusal("chat", await embed(accessKey()), { status: 403, type: "data_guard" });
    assertRefusal("chat", await embed(["fine", accessKey()]), { status: 403, type: "data_guard" });
    assertRefusal("chat", await embed([[1, 2, 3]]), { status: 403, type: "data_guard" });
    assert.equal((await embed("fine")).status, 200);
    assert.equal(set.providers.openai.requests.length, hits + 1);
  });

  test("gets it in no part of a request: tools, names, results, system", async () => {
    const client = await tenant(set.gateway);
    const user = { role: "user", content: "Go on." };
    const tool = (more) => ({ type: "function", function: { name: "f", parameters: { type: "object" }, ...more } });
    const call = (args) => ({ role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: args } }] });
    const result = (content) => ({ role: "tool", tool_call_id: "c1", content });
    for (const [where, body] of [
      ["system", (key) => ({ messages: [{ role: "system", content: `Use ${key}.` }, user] })],
      ["the description of a tool", (key) => ({ messages: [user], tools: [tool({ description: `Uses ${key}.` })] })],
      ["the schema of a tool", (key) => ({ messages: [user], tools: [tool({ parameters: { type: "object", properties: { k: { type: "string", default: key } } } })] })],
      ["arguments of a call", (key) => ({ messages: [user, call(JSON.stringify({ k: key })), result("ok"), user] })],
      ["the result of a call", (key) => ({ messages: [user, call("{}"), result(`k=${key}`), user] })],
      ["an earlier turn", (key) => ({ messages: [{ role: "user", content: key }, { role: "assistant", content: "ok" }, user] })],
      ["metadata", (key) => ({ messages: [user], metadata: { note: key } })],
      ["the end user's name", (key) => ({ messages: [user], user: key })],
    ]) {
      const answer = await client.chat({ model: KIMI, ...body(accessKey()) });
      assert.equal(answer.status, 403, `${where}: ${answer.text}`);
    }
    assert.deepEqual(set.providers.moonshot.requests, []);
  });
});

describe("a name that no catalogue knows, at a general upstream,", () => {
  const set = stage(["elsewhere"], { mayRefuse: /Unrecognized request argument/ });
  const upstream = () => set.providers.elsewhere;

  test("is trusted by its family, and not at all where nobody knows it", async () => {
    const client = await tenant(set.gateway);
    for (const [model, status] of [["claude-next-9", 200], ["deepseek-next", 403], ["qwen9-max", 403], ["house-brand-1", 403]]) {
      const answer = await post(client, "chat", model, `Is ${accessKey()} good?`);
      assert.equal(answer.status, status, `${model}: ${answer.text}`);
    }
    assert.deepEqual(upstream().requests.map(({ model }) => model), ["claude-next-9"]);
    assert.equal((await post(client, "chat", "deepseek-next", "Hi.")).status, 200);
  });

  test("gets nothing that is protected with fields of its own, which may name further models", async () => {
    const client = await tenant(set.gateway);
    for (const more of [{ plugins: [{ id: "fusion", model: "house-brand-1" }] }, { preset: "@house/brand" }, { providerOptions: { gateway: { models: ["house-brand-1"] } } }]) {
      const answer = await post(client, "chat", "claude-next-9", `Is ${accessKey()} good?`, more);
      assertRefusal("chat", answer, { status: 403, type: "data_guard" });
      assert.notEqual((await post(client, "chat", "claude-next-9", "Hi.", more)).status, 403, "it is the upstream's to take or refuse");
    }
    assert.ok(!/AKIA[A-Z2-7]{16}/.test(heard(upstream())));
  });

  test("is kept in no record where it holds a value itself", async () => {
    const client = await tenant(set.gateway, { owner: true });
    const key = accessKey();
    for (const name of [key, `claude-${key}`, `gpt-${key}`]) {
      const answer = await post(client, "chat", name, "Hi.");
      assert.ok(answer.status === 403 || answer.status === 404, answer.text);
    }
    assert.deepEqual(upstream().requests, []);
    for (const path of ["/moecraft/audit", "/moecraft/routing/history"]) assert.ok(!(await client.get(path)).text.includes(key), path);
  });
});

describe("a model of the user's own machine", () => {
  let gateway, server, agent, client;
  before(async () => {
    gateway = await Gateway.start();
    server = await modelServer("qwen2.5-coder-7b");
    client = await gateway.tenant("at-home", { owner: true });
    agent = Agent.start({ url: gateway.url, key: client.key, name: "box", servers: [server.origin] });
    await until("the local model is listed", async () => (await localIds(client)).length > 0);
  });
  after(async () => {
    await agent?.kill9();
    for (const one of [gateway, server]) await one?.stop();
  });

  test("of untrusted origin gets nothing of tier 0, by name or as the last resort", async () => {
    for (const model of ["local/qwen2.5-coder-7b", AUTO]) {
      const answer = await post(client, "chat", model, `Is ${accessKey()} good?`);
      assertRefusal("chat", answer, { status: 403, type: "data_guard" });
    }
    assert.equal(server.hits, 0);
  });

  test("of untrusted origin gets tier 1 with the tenant's own words masked, and the client its answer with them", async () => {
    server.answer(({ body }) => complete({ words: body.messages.at(-1).content.match(/[^]{1,3}/g) }));
    const { name, code } = sourceCode();
    assert.equal((await client.put("/moecraft/guard", { lexicon: { restricted: [name] } })).status, 200);
    for (const stream of [false, true]) {
      const body = { model: "local/qwen2.5-coder-7b", messages: [{ role: "user", content: `Review this:\n${code}` }] };
      const hits = server.hits;
      const answer = stream ? await client.streamed(body) : await client.chat(body);
      assert.equal(answer.status, 200, answer.text);
      const text = stream ? answer.chunks.map(({ choices }) => choices[0]?.delta?.content ?? "").join("") : answer.json.choices[0].message.content;
      assert.equal(text, `Review this:\n${code}`);
      assert.equal(server.hits, hits + 1);
      assert.ok(!server.last.raw.includes(name), "the model has not seen the class");
      assert.equal(answer.headers.get("x-moecraft-tier"), "1");
    }
    assert.ok((await audit(client)).some(({ event, tier, model }) => event === "sanitise" && tier === 1 && model === "local/qwen2.5-coder-7b"));
  });

  test("gets tier 1 whole once the owner allows it, and still nothing of tier 0", async () => {
    server.answer(complete());
    const { name, code } = sourceCode();
    const leave = { model: "local/qwen2.5-coder-7b", reason: "runs on our own machine" };
    assert.equal((await client.put("/moecraft/guard", { overrides: [leave] })).status, 200);
    assert.equal((await post(client, "chat", leave.model, `Review:\n${code}`)).status, 200);
    assert.ok(server.last.raw.includes(name));
    assertRefusal("chat", await post(client, "chat", leave.model, accessKey()), { status: 403, type: "data_guard" });
    const rows = await audit(client);
    assert.ok(rows.some(({ event, model }) => event === "override" && model === leave.model));
    assert.deepEqual(rows.find(({ event }) => event === "policy").policy.overrides, [leave]);
  });
});

describe("an answer of tier 0", () => {
  const set = stage(["openai"]);

  test("is neither kept nor served again, and one of the rest is", async () => {
    const client = await tenant(set.gateway);
    const twice = async (text) => {
      for (const _ of [1, 2]) {
        const { headers, status } = await post(client, "chat", AUTO, text);
        assert.equal(status, 200);
        await client.row(headers.get("x-moecraft-request-id"));
      }
      return set.providers.openai.requests.splice(0).length;
    };
    assert.equal(await twice("What is the capital of France?"), 1, "the second is a surrogate");
    assert.equal(await twice(`What is ${accessKey()}?`), 2, "tier 0 in the question");
    const key = accessKey();
    set.providers.openai.trouble = () => ({ response }) => {
      response.writeHead(200, { "content-type": "application/json" });
      const message = { role: "assistant", content: `Try ${key}.` };
      response.end(JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, message, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
    };
    assert.equal(await twice("Make up a key."), 2, "tier 0 in the answer");
  });
});

describe("what is kept", () => {
  const set = stage(["openai", "moonshot"], { vars: { OUTBOX_MS: "50" }, mayRefuse: /Unrecognized request argument/ });

  test("holds no value: history, live stream, audit, figures, D1, log", async () => {
    const client = await tenant(set.gateway, { owner: true });
    const dashboard = await client.dashboard();
    const [key, { name, code }] = [accessKey(), sourceCode()];
    const texts = [`Is ${key} good?`, `Review:\n${code}`];
    const headers = { "session-id": `s-${key}` };
    for (const text of texts) {
      for (const model of [KIMI, AUTO, "openai/gpt-4o-mini"]) await client.chat({ model, messages: [{ role: "user", content: text }], [`x_${key}`]: 1 }, { headers });
    }
    await until("blocks are told", () => dashboard.messages.filter(({ type }) => type === "guard_block").length >= 2);
    const block = dashboard.messages.find(({ type }) => type === "guard_block");
    assert.deepEqual(Object.keys(block.data).sort(), ["kinds", "model", "request_id", "tier"]);
    await until("the ledger is settled", async () => (await client.cost()).reserved.requests === 0);
    const rows = await until("D1 has rows", async () => (await set.gateway.d1("SELECT * FROM usage")).length > 0 && set.gateway.d1("SELECT * FROM usage"));
    const kept = {
      history: JSON.stringify(await client.rows()),
      audit: JSON.stringify(await audit(client)),
      live: dashboard.texts.join("\n"),
      cost: JSON.stringify(await client.cost()),
      d1: JSON.stringify(rows),
      log: set.gateway.log,
    };
    for (const [where, text] of Object.entries(kept)) {
      for (const value of [key, name]) assert.ok(!text.includes(value), `${value} in ${where}`);
    }
    assert.ok(!heard(set.providers.moonshot).includes(key));
    dashboard.close();
  });
});
