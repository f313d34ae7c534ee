// What is said of answers, what is seen of them, and what the figures make of it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { stage as dialects } from "./clients/support/stage.mjs";
import { complete, status } from "./support/answers.mjs";
import { ask, CHAT } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { stage } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const FEEDBACK = "/v1/feedback";
const MODEL = "openai/gpt-4o-mini";
const set = stage();

/** A request that has settled; gives its id. */
async function answered(client, body = ask("moecraft/auto", `What is ${Math.random()}?`), { path = CHAT, ...options } = {}) {
  const { headers } = await client.post(path, body, options);
  const id = headers.get("x-moecraft-request-id");
  await client.row(id);
  return id;
}

const told = async (client) => (await client.cost()).quality_risk.feedback;

describe("POST /v1/feedback", () => {
  test("takes a word in each of its forms, and tells what was made of it", async () => {
    const client = await set.tenant();
    for (const [word, signal, score] of [
      [{ verdict: "up" }, "thumb_up", 1],
      [{ verdict: "down" }, "thumb_down", 0],
      [{ score: 0.25 }, "score", 0.25],
      [{ outcome: "success" }, "task_done", 1],
      [{ outcome: "failure", source: "ci" }, "task_failed", 0],
      [{ corrected: "It is Paris.", answer: "It is Paris." }, "corrected", 1],
    ]) {
      const request_id = await answered(client, ask(MODEL, `What is ${Math.random()}?`));
      const { status, json } = await client.post(FEEDBACK, { request_id, ...word });
      assert.equal(status, 200, JSON.stringify(json));
      const { weight, model, ...rest } = json;
      assert.deepEqual(rest, { request_id, signal, score, source: word.source ?? "client", class: "haiku" });
      assert.ok(0 < weight && weight <= 1 && model.includes("/"));
    }
    assert.equal((await told(client)).explicit.count, 6);
  });

  test("takes a correction for as good as is left of the answer", async () => {
    const client = await set.tenant();
    const answer = "Paris is the capital of France. It lies on the Seine, and two million people live there.";
    const scored = async (word) => {
      const request_id = await answered(client, ask(MODEL, `What is ${Math.random()}?`));
      return (await client.post(FEEDBACK, { request_id, ...word })).json.score;
    };
    const small = await scored({ answer, corrected: answer.replace("two million", "2.1 million") });
    const large = await scored({ answer, corrected: "I do not know; ask a geographer." });
    assert.ok(0.85 < small && small < 1 && large < 0.3, `${small} ${large}`);
    const unknown = await scored({ corrected: answer });
    assert.ok(0 <= unknown && unknown <= 0.5, "without the answer, the lengths alone say anything");
    const request_id = await answered(client, ask(MODEL, "What?"));
    assertError(await client.post(FEEDBACK, { request_id, verdict: "up", answer }), { status: 400, param: "answer" });
  });

  test("counts once for a request and a key, and the last word wins", async () => {
    const client = await set.tenant();
    const request_id = await answered(client);
    for (let i = 0; i < 3; i++) await client.post(FEEDBACK, { request_id, verdict: "down" });
    assert.deepEqual((await told(client)).explicit, { count: 1, good: 0 });
    await client.post(FEEDBACK, { request_id, verdict: "up" });
    assert.deepEqual((await told(client)).explicit, { count: 1, good: 1 });
  });

  test("is of the tenant's own requests alone, by whichever of its keys", async () => {
    const [client, colleague, stranger] = [await set.gateway.tenant("mine"), await set.gateway.tenant("mine"), await set.tenant()];
    const request_id = await answered(client);
    const foreign = await stranger.post(FEEDBACK, { request_id, verdict: "down" });
    assertError(foreign, { status: 404, code: "not_found", param: "request_id" });
    assertError(await client.post(FEEDBACK, { request_id: randomUUID(), verdict: "down" }), { status: 404, param: "request_id" });
    assert.equal((await client.post(FEEDBACK, { request_id, verdict: "up" })).status, 200);
    assert.equal((await colleague.post(FEEDBACK, { request_id, verdict: "down" })).status, 200);
    assert.deepEqual((await told(client)).explicit, { count: 2, good: 0.5 });
    assert.equal((await told(stranger)).explicit.count, 0);
  });

  test("outlives the runtime", async () => {
    const client = await set.tenant();
    const request_id = await answered(client);
    assert.equal((await client.post(FEEDBACK, { request_id, score: 0.5 })).status, 200);
    await set.gateway.kill9();
    await set.gateway.restart();
    assert.deepEqual((await told(client)).explicit, { count: 1, good: 0.5 });
    await client.post(FEEDBACK, { request_id, score: 0.75 });
    assert.deepEqual((await told(client)).explicit, { count: 1, good: 0.75 });
  });

  test("is heard by dashboards at once", async () => {
    const client = await set.tenant();
    const request_id = await answered(client);
    const dashboard = await client.dashboard();
    const { json } = await client.post(FEEDBACK, { request_id, verdict: "up" });
    const event = await until("the event", () => dashboard.messages.find(({ type }) => type === "feedback"));
    assert.deepEqual(event, { type: "feedback", seq: 1, data: json });
    dashboard.close();
  });

  test("may come while the answer is still under way", async () => {
    const client = await set.tenant();
    const { headers, events } = await client.stream(ask(MODEL));
    await events.next();
    const request_id = headers.get("x-moecraft-request-id");
    const { status } = await client.post(FEEDBACK, { request_id, verdict: "up" });
    assert.equal(status, 200);
    for await (const _ of events);
    await client.settled(1);
    assert.equal((await told(client)).explicit.count, 1);
  });

  for (const [param, body] of [
    ["request_id", { verdict: "up" }],
    ["request_id", { request_id: "a b", verdict: "up" }],
    ["verdict", {}],
    ["verdict", { verdict: "up", score: 1 }],
    ["body", { verdict: "meh" }],
    ["score", { score: 2 }],
    ["source", { verdict: "up", source: "implicit" }],
    ["source", { verdict: "up", source: "My words." }],
    ["verdit", { verdit: "up" }],
  ]) {
    test(`what cannot be used is refused by name: ${JSON.stringify(body)}`, async () => {
      const client = await set.tenant();
      const request_id = param === "request_id" ? {} : { request_id: randomUUID() };
      assertError(await client.post(FEEDBACK, { ...request_id, ...body }), { status: 400, param });
    });
  }

  test("is bounded and wants a key", async () => {
    const client = await set.tenant();
    assertError(await client.post(FEEDBACK, { request_id: randomUUID(), corrected: "x".repeat(1 << 20) }), { status: 413 });
    assertError(await set.gateway.client("moe_x").post(FEEDBACK, {}), { status: 401 });
    assert.equal((await client.get(FEEDBACK)).headers.get("allow"), "POST");
  });
});

describe("without a word", () => {
  const conversation = (...texts) => texts.map((content, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content }));
  const seen = async (client) => (await told(client)).implicit;

  test("the same question again says that the answer would not do", async () => {
    const client = await set.tenant();
    const dashboard = await client.dashboard();
    const first = await answered(client, ask(MODEL, "Why is the sky blue?"));
    const second = await answered(client, ask(MODEL, "Why is the sky blue?"));
    await answered(client, { model: MODEL, messages: conversation("Why is the sky blue?", "It is not.", "Why is the sky blue?") });
    const events = await until("two events", () => {
      const events = dashboard.messages.filter(({ type }) => type === "feedback");
      return events.length === 2 && events;
    });
    assert.deepEqual(events.map(({ data }) => [data.request_id, data.signal, data.score, data.source]), [
      [first, "regenerated", 0, "implicit"],
      [second, "retried", 0, "implicit"],
    ]);
    assert.ok(events.every(({ data }) => data.weight < 0.5), "less than a word");
    const { count, good } = await seen(client);
    assert.deepEqual([count, good], [2, 0]);
    assert.equal((await told(client)).explicit.count, 0);
    dashboard.close();
  });

  test("the same question again says nothing as long as the answer serves it: many may ask it", async () => {
    const client = await set.tenant();
    const question = ask("moecraft/auto", "Why is the sky blue?");
    await answered(client, question);
    const again = await client.chat(question);
    assert.equal(again.headers.get("x-moecraft-class"), "surrogate");
    assert.equal((await seen(client)).count, 0);
  });

  test("a conversation that goes on says that it would", async () => {
    const client = await set.tenant();
    await answered(client, ask(MODEL, "Why is the sea blue?"));
    await answered(client, { model: MODEL, messages: conversation("Why is the sea blue?", "It reflects.", "What does it reflect?") });
    assert.deepEqual(await seen(client), { count: 1, good: 1 });
  });

  test("another question, another conversation and a request that failed say nothing", async () => {
    const client = await set.tenant();
    set.upstream.answer(status(400));
    await answered(client, ask(MODEL, "Why is grass green?"));
    set.upstream.answer(complete());
    await answered(client, ask(MODEL, "Why is grass green?"));
    await answered(client, ask(MODEL, "Why is snow white?"));
    const turn = [{ role: "system", content: "Be brief." }, { role: "user", content: "Why is snow white?" }];
    await answered(client, { model: MODEL, messages: turn });
    assert.deepEqual(await seen(client), { count: 0, good: null });
  });

  test("and a session is known by its header", async () => {
    const client = await set.tenant();
    const headers = (session) => ({ headers: { "x-session-id": session } });
    await answered(client, ask(MODEL, "And now?"), headers("one"));
    await answered(client, ask(MODEL, "And now?"), headers("two"));
    assert.equal((await seen(client)).count, 0);
    await answered(client, ask(MODEL, "And now?"), headers("one"));
    assert.equal((await seen(client)).count, 1);
  });
});

describe("a tool that has failed", () => {
  const messages = dialects(["anthropic"]);

  test("speaks against the answer that called it", async () => {
    const client = await messages.gateway.tenant("tools");
    const content = (block) => [{ type: "tool_result", tool_use_id: "toolu_1", content: "no such file", ...block }];
    for (const [index, block] of [{}, { is_error: true }].entries()) {
      const turns = [{ role: "user", content: `What is in the file ${index}?` }];
      const tools = [{ name: "read", input_schema: { type: "object" } }];
      const send = () => answered(client, { model: "claude-haiku-4-5", max_tokens: 64, messages: turns, tools }, { path: "/v1/messages" });
      await send();
      turns.push({ role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "read", input: {} }] }, { role: "user", content: content(block) });
      await send();
      assert.equal((await told(client)).implicit.count, index);
    }
    assert.deepEqual((await told(client)).implicit, { count: 1, good: 0 });
  });
});

describe("the report of the savings", () => {
  test("says what they are counted against, and its shares sum up", async () => {
    const client = await set.tenant();
    await answered(client, ask("moecraft/auto", "What is seven times six?"));
    await client.chat(ask("moecraft/auto", "What is seven times six?"));
    await answered(client, ask(MODEL, "Hello."));
    await client.settled(3);
    const { total_savings, contributions, counterfactual, quality_risk } = await client.cost();
    const { model, class: of, assumptions, output_per_million } = counterfactual;
    assert.ok(model.includes("/") && of === "opus" && output_per_million > 0 && assumptions.length >= 4);
    const { routing, surrogates, named, cascade, batches, prompt_optimisation, unattributed } = contributions;
    assert.deepEqual([routing.requests, surrogates.requests, named.requests, unattributed.requests], [1, 1, 1, 0]);
    for (const none of [cascade, batches, prompt_optimisation, unattributed]) assert.equal(none.savings, 0);
    const sum = Object.values(contributions).reduce((sum, { savings }) => sum + Math.round(savings * 1e9), 0);
    assert.equal(sum, Math.round(total_savings * 1e9));
    const { stated, calibration } = quality_risk;
    assert.equal(stated.requests, 1);
    assert.ok(0 < stated.answered && stated.answered < stated.baseline && stated.baseline < 1);
    assert.deepEqual(calibration, { count: 0, error: null, verdict: "too_little_data" });
  });

  test("tells how true the stated probabilities were, once enough was said", async () => {
    const client = await set.tenant();
    const ids = await Promise.all(Array.from({ length: 60 }, (_, i) => answered(client, ask("moecraft/auto", `What is ${i} times six?`))));
    for (const request_id of ids) await client.post(FEEDBACK, { request_id, verdict: "down" });
    const { calibration, feedback, stated } = (await client.cost()).quality_risk;
    assert.deepEqual(feedback.explicit, { count: 60, good: 0 });
    assert.ok(Math.abs(calibration.error - stated.answered) < 0.05, JSON.stringify(calibration));
    assert.equal(calibration.verdict, "not_true");
  });
});

test("nothing of what was asked, answered or corrected is on the disk, nor in the log", async () => {
  const client = await set.tenant();
  const marks = ["question", "answer", "corrected"].map((name) => `${name}${Math.random().toString(36).slice(2)}`);
  const [question, answer, corrected] = marks;
  set.upstream.answer(complete({ words: [answer] }));
  const body = () => ask(MODEL, `Why is ${question}?`);
  const request_id = await answered(client, body());
  await client.post(FEEDBACK, { request_id, corrected });
  await answered(client, body());
  await client.post("/v1/route", { prompt: question });
  assert.deepEqual([(await told(client)).explicit.count, (await told(client)).implicit.count], [1, 1]);
  const disk = Buffer.concat(set.gateway.onDisk());
  assert.ok(disk.includes(request_id), "the disk is what is looked at");
  for (const mark of marks) {
    assert.ok(!disk.includes(mark), mark);
    assert.ok(!set.gateway.log.includes(mark), mark);
  }
});
