// kill -9 of the runtime in the middle of streams, and a start on the same disk: no row of the
// ledger is lost, none is double, and the sums are those of the rows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { complete, stream } from "./support/answers.mjs";
import { ask, CHAT } from "./support/client.mjs";
import { Gateway, UPSTREAM_KEY } from "./support/gateway.mjs";
import { gate, until } from "./support/until.mjs";
import { Upstream } from "./support/upstream.mjs";

const RESERVATION_MS = 1_500;
let upstream, gateway, client;
/** What no stream comes to the end of. */
const never = new Promise(() => {});
/** Every request ever made, by the unique model name it asked for. */
const made = new Map();

before(async () => {
  upstream = await Upstream.start({ key: UPSTREAM_KEY });
  gateway = await Gateway.start({ upstreams: [upstream.origin], vars: { RESERVATION_MS: String(RESERVATION_MS), OUTBOX_MS: "200" } });
  client = await gateway.tenant("acme");
});
after(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

/**
 * Makes a request that can be told from all others wherever it leaves a trace: the model's name is
 * its mark. Notes what the client learns of it, up to the moment its connection breaks.
 */
function request(streaming) {
  const mark = `m-${made.size}`;
  const seen = { bytes: 0 };
  made.set(mark, seen);
  seen.over = (async () => {
    try {
      const response = await client.fetch(CHAT, { method: "POST", body: ask(mark, mark, { stream: streaming }) });
      seen.id = response.headers.get("x-moecraft-request-id");
      for await (const chunk of response.body) seen.bytes += chunk.length;
      seen.whole = response.ok;
    } catch (error) {
      seen.broken = error;
    }
  })();
  return seen;
}

const many = (count) => Array.from({ length: count }, (_, i) => request(i % 3 !== 0));

/** What must hold on any disk, whatever has happened before. */
async function assertExact() {
  const cost = await until("nothing is under way", async () => {
    const cost = await client.cost();
    return cost.reserved.requests === 0 && cost;
  });
  const rows = await client.settled(cost.total_requests);
  const byMark = new Map(rows.map((row) => [row.requested, row]));
  assert.equal(byMark.size, rows.length, "no request has two rows");
  for (const { model } of upstream.requests) assert.ok(byMark.has(model), `${model} was sent to the provider and has no row`);
  for (const [mark, seen] of made) {
    if (seen.id) assert.equal(byMark.get(mark)?.id, seen.id, `${mark} was answered under this id`);
  }
  assert.deepEqual(rows.map((row) => row.seq).filter((seq, i, all) => i && seq >= all[i - 1]), [], "the order is one");
  const ids = new Set(rows.map((row) => row.id));
  await until("the reporting database has them all", async () => {
    const copies = await gateway.d1("SELECT id FROM usage WHERE tenant = 'acme'");
    return copies.length === rows.length && copies.every(({ id }) => ids.has(id));
  });
  return byMark;
}

const moments = {
  "while streams flow and answers are awaited": async () => {
    upstream.answer((asked) => (asked.stream ? stream({ between: (i) => i === 3 && never }) : () => {}));
    const requests = many(36);
    await until("all are under way", () => requests.every((seen) => seen.bytes > 0 || waits(seen)));
  },
  "while answers end and settle": async () => {
    const end = gate();
    upstream.answer(async (asked) => {
      if (!asked.stream) await end.promise;
      return complete({ words: ["a", "b", "c"] });
    });
    const requests = many(36);
    const waiting = requests.filter((_, i) => i % 3 === 0);
    await until("all are under way", () => requests.every((seen) => waiting.includes(seen) ? waits(seen) : seen.bytes > 0));
    end.open();
    await Promise.race(waiting.map((seen) => seen.over));
  },
  "while requests are being admitted": async () => {
    upstream.answer(stream({ words: Array(50).fill("word "), between: (i) => i === 49 && never }));
    const before = upstream.hits;
    many(60);
    await until("the first have reached the provider", () => upstream.hits >= before + 5);
  },
};

/** Whether the provider has the request, and the client nothing yet. */
function waits(seen) {
  const [mark] = [...made].find(([, one]) => one === seen);
  return upstream.requests.some(({ model }) => model === mark);
}

for (const [moment, reach] of Object.entries(moments)) {
  test(`killed ${moment}, it loses no row and doubles none`, async () => {
    await reach();
    const pending = [...made.values()];
    await gateway.kill9();
    await Promise.all(pending.map((seen) => seen.over));
    assert.ok(pending.some((seen) => seen.broken || !seen.whole), "the kill has broken something");
    await gateway.restart();
    const rows = await assertExact();
    const closed = [...rows.values()].filter((row) => row.outcome === "unsettled");
    assert.ok(closed.every((row) => row.usage.source === "estimated" && row.cost_nanos > 0), "closed at their estimates");

    // And the gateway works on as before.
    upstream.answer(complete());
    const more = many(9);
    await Promise.all(more.map((seen) => seen.over));
    assert.ok(more.every((seen) => seen.whole), "requests after the restart are answered");
    await assertExact();
    assert.deepEqual(upstream.violations, []);
  });
}
