// Single flight: equal requests in the air cost one call. Each has the whole answer in its own form, and
// a row of its own; whoever leaves, fails or dies, nobody hangs and nothing is called twice at once.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { complete, hang, status, stream, TEXT } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { DIALECTS, heard } from "./support/dialects.mjs";
import { Gateway, UPSTREAM_KEY } from "./support/gateway.mjs";
import { blocks, events } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";
import { gate, until } from "./support/until.mjs";
import { Upstream } from "./support/upstream.mjs";

const AUTO = "moecraft/auto";
const QUESTION = "Why is the sky blue?";
const MANY = 60;
const set = stage();
const withVars = (vars) => stage({ options: ({ 0: upstream }) => ({ upstreams: [upstream.origin], vars }) });
const lively = withVars({ KEEP_ALIVE_MS: "150" });
const impatient = withVars({ FLIGHT_MS: "4000" });

/** The question in a dialect; the bound on its answer is no part of it. */
const asking = (name, more) => DIALECTS[name].ask(AUTO, QUESTION, more);

/** Asks it; gives what came of it: { headers, text, whole }. */
async function answer(client, name, { more = {}, ...options } = {}) {
  const dialect = DIALECTS[name];
  const response = await client.fetch(dialect.path, { method: "POST", body: asking(name, more), ...options });
  assert.equal(response.status, 200, name);
  if (!more.stream) return { headers: response.headers, text: dialect.text(await response.json()), whole: true };
  const told = [];
  for await (const event of events(response.body)) told.push(event);
  return { headers: response.headers, ...heard(dialect, told) };
}

const waiting = async (client) => (await client.get("/moecraft/surrogates")).json.in_flight.waiting;
const said = (name) => ({ headers }) => headers.get(`x-moecraft-${name}`);

/** Checks the rows: one of a model and all others of surrogates, at no cost, with their savings. */
async function assertOnePaid(client, count) {
  const rows = await client.settled(count);
  const paid = rows.filter((row) => row.model_used !== "surrogate");
  assert.equal(paid.length, 1);
  assert.ok(paid[0].cost_nanos > 0);
  for (const row of rows.filter((row) => row !== paid[0])) {
    assert.deepEqual([row.outcome, row.cost_nanos, row.baseline_nanos], ["surrogate", 0, paid[0].baseline_nanos]);
  }
}

describe("equal requests at once cost one call", () => {
  const plans = {
    "as JSON": () => ["chat", {}],
    streamed: () => ["chat", { stream: true }],
    "in three dialects, streamed and not": (i) => [Object.keys(DIALECTS)[i % 3], { stream: i % 2 === 0 }],
  };
  for (const [how, of] of Object.entries(plans)) {
    test(how, async () => {
      const client = await set.tenant();
      const open = gate();
      set.upstream.answer(async (_request) => (await open.promise, complete()));
      const asked = (i) => answer(client, of(i)[0], { more: of(i)[1] });
      const all = [asked(0)];
      // The upstream speaks Chat alone, so that one who does has to be the first.
      await until("the first is asked", () => set.upstream.hits === 1);
      for (let i = 1; i < MANY; i++) all.push(asked(i));
      await until("all but one wait", async () => (await waiting(client)) === MANY - 1);
      open.open();
      const answers = await Promise.all(all);
      assert.deepEqual(new Set(answers.map(({ text, whole }) => `${text} ${whole}`)), new Set([`${TEXT} true`]));
      assert.equal(set.upstream.hits, 1);
      assert.equal(new Set(answers.map(said("request-id"))).size, MANY);
      await assertOnePaid(client, MANY);
    });
  }

  test("more than may wait in the object: the rest ask again", async () => {
    const client = await set.tenant();
    const open = gate();
    set.upstream.answer(async (_request) => (await open.promise, complete()));
    const all = Array.from({ length: 260 }, () => answer(client, "chat"));
    await until("the object is full", async () => (await waiting(client)) === 200);
    open.open();
    const answers = await Promise.all(all);
    assert.ok(answers.every(({ text }) => text === TEXT));
    assert.equal(set.upstream.hits, 1);
    await assertOnePaid(client, 260);
  });

  test("unless they differ, or want an answer of their own", async () => {
    const client = await set.tenant();
    const open = gate();
    set.upstream.answer(async (_request) => (await open.promise, complete()));
    const bodies = [asking("chat"), asking("chat", { seed: 1 }), asking("chat", { temperature: 1 }), asking("chat", { temperature: 1 })];
    const all = bodies.map((body) => client.chat(body));
    all.push(client.chat(asking("chat"), { headers: { "cache-control": "no-store" } }));
    all.push(client.chat(asking("chat"), { headers: { "cache-control": "no-cache" } }));
    await until("all are asked", () => set.upstream.hits === 6);
    open.open();
    await Promise.all(all);
    await client.settled(6);
  });

  test("for each tenant one", async () => {
    const clients = [await set.tenant(), await set.tenant()];
    const open = gate();
    set.upstream.answer(async (_request) => (await open.promise, complete()));
    const all = clients.flatMap((client) => [answer(client, "chat"), answer(client, "chat")]);
    for (const client of clients) await until("one waits", async () => (await waiting(client)) === 1);
    assert.equal(set.upstream.hits, 2);
    open.open();
    await Promise.all(all);
  });

  test("an answer longer than one of them takes is asked for anew for that one", async () => {
    const client = await set.tenant();
    const open = gate();
    set.upstream.answer(async (_request) => (await open.promise, complete()));
    const first = answer(client, "chat");
    await until("the first is asked", () => set.upstream.hits === 1);
    const short = answer(client, "chat", { more: { max_tokens: 5 } });
    await until("it waits", async () => (await waiting(client)) === 1);
    open.open();
    await Promise.all([first, short]);
    assert.equal(set.upstream.hits, 2);
  });
});

describe("when the one that was called", () => {
  test("fails, one of those that wait is called in its place", async () => {
    const client = await set.tenant();
    const turns = [gate(), gate()];
    let asked = 0;
    set.upstream.answer(async (_request) => {
      const turn = asked++;
      await turns[turn].promise;
      return turn === 0 ? status(400, { error: { type: "invalid_request_error" } }) : complete();
    });
    const all = Array.from({ length: 20 }, () => client.chat(asking("chat")));
    await until("the others wait", async () => (await waiting(client)) === 19);
    turns[0].open();
    await until("another is called, and the rest wait for it", async () => asked === 2 && (await waiting(client)) === 18);
    turns[1].open();
    const answers = await Promise.all(all);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(19).fill(200), 400]);
    assert.equal(set.upstream.hits, 2);
    const rows = await client.settled(20);
    assert.deepEqual(rows.map((row) => row.outcome).sort(), ["complete", "failed", ...Array(18).fill("surrogate")]);
  });

  test("breaks off in the middle of its stream, one of those that wait is called in its place", async () => {
    const client = await set.tenant();
    const open = gate();
    let asked = 0;
    set.upstream.answer(async (_request) => {
      if (asked++ > 0) return complete();
      return stream({ cut: 3, between: (i) => i === 3 && open.promise });
    });
    const first = answer(client, "chat", { more: { stream: true } });
    await until("the first is asked", () => asked === 1);
    const rest = Array.from({ length: 5 }, (_, i) => answer(client, "chat", { more: { stream: i % 2 === 0 } }));
    await until("the others wait", async () => (await waiting(client)) === 5);
    open.open();
    assert.equal((await first).whole, false);
    for (const { text, whole } of await Promise.all(rest)) assert.deepEqual([text, whole], [TEXT, true]);
    assert.equal(set.upstream.hits, 2);
    await client.settled(6);
  });

  test("gives an answer that can serve nobody else, the others are called at once, and the next ones too", async () => {
    const client = await set.tenant();
    const turns = [gate(), gate()];
    let asked = 0;
    set.upstream.answer(async (_request) => {
      await turns[Math.min(asked++, 1)].promise;
      return complete({ finish: "length" });
    });
    const all = Array.from({ length: 4 }, () => client.chat(asking("chat")));
    await until("the others wait", async () => (await waiting(client)) === 3);
    turns[0].open();
    await until("all are asked", () => asked === 4);
    all.push(client.chat(asking("chat")));
    await until("the next one is asked", () => asked === 5);
    turns[1].open();
    assert.ok((await Promise.all(all)).every(({ status }) => status === 200));
    await client.settled(5);
  });

  test("is not heard of for too long, another is called, and the late answer serves who still waits", async () => {
    const client = await impatient.tenant();
    const late = gate();
    let asked = 0;
    impatient.upstream.answer(async (_request) => (asked++ === 0 ? (await late.promise, complete()) : hang()));
    const over = new AbortController();
    let answered = 0;
    const one = () => answer(client, "chat", { signal: over.signal }).then((answer) => (answered++, answer), () => undefined);
    const all = Array.from({ length: 4 }, one);
    await until("another is called, and the rest wait for it", async () => asked === 2 && (await waiting(client)) === 2);
    late.open();
    const rows = await until("three have their answer", async () => {
      const rows = await client.rows();
      return rows.length === 3 && rows;
    });
    assert.deepEqual(rows.map((row) => row.outcome).sort(), ["complete", "surrogate", "surrogate"]);
    await until("and have read it", () => answered === 3);
    over.abort();
    assert.equal((await Promise.all(all)).filter((one) => one?.text === TEXT).length, 3);
  });
});

describe("a client that leaves", () => {
  for (const streamed of [true, false]) {
    test(`while others wait for its answer has it read to its end for them: ${streamed ? "a stream" : "JSON"}`, async () => {
      const client = await set.tenant();
      const open = gate();
      set.upstream.answer(async (_request) => (streamed ? stream({ between: (i) => i === 3 && open.promise }) : (await open.promise, complete())));
      const leaving = new AbortController();
      const first = answer(client, "chat", { more: { stream: streamed }, signal: leaving.signal });
      await until("it is asked", () => set.upstream.hits === 1);
      const rest = Array.from({ length: 3 }, () => answer(client, "messages"));
      await until("the others wait", async () => (await waiting(client)) === 3);
      leaving.abort();
      await assert.rejects(first);
      // Time for the upstream to be told, were it to be told.
      await client.cost();
      open.open();
      for (const { text } of await Promise.all(rest)) assert.equal(text, TEXT);
      assert.equal(set.upstream.hits, 1);
      assert.equal(set.upstream.last.left, false);
      await assertOnePaid(client, 4);
    });

    test(`while it waits for another's answer costs nothing: ${streamed ? "a stream" : "JSON"}`, async () => {
      const client = await set.tenant();
      const open = gate();
      set.upstream.answer(async (_request) => (await open.promise, complete()));
      const first = answer(client, "chat");
      await until("the first is asked", () => set.upstream.hits === 1);
      const leaving = new AbortController();
      const second = answer(client, "chat", { more: { stream: streamed }, signal: leaving.signal });
      await until("the second waits", async () => (await waiting(client)) === 1);
      leaving.abort();
      await assert.rejects(second);
      // Before its head, the runtime does not tell that a client has left: then it is served like the others.
      if (streamed) await until("it waits no longer", async () => (await waiting(client)) === 0);
      open.open();
      await first;
      assert.equal(set.upstream.hits, 1);
      const rows = await client.settled(2);
      const left = rows.find((row) => row.outcome !== "complete");
      assert.equal(left.cost_nanos, 0);
      if (streamed) assert.deepEqual([left.outcome, left.baseline_nanos], ["client_left", 0]);
    });
  }

  test("a stream that nobody waits for has its upstream hung up on", async () => {
    const client = await set.tenant();
    const never = new Promise(() => {});
    set.upstream.answer(stream({ between: (i) => i === 3 && never }));
    const leaving = new AbortController();
    const first = answer(client, "chat", { more: { stream: true }, signal: leaving.signal });
    await until("it is asked", () => set.upstream.hits === 1);
    leaving.abort();
    await assert.rejects(first);
    await until("the upstream sees it", () => set.upstream.last.left);
    const [row] = await client.settled(1);
    assert.equal(row.outcome, "client_left");
    set.upstream.answer(complete());
    assert.equal((await answer(client, "chat")).text, TEXT, "nobody waits for one that has left");
  });

  test("before the head of an answer that is kept finds it there when it asks again", async () => {
    const client = await set.tenant();
    const open = gate();
    set.upstream.answer(async (_request) => (await open.promise, complete()));
    const leaving = new AbortController();
    const first = answer(client, "chat", { signal: leaving.signal });
    await until("it is asked", () => set.upstream.hits === 1);
    leaving.abort();
    await assert.rejects(first);
    const again = answer(client, "chat");
    await until("it waits for its own call", async () => (await waiting(client)) === 1);
    open.open();
    assert.equal((await again).text, TEXT);
    assert.equal(set.upstream.hits, 1);
    await assertOnePaid(client, 2);
  });

  test("once it has its head early: the others still get the answer", async () => {
    const client = await lively.tenant();
    const open = gate();
    lively.upstream.answer(async (_request) => (await open.promise, complete()));
    // A model that nobody stands in for: its head need not wait for another's answer.
    const body = ask("in-house", QUESTION, { temperature: 0 });
    const leaving = new AbortController();
    const head = await client.fetch(DIALECTS.chat.path, { method: "POST", body: { ...body, stream: true }, signal: leaving.signal });
    await head.body.getReader().read();
    const other = client.chat(body);
    await until("one waits", async () => (await waiting(client)) === 1);
    leaving.abort();
    open.open();
    assert.equal((await other).json.choices[0].message.content, TEXT);
    assert.equal(lively.upstream.hits, 1);
    await assertOnePaid(client, 2);
  });
});

for (const name of Object.keys(DIALECTS)) {
  test(`who waits for another's stream gets signs of life, and then the whole answer: ${name}`, async () => {
    const client = await lively.tenant();
    const open = gate();
    lively.upstream.answer(async (_request) => (await open.promise, complete()));
    const first = answer(client, "chat");
    await until("the first is asked", () => lively.upstream.hits === 1);
    const response = await client.fetch(DIALECTS[name].path, { method: "POST", body: asking(name, { stream: true }) });
    assert.equal(response.status, 200);
    const told = blocks(response.body);
    const { value } = await told.next();
    assert.ok(value[0].startsWith(":") || value[0] === "event: ping", value[0]);
    open.open();
    const rest = [];
    for await (const block of told) rest.push(block.find((line) => line.startsWith("data:"))?.slice(5).trim());
    const { text, whole, faults } = heard(DIALECTS[name], rest.filter(Boolean));
    assert.deepEqual([text, whole, faults], [TEXT, true, []]);
    await first;
    assert.equal(lively.upstream.hits, 1);
    await assertOnePaid(client, 2);
  });
}

describe("kill -9", () => {
  let upstream, gateway;
  before(async () => {
    upstream = await Upstream.start({ key: UPSTREAM_KEY });
    gateway = await Gateway.start({ upstreams: [upstream.origin], vars: { RESERVATION_MS: "1000", FLIGHT_MS: "60000" } });
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });
  afterEach(() => upstream.reset());

  test("in mid-flight leaves nobody hanging, and the next of them is called", async () => {
    const client = await gateway.tenant("acme");
    upstream.answer(hang());
    const all = Array.from({ length: 10 }, (_, i) => answer(client, "chat", { more: { stream: i % 2 === 0 } }).catch((error) => error));
    await until("nine wait", async () => (await waiting(client)) === 9);
    await gateway.kill9();
    assert.ok((await Promise.all(all)).every((one) => one instanceof Error));
    await gateway.restart();
    upstream.answer(complete());
    assert.equal((await answer(client, "chat")).text, TEXT);
    const rows = await until("the one that was called is closed", async () => {
      const rows = await client.rows();
      return rows.length === 2 && rows;
    });
    assert.deepEqual(rows.map((row) => row.outcome).sort(), ["complete", "unsettled"]);
    await client.settled(2);
  });
});
