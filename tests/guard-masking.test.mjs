// Sanitising: the model gets placeholders, the client its answer with the values. What a placeholder looks like is the
// engine's own matter: the model says again what it was sent, and the client must read what it wrote.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { stage as dialects } from "./clients/support/stage.mjs";
import { complete, json, stream } from "./support/answers.mjs";
import { DIALECTS, heard, PAIRS } from "./support/dialects.mjs";
import { script } from "./support/provider/script.mjs";
import { accessKey } from "./support/secrets.mjs";
import { events, textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";

const SANITISE = { prohibited: "sanitise" };
let tenants = 0;

/** An owner of a fresh tenant that has its secrets masked. */
async function masking(gateway) {
  const client = await gateway.tenant(`masking-${++tenants}`, { owner: true });
  assert.equal((await client.put("/moecraft/guard", SANITISE)).status, 200);
  return client;
}

describe("a secret on its way to a trusted model, and back,", () => {
  const set = dialects(["openai", "anthropic"]);
  const pairs = PAIRS.filter(({ provider }) => provider in { openai: 1, anthropic: 1 });

  for (const { name, client: door, upstream, model, provider } of pairs) {
    for (const streamed of [false, true]) {
      test(`is masked: ${name}${streamed ? ", streamed" : ""}`, async () => {
        const client = await masking(set.gateway);
        const key = accessKey();
        const said = `Your key is ${key}, I think; ${key}.`;
        const dialect = DIALECTS[door];
        const response = await client.fetch(dialect.path, { method: "POST", body: dialect.ask(model, script({ say: said }), { stream: streamed }) });
        assert.deepEqual([response.status, response.headers.get("x-moecraft-tier")], [200, "0"]);
        let text;
        if (streamed) {
          const data = [];
          for await (const event of events(response.body)) data.push(event);
          const told = heard(dialect, data);
          assert.deepEqual([told.whole, told.faults], [true, []]);
          ({ text } = told);
        } else text = dialect.text(await response.json());
        assert.equal(text, said);
        const { requests } = set.providers[provider];
        assert.deepEqual(requests.map(({ dialect }) => dialect), [upstream]);
        assert.ok(!requests[0].raw.includes(key), "the provider has not seen it");
        const [row] = (await client.get("/moecraft/audit?limit=1")).json.data;
        assert.deepEqual([row.event, row.tier, row.model], ["sanitise", 0, model]);
      });
    }
  }

  test("stands in the arguments of a call, as JSON has it", async () => {
    const client = await masking(set.gateway);
    const key = accessKey();
    const tools = [{ type: "function", function: { name: "store", parameters: { type: "object", properties: { key: { type: "string" } } } } }];
    const text = script({ calls: [["store", { key }]] });
    const whole = await client.chat(DIALECTS.chat.ask("openai/gpt-4o-mini", text, { tools }));
    const [call] = whole.json.choices[0].message.tool_calls;
    assert.deepEqual(JSON.parse(call.function.arguments), { key });
    const { chunks } = await client.streamed(DIALECTS.chat.ask("openai/gpt-4o-mini", text, { tools }));
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta?.tool_calls ?? []);
    assert.deepEqual(JSON.parse(pieces.map(({ function: f }) => f?.arguments ?? "").join("")), { key });
    assert.ok(set.providers.openai.requests.every(({ raw }) => !raw.includes(key)));
  });

  test("keeps its placeholder through a conversation, and no other tenant's", async () => {
    const key = accessKey();
    const [mine, theirs] = [await masking(set.gateway), await masking(set.gateway)];
    const headers = { "session-id": "s" };
    const ask = (client) => client.chat(DIALECTS.chat.ask("openai/gpt-4o-mini", `Is ${key} good?`), { headers });
    for (const client of [mine, mine, theirs]) assert.equal((await ask(client)).status, 200);
    const sent = set.providers.openai.requests.map(({ body }) => body.messages.at(-1).content);
    assert.equal(sent[0], sent[1]);
    assert.notEqual(sent[0], sent[2]);
  });

  test("is not masked in several answers at once: that is refused by name", async () => {
    const client = await masking(set.gateway);
    const answer = await client.chat(DIALECTS.chat.ask("openai/gpt-4o-mini", `Is ${accessKey()} good?`, { n: 2 }));
    assert.deepEqual([answer.status, answer.json.error.param], [400, "n"]);
    assert.deepEqual(set.providers.openai.requests, []);
  });
});

describe("a placeholder in a stream", () => {
  const set = stage();
  const MODEL = "openai/gpt-4o-mini";
  /** Says again what it was asked, in pieces of so many characters. */
  const echo = (size, more) => ({ body }) => {
    const words = body.messages.at(-1).content.match(new RegExp(`[^]{1,${size}}`, "g"));
    return stream({ words, ...more });
  };

  for (const size of [1, 2, 3, 7, 1000]) {
    test(`that is cut into pieces of ${size} comes back whole`, async () => {
      const client = await masking(set.gateway);
      const asked = `First ${accessKey()}, then ${accessKey()},${accessKey()} <<and so on>> [the end`;
      set.upstream.answer(echo(size));
      const { chunks, data } = await client.streamed({ model: MODEL, messages: [{ role: "user", content: asked }] });
      assert.deepEqual([textOf(chunks), data.at(-1)], [asked, "[DONE]"]);
      assert.ok(!/AKIA[A-Z2-7]{16}/.test(set.upstream.last.raw));
    });
  }

  for (const [asked, response_format] of [
    ["a JSON object", { type: "json_object" }],
    ["JSON of a schema", { type: "json_schema", json_schema: { name: "line", schema: { type: "object" } } }],
  ]) {
    test(`comes back as JSON has it, where ${asked} was asked for`, async () => {
      const client = await masking(set.gateway);
      const { privateKey: content } = generateKeyPairSync("ed25519", { privateKeyEncoding: { type: "pkcs8", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } });
      const request = { model: MODEL, messages: [{ role: "user", content }], response_format };
      const said = ({ body }) => JSON.stringify({ line: body.messages.at(-1).content });
      set.upstream.answer((sent) => json(undefined, { words: [said(sent)] }));
      const whole = await client.chat(request);
      assert.deepEqual(JSON.parse(whole.json.choices[0].message.content), { line: content });
      set.upstream.answer((sent) => stream({ words: said(sent).match(/[^]{1,5}/g) }));
      const { chunks } = await client.streamed(request);
      assert.deepEqual(JSON.parse(textOf(chunks)), { line: content });
      assert.ok(!set.upstream.last.raw.includes(content.split("\n")[1]), "the provider has not seen it");
    });
  }

  test("whose stream breaks off ends with an error, and nothing that was said is missing", async () => {
    const client = await masking(set.gateway);
    set.upstream.answer(({ body }) => {
      const words = body.messages.at(-1).content.match(/[^]{1,4}/g);
      return stream({ words, cut: words.length });
    });
    const { chunks } = await client.streamed({ model: MODEL, messages: [{ role: "user", content: `Here: ${accessKey()} and <` }] });
    assert.match(textOf(chunks), /^Here: AKIA[A-Z2-7]{16} and <$/);
    assert.ok(chunks.at(-1).error);
  });

  test("is neither kept nor replayed: each is asked anew", async () => {
    const client = await masking(set.gateway);
    const asked = { model: "moecraft/auto", messages: [{ role: "user", content: `What is ${accessKey()}?` }] };
    set.upstream.answer(complete());
    for (const _ of [1, 2]) {
      const { headers } = await client.chat(asked);
      await client.row(headers.get("x-moecraft-request-id"));
    }
    assert.equal(set.upstream.hits, 2);
  });

  test("is of no concern to an answer that holds none", async () => {
    const client = await masking(set.gateway);
    set.upstream.answer(json(undefined, { words: ["plain"] }));
    const { json: got } = await client.chat({ model: MODEL, messages: [{ role: "user", content: accessKey() }] });
    assert.equal(got.choices[0].message.content, "plain");
  });
});
