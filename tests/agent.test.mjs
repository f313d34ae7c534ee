// The agent and its tunnel: the models of the user's own machine, through the real program.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { modelServer } from "./support/agent.mjs";
import { complete, drop, hang, status, stream, TEXT, USAGE } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { home, localIds } from "./support/home.mjs";
import { textOf } from "./support/sse.mjs";
import { gate, until } from "./support/until.mjs";

const at = home();

describe("a connected agent's model", () => {
  test("is listed under local/ with the context it really has", async () => {
    const { client } = await at.connected();
    const { json } = await client.get("/v1/models");
    const model = json.data.find(({ id }) => id === "local/tiny");
    assert.deepEqual([model.owned_by, model.context_window], ["agent", 8192]);
  });

  test("answers, whole and streamed, costs nothing and saves everything", async () => {
    const { client } = await at.connected();
    const whole = await client.chat(ask("local/tiny"));
    assert.deepEqual([whole.status, whole.json.choices[0].message.content], [200, TEXT]);
    assert.equal(at.local.last.model, "tiny");
    const streamed = await client.streamed(ask("local/tiny"));
    assert.deepEqual([textOf(streamed.chunks), streamed.data.at(-1)], [TEXT, "[DONE]"]);
    for (const { headers } of [whole, streamed]) {
      assert.deepEqual([headers.get("x-moecraft-model"), headers.get("x-moecraft-class"), headers.get("x-moecraft-cost")], ["local/tiny", "local", "0"]);
    }
    for (const row of await client.settled(2)) {
      assert.deepEqual([row.model_used, row.provider, row.outcome, row.cost_nanos], ["local", "agent", "complete", 0]);
      assert.deepEqual([row.usage.input, row.usage.output, row.usage.source], [USAGE.prompt_tokens, USAGE.completion_tokens, "reported"]);
      assert.ok(row.baseline_nanos > 0);
    }
  });

  test("takes every prompt of moecraft/auto when there is no provider in the cloud, and the reason says so", async () => {
    const { client } = await at.connected();
    for (const prompt of ["Hi.", "Prove that every finite integral domain is a field, then derive why the theorem fails for infinite rings, with a counterexample."]) {
      for (const model of ["moecraft/auto", "gpt-4o-mini", "claude-opus-4-5"]) {
        const { status, headers } = await client.chat(ask(model, prompt));
        assert.equal(status, 200, model);
        assert.equal(headers.get("x-moecraft-model"), "local/tiny");
        assert.match(headers.get("x-moecraft-reason"), /no cloud provider.*local/);
      }
    }
  });

  test("streams while it speaks, not when it has ended", async () => {
    const { client } = await at.connected();
    const words = ["one ", "two ", "three"];
    const gates = [0, 1, 2, 3].map(gate);
    at.local.answer(stream({ words, between: (i) => gates[i].promise }));
    gates[0].open();
    const { events } = await client.stream(ask("local/tiny"));
    for (let i = 0; i < words.length; i++) {
      assert.equal(textOf([JSON.parse((await events.next()).value)]), words[i]);
      gates[i + 1].open();
    }
    assert.equal((await events.next()).done, false);
    for await (const _ of events); // to its end
    await client.settled(1);
  });

  test("is served again from the surrogate cache", async () => {
    const { client } = await at.connected();
    await client.chat(ask("moecraft/auto"));
    await client.settled(1);
    assert.equal((await client.chat(ask("moecraft/auto"))).headers.get("x-moecraft-class"), "surrogate");
    assert.equal(at.local.hits, 1);
  });

  test("answers 32 streams at once, each its own", async () => {
    const { client } = await at.connected();
    const all = gate();
    at.local.answer((request) => stream({ words: [...Array(20)].map((_, i) => `${request.body.messages[0].content}-${i} `), between: (i) => i === 1 && all.promise }));
    const streams = await Promise.all([...Array(32)].map((_, i) => client.stream(ask("local/tiny", `s${i}`))));
    await until("all of them are open at the same time", () => at.local.hits === 32);
    all.open();
    const texts = await Promise.all(streams.map(async ({ events }) => {
      const data = [];
      for await (const event of events) data.push(event);
      assert.equal(data.at(-1), "[DONE]");
      return textOf(data.slice(0, -1).map((one) => JSON.parse(one)));
    }));
    assert.deepEqual(texts, [...Array(32)].map((_, s) => [...Array(20)].map((_, i) => `s${s}-${i} `).join("")));
    await client.settled(32);
  });

  test("carries long prompts and long answers whole", async () => {
    const { client } = await at.connected();
    const answer = "lorem ipsum ".repeat(100_000);
    at.local.answer(complete({ words: [answer] }));
    const { json } = await client.chat(ask("local/tiny", "word ".repeat(6_000)));
    assert.equal(json.choices[0].message.content, answer);
    assert.equal(at.local.last.body.messages[0].content.length, 30_000);
  });

  test("passes the model server's own errors on", async () => {
    const { client } = await at.connected();
    at.local.answer(status(400, { message: "grammar is broken", error: { type: "invalid_request_error" } }));
    const { message } = assertError(await client.chat(ask("local/tiny")), { status: 400 });
    assert.equal(message, "grammar is broken");
  });

  test("that is too small for a prompt is not asked", async () => {
    const { client } = await at.connected();
    assertError(await client.chat(ask("moecraft/auto", "word ".repeat(20_000))), { status: 503, code: "no_candidate" });
    assert.equal(at.local.hits, 0);
  });

  test("belongs to its own tenant alone", async () => {
    await at.connected();
    const stranger = await at.gateway.tenant("stranger");
    assert.deepEqual(await localIds(stranger), []);
    assertError(await stranger.chat(ask("local/tiny")), { status: 404, code: "model_not_found" });
    assertError(await stranger.chat(ask("moecraft/auto")), { status: 503, code: "no_candidate" });
    assert.equal(at.local.hits, 0);
  });
});

test("without an agent and without the cloud there is a clear 503, and nothing is charged", async () => {
  const client = await at.gateway.tenant("alone");
  const { message } = assertError(await client.chat(ask("moecraft/auto")), { status: 503, code: "no_candidate" });
  assert.match(message, /no cloud provider is configured and no local model is connected/);
  assert.equal((await client.cost()).total_requests, 0);
});

describe("local and cloud together", () => {
  for (const [what, trouble] of [["out of quota", status(429)], ["down", drop()]]) {
    test(`work goes on at home when every provider is ${what}`, async () => {
      const { client } = await at.connected(at.cloudy);
      at.clouds.forEach((cloud) => cloud.answer(trouble));
      const { status: code, json, headers } = await client.chat(ask("moecraft/auto", "Write a Python function that checks whether a string is a palindrome."));
      assert.equal(code, 200, JSON.stringify(json));
      assert.equal(headers.get("x-moecraft-model"), "local/tiny");
      const [row] = await client.settled(1);
      assert.deepEqual([row.model_used, row.attempts.at(-1).result, row.cost_nanos], ["local", "ok", 0]);
      assert.ok(row.attempts.length > 1);
    });
  }

  test("the next local model answers when the agent of the first is killed before its first word", async () => {
    const big = await modelServer("big", { context: 16_384 });
    try {
      const { client, agent } = await at.connected(at.gateway, { name: "first", servers: [big.origin] });
      at.connect(at.gateway, client, { name: "second" });
      await until("both models are listed", async () => (await localIds(client)).length === 2);
      big.answer(hang());
      const pending = client.streamed(ask("moecraft/auto"));
      await until("the first is asked", () => big.hits === 1);
      await agent.kill9();
      const { chunks, headers } = await pending;
      assert.equal(textOf(chunks), TEXT);
      assert.equal(headers.get("x-moecraft-model"), "local/tiny");
      const [row] = await client.settled(1);
      assert.deepEqual(row.attempts.map(({ model, result }) => [model, result === "ok"]), [["local/big", false], ["local/tiny", true]]);
    } finally {
      await big.stop();
    }
  });
});
