// No leak on any path: every kind of thing that the guard protects, in every disguise, is sent to the gateway over each way
// that leads to a model, and nothing of it may be readable with an untrusted one or in any record. What was harmless is
// sent over the same way before, so that a path on which nothing arrives at all is no proof.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { stage } from "./clients/support/stage.mjs";
import { Agent, modelServer } from "./support/agent.mjs";
import { CORPUS, sample } from "./support/corpus/corpus.mjs";
import { placed } from "./support/corpus/places.mjs";
import { readings, survives } from "./support/corpus/readings.mjs";
import { DIALECTS } from "./support/dialects.mjs";
import { Gateway } from "./support/gateway.mjs";
import { localIds } from "./support/home.mjs";
import { kept, strings } from "./support/records.mjs";
import { until } from "./support/until.mjs";

const AUTO = "moecraft/auto";
const KIMI = "moonshot/kimi-k3";
const EMBEDDER = "openai/text-embedding-3-small";
const MARK = "what a marigold is, and where heliotropes grow";
const HARMLESS = { ref: "harmless", value: MARK, at: 0, texts: [`Explain ${MARK}.`] };
/** What a path takes of the corpus: one row in so many. */
const SHARE = 8;
/** How many requests are under way at once; more where each waits for a server that fails. */
const [AT_ONCE, AT_ONCE_FAILING] = [8, 48];

/** Rows are copied to the reporting database at once. */
const VARS = { OUTBOX_MS: "100" };

let tenants = 0;
let paths = 0;

/** All that servers were told, as texts: lines, headers, and the strings in the bodies. */
const heardBy = (servers) => servers.flatMap(({ heard }) => heard.flatMap(({ line, headers, raw }) => [line, ...headers, ...strings(raw)]));

/** The rows whose value can be read in texts. */
function readable(rows, texts) {
  const read = readings(...texts);
  return rows.filter(({ value }) => survives(value, read)).map(({ ref }) => ref);
}

async function sendAll(rows, atOnce, send) {
  const [left, answers] = [[...rows], []];
  const lane = async () => {
    for (let row; (row = left.shift()); ) answers.push({ row, ...(await send(row)) });
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return answers;
}

/**
 * Sends a harmless request and then rows of the corpus, `send(client, row)`, and looks for their values with the
 * `untrusted` servers, with those that are told the values only masked as well, and in all that is kept.
 * `statuses` are those a row may be answered with; `arrives` is false where a harmless request arrives nowhere either,
 * `reaches` true where rows may arrive, without their values. `fresh` gives each row a tenant of its own.
 */
async function proves(gateway, { send, untrusted, rows = sample(SHARE, paths++), statuses = [403], arrives = true, reaches = false, policy, fresh = false, client: given, log }) {
  const owners = [];
  const enter = async () => {
    const client = given ?? (await gateway.tenant(`leaks-${++tenants}`, { owner: true }));
    if (policy) assert.equal((await client.put("/moecraft/guard", policy)).status, 200);
    owners.push({ client, dashboard: await client.dashboard() });
    return client;
  };
  const client = await enter();
  const forget = () => untrusted.forEach(({ heard }) => heard.splice(0));

  const { status, text } = await send(client, HARMLESS);
  if (arrives) {
    assert.equal(status, 200, text);
    assert.deepEqual(readable([HARMLESS], heardBy(untrusted)), [HARMLESS.ref], "what is harmless arrives");
  }
  forget();

  const answers = await sendAll(rows, fresh ? AT_ONCE_FAILING : AT_ONCE, async (row) => send(fresh ? await enter() : client, row));
  const odd = answers.filter(({ status }) => !statuses.includes(status)).map(({ row, status, text }) => `${row.ref}: ${status} ${text.slice(0, 200)}`);
  assert.deepEqual(odd, []);
  const told = heardBy(untrusted);
  assert.deepEqual(readable(rows, told), [], "an untrusted model has read these");
  if (!reaches) assert.deepEqual(told, [], "an untrusted model was asked");

  const refusals = answers.filter(({ status }) => status !== 200).flatMap(({ headers, text }) => [...headers.values(), ...strings(text)]);
  const records = new Set([...refusals, ...(log ? [log()] : [])]);
  for (const { client, dashboard } of owners) {
    for (const one of await kept(gateway, client, dashboard)) records.add(one);
    dashboard.close();
  }
  assert.deepEqual(readable(rows, records), [], "these are kept in a record");
  return answers;
}

/** Looks for the whole corpus in the files of the objects and the reporting database, bytes as they are. */
function diskHoldsNothing(gateway, known) {
  const files = gateway.onDisk();
  const holding = (value) => files.some((bytes) => bytes.includes(value));
  assert.ok(holding(known), "what is known to be there is found");
  assert.deepEqual(CORPUS.filter(({ value }) => holding(value)).map(({ ref }) => ref), []);
}

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

/** A dialect's request with a row's texts in it. */
const body = (name, model, { texts, at }, more) => ({ model, ...placed(name, texts, at), ...more });
const ask = (name, model, more) => (client, row) => client.post(DIALECTS[name].path, body(name, model, row, more));
/** A way of asking for each dialect, whole and streamed. */
const ways = Object.keys(DIALECTS).flatMap((name) => [false, true].map((stream) => ({ name, stream, way: `${name}${stream ? ", streamed" : ""}` })));

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

describe("nothing leaks to the model that would take over where the trusted one", () => {
  const set = stage(["openai", "moonshot"], { vars: { ...VARS, FIRST_BYTE_MS: "400", ANSWER_MS: "400" } });
  const garbage = ({ response }) => response.writeHead(200, { "content-type": "application/json" }).end("<<<");
  for (const [how, trouble, name, stream] of [
    ["is overloaded", "overloaded", "chat", false],
    ["answers 429", "rate", "messages", false],
    ["answers 500", "error", "responses", true],
    ["has nothing left", "quota", "chat", true],
    ["never answers", "hang", "chat", false],
    ["breaks off", "drop", "messages", true],
    ["answers garbage", garbage, "responses", false],
    ["refuses the gateway's key", "unauthorized", "chat", false],
  ]) {
    test(how, async () => {
      set.providers.openai.trouble = () => trouble;
      const answers = await proves(set.gateway, {
        send: ask(name, AUTO, { stream }),
        untrusted: [set.providers.moonshot],
        statuses: [429, 500, 502, 503, 504],
        fresh: true,
      });
      assert.ok(set.providers.openai.heard.length >= answers.length, "the trusted one was asked each time");
    });
  }
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
        statuses: [200, 403],
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
  let gateway, server, agent, client;
  before(async () => {
    gateway = await Gateway.start({ vars: VARS });
    server = await modelServer("qwen2.5-coder-7b");
    client = await gateway.tenant("home", { owner: true });
    agent = Agent.start({ url: gateway.url, key: client.key, name: "box", servers: [server.origin] });
    await until("the local model is listed", async () => (await localIds(client)).length > 0);
  });
  after(async () => {
    await agent?.kill9();
    for (const one of [gateway, server]) await one?.stop();
  });

  for (const model of ["local/qwen2.5-coder-7b", AUTO]) {
    for (const { name, stream, way } of ways) {
      test(`${model}: ${way}`, async () => {
        await proves(gateway, { send: ask(name, model, { stream }), untrusted: [server], client, log: () => agent.log });
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
