// The surrogate cache: an answer that the tenant has paid for is not paid for twice, and nobody gets
// an answer that was not given to the very same question.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { complete, counts, prose, stream, TEXT, USAGE } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const AUTO = "moecraft/auto";
const set = stage();

/** Asks, and waits until the answer's row is written: from then on it may be served again. */
async function first(client, body, options) {
  const { headers, ...answer } = await client.post("/v1/chat/completions", body, options);
  assert.equal(answer.status, 200, answer.text);
  await client.row(headers.get("x-moecraft-request-id"));
  return { headers, ...answer };
}

const classOf = ({ headers }) => headers.get("x-moecraft-class");

describe("the same question again", () => {
  const streamed = { stream: true };
  const withUsage = { stream: true, stream_options: { include_usage: true } };
  for (const [how, once, again] of [
    ["JSON, then JSON", {}, {}],
    ["JSON, then a stream", {}, streamed],
    ["JSON, then a stream with usage", {}, withUsage],
    ["a stream, then JSON", streamed, {}],
    ["a stream, then a stream", streamed, streamed],
    ["a stream with usage, then JSON", withUsage, {}],
    ["a stream with usage, then a stream with usage", withUsage, withUsage],
  ]) {
    test(`is answered without a call: ${how}`, async () => {
      const client = await set.tenant();
      const question = ask(AUTO, "What is the capital of France?");
      const model = (await first(client, { ...question, ...once })).headers.get("x-moecraft-model");
      const hits = set.upstream.hits;
      let headers;
      if (again.stream) {
        const answer = await client.streamed({ ...question, ...again });
        assert.deepEqual([textOf(answer.chunks), answer.data.at(-1)], [TEXT, "[DONE]"]);
        assert.equal(answer.chunks.at(-2 + !again.stream_options).choices[0].finish_reason, "stop");
        assert.deepEqual(counts(answer.chunks.at(-1).usage), again.stream_options ? USAGE : undefined);
        ({ headers } = answer);
      } else {
        const answer = await client.chat(question);
        const [choice] = answer.json.choices;
        assert.deepEqual([choice.message.content, choice.finish_reason, counts(answer.json.usage)], [TEXT, "stop", USAGE]);
        assert.equal(answer.json.object, "chat.completion");
        assert.ok(answer.json.id && answer.json.created > 0);
        ({ headers } = answer);
      }
      assert.equal(set.upstream.hits, hits, "the upstream was not asked again");
      const said = (name) => headers.get(`x-moecraft-${name}`);
      assert.deepEqual([said("class"), said("model"), said("cost")], ["surrogate", model, "0"]);
      assert.ok(Number(said("savings")) > 0);
      assert.ok(Number(said("surrogate-age")) >= 0);
      const row = await client.row(said("request-id"));
      assert.deepEqual([row.model_used, row.outcome, row.cost_nanos], ["surrogate", "surrogate", 0]);
      assert.equal(Math.round(Number(said("savings")) * 1e9), row.baseline_nanos);
      const cost = await client.cost();
      assert.equal(cost.requests_by_class.surrogate, 1);
      await client.settled(2);
    });
  }

  test("is recognised though its JSON is laid out otherwise and it is asked for another user", async () => {
    const client = await set.tenant();
    await first(client, `{"model":"${AUTO}","messages":[{"role":"user","content":"2+2?"}],"user":"a","top_p":1}`);
    const again = await client.chat(`{ "top_p":1,\n"messages" : [ {"content":"2+2?","role":"user"} ], "user":"b", "metadata":{"k":"v"}, "model":"${AUTO}" }`);
    assert.equal(classOf(again), "surrogate");
    assert.equal(set.upstream.hits, 1);
  });

  test("of a model that was named is answered again only if the client wants the same answer every time", async () => {
    const client = await set.tenant();
    for (const [more, replayed] of [[{}, false], [{ temperature: 0 }, true], [{ seed: 7 }, true], [{ temperature: 0.7, seed: 7 }, true], [{ temperature: 0.7 }, false]]) {
      const question = ask("gpt-4o-mini", `Named ${JSON.stringify(more)}?`, more);
      await first(client, question);
      assert.equal(classOf(await first(client, question)) === "surrogate", replayed, JSON.stringify(more));
    }
  });

  test("is answered after the runtime was killed, too", async () => {
    const client = await set.tenant();
    await first(client, ask(AUTO));
    await set.gateway.kill9();
    await set.gateway.restart();
    assert.equal(classOf(await client.chat(ask(AUTO))), "surrogate");
    assert.equal(set.upstream.hits, 1);
  });
});

describe("no answer is served again", () => {
  const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };
  const toolTurns = [
    { role: "user", content: "x" },
    { role: "assistant", content: null, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "1", content: "42" },
  ];
  for (const [why, body, headers] of [
    ["when the client wants variety", ask(AUTO, "Hi.", { temperature: 0.8 })],
    ["when several answers are wanted", ask(AUTO, "Hi.", { n: 2 })],
    ["when tools are offered", ask(AUTO, "Hi.", { tools: [tool] })],
    ["in the turns of tool use", { model: AUTO, messages: toolTurns }],
    ["with cache-control: no-store", ask(AUTO, "Hi."), { "cache-control": "no-store" }],
    ["with cache-control: no-cache", ask(AUTO, "Hi."), { "cache-control": "private, No-Cache" }],
  ]) {
    test(why, async () => {
      const client = await set.tenant();
      for (const turn of [1, 2]) {
        assert.notEqual(classOf(await first(client, body, { headers })), "surrogate");
        assert.equal(set.upstream.hits, turn);
      }
    });
  }

  for (const [what, answer] of [
    ["was cut at its length", complete({ finish: "length" })],
    ["was filtered", complete({ finish: "content_filter" })],
    ["called a tool", complete({ message: { content: null, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] }, finish: "tool_calls" })],
    ["was a refusal", complete({ message: { content: null, refusal: "I cannot help with that." } })],
    ["was empty", complete({ words: [] })],
  ]) {
    test(`that ${what}`, async () => {
      const client = await set.tenant();
      set.upstream.answer(answer);
      await first(client, ask(AUTO));
      set.upstream.answer(complete());
      assert.notEqual(classOf(await client.chat(ask(AUTO))), "surrogate");
    });
  }

  for (const [how, broken] of [["broke off", stream({ cut: 3 })], ["failed in the middle", stream({ error: 3 })]]) {
    test(`of which the stream ${how}`, async () => {
      const client = await set.tenant();
      set.upstream.answer(broken);
      const { headers } = await client.streamed(ask(AUTO));
      await client.row(headers.get("x-moecraft-request-id"));
      set.upstream.answer(complete());
      const again = await client.chat(ask(AUTO));
      assert.deepEqual([classOf(again) === "surrogate", again.json.choices[0].message.content], [false, TEXT]);
    });
  }

  test("whose parts the cache would lose: log-probabilities", async () => {
    const client = await set.tenant();
    const logprobs = { content: [{ token: "Hello", logprob: -0.1, bytes: null, top_logprobs: [] }], refusal: null };
    set.upstream.answer(complete({ choice: { logprobs } }));
    const question = ask(AUTO, "Hi.", { logprobs: true });
    await first(client, question);
    await first(client, { ...question, stream: true });
    const whole = await client.chat(question);
    const { chunks } = await client.streamed(question);
    assert.deepEqual(whole.json.choices[0].logprobs, logprobs);
    assert.ok(chunks.some((chunk) => chunk.choices[0]?.logprobs), "the stream has them too");
  });

  test("to a question that differs in anything that could matter", async () => {
    const client = await set.tenant({ owner: true });
    await client.put("/moecraft/routing", { false_hits: 0 }); // which questions mean the same: surrogate-near
    const question = ask(AUTO, "What is it?");
    await first(client, question);
    const variants = [
      ask(AUTO, "What is it? "),
      ask(AUTO, "what is it?"),
      { ...question, messages: [{ role: "system", content: "Be brief." }, ...question.messages] },
      { ...question, messages: [{ role: "developer", content: question.messages[0].content }] },
      { ...question, max_tokens: 5 },
      { ...question, seed: 1 },
      { ...question, top_p: 0.5 },
      { ...question, response_format: { type: "json_object" } },
      { ...question, x_unknown: 1 },
      { ...question, stop: ["."] },
    ];
    for (const variant of variants) {
      assert.notEqual(classOf(await client.chat(variant)), "surrogate", JSON.stringify(variant));
    }
    assert.equal(classOf(await client.chat(question)), "surrogate", "while the question itself still is");
  });

  test("older than the client takes", async () => {
    const client = await set.tenant();
    await first(client, ask(AUTO));
    const asked = (age) => client.chat(ask(AUTO), { headers: { "cache-control": `max-age=${age}` } });
    assert.equal(classOf(await asked(3600)), "surrogate");
    await sleep(2); // so that the answer is older than nothing at all
    assert.notEqual(classOf(await asked(0)), "surrogate");
    assert.equal(set.upstream.hits, 2);
  });

  test("to another tenant", async () => {
    const [one, other] = [await set.tenant(), await set.tenant()];
    await first(one, ask(AUTO));
    assert.notEqual(classOf(await first(other, ask(AUTO))), "surrogate");
    assert.equal(set.upstream.hits, 2);
    assert.equal(classOf(await other.chat(ask(AUTO))), "surrogate", "which then has its own");
  });

  test("to a key that was revoked", async () => {
    const [owner, member] = [await set.gateway.tenant("cached", { owner: true }), await set.gateway.tenant("cached")];
    await first(member, ask(AUTO));
    await owner.send(`/moecraft/keys/${member.keyId}`, { method: "DELETE" });
    assert.equal((await member.chat(ask(AUTO))).status, 401);
    assert.equal(classOf(await owner.chat(ask(AUTO))), "surrogate", "the tenant keeps what it has paid for");
  });
});

describe("bounds", () => {
  const bounded = (vars) => stage({ options: ({ 0: upstream }) => ({ upstreams: [upstream.origin], vars }) });
  const small = bounded({ SURROGATE_BYTES: "20000" });
  const brief = bounded({ SURROGATE_TTL_MS: "1500" });

  test("what is worth least goes when room is needed: of equal ones the oldest", async () => {
    const client = await small.tenant();
    small.upstream.answer(complete({ words: [prose(4_000)] }));
    for (let i = 0; i < 4; i++) await first(client, ask(AUTO, `Question ${i}`));
    const served = [];
    for (let i = 0; i < 4; i++) served.push(classOf(await client.chat(ask(AUTO, `Question ${i}`))));
    assert.ok(served.includes("surrogate"), "there is room for some");
    for (let i = 4; i < 12; i++) await first(client, ask(AUTO, `Question ${i}`));
    assert.notEqual(classOf(await client.chat(ask(AUTO, "Question 0"))), "surrogate", "the oldest is gone");
    assert.equal(classOf(await client.chat(ask(AUTO, "Question 11"))), "surrogate", "the newest is there");
  });

  test("an answer is forgotten when its time is over", async () => {
    const client = await brief.tenant();
    await first(client, ask(AUTO));
    await until("it is not served any more", async () => classOf(await client.chat(ask(AUTO))) !== "surrogate");
  });
});
