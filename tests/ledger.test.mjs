// The ledger: each request leaves exactly one row, whatever dies in between, and the sums are right.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { complete, hang, json, status, stream } from "./support/answers.mjs";
import { ask, assertSums } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { Gateway, UPSTREAM_KEY } from "./support/gateway.mjs";
import { priceOf } from "./support/prices.mjs";
import { textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";
import { gate, until } from "./support/until.mjs";
import { Upstream } from "./support/upstream.mjs";

const MODEL = "openai/gpt-4o-mini";
const OUTBOX_MS = "50";
const set = stage({ options: ({ 0: upstream }) => ({ upstreams: [upstream.origin], vars: { OUTBOX_MS } }) });

/** A gateway of one's own for `body`, which may break it. */
async function withGateway(options, body) {
  const upstream = await Upstream.start({ key: UPSTREAM_KEY });
  const gateway = await Gateway.start({ upstreams: [upstream.origin], ...options });
  try {
    await body(gateway, upstream, await gateway.tenant("acme"));
    assert.deepEqual(upstream.violations, []);
  } finally {
    await gateway.stop();
    await upstream.stop();
  }
}

describe("each request leaves one row", () => {
  test("whatever becomes of it, and however many come at once", async () => {
    const client = await set.tenant();
    const outcomes = [complete(), json(), status(400), stream({ cut: 2 }), stream({ error: 1 }), complete({ usage: null })];
    let turn = 0;
    set.upstream.answer((_request) => outcomes[turn++ % outcomes.length]);
    const requests = Array.from({ length: 60 }, (_, i) => client.post("/v1/chat/completions", ask(`m-${i}`, `${i}`, { stream: i % 2 === 0 })));
    const answers = await Promise.all(requests);
    const rows = await client.settled(60);
    const ids = answers.map(({ headers }) => headers.get("x-moecraft-request-id"));
    assert.deepEqual(rows.map((row) => row.id).sort(), ids.sort());
    assert.deepEqual(rows.map((row) => row.requested).sort(), set.upstream.requests.map(({ model }) => model).sort());
  });

  test("numbered from one without a gap, with running savings", async () => {
    const client = await set.tenant();
    for (let i = 0; i < 5; i++) await client.chat(ask(MODEL));
    const dashboard = await client.dashboard(0);
    const updates = await dashboard.until(5);
    dashboard.close();
    let savings = 0;
    for (const [i, row] of (await client.settled(5)).reverse().entries()) {
      savings += row.baseline_nanos - row.cost_nanos;
      assert.equal(row.seq, i + 1);
      assert.equal(Math.round(updates[i].data.cumulative_savings * 1e9), savings);
    }
  });

  test("with all that a bill needs", async () => {
    const client = await set.tenant();
    const before = Date.now();
    const { headers } = await client.chat(ask(MODEL));
    const [row] = await client.settled(1);
    assert.deepEqual(
      [row.id, row.requested, row.model, row.model_used, row.provider, row.outcome, row.status, row.stream, row.key_id],
      [headers.get("x-moecraft-request-id"), MODEL, MODEL, "haiku", "upstream", "complete", 200, false, client.keyId],
    );
    assert.ok(before <= row.at && row.at <= row.settled_at && row.settled_at <= Date.now());
    assert.ok(row.latency.total_ms >= row.latency.first_byte_ms);
    assert.match(row.price_version, /^openai\/gpt-4o-mini@\d{4}-\d\d-\d\d$/);
    assert.deepEqual(row.attempts, [{ model: MODEL, provider: "upstream", result: "ok" }]);
    assert.equal(row.decision.candidates[0].model_id, MODEL);
    assert.ok(row.decision.features.prompt_tokens > 0);
    assert.ok(!JSON.stringify(row).includes("Say hello"), "the prompt itself is not kept");
  });
});

test("while a request is under way its worst cost is held, and given back when it settles", async () => {
  const client = await set.tenant();
  const answer = gate();
  set.upstream.answer(async (_request) => (await answer.promise, complete()));
  const pending = client.chat(ask(MODEL, "Hi.", { max_tokens: 1000 }));
  await until("the upstream is asked", () => set.upstream.hits === 1);
  const { reserved, total_requests } = await client.cost();
  assert.deepEqual([reserved.requests, total_requests], [1, 0]);
  assert.ok(Math.round(reserved.amount * 1e9) >= priceOf(MODEL, { input: 1, output: 1000 }));
  answer.open();
  await pending;
  await client.settled(1);
  assert.deepEqual((await client.cost()).reserved, { requests: 0, amount: 0 });
});

describe("a client that leaves in the middle of a stream", () => {
  for (const include_usage of [false, true]) {
    test(`is settled for what it got, and the upstream is told to stop${include_usage ? ", unedited" : ""}`, async () => {
      const client = await set.tenant();
      const heard = gate();
      const words = ["One ", "two ", "three ", ...Array(20_000).fill("and so on ")];
      set.upstream.answer(stream({ words, between: (i) => i === 3 && heard.promise }));
      const leaving = new AbortController();
      const { events, headers } = await client.stream(ask(MODEL, "Count.", { stream_options: { include_usage } }), { signal: leaving.signal });
      let text = "";
      while (text !== "One two three ") text += textOf([JSON.parse((await events.next()).value)]);
      leaving.abort();
      heard.open();
      await until("the upstream sees it", () => set.upstream.last.left);
      const row = await client.row(headers.get("x-moecraft-request-id"));
      assert.deepEqual([row.outcome, row.usage.source], ["client_left", "estimated"]);
      assert.ok(row.usage.output >= 3, "what was said is paid for");
      assert.ok(row.usage.output < 20_000, "what was not said is not");
      await client.settled(1);
    });
  }

  test("twenty times at once: none is lost", async () => {
    const client = await set.tenant();
    const heard = gate();
    set.upstream.answer(stream({ words: Array(20_000).fill("on and on "), between: (i) => i === 1 && heard.promise }));
    const leaving = new AbortController();
    const streams = await Promise.all(Array.from({ length: 20 }, (_, i) => client.stream(ask(`m-${i}`), { signal: leaving.signal })));
    await Promise.all(streams.map(({ events }) => events.next()));
    leaving.abort();
    heard.open();
    await until("the upstream sees all of them", () => set.upstream.requests.every(({ left }) => left));
    const rows = await client.settled(20);
    assert.deepEqual([...new Set(rows.map((row) => row.outcome))], ["client_left"]);
  });

  test("before the answer has begun leaves its row all the same", async () => {
    await withGateway({ vars: { RESERVATION_MS: "1000" } }, async (_gateway, upstream, client) => {
      upstream.answer(hang());
      const leaving = new AbortController();
      const pending = client.chat(ask(MODEL), { signal: leaving.signal });
      await until("the upstream is asked", () => upstream.hits === 1);
      leaving.abort();
      await assert.rejects(pending);
      const [row] = await client.settled(1);
      assert.ok(["client_left", "unsettled"].includes(row.outcome), row.outcome);
    });
  });
});

describe("a settlement that does not get through", () => {
  test("is tried again", async () => {
    await withGateway({ faults: { settle: 2 } }, async (_gateway, _upstream, client) => {
      assert.equal((await client.chat(ask(MODEL))).status, 200);
      const [row] = await client.settled(1);
      assert.deepEqual([row.outcome, row.usage.source], ["complete", "reported"]);
    });
  });

  test("goes by the Queue when trying again does not help", async () => {
    await withGateway({ faults: { settle: 4 } }, async (_gateway, _upstream, client) => {
      const answers = await Promise.all([1, 2, 3].map(() => client.chat(ask(MODEL))));
      assert.ok(answers.every(({ status }) => status === 200), "the clients have their answers");
      const rows = await client.settled(3);
      assert.ok(rows.every((row) => row.outcome === "complete" && row.usage.source === "reported"));
    });
  });

  test("in great number and with long answers loses none to the Queue's limits", async () => {
    await withGateway({ faults: { settle: 20 } }, async (_gateway, upstream, client) => {
      upstream.answer(complete({ words: ["x".repeat(200_000)] }));
      const body = (i) => ask(MODEL, `${i}`, { temperature: 0 });
      const answers = await Promise.all(Array.from({ length: 130 }, (_, i) => client.chat(body(i))));
      assert.ok(answers.every(({ status }) => status === 200));
      const rows = await client.settled(130);
      assert.ok(rows.every((row) => row.outcome === "complete"));
    });
  });

  test("in time is put in at its estimate, marked so, and put right when it comes after all", async () => {
    await withGateway({ faults: { settle: 4, late: true }, vars: { RESERVATION_MS: "600" } }, async (_gateway, _upstream, client) => {
      const dashboard = await client.dashboard(0);
      const { headers } = await client.chat(ask(MODEL));
      const [estimate, corrected] = await dashboard.until(2);
      assert.deepEqual([estimate.data.outcome, estimate.data.estimated], ["unsettled", true]);
      assert.ok(estimate.data.cost > 0, "no paid call is without a cost");
      assert.deepEqual([corrected.data.outcome, corrected.data.estimated], ["complete", false]);
      assert.equal(corrected.data.request_id, estimate.data.request_id);
      const [row] = await client.settled(1);
      assert.equal(row.id, headers.get("x-moecraft-request-id"));
      assert.equal(row.cost_nanos, priceOf(MODEL, { input: 11, output: 7 }));
      dashboard.close();
    });
  });
});

describe("a request that cannot be admitted", () => {
  test("is refused before the upstream is called, and can be made again", async () => {
    await withGateway({ faults: { admit: 1 } }, async (_gateway, upstream, client) => {
      const answer = await client.chat(ask(MODEL));
      assertError(answer, { status: 503, code: "not_admitted" });
      assert.equal(upstream.hits, 0);
      assert.equal((await client.chat(ask(MODEL))).status, 200);
      await client.settled(1);
    });
  });
});

test("the Worker that vanishes in the middle leaves its requests to the alarm, each at its estimate", async () => {
  await withGateway({ vars: { RESERVATION_MS: "1500" } }, async (gateway, upstream, client) => {
    upstream.answer(hang());
    const pending = Array.from({ length: 5 }, (_, i) => client.chat(ask(`m-${i}`)).catch((error) => error));
    await until("the upstream is asked", () => upstream.hits === 5);
    await gateway.kill9();
    await Promise.all(pending);
    await gateway.restart();
    const rows = await client.settled(5);
    assert.ok(rows.every((row) => row.outcome === "unsettled" && row.usage.source === "estimated" && row.cost_nanos > 0));
    assert.deepEqual(rows.map((row) => row.requested).sort(), upstream.requests.map(({ model }) => model).sort());
  });
});

describe("the reporting database", () => {
  const usageOf = (tenant) => set.gateway.d1("SELECT * FROM usage WHERE tenant = ? ORDER BY id", tenant);

  test("gets every row of every tenant, once", async () => {
    const clients = { "report-a": 3, "report-b": 120 };
    for (const [tenant, count] of Object.entries(clients)) {
      const client = await set.gateway.tenant(tenant);
      await Promise.all(Array.from({ length: count }, (_, i) => client.chat(ask(MODEL, `${i}`))));
      const rows = await client.settled(count);
      const copied = await until(`${count} rows of ${tenant}`, async () => {
        const copied = await usageOf(tenant);
        return copied.length === count && copied;
      });
      const byId = Object.fromEntries(rows.map((row) => [row.id, row]));
      for (const copy of copied) {
        const row = byId[copy.id];
        assert.deepEqual([copy.cost, copy.baseline, copy.model, copy.class, copy.outcome, copy.key_id], [row.cost_nanos, row.baseline_nanos, row.model, row.model_used, row.outcome, row.key_id]);
      }
    }
  });

  test("gets the rows that came after a restart too", async () => {
    const client = await set.gateway.tenant("report-c");
    await client.chat(ask(MODEL));
    await client.settled(1);
    await set.gateway.kill9();
    await set.gateway.restart();
    await client.chat(ask(MODEL));
    await client.settled(2);
    await until("both rows", async () => (await usageOf("report-c")).length === 2);
  });
});

test("sums stay right when many tenants and requests are at work at once", async () => {
  const clients = await Promise.all([1, 2, 3].map(() => set.tenant()));
  set.upstream.answer((request) => complete({ usage: { prompt_tokens: request.body.messages[0].content.length, completion_tokens: 3, total_tokens: 0 } }));
  await Promise.all(clients.flatMap((client, c) => Array.from({ length: 40 }, (_, i) => client.post("/v1/chat/completions", ask(MODEL, "x".repeat(1 + i * (c + 1)), { stream: i % 3 === 0 })))));
  for (const [c, client] of clients.entries()) {
    const rows = await client.settled(40);
    const expected = Array.from({ length: 40 }, (_, i) => 1 + i * (c + 1)).reduce((a, b) => a + b);
    assert.equal(rows.reduce((sum, row) => sum + row.usage.input, 0), expected);
    assertSums(await client.cost(), rows);
  }
});
