// POST /v1/chat/completions: what a client sends reaches the model, and what the model says comes back.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { complete, json, stream, TEXT, USAGE } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { UPSTREAM_KEY } from "./support/gateway.mjs";
import { priceOf } from "./support/prices.mjs";
import { textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";
import { gate } from "./support/until.mjs";

const MODEL = "openai/gpt-4o-mini";
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PROMPTS = [
  ["haiku", "What is the capital of France?"],
  ["sonnet", "Explain the difference between TCP and UDP with an example of each."],
  ["opus", "A train travels 120 miles in 3 hours and then 80 miles in 2 hours. What is its average speed for the whole trip, in miles per hour?"],
];
const set = stage();

/** Asserts that a name which leaves the choice open is routed by the prompt, and the story told. */
async function assertRouted({ tenant, upstream }, name, expected, prompt) {
  const client = await tenant();
  const { status, headers, text } = await client.chat(ask(name, prompt));
  assert.equal(status, 200, text);
  assert.equal(headers.get("x-moecraft-class"), expected);
  assert.match(headers.get("x-moecraft-reason"), new RegExp(`${expected} class: good answers expected of haiku \\d\\.\\d\\d, sonnet \\d\\.\\d\\d, opus \\d\\.\\d\\d`));
  const row = await client.row(headers.get("x-moecraft-request-id"));
  assert.deepEqual([row.requested, row.model_used, row.decision.class], [name, expected, expected]);
  assert.equal(row.decision.candidates[0].upstream_name, upstream.last.model);
}

describe("a whole answer", () => {
  test("comes back byte for byte as the model's provider sent it", async () => {
    const client = await set.tenant();
    const answer = '{ "id":"x", "choices":[{"index":0,"message":{"role":"assistant","content":"gr\\u00fcn"},"finish_reason":"stop"}],\n"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4},"system_fingerprint":"fp","x_new":[1.0,12345678901234567890] }';
    set.upstream.answer(json(answer));
    const { status, text, headers } = await client.chat(ask(MODEL));
    assert.equal(status, 200);
    assert.equal(text, answer);
    assert.match(headers.get("content-type"), /^application\/json/);
  });

  test("says in its headers what happened and what it cost", async () => {
    const client = await set.tenant();
    const { headers } = await client.chat(ask(MODEL));
    const said = (name) => headers.get(`x-moecraft-${name}`);
    assert.match(said("request-id"), UUID_V7);
    assert.equal(said("model"), MODEL);
    assert.equal(said("class"), "haiku");
    assert.match(said("reason"), /asked for by name/);
    assert.equal(said("cost-basis"), "actual");
    const cost = priceOf(MODEL, { input: USAGE.prompt_tokens, output: USAGE.completion_tokens });
    assert.equal(Math.round(Number(said("cost")) * 1e9), cost);
    const row = await client.row(said("request-id"));
    assert.equal(row.cost_nanos, cost);
    assert.equal(Math.round(Number(said("savings")) * 1e9), row.baseline_nanos - row.cost_nanos);
  });

  test("is counted by the gateway where the provider tells no usage", async () => {
    const client = await set.tenant();
    set.upstream.answer(complete({ usage: null }));
    const { headers } = await client.chat(ask(MODEL, "Count to three, please."));
    const { usage } = await client.row(headers.get("x-moecraft-request-id"));
    assert.equal(usage.source, "estimated");
    assert.ok(usage.input > 0 && usage.output > 0, JSON.stringify(usage));
  });

  test("is billed by its parts: cached tokens at their own price", async () => {
    const client = await set.tenant();
    const usage = { prompt_tokens: 100, completion_tokens: 9, total_tokens: 109, prompt_tokens_details: { cached_tokens: 60 }, completion_tokens_details: { reasoning_tokens: 4 } };
    set.upstream.answer(complete({ usage }));
    const { headers } = await client.chat(ask(MODEL));
    const row = await client.row(headers.get("x-moecraft-request-id"));
    assert.deepEqual(row.usage, { input: 40, cache_read: 60, cache_write: 0, cache_write_long: 0, output: 9, reasoning: 4, source: "reported" });
    assert.ok(row.cost_nanos < priceOf(MODEL, { input: 100, output: 9 }));
    assert.ok(row.cost_nanos > priceOf(MODEL, { input: 40, output: 9 }));
  });
});

describe("a streamed answer", () => {
  test("arrives chunk by chunk, while the model is still speaking", async () => {
    const client = await set.tenant();
    const words = ["one ", "two ", "three"];
    const gates = [0, 1, 2, 3].map(gate);
    set.upstream.answer(stream({ words, between: (i) => gates[i].promise }));
    gates[0].open();
    const { status, headers, events } = await client.stream(ask(MODEL));
    assert.equal(status, 200);
    assert.match(headers.get("content-type"), /^text\/event-stream/);
    for (let i = 0; i < words.length; i++) {
      const { value } = await events.next();
      assert.equal(textOf([JSON.parse(value)]), words[i]);
      gates[i + 1].open();
    }
    const rest = [];
    for await (const event of events) rest.push(event);
    assert.equal(rest.at(-1), "[DONE]");
  });

  test("hides the usage chunk from a client that did not ask for it, and is billed by it all the same", async () => {
    const client = await set.tenant();
    const { chunks, data, headers } = await client.streamed(ask(MODEL));
    assert.equal(set.upstream.last.body.stream_options.include_usage, true, "the gateway asks for the usage");
    assert.equal(textOf(chunks), TEXT);
    assert.equal(data.at(-1), "[DONE]");
    assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage), "no usage chunk");
    assert.equal(headers.get("x-moecraft-cost-basis"), "estimate");
    const row = await client.row(headers.get("x-moecraft-request-id"));
    assert.equal(row.usage.source, "reported");
    assert.equal(row.cost_nanos, priceOf(MODEL, { input: USAGE.prompt_tokens, output: USAGE.completion_tokens }));
    assert.equal(row.outcome, "complete");
  });

  test("shows the usage chunk to a client that asked for it", async () => {
    const client = await set.tenant();
    const { chunks, data, headers } = await client.streamed(ask(MODEL, "Hi.", { stream_options: { include_usage: true } }));
    assert.deepEqual(chunks.at(-1).usage, USAGE);
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.equal(data.at(-1), "[DONE]");
    const row = await client.row(headers.get("x-moecraft-request-id"));
    assert.deepEqual([row.usage.source, row.usage.input, row.usage.output], ["reported", USAGE.prompt_tokens, USAGE.completion_tokens]);
  });

  for (const options of [{ include_usage: false }, { include_usage: false, include_obfuscation: false }, null]) {
    test(`keeps the client's other stream options: ${JSON.stringify(options)}`, async () => {
      const client = await set.tenant();
      const { chunks } = await client.streamed(ask(MODEL, "Hi.", { stream_options: options }));
      assert.deepEqual(set.upstream.last.body.stream_options, { ...options, include_usage: true });
      assert.ok(chunks.every((chunk) => !chunk.usage));
    });
  }

  test("is counted by the gateway where the provider tells no usage", async () => {
    const client = await set.tenant();
    set.upstream.answer(stream({ usage: null }));
    const { headers } = await client.streamed(ask(MODEL));
    const { usage, outcome } = await client.row(headers.get("x-moecraft-request-id"));
    assert.deepEqual([usage.source, outcome], ["estimated", "complete"]);
    assert.ok(usage.input > 0 && usage.output > 0, JSON.stringify(usage));
  });

  test("is made of a whole answer, where the provider does not stream", async () => {
    const client = await set.tenant();
    set.upstream.answer(json());
    const { chunks, data, headers } = await client.streamed(ask(MODEL));
    assert.equal(textOf(chunks), TEXT);
    assert.equal(data.at(-1), "[DONE]");
    assert.match(headers.get("content-type"), /^text\/event-stream/);
  });

  test("survives any text: many bytes for one character, and events of a hundred kilobytes", async () => {
    const client = await set.tenant();
    const words = ["naïve ", "日本語 ", "🙂🙃 ", "x".repeat(100_000), ' "quoted"\n\n data: [DONE] '];
    set.upstream.answer(stream({ words }));
    const { chunks } = await client.streamed(ask(MODEL));
    assert.equal(textOf(chunks), words.join(""));
  });
});

describe("a request on its way to the model", () => {
  const body = (model) => `{ "messages" : [ {"role":"user","content":"\\u0047r\\u00fc\\u00dfe \\ud83d\\ude42","name":"n"} ],\n\t"model":${JSON.stringify(model)}, "x_unknown":{"deep":[1.50,1e3,12345678901234567890,null,"\\/"]},"temperature":1.0, "logit_bias":{"50256":-100} }`;

  test("is not touched at all when it names the model as its provider does", async () => {
    const client = await set.tenant();
    const { status, text } = await client.chat(body("gpt-4o-mini"));
    assert.equal(status, 200, text);
    assert.equal(set.upstream.last.raw, body("gpt-4o-mini"));
  });

  test("changes in the model's name alone", async () => {
    const client = await set.tenant();
    for (const model of [MODEL, "gpt-4o-mini-2024-07-18"]) {
      const { status, text } = await client.chat(body(model));
      assert.equal(status, 200, text);
      assert.equal(set.upstream.last.raw, body("gpt-4o-mini"));
    }
  });

  test("gains nothing but the wish for the usage when it streams", async () => {
    const client = await set.tenant();
    const streamed = body("gpt-4o-mini").replace("{", '{"stream":true,');
    await client.fetch("/v1/chat/completions", { method: "POST", body: streamed }).then((response) => response.text());
    const { raw } = set.upstream.last;
    assert.equal(raw.replace('"stream_options":{"include_usage":true},', ""), streamed);
  });

  test("carries the gateway's key and none of the client's headers", async () => {
    const client = await set.tenant();
    await client.chat(ask(MODEL), { headers: { "x-api-key": client.key, cookie: "session=1", "x-private": "1" } });
    const { headers } = set.upstream.last;
    assert.ok(!("cookie" in headers) && !("x-private" in headers), JSON.stringify(headers));
  });
});

describe("the model", () => {
  test("is the one that was named, at the price of the catalogue", async () => {
    const client = await set.tenant();
    const models = [MODEL, "anthropic/claude-opus-4-5", "mistral/mistral-small-2603"];
    for (const model of models) {
      const { headers } = await client.chat(ask(model));
      assert.equal(headers.get("x-moecraft-model"), model);
      assert.equal(Math.round(headers.get("x-moecraft-cost") * 1e9), priceOf(model, { input: USAGE.prompt_tokens, output: USAGE.completion_tokens }));
    }
    assert.deepEqual((await client.settled(3)).map((row) => row.requested).sort(), models.sort());
  });

  for (const [expected, prompt] of PROMPTS) {
    for (const name of ["moecraft/auto", "auto", "claude-moecraft-auto"]) {
      test(`${name} sends "${prompt.slice(0, 30)}…" to the ${expected} class and says why`, () => assertRouted(set, name, expected, prompt));
    }
  }

  describe("of a name that a vendor's newest model may have", () => {
    // One provider of the catalogue and no general upstream: nobody takes a name that is not known.
    const known = stage({ options: ({ 0: { origin } }) => ({ upstreams: [], vars: { OPENAI_API_KEY: UPSTREAM_KEY, OPENAI_BASE_URL: `${origin}/v1` } }) });

    for (const name of ["gpt-of-tomorrow", "claude-of-tomorrow"]) {
      test(`is passed on where a general upstream may know it: ${name}`, async () => {
        const client = await set.tenant();
        await client.chat(ask(name));
        assert.equal(set.upstream.last.model, name);
      });
      for (const [expected, prompt] of PROMPTS) {
        test(`is chosen by the prompt elsewhere: ${name}, ${expected} class`, () => assertRouted(known, name, expected, prompt));
      }
    }
  });

  test("may be one that only the general upstream knows, at the dearest price there is", async () => {
    const client = await set.tenant();
    const { headers } = await client.chat(ask("in-house-model"));
    assert.equal(set.upstream.last.model, "in-house-model");
    const row = await client.row(headers.get("x-moecraft-request-id"));
    assert.match(row.price_version, /^unpriced/);
    assert.equal(row.cost_nanos, row.baseline_nanos);
  });
});

test("GET /v1/models lists the policy and what can be called", async () => {
  const client = await set.tenant();
  const { status, json } = await client.get("/v1/models");
  assert.equal(status, 200);
  assert.equal(json.object, "list");
  const ids = json.data.map((model) => model.id);
  assert.equal(ids[0], "moecraft/auto");
  assert.ok(ids.includes(MODEL) && ids.includes("anthropic/claude-opus-4-5"));
  assert.ok(json.data.every((model) => model.object === "model" && model.owned_by));
  assert.ok(!ids.some((id) => id.startsWith("local/")), "no agent, no local model");
});
