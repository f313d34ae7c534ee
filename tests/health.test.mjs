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
const events = (dashboard) => dashboard.messages.filter(({ type }) => type === "provider_health");

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
  const [event] = await until("the event", () => events(dashboard).length > 0 && events(dashboard));
  const { until: back, ...data } = event.data;
  assert.deepEqual(data, { request_id: older.id, provider: "upstream", model: null, state: "open", why: "out_of_quota" });
  assert.equal(event.seq, 1);
  assert.ok(back - older.settled_at > 4.4 * 60_000 && back - older.settled_at < 5.6 * 60_000, `${back}`);
  const late = await client.dashboard();
  await until("the state", () => events(late).length === 1);
  assert.deepEqual(events(late)[0].data, { ...event.data, request_id: null });
  dashboard.close();
  late.close();
});

test("a rate limit is waited out as told, and then everybody may call again", async () => {
  const client = await set.tenant();
  const [first, second] = set.upstreams;
  first.answer(status(429, { headers: { "retry-after": "1" } }));
  await client.chat(ask(MODEL, "0"));
  await client.settled(1);
  await client.chat(ask(MODEL, "1"));
  assert.deepEqual([first.hits, second.hits], [1, 2]);
  first.answer(complete());
  let n = 1;
  await until("the first is called again", async () => {
    await client.chat(ask(MODEL, `${++n}`));
    return first.hits > 1;
  });
  await client.settled(n + 1);
  const before = [first.hits, second.hits];
  await Promise.all(Array.from({ length: 10 }, (_, i) => client.chat(ask(MODEL, `again ${i}`))));
  assert.deepEqual([first.hits, second.hits], [before[0] + 10, before[1]]);
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
  const [opened] = await until("it is left", () => events(dashboard).length > 0 && events(dashboard));
  await until("it may be probed", () => Date.now() > opened.data.until + 50);
  const answer = gate();
  first.answer(async (...call) => {
    await answer.promise;
    return complete()(...call);
  });
  const many = Array.from({ length: 10 }, (_, i) => client.chat(ask(MODEL, `many ${i}`)));
  await until("the others are answered", () => second.hits === 12);
  assert.equal(first.hits, 4, "one probe");
  answer.open();
  await Promise.all(many);
  await client.settled(13);
  const closed = events(dashboard).at(-1);
  assert.deepEqual([closed.data.state, closed.data.until], ["closed", 0]);
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
