// A cascade: two cheap models are asked before the dear one that was planned. The first one's answer
// is taken where the second one's speaks for it; otherwise the plan goes on. The books know of every
// call, in one row.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { complete, drop, status, stream, TEXT, USAGE } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";

const ROUTING = "/moecraft/routing";
/** Where money is to be saved, agreement is enough. */
const MODEL = "moecraft/efficiency";
/** A sum in words: short to answer, easy to compare, and of a kind that the verifier knows. */
const SUM = "A train travels 120 miles in 3 hours and then 80 miles in 2 hours. What is its average speed for the whole trip, in miles per hour?";
const set = stage();

const said = (text) => complete({ words: [text] });

/** A tenant that wants cascades. */
async function tenant() {
  const client = await set.tenant({ owner: true });
  const put = await client.put(ROUTING, { cascade: "auto" });
  assert.deepEqual([put.status, put.json.cascade], [200, "auto"]);
  return client;
}

/** Who is asked in turn, as the dry run tells it. */
async function plan(client, question = SUM, more = {}) {
  const { status: code, json } = await client.post("/v1/route", { ...ask(MODEL, question), ...more });
  assert.equal(code, 200, JSON.stringify(json));
  return json;
}

/** The upstream answers the first probe, the second one and whoever comes then with these. */
function script(...answers) {
  let at = 0;
  set.upstream.answer((_) => answers[Math.min(at++, answers.length - 1)]);
}

const content = (answer) => answer.json.choices[0].message.content;

describe("cheap models are asked first", () => {
  for (const streaming of [false, true]) {
    const how = streaming ? ", as a stream" : "";

    test(`and the answer that both give is the client's${how}`, async () => {
      const client = await tenant();
      const { cascade } = await plan(client);
      script(said("40"), said("The answer is 40."));
      let headers;
      if (streaming) {
        const answer = await client.streamed(ask(MODEL, SUM));
        assert.deepEqual([textOf(answer.chunks), answer.data.at(-1)], ["40", "[DONE]"]);
        ({ headers } = answer);
      } else {
        const answer = await client.chat(ask(MODEL, SUM));
        assert.equal(content(answer), "40");
        ({ headers } = answer);
      }
      assert.equal(set.upstream.hits, 2);
      const [first, second] = cascade.probes.map(({ model_id }) => model_id);
      assert.equal(headers.get("x-moecraft-model"), first);
      assert.equal(headers.get("x-moecraft-class"), "haiku");
      assert.match(headers.get("x-moecraft-reason"), new RegExp(`cascade: ${first} taken, right with 0\\.`));
      const [row] = await client.settled(1);
      assert.deepEqual(row.attempts.map(({ model, result }) => [model, result]), [[first, "ok"], [second, "ok"]]);
      assert.deepEqual([row.model, row.decision.cascade.first, row.decision.cascade.accepted], [first, first, true]);
      assert.ok(row.decision.cascade.p > 0.5);
      assert.deepEqual([row.usage.input, row.usage.output], [2 * USAGE.prompt_tokens, 2 * USAGE.completion_tokens]);
    });

    test(`and where they differ, the planned one answers${how}`, async () => {
      const client = await tenant();
      const { choice, cascade } = await plan(client);
      script(said("40"), said("48"), complete());
      let headers;
      if (streaming) {
        const answer = await client.streamed(ask(MODEL, SUM));
        assert.deepEqual([textOf(answer.chunks), answer.data.at(-1)], [TEXT, "[DONE]"]);
        ({ headers } = answer);
      } else {
        const answer = await client.chat(ask(MODEL, SUM));
        assert.equal(content(answer), TEXT);
        ({ headers } = answer);
      }
      assert.equal(set.upstream.hits, 3);
      assert.equal(headers.get("x-moecraft-model"), choice.model);
      assert.match(headers.get("x-moecraft-reason"), /not taken, right with 0\./);
      const [row] = await client.settled(1);
      const { first, accepted, p } = row.decision.cascade;
      assert.deepEqual([first, accepted], [cascade.probes[0].model_id, false]);
      assert.ok(p < 0.9);
      assert.equal(row.usage.output, 3 * USAGE.completion_tokens);
      assert.equal(row.attempts.length, 3);
    });
  }

  test("the row's cost is that of all calls, each at its own price", async () => {
    const client = await tenant();
    script(said("40"), said("48"), complete());
    const { headers } = await client.chat(ask(MODEL, SUM));
    const [row] = await client.settled(1);
    const alone = async (model) => {
      const other = await set.tenant();
      set.upstream.answer(complete());
      await other.chat(ask(model, SUM));
      return (await other.settled(1))[0];
    };
    const rows = [];
    for (const { model } of row.attempts) rows.push(await alone(model));
    assert.equal(row.cost_nanos, rows.reduce((sum, { cost_nanos }) => sum + cost_nanos, 0));
    assert.equal(row.baseline_nanos, rows.at(-1).baseline_nanos, "one answer was wanted");
    assert.equal(Number(headers.get("x-moecraft-cost")) * 1e9, row.cost_nanos);
    const { contributions } = await client.cost();
    assert.equal(contributions.cascade.requests, 1);
    assert.equal(contributions.routing.requests, 0);
  });
});

describe("the plan goes on, and nobody else is asked, where the first cheap answer", () => {
  const answers = {
    "refuses": said("I'm sorry, but I can't help with that."),
    "was cut off": complete({ words: ["It is"], finish: "length" }),
    "is empty": said(""),
    "does not come down to a number": said("That is hard to say: it depends on what counts as a trip, and on who asks."),
    "is an error": status(500),
    "is a refusal of the request": status(400),
    "never comes": drop(),
  };
  for (const [what, answer] of Object.entries(answers)) {
    for (const streaming of [false, true]) {
      test(`${what}${streaming ? ", streaming" : ""}`, async () => {
        const client = await tenant();
        const { choice } = await plan(client);
        script(answer, complete());
        let headers;
        if (streaming) {
          const answer = await client.streamed(ask(MODEL, SUM));
          assert.equal(textOf(answer.chunks), TEXT);
          ({ headers } = answer);
        } else {
          const answer = await client.chat(ask(MODEL, SUM));
          assert.equal(content(answer), TEXT);
          ({ headers } = answer);
        }
        assert.equal(set.upstream.hits, 2);
        assert.equal(headers.get("x-moecraft-model"), choice.model);
        const [row] = await client.settled(1);
        assert.equal(row.decision.cascade.accepted, false);
        assert.ok(row.decision.cascade.why);
      });
    }
  }

  test("was right, and the second model fails", async () => {
    const client = await tenant();
    const { choice } = await plan(client);
    script(said("40"), status(500), complete());
    const answer = await client.chat(ask(MODEL, SUM));
    assert.deepEqual([content(answer), answer.headers.get("x-moecraft-model")], [TEXT, choice.model]);
    const [row] = await client.settled(1);
    assert.equal(row.usage.output, 2 * USAGE.completion_tokens, "the first answer was paid for");
    assert.deepEqual(row.attempts.map(({ result }) => result), ["ok", "status 500", "ok"]);
  });
});

test("when nobody answers at all, the cheap answer that was paid for is in the books", async () => {
  const client = await tenant();
  script(said("40"), status(400, { message: "this request is not for me" }));
  assertError(await client.chat(ask(MODEL, SUM)), { status: 400 });
  const [row] = await client.settled(1);
  assert.equal(row.outcome, "failed");
  assert.ok(row.cost_nanos > 0);
});

test("a stream that breaks off before it is whole is no answer", async () => {
  const client = await tenant();
  script(stream({ words: ["4", "0"], cut: 1 }), complete());
  const answer = await client.streamed(ask(MODEL, SUM));
  assert.deepEqual([textOf(answer.chunks), set.upstream.hits], [TEXT, 2]);
});

describe("no cheap model is asked", () => {
  const without = async (client, body) => {
    const answer = await client.chat(body);
    assert.equal(answer.status, 200, answer.text);
    const [row] = await client.settled(1);
    assert.equal(row.decision.cascade?.accepted, undefined);
    assert.equal(set.upstream.hits, 1);
  };
  test("where the tenant has not said so", async () => without(await set.tenant(), ask(MODEL, SUM)));
  test("for a model that was named", async () => without(await tenant(), ask("anthropic/claude-opus-4-5", SUM)));
  test("for what nobody can compare", async () => without(await tenant(), ask(MODEL, "Write a story about three trains and two stations.")));
  test("for several answers at once", async () => without(await tenant(), ask(MODEL, SUM, { n: 2 })));
});

test("whom the tenant distrusts is not asked first either", async () => {
  const client = await tenant();
  const [first, second] = (await plan(client)).cascade.probes.map(({ model_id }) => model_id);
  assert.equal((await client.put(ROUTING, { cascade: "auto", deny: [first] })).status, 200);
  const after = (await plan(client)).cascade?.probes ?? [];
  assert.ok(!after.some(({ model_id }) => model_id === first));
  assert.ok(second);
});
