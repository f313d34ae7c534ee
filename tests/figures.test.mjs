// The figures: what was spent and saved, how long it took, and what was decided for each request.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { complete, status } from "./support/answers.mjs";
import { ask, assertSums } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { stage } from "./support/stage.mjs";

const HAIKU = "openai/gpt-4o-mini";
const OPUS = "anthropic/claude-opus-4-5";
const set = stage();

describe("of a tenant with a little history", () => {
  let client, rows;
  before(async () => {
    client = await set.tenant();
    for (let i = 0; i < 4; i++) await client.chat(ask(HAIKU, `${i}`));
    for (let i = 0; i < 3; i++) await client.streamed(ask(OPUS, `${i}`));
    await client.chat(ask("moecraft/auto", "Again?"));
    await client.settled(8);
    await client.chat(ask("moecraft/auto", "Again?"));
    set.upstream.answer(status(400));
    await client.chat(ask(HAIKU));
    rows = await client.settled(10);
  });

  test("the cost is that of the rows: in all, by class and by hour", async () => {
    const cost = await client.cost();
    assertSums(cost, rows);
    assert.deepEqual(cost.requests_by_class, { haiku: 6, opus: 3, surrogate: 1 });
    assert.equal(Object.values(cost.by_class).reduce((sum, figures) => sum + figures.requests, 0), cost.total_requests);
    assert.ok(cost.by_class.opus.cost > cost.by_class.haiku.cost);
    assert.ok(cost.total_savings > 0 && cost.baseline_cost > cost.total_cost);
    assert.equal(cost.seq, 10);
    assert.equal(cost.by_hour[0].start % 3_600_000, 0);
    assert.ok(Date.now() - cost.by_hour[0].start < 2 * 3_600_000);
  });

  test("the performance is told by phase and class", async () => {
    const { all, by_class, outcomes } = await client.performance();
    assert.deepEqual(outcomes, { complete: 8, failed: 1, surrogate: 1 });
    assert.equal(all.requests, 8);
    assert.deepEqual(Object.keys(by_class).sort(), ["haiku", "opus"]);
    assert.deepEqual([by_class.haiku.requests, by_class.opus.requests], [5, 3]);
    for (const figures of [all, ...Object.values(by_class)]) {
      for (const phase of ["admit_ms", "first_byte_ms", "total_ms"]) {
        const { p50, p95, p99 } = figures[phase];
        assert.ok(0 <= p50 && p50 <= p95 && p95 <= p99, `${phase}: ${JSON.stringify(figures[phase])}`);
      }
      assert.ok(figures.total_ms.p99 >= figures.first_byte_ms.p50);
    }
    const slowest = Math.max(...rows.filter((row) => row.outcome === "complete").map((row) => row.latency.total_ms));
    assert.equal(all.total_ms.p99, slowest, "of few requests the last percentile is the slowest");
  });

  test("the history has pages, newest first, that neither overlap nor leave anything out", async () => {
    const seen = [];
    let query = "?limit=3";
    for (;;) {
      const page = await client.history(query);
      assert.ok(page.data.length <= 3);
      seen.push(...page.data);
      if (page.next_before === null) break;
      query = `?limit=3&before=${page.next_before}`;
    }
    assert.deepEqual(seen, rows);
    assert.deepEqual(seen.map((row) => row.seq), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test("the history's pages stand still while new requests come", async () => {
    const reader = await set.tenant();
    for (let i = 0; i < 4; i++) await reader.chat(ask(HAIKU, `${i}`));
    await reader.settled(4);
    const first = await reader.history("?limit=2");
    await reader.chat(ask(HAIKU));
    await reader.settled(5);
    const second = await reader.history(`?limit=2&before=${first.next_before}`);
    assert.deepEqual([...first.data, ...second.data].map((row) => row.seq), [4, 3, 2, 1]);
  });

  test("the history can be filtered, by one thing or by several", async () => {
    const matches = async (query, of) => {
      const { data } = await client.history(`?${query}`);
      assert.deepEqual(data, rows.filter(of), query);
    };
    const opus = rows.find((row) => row.model_used === "opus");
    await matches("class=opus", (row) => row.model_used === "opus");
    await matches(`model=${OPUS}`, (row) => row.model === OPUS);
    await matches("requested=moecraft/auto", (row) => row.requested === "moecraft/auto");
    await matches("outcome=surrogate", (row) => row.outcome === "surrogate");
    await matches("outcome=failed&class=haiku", (row) => row.outcome === "failed");
    await matches("provider=upstream", (row) => row.provider === "upstream");
    await matches(`key_id=${client.keyId}`, () => true);
    await matches("key_id=0000000000000000", () => false);
    await matches(`id=${opus.id}`, (row) => row.id === opus.id);
    await matches(`since=${opus.at}&until=${opus.at + 1}`, (row) => row.at === opus.at);
    await matches("class=' OR 1=1 --", () => false);
  });

  for (const [query, field] of [["modle=x", "modle"], ["before=x", "before"], ["since=-1", "since"], ["limit=x", "limit"], ["limit=1.5", "limit"]]) {
    test(`a query that is not understood is told so: ${query}`, async () => {
      const { message } = assertError(await client.get(`/moecraft/routing/history?${query}`), { status: 400, type: "invalid_request_error", param: field });
      assert.match(message, new RegExp(field));
    });
  }

  test("a page is bounded, whatever is asked", async () => {
    for (const limit of [0, 1_000_000]) {
      const { data } = await client.history(`?limit=${limit}`);
      assert.ok(data.length >= 1 && data.length <= 500);
    }
  });
});

test("of a tenant without any history are zeros, not errors", async () => {
  const client = await set.tenant();
  const cost = await client.cost();
  assert.deepEqual([cost.total_requests, cost.total_cost, cost.total_savings, cost.by_hour, cost.by_class], [0, 0, 0, [], {}]);
  assert.deepEqual((await client.history()).data, []);
  const { all, outcomes } = await client.performance();
  assert.deepEqual([all.requests, outcomes], [0, {}]);
});

test("money is exact to the nano-dollar, however much of it there is", async () => {
  const client = await set.tenant();
  // A thousand dollars and more in one request, and single nano-dollars in others.
  const usages = [{ prompt_tokens: 200_000_000, completion_tokens: 1 }, { prompt_tokens: 1, completion_tokens: 0 }, { prompt_tokens: 3, completion_tokens: 1 }];
  for (const usage of usages) {
    set.upstream.answer(complete({ usage: { ...usage, total_tokens: 0 } }));
    await client.chat(ask(OPUS, JSON.stringify(usage)));
  }
  const rows = await client.settled(3);
  const nanos = rows.reduce((sum, row) => sum + row.cost_nanos, 0);
  assert.ok(nanos > 1e12);
  const { text } = await client.get("/moecraft/metrics/cost");
  const [, whole, fraction] = text.match(/"total_cost":(\d+)\.?(\d*)/);
  assert.equal(BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0")), BigInt(nanos));
});
