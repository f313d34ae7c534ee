// What a failed call teaches the tenant's object: which places are left alone, for how long, and
// how they come back.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { complete, drop, status } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { stage } from "./support/stage.mjs";
import { gate, until } from "./support/until.mjs";

const MODEL = "in-house-model";
const set = stage({ upstreams: 2 });

/** The changes of health that a dashboard was told of, once there are `count`: they come after the row that told of them. */
const told = (dashboard, count) =>
  until(`${count} changes of health`, () => {
    const changes = dashboard.messages.filter(({ type }) => type === "provider_health");
    return changes.length >= count && changes;
  });

test("a provider without quota is left at once, for the whole tenant, and the dashboards see it", async () => {
  const client = await set.tenant();
  const [first, second] = set.upstreams;
  const dashboard = await client.dashboard();
  first.answer(status(402));
  await client.chat(ask(MODEL));
  await client.settled(1);
  await client.chat(ask("another-model"));
  const [newer, older] = await client.settled(2);
  assert.deepEqual([first.hits, second.hits], [1, 2]);
  assert.deepEqual(older.attempts[0].failure, { class: "out_of_quota", scope: "provider", retries: false });
  assert.deepEqual(newer.attempts.map(({ provider }) => provider), ["upstream-2"]);
  const [event] = await told(dashboard, 1);
  const { until: back, ...data } = event.data;
  assert.deepEqual(data, { request_id: older.id, provider: "upstream", model: null, state: "open", why: "out_of_quota" });
  assert.equal(event.seq, 1);
  // Five minutes, by a tenth more or less, from when the object learnt of it.
  assert.ok(older.settled_at + 4.5 * 60_000 <= back && back <= Date.now() + 5.5 * 60_000, `${back}`);
  const late = await client.dashboard();
  const [state] = await told(late, 1);
  assert.deepEqual(state.data, { ...event.data, request_id: null });
  dashboard.close();
  late.close();
});

test("a provider that limits its rate is left for as long as it said", async () => {
  const client = await set.tenant();
  const [first, second] = set.upstreams;
  const dashboard = await client.dashboard();
  first.answer(status(429, { headers: { "retry-after": "60" } }));
  const before = Date.now();
  await client.chat(ask(MODEL, "0"));
  await client.settled(1);
  await client.chat(ask(MODEL, "1"));
  assert.deepEqual([first.hits, second.hits], [1, 2]);
  const [{ data }] = await told(dashboard, 1);
  assert.deepEqual([data.state, data.why], ["open", "rate_limited"]);
  assert.ok(before + 60_000 <= data.until && data.until <= Date.now() + 60_000, `${data.until}`);
  dashboard.close();
});

test("a rate limit is waited out as told, and then everybody may call again", async () => {
  const client = await set.tenant();
  const [first, second] = set.upstreams;
  const dashboard = await client.dashboard();
  first.answer(status(429, { headers: { "retry-after": "1" } }));
  await client.chat(ask(MODEL, "0"));
  await client.settled(1);
  const [{ data }] = await told(dashboard, 1);
  let [calls, again] = [1, undefined];
  first.answer((_request) => {
    again ??= Date.now();
    return complete();
  });
  await until("the first is called again", async () => {
    await client.chat(ask(MODEL, `${calls++}`));
    return again;
  });
  assert.ok(again >= data.until, `called ${data.until - again} ms too soon`);
  await client.settled(calls);
  const before = [first.hits, second.hits];
  await Promise.all(Array.from({ length: 10 }, (_, i) => client.chat(ask(MODEL, `again ${i}`))));
  assert.deepEqual([first.hits, second.hits], [before[0] + 10, before[1]]);
  dashboard.close();
});

test("of many requests one probes a place that failed; its success brings it back", async () => {
  const client = await set.tenant();
  const [first, second] = set.upstreams;
  const dashboard = await client.dashboard();
  for (let i = 0; i < 3; i++) {
    first.answer(drop());
    await client.chat(ask(MODEL, `${i}`));
    await client.settled(i + 1);
  }
  assert.equal(first.hits, 3);
  const [opened] = await told(dashboard, 1);
  await until("it may be probed", () => Date.now() > opened.data.until + 50);
  const answer = gate();
  first.answer(async (...call) => {
    await answer.promise;
    return complete()(...call);
  });
  const many = Array.from({ length: 10 }, (_, i) => client.chat(ask(MODEL, `many ${i}`)));
  await until("the others are answered, and one asks", () => second.hits === 12 && first.hits > 3);
  assert.equal(first.hits, 4, "one probe");
  answer.open();
  await Promise.all(many);
  await client.settled(13);
  const changes = await told(dashboard, 2);
  assert.deepEqual(changes.map(({ data: { state, until } }) => [state, until]), [["open", opened.data.until], ["closed", 0]]);
  await client.chat(ask(MODEL, "after"));
  assert.equal(first.hits, 5);
  dashboard.close();
});

describe("on disk", () => {
  test("what was learnt outlives the runtime", async () => {
    const client = await set.tenant();
    const [first, second] = set.upstreams;
    first.answer(status(401));
    await client.chat(ask(MODEL));
    await client.settled(1);
    await set.gateway.kill9();
    await set.gateway.restart();
    await client.chat(ask(MODEL, "again"));
    await client.settled(2);
    assert.deepEqual([first.hits, second.hits], [1, 2]);
  });
});
