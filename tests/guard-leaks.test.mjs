// No leak on any path: every kind of thing that the guard protects, in every disguise, is sent to the gateway over each way
// that leads to a model, and nothing of it may be readable with an untrusted one or in any record. What was harmless is
// sent over the same way before, so that a path on which nothing arrives at all is no proof.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { stage } from "./clients/support/stage.mjs";
import { Agent, modelServer } from "./support/agent.mjs";
import { CORPUS, sample } from "./support/corpus/corpus.mjs";
import { readings, survives } from "./support/corpus/readings.mjs";
import { DIALECTS } from "./support/dialects.mjs";
import { Gateway } from "./support/gateway.mjs";
import { localIds } from "./support/home.mjs";
import { ask, body, diskHoldsNothing, HARMLESS, proves, readable, SHARE, VARS, ways } from "./support/leaks.mjs";
import { kept, strings } from "./support/records.mjs";
import { until } from "./support/until.mjs";

const AUTO = "moecraft/auto";
const KIMI = "moonshot/kimi-k3";
/** No answer that was given before. */
const FRESH = { headers: { "cache-control": "no-store" } };
const EMBEDDER = "openai/text-embedding-3-small";

describe("the search for leaks", () => {
  test("reads each value in each disguise, and none where none is", () => {
    const unread = CORPUS.filter(({ value, texts }) => !survives(value, readings(...texts)));
    assert.deepEqual(unread.map(({ ref }) => ref), []);
    assert.deepEqual(readable(CORPUS, HARMLESS.texts), []);
    const others = CORPUS.map(({ texts }, at) => [CORPUS[(at + 1) % CORPUS.length], readings(...texts)]);
    assert.deepEqual(others.filter(([{ value }, read]) => survives(value, read)).map(([{ ref }]) => ref), []);
  });

  test("has every kind and every disguise in each share of the corpus", () => {
    for (let path = 0; path < SHARE; path++) {
      for (const what of ["kind", "disguise"]) {
        assert.equal(new Set(sample(SHARE, path).map((row) => row[what])).size, new Set(CORPUS.map((row) => row[what])).size, `${what} ${path}`);
      }
    }
  });

  test("finds in the records what is there", async () => {
    const gateway = await Gateway.start({ vars: VARS });
    try {
      const client = await gateway.tenant("found", { owner: true });
      const dashboard = await client.dashboard();
      const model = "never-heard-of-marigold";
      assert.equal((await client.put("/moecraft/guard", { distrusted: [model] })).status, 200);
      assert.deepEqual(readable([{ ref: "it", value: model }], await kept(gateway, client, dashboard)), ["it"]);
    } finally {
      await gateway.stop();
    }
  });
});

describe("nothing leaks to an untrusted model of the catalogue", () => {
  const set = stage(["openai", "moonshot"], { vars: VARS });
  const untrusted = () => [set.providers.moonshot];

  test("that is asked for by name: the whole corpus", async () => {
    await proves(set.gateway, { send: ask("chat", KIMI), untrusted: untrusted(), rows: CORPUS });
  });

  for (const { name, stream, way } of ways) {
    test(`that is asked for by name: ${way}`, async () => {
      await proves(set.gateway, { send: ask(name, KIMI, { stream }), untrusted: untrusted() });
    });
  }

  test("that the router could have chosen, had the trusted one not answered", async () => {
    for (const { name, stream } of ways) {
      await proves(set.gateway, { send: ask(name, AUTO, { stream }), untrusted: untrusted(), statuses: [200], arrives: false });
    }
  });

  test("that asks what a trusted one has answered before", async () => {
    const send = async (client, row) => {
      const asked = [AUTO, AUTO, KIMI].map((model) => ({ ...body("chat", model, row), temperature: 0 }));
      for (const one of asked.slice(0, 2)) {
        const { status, headers, text } = await client.chat(one);
        assert.equal(status, 200, text);
        await client.row(headers.get("x-moecraft-request-id"));
        if (one === asked[1]) assert.equal(headers.get("x-moecraft-class") === "surrogate", row === HARMLESS, row.ref);
      }
      return client.chat(asked[2]);
    };
    await proves(set.gateway, { send, untrusted: untrusted() });
  });

  test("in the headers or the address of a request", async () => {
    const rows = CORPUS.filter(({ texts: [text, more] }) => more === undefined && /^[!-~][ -~]*[!-~]$/.test(text)).filter((_, at) => at % SHARE === 0);
    const send = (client, { texts: [text] }) => {
      const names = ["anthropic-beta", "anthropic-version", "user-agent", "x-anything", "session-id", "cookie", "referer", "openai-organization"];
      const headers = Object.fromEntries(names.map((name) => [name, text]));
      return client.post(`/v1/chat/completions?note=${encodeURIComponent(text)}`, body("chat", KIMI, HARMLESS), { headers });
    };
    await proves(set.gateway, { send, untrusted: untrusted(), rows, statuses: [200], reaches: true });
    assert.ok(set.providers.moonshot.heard.length >= rows.length, "all of them were asked");
  });

  test("in what is embedded", async () => {
    const send = (client, { texts }) => client.post("/v1/embeddings", { model: EMBEDDER, input: texts });
    const { openai } = set.providers;
    await proves(set.gateway, { send: (client, row) => send(client, row), untrusted: [set.providers.moonshot], arrives: false, statuses: [200] });
    await proves(set.gateway, { send, untrusted: [openai], policy: { distrusted: [EMBEDDER] } });
  });

  test("in what is only classified", async () => {
    const send = (client, { texts }) => client.post("/v1/classify", { messages: texts.map((content) => ({ role: "user", content })) });
    const answers = await proves(set.gateway, { send, untrusted: Object.values(set.providers), arrives: false, statuses: [200] });
    for (const { row, text, headers } of answers) {
      assert.equal(headers.get("x-moecraft-tier"), "0", row.ref);
      assert.deepEqual(readable([row], strings(text)), []);
    }
  });

  test("on the disk", () => diskHoldsNothing(set.gateway, KIMI));
});

describe("a value that is masked for a trusted model", () => {
  const set = stage(["openai", "moonshot", "anthropic"], { vars: VARS });
  const MODELS = { chat: "openai/gpt-4o-mini", responses: "openai/gpt-4o-mini", messages: "anthropic/claude-haiku-4-5" };

  for (const { name, stream, way } of ways) {
    test(`cannot be read there: ${way}`, async () => {
      const answers = await proves(set.gateway, {
        send: ask(name, MODELS[name], { stream }),
        untrusted: Object.values(set.providers),
        policy: { prohibited: "sanitise" },
        statuses: [200, 400, 403],
        reaches: true,
      });
      assert.ok(answers.filter(({ status }) => status === 200).length > answers.length / 2, "most can be masked");
    });
  }
});

describe("nothing leaks to a name that no catalogue knows, at a general upstream", () => {
  const set = stage(["elsewhere"], { vars: VARS });
  const untrusted = () => [set.providers.elsewhere];

  for (const { name, stream, way } of ways) {
    test(`by ${way}`, async () => {
      await proves(set.gateway, { send: ask(name, "deepseek-next", { stream }), untrusted: untrusted() });
    });
  }

  test("by the count of its tokens", async () => {
    const send = (client, row) => client.post("/v1/messages/count_tokens", body("messages", "house-brand-1", row, { max_tokens: undefined }));
    await proves(set.gateway, { send, untrusted: untrusted(), statuses: [404] });
  });

  test("as the name itself", async () => {
    const send = (client, { texts }) => client.chat({ model: texts.join(" "), messages: [{ role: "user", content: "Hi." }] });
    await proves(set.gateway, { send, untrusted: untrusted(), statuses: [400, 403, 404], arrives: false, rows: CORPUS.filter(({ disguise }) => disguise === "none") });
  });
});

describe("nothing leaks through the agent to an untrusted model of the user's machine", () => {
  let gateway, server, agent, owner;
  before(async () => {
    gateway = await Gateway.start({ vars: VARS });
    server = await modelServer("qwen2.5-coder-7b");
    const client = await gateway.tenant("home", { owner: true });
    owner = { client, dashboard: await client.dashboard() };
    agent = Agent.start({ url: gateway.url, key: client.key, name: "box", servers: [server.origin] });
    await until("the local model is listed", async () => (await localIds(client)).length > 0);
  });
  after(async () => {
    owner?.dashboard.close();
    await agent?.kill9();
    for (const one of [gateway, server]) await one?.stop();
  });

  for (const model of ["local/qwen2.5-coder-7b", AUTO]) {
    for (const { name, stream, way } of ways) {
      test(`${model}: ${way}`, async () => {
        await proves(gateway, { send: ask(name, model, { stream }, FRESH), untrusted: [server], owner, log: () => agent.log });
      });
    }
  }

  test("on the disk", () => diskHoldsNothing(gateway, "local/qwen2.5-coder-7b"));
});

describe("nothing leaks where the gateway is switched off", () => {
  const set = stage(["elsewhere"], { vars: { MOECRAFT_ENABLED: "false" } });
  const untrusted = () => [set.providers.elsewhere];
  const headers = { "anthropic-version": "2023-06-01" };

  for (const { name, stream, way } of ways) {
    test(`by ${way}`, async () => {
      const send = (client, row) => client.post(DIALECTS[name].path, body(name, "deepseek-chat", row, { stream }), { headers });
      await proves(set.gateway, { send, untrusted: untrusted() });
    });
  }

  test("by vectors, or by a path that names no model", async () => {
    const embed = (client, { texts }) => client.post("/v1/embeddings", { model: "qwen3-embedding", input: texts });
    await proves(set.gateway, { send: embed, untrusted: untrusted() });
    const list = (client, { texts }) => client.get(`/v1/models?note=${encodeURIComponent(texts.join(" "))}`);
    await proves(set.gateway, { send: list, untrusted: untrusted() });
  });
});
