// GET /moecraft/stream: every settled request on every dashboard, in order, without loss or repeat.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import PartySocket from "partysocket/ws";
import WebSocket from "ws";
import { ask } from "./support/client.mjs";
import { stage } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const MODEL = "openai/gpt-4o-mini";
const set = stage();

/** `count` requests, each made when the one before has settled; gives their ids in order. */
async function requests(client, count) {
  const ids = [];
  for (let i = 0; i < count; i++) {
    const id = (await client.chat(ask(MODEL, `${i}`))).headers.get("x-moecraft-request-id");
    await client.row(id);
    ids.push(id);
  }
  return ids;
}

const seqs = (updates) => updates.map((update) => update.seq);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("says hello with the totals, then each settled request in the agreed form", async () => {
  const client = await set.tenant();
  await requests(client, 2);
  await client.settled(2);
  const dashboard = await client.dashboard();
  const cost = await client.cost();
  assert.deepEqual(dashboard.hello, {
    type: "hello",
    seq: 2,
    data: { resumed_from: 2, complete: true, total_requests: 2, total_cost: cost.total_cost, total_savings: cost.total_savings },
  });
  const { headers } = await client.chat(ask(MODEL));
  const [update] = await dashboard.until(1);
  const row = await client.row(headers.get("x-moecraft-request-id"));
  assert.deepEqual(update, {
    type: "cost_update",
    seq: 3,
    data: {
      request_id: row.id,
      model_used: "haiku",
      model: MODEL,
      outcome: "complete",
      estimated: false,
      cost: row.cost,
      savings: row.savings,
      cumulative_savings: (await client.cost()).total_savings,
    },
  });
  assert.match(dashboard.texts.at(-1), /"cost":0\.\d+,/, "money is a plain decimal");
  dashboard.close();
});

test("answers ping with pong", async () => {
  const client = await set.tenant();
  const dashboard = await client.dashboard();
  dashboard.socket.send("ping");
  await until("the pong", () => dashboard.texts.includes("pong"));
  dashboard.close();
});

test("is not disturbed by what a dashboard says", async () => {
  const client = await set.tenant();
  const dashboard = await client.dashboard();
  for (const noise of ["{}", "x".repeat(100_000), Buffer.alloc(70_000), '{"type":"cost_update","seq":9}']) dashboard.socket.send(noise);
  await requests(client, 1);
  assert.deepEqual(seqs(await dashboard.until(1)), [1]);
  dashboard.close();
});

test("shows ten dashboards the same, however many requests come at once", async () => {
  const client = await set.tenant();
  const dashboards = await Promise.all(Array.from({ length: 10 }, () => client.dashboard(0)));
  await Promise.all(Array.from({ length: 60 }, (_, i) => client.post("/v1/chat/completions", ask(MODEL, `${i}`, { stream: i % 2 === 0 }))));
  const rows = await client.settled(60);
  const [expected, ...others] = await Promise.all(dashboards.map((dashboard) => dashboard.until(60)));
  assert.deepEqual(seqs(expected), range(1, 60));
  for (const other of others) assert.deepEqual(other, expected);
  assert.deepEqual(expected.map((update) => update.data.request_id).reverse(), rows.map((row) => row.id));
  assert.equal(expected.at(-1).data.cumulative_savings, (await client.cost()).total_savings);
  dashboards.forEach((dashboard) => dashboard.close());
});

describe("a dashboard that comes back", () => {
  test("gets what it missed, all of it and nothing twice", async () => {
    const client = await set.tenant();
    const early = await client.dashboard();
    const ids = await requests(client, 3);
    await early.until(3);
    early.close();
    ids.push(...(await requests(client, 4)));
    await client.settled(7);
    const late = await client.dashboard(3);
    ids.push(...(await requests(client, 2)));
    const updates = await late.until(6);
    assert.deepEqual([late.hello.seq, late.hello.data.resumed_from, late.hello.data.complete], [7, 3, true]);
    assert.deepEqual(seqs(updates), range(4, 9));
    assert.deepEqual(updates.map((update) => update.data.request_id), ids.slice(3));
    late.close();
  });

  test("in the middle of a storm of requests loses none", async () => {
    const client = await set.tenant();
    const storm = Promise.all(Array.from({ length: 80 }, (_, i) => client.chat(ask(MODEL, `${i}`))));
    const seen = [];
    while (seen.length < 80) {
      const dashboard = await client.dashboard(seen.length);
      await until("news", () => dashboard.updates.length > 0);
      dashboard.close();
      seen.push(...seqs(dashboard.updates));
      assert.deepEqual(seen, range(1, seen.length));
    }
    await storm;
  });

  test("from a future that never was gets what comes", async () => {
    const client = await set.tenant();
    await requests(client, 1);
    await client.settled(1);
    const dashboard = await client.dashboard(1_000_000);
    await requests(client, 1);
    assert.deepEqual(seqs(await dashboard.until(1)), [2]);
    dashboard.close();
  });

  for (const since of ["-1", "x", "1.5"]) {
    test(`with a number that is none is told so: ?since=${since}`, async () => {
      const client = await set.tenant();
      await assert.rejects(client.dashboard(since), /400/);
    });
  }
});

test("works in a browser, which can carry the key in the address only", async () => {
  const client = await set.tenant();
  const socket = new WebSocket(`${set.gateway.url.replace("http", "ws")}/moecraft/stream?key=${client.key}`);
  const hello = await new Promise((resolve, reject) => socket.once("message", resolve).once("error", reject));
  assert.equal(JSON.parse(hello).type, "hello");
  socket.terminate();
});

test("partysocket reconnects by itself after the runtime was killed, and has missed nothing", async () => {
  const client = await set.tenant();
  const seen = [];
  let hellos = 0;
  const address = () => `${set.gateway.url.replace("http", "ws")}/moecraft/stream?key=${client.key}&since=${seen.at(-1)?.seq ?? 0}`;
  const socket = new PartySocket(address, [], { WebSocket, minReconnectionDelay: 20, maxReconnectionDelay: 100 });
  socket.addEventListener("error", () => {}); // the killed runtime; partysocket deals with it
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "hello") hellos++;
    else seen.push(message);
  });
  try {
    const ids = await requests(client, 3);
    await until("three updates", () => seen.length === 3);
    for (let kill = 1; kill <= 2; kill++) {
      await set.gateway.kill9();
      await set.gateway.restart();
      ids.push(...(await requests(client, 3)));
      await until("the updates after the restart", () => seen.length === 3 + 3 * kill);
    }
    assert.ok(hellos >= 3, "it has reconnected");
    assert.deepEqual(seqs(seen), range(1, 9));
    assert.deepEqual(seen.map((update) => update.data.request_id), ids);
    await client.settled(9);
  } finally {
    socket.close();
  }
});

test("a dashboard whose key is revoked hears no more", async () => {
  const [owner, member] = [await set.gateway.tenant("listening", { owner: true }), await set.gateway.tenant("listening")];
  const dashboard = await member.dashboard();
  const watching = await owner.dashboard();
  assert.equal((await owner.send(`/moecraft/keys/${member.keyId}`, { method: "DELETE" })).status, 200);
  await requests(owner, 1);
  await watching.until(1);
  assert.equal(dashboard.updates.length, 0, "figures are for valid keys only");
  await until("the socket is being closed", () => dashboard.socket.readyState >= WebSocket.CLOSING);
  watching.close();
});
