// What reaches a provider where prompts may be made shorter, and where its cache is to keep prefixes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { priceOf } from "./support/prices.mjs";
import { stage as dialects } from "./clients/support/stage.mjs";
import { script } from "./support/provider/script.mjs";
import { accessKey } from "./support/secrets.mjs";

const ROUTING = "/moecraft/routing";
const CLAUDE = "anthropic/claude-sonnet-4-6";
const GPT = "openai/gpt-5.5";
const VERSION = { "anthropic-version": "2023-06-01" };
const RECORD = { id: 1234567890123456, name: "Ada  Lovelace", notes: ["first \"programmer\"", "1.50"], seats: Array.from({ length: 40 }, (_, row) => ({ row, free: true })) };
const PRETTY = JSON.stringify(RECORD, null, 4);
const FILE = Array.from({ length: 30 }, (_, at) => `${String(at + 1).padStart(6)}\tconst value_${at} = compute(${at * 7}, "case ${at}");`).join("\n");
const LOOKUP = { name: "get_customer", description: "Looks a customer up.", input_schema: { type: "object", properties: { id: { type: "string" } } } };
const EDIT = { ...LOOKUP, name: "edit_file", description: "Changes a file." };
const INSTRUCTIONS = "You work at a service desk. Be polite and exact, and look everything up before you answer. ".repeat(60);

const call = (id) => ({ role: "assistant", content: [{ type: "tool_use", id, name: "get_customer", input: { id } }] });
const result = (id, content, more = {}) => ({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content, ...more }] });
/** A Messages request in which tools have told these texts. */
const conversation = (texts, more = {}) => ({
  model: CLAUDE,
  max_tokens: 200,
  system: INSTRUCTIONS,
  tools: [LOOKUP],
  messages: [{ role: "user", content: `Who is she? ${script({ say: "Ada." })}` }, ...texts.flatMap((text, at) => [call(`c${at}`), result(`c${at}`, text)])],
  ...more,
});
const results = (body) => body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : [])).filter(({ type }) => type === "tool_result").map(({ content }) => content);
const marks = (body) => JSON.stringify(body).split('"cache_control":{"type":"ephemeral"').length - 1;

describe("prompts made shorter", () => {
  const set = dialects(["anthropic", "openai"]);
  let tenants = 0;
  const tenant = async (settings) => {
    const client = await set.gateway.tenant(`prompt-${++tenants}`, { owner: true });
    if (settings) assert.equal((await client.put(ROUTING, settings)).status, 200);
    return client;
  };
  const sent = async (client, body, { path = "/v1/messages", headers = VERSION, provider = "anthropic" } = {}) => {
    const answer = await client.post(path, body, { headers });
    assert.equal(answer.status, 200, answer.text);
    const row = await client.row(answer.headers.get("x-moecraft-request-id"));
    return { ...set.providers[provider].last, row, answer };
  };

  test("are what the client wrote, byte for byte, until the tenant says otherwise", async () => {
    const client = await tenant({ cache_marks: "off" });
    const body = conversation([PRETTY, FILE, FILE]);
    const { raw, row } = await sent(client, JSON.stringify({ ...body, model: "claude-sonnet-4-6" }).replace('"model":"claude-sonnet-4-6"', `"model":"${CLAUDE}"`));
    assert.equal(raw, JSON.stringify({ ...body, model: "claude-sonnet-4-6" }));
    assert.deepEqual(row.tokens_saved, {});
  });

  test("say the same in fewer bytes, and the history tells by which rule", async () => {
    const client = await tenant({ optimise: "lossless", cache_marks: "off" });
    const body = conversation([PRETTY, FILE, `again:\n${FILE}`]);
    const { body: arrived, row, answer } = await sent(client, body);
    const [json, file, again] = results(arrived);
    assert.equal(json, JSON.stringify(RECORD));
    assert.equal(file, FILE);
    assert.match(again, /^again:\n\[30 lines as in an earlier result, from `1\tconst value_0 = .*` to `30\tconst value_29/);
    const expected = conversation([json, file, again], { model: "claude-sonnet-4-6" });
    assert.deepEqual(arrived, expected, "nothing else has changed");
    assert.ok(row.tokens_saved.json > 100 && row.tokens_saved.repeat > 300, JSON.stringify(row.tokens_saved));
    assert.deepEqual(Object.keys(row.tokens_saved), ["json", "repeat"]);
    assert.ok(answer.json.content[0].text.includes(json), "the model has read it");
    const spared = row.tokens_saved.json + row.tokens_saved.repeat;
    assert.equal(row.saved_by_nanos.prompt_optimisation, priceOf(CLAUDE, { input: spared, output: 0 }));
    const { contributions } = await client.cost();
    assert.equal(Math.round(contributions.prompt_optimisation.savings * 1e9), row.saved_by_nanos.prompt_optimisation);
  });

  test("keep every blank where the model can edit files, and refer to nothing where results are cleared", async () => {
    const client = await tenant({ optimise: "lossless", cache_marks: "off" });
    const edits = await sent(client, conversation([PRETTY, FILE, FILE], { tools: [EDIT] }));
    assert.equal(results(edits.body)[0], PRETTY);
    assert.deepEqual(Object.keys(edits.row.tokens_saved), ["repeat"]);
    const context_management = { edits: [{ type: "clear_tool_uses_20250919" }] };
    const cleared = await sent(client, conversation([FILE, FILE], { tools: [EDIT], context_management }));
    assert.deepEqual(results(cleared.body), [FILE, FILE]);
    assert.deepEqual(cleared.row.tokens_saved, {});
  });

  test("begin with the same bytes at every later turn", async () => {
    const client = await tenant({ optimise: "lossless", cache_marks: "off" });
    const texts = [PRETTY, FILE, FILE, PRETTY, `${FILE}\nend`];
    let before = [];
    for (let turn = 1; turn <= texts.length; turn++) {
      const { body } = await sent(client, conversation(texts.slice(0, turn)));
      assert.deepEqual(body.messages.slice(0, before.length), before);
      before = body.messages;
    }
  });

  test("are shorter in every dialect and across dialects", async () => {
    const client = await tenant({ optimise: "lossless", cache_marks: "off" });
    const ask = `Who is she? ${script({ say: "Ada." })}`;
    const chatCall = { role: "assistant", tool_calls: [{ id: "c1", type: "function", function: { name: "get_customer", arguments: "{}" } }] };
    const chat = (model) => ({ model, messages: [{ role: "user", content: ask }, chatCall, { role: "tool", tool_call_id: "c1", content: PRETTY }] });
    const short = JSON.stringify(RECORD);
    const same = await sent(client, chat(GPT), { path: "/v1/chat/completions", provider: "openai" });
    assert.equal(same.body.messages[2].content, short);
    const across = await sent(client, chat(CLAUDE), { path: "/v1/chat/completions" });
    assert.deepEqual(results(across.body).map((content) => content.map?.(({ text }) => text) ?? content).flat(), [short]);
    const input = [{ role: "user", content: ask }, { type: "function_call", call_id: "c1", name: "get_customer", arguments: "{}" }, { type: "function_call_output", call_id: "c1", output: PRETTY }];
    const responses = await sent(client, { model: GPT, input }, { path: "/v1/responses", provider: "openai" });
    assert.equal(responses.body.input[2].output, short);
    for (const { row } of [same, across, responses]) assert.ok(row.tokens_saved.json > 100);
  });

  test("keep what stands in for a secret, and the client reads its own again", async () => {
    const client = await tenant({ optimise: "lossless" });
    assert.equal((await client.put("/moecraft/guard", { prohibited: "sanitise" })).status, 200);
    const key = accessKey();
    const { raw, row, answer } = await sent(client, conversation([JSON.stringify({ ...RECORD, key }, null, 4), FILE, FILE]));
    assert.ok(!raw.includes(key));
    assert.deepEqual(Object.keys(row.tokens_saved), ["json", "repeat"]);
    assert.ok(answer.json.content[0].text.includes(JSON.stringify({ ...RECORD, key })));
  });

  test("lose old results only where the tenant allows it", async () => {
    const old = (at) => Array.from({ length: 60 }, (_, line) => `entry ${line} of list ${at}: ${line === 40 ? "she paid by card" : "nothing of note"}`).join("\n");
    const texts = Array.from({ length: 14 }, (_, at) => old(at));
    const lossless = await sent(await tenant({ optimise: "lossless", cache_marks: "off" }), conversation(texts));
    assert.deepEqual(results(lossless.body), texts);
    const { body, row } = await sent(await tenant({ optimise: "lossy", cache_marks: "off" }), conversation(texts));
    const now = results(body);
    assert.deepEqual(now.slice(8), texts.slice(8), "the newest stay whole");
    assert.ok(now.slice(0, 8).every((text, at) => text.startsWith(`entry 0 of list ${at}`) && text.endsWith("call the tool again if it is needed]") && text.length < old(at).length / 2));
    assert.ok(row.tokens_saved.stale > 1000);
  });

  test("a warm session goes on as it was sent, and what is switched off is off at once", async () => {
    const client = await tenant({ cache_marks: "off" });
    const headers = { ...VERSION, "x-claude-code-session-id": `s-${tenants}` };
    const told = async () => results((await sent(client, conversation([PRETTY]), { headers })).body)[0];
    assert.equal(await told(), PRETTY);
    await client.put(ROUTING, { optimise: "lossless", cache_marks: "off" });
    assert.equal(await told(), PRETTY, "its prefix is in the provider's cache");
    const another = { ...VERSION, "x-claude-code-session-id": `t-${tenants}` };
    assert.equal(results((await sent(client, conversation([PRETTY]), { headers: another })).body)[0], JSON.stringify(RECORD));
    await client.put(ROUTING, { optimise: "off", cache_marks: "off" });
    assert.equal(results((await sent(client, conversation([PRETTY]), { headers: another })).body)[0], PRETTY);
  });
});

describe("prefixes for the provider's cache", () => {
  const set = dialects(["anthropic", "openai"]);
  let tenants = 0;
  const tenant = () => set.gateway.tenant(`marks-${++tenants}`, { owner: true });
  const sent = async (client, body, { path = "/v1/messages", headers = VERSION, provider = "anthropic" } = {}) => {
    const answer = await client.post(path, body, { headers });
    assert.equal(answer.status, 200, answer.text);
    return set.providers[provider].last;
  };

  test("are marked at the instructions and the last turn, and nothing else changes", async () => {
    const body = conversation([FILE]);
    const { body: arrived } = await sent(await tenant(), body);
    const cache_control = { type: "ephemeral" };
    const expected = structuredClone({ ...body, model: "claude-sonnet-4-6" });
    expected.system = [{ type: "text", text: INSTRUCTIONS, cache_control }];
    expected.messages.at(-1).content[0] = { ...expected.messages.at(-1).content[0], cache_control };
    assert.deepEqual(arrived, expected);
  });

  test("are marked in a request of another dialect, too", async () => {
    const client = await tenant();
    const messages = [{ role: "system", content: INSTRUCTIONS }, { role: "user", content: `Hi. ${script({ say: "Hi." })}` }, { role: "assistant", content: "Yes?" }, { role: "user", content: "Go on." }];
    const { body } = await sent(client, { model: CLAUDE, messages }, { path: "/v1/chat/completions" });
    assert.equal(marks(body), 2);
    assert.deepEqual(body.system.at(-1).cache_control, { type: "ephemeral" });
    assert.deepEqual(body.messages.at(-1).content.at(-1).cache_control, { type: "ephemeral" });
  });

  test("are never more than four, about fifteen blocks apart", async () => {
    const { body } = await sent(await tenant(), conversation(Array.from({ length: 40 }, (_, at) => `${at} ${FILE}`)));
    assert.equal(marks(body), 4);
    const blocks = body.messages.flatMap(({ content }) => (typeof content === "string" ? [{}] : content));
    const at = blocks.flatMap((block, index) => (block.cache_control ? [index] : []));
    assert.equal(at.at(-1), blocks.length - 1);
    assert.ok(at.every((mark, index) => index === 0 || mark - at[index - 1] < 20), String(at));
  });

  test("are the client's own where it marks any", async () => {
    const own = conversation([FILE]);
    own.messages[0].content = [{ type: "text", text: own.messages[0].content, cache_control: { type: "ephemeral", ttl: "1h" } }];
    const { body } = await sent(await tenant(), own);
    assert.deepEqual(body, { ...own, model: "claude-sonnet-4-6" });
  });

  for (const [why, more, settings] of [
    ["where nothing tells of a second use", { tools: undefined, messages: [{ role: "user", content: `Hi. ${script({ say: "Hi." })}` }] }],
    ["where the prompt is too short for the cache", { system: "Be brief." }],
    ["where the tenant does not want it", {}, { cache_marks: "off" }],
  ]) {
    test(`are not marked ${why}`, async () => {
      const client = await tenant();
      if (settings) await client.put(ROUTING, settings);
      const { body } = await sent(client, conversation([], more));
      assert.equal(marks(body), 0);
    });
  }

  test("go by a key of the conversation at OpenAI, which tells nobody the session's id", async () => {
    const client = await tenant();
    const asked = (content, headers) => sent(client, { model: GPT, messages: [{ role: "user", content: `${content} ${script({ say: "Yes." })}` }] }, { path: "/v1/chat/completions", headers, provider: "openai" });
    const session = (id) => ({ "session-id": id });
    const id = randomUUID();
    const keys = [];
    for (const [content, name] of [["One?", id], ["Two?", id], ["One?", `${id}-other`]]) {
      const { body, raw } = await asked(content, session(name));
      assert.ok(!raw.includes(id));
      keys.push(body.prompt_cache_key);
    }
    assert.ok(keys[0]?.length >= 16 && keys[0].length <= 64);
    assert.equal(keys[0], keys[1]);
    assert.notEqual(keys[0], keys[2]);
    assert.equal((await asked("Three?", {})).body.prompt_cache_key, undefined, "nothing tells of a second use");
    const own = await sent(client, { model: GPT, prompt_cache_key: "mine", messages: [{ role: "user", content: script({ say: "Yes." }) }] }, { path: "/v1/chat/completions", headers: session(id), provider: "openai" });
    assert.equal(own.body.prompt_cache_key, "mine");
  });
});
