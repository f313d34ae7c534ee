// Two tenants never see each other: not rows, not figures, not answers, not models, not the stream.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import WebSocket from "ws";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { stage } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const MODEL = "openai/gpt-4o-mini";
const set = stage();

/** Two tenants with requests of their own, made at the same time. */
async function neighbours() {
  const clients = [await set.tenant(), await set.tenant()];
  const dashboards = await Promise.all(clients.map((client) => client.dashboard(0)));
  const counts = [30, 20];
  const ids = await Promise.all(
    clients.map((client, c) =>
      Promise.all(Array.from({ length: counts[c] }, async (_, i) => (await client.chat(ask(MODEL, `${c}-${i}`))).headers.get("x-moecraft-request-id"))),
    ),
  );
  return { clients, dashboards, ids, counts };
}

test("each has its own rows, figures and stream, though they work at the same time", async () => {
  const { clients, dashboards, ids, counts } = await neighbours();
  for (const [c, client] of clients.entries()) {
    const rows = await client.settled(counts[c]);
    assert.deepEqual(rows.map((row) => row.id).sort(), [...ids[c]].sort());
    const updates = await dashboards[c].until(counts[c]);
    assert.deepEqual(updates.map((update) => update.data.request_id).sort(), [...ids[c]].sort());
    assert.equal((await client.performance()).all.requests, counts[c]);
    const [foreign] = ids[1 - c];
    assert.deepEqual((await client.history(`?id=${foreign}`)).data, [], "a neighbour's request is not found");
  }
  dashboards.forEach((dashboard) => dashboard.close());
});

describe("the tenant comes from the key, whatever else a request says", () => {
  test("in headers, in the body and in the address", async () => {
    const [owner, other] = [await set.gateway.tenant("victim"), await set.gateway.tenant("curious")];
    await owner.chat(ask("moecraft/auto", "What is my secret?"));
    await owner.settled(1);
    const headers = { "x-moecraft-tenant": "victim", "x-moecraft-key-id": owner.keyId, tenant: "victim", "x-forwarded-user": "victim" };
    for (const path of ["/moecraft/routing/history", "/moecraft/metrics/cost", "/moecraft/metrics/performance", "/v1/models"]) {
      for (const query of ["", path.includes("history") ? "" : "?tenant=victim&name=victim"]) {
        const { text, status } = await other.get(path + query, { headers });
        assert.equal(status, 200);
        assert.ok(!text.includes(owner.keyId), path);
      }
    }
    assert.equal((await other.cost()).total_requests, 0);
    const answer = await other.chat({ ...ask("moecraft/auto", "What is my secret?"), tenant: "victim", user: "victim" }, { headers });
    assert.notEqual(answer.headers.get("x-moecraft-class"), "surrogate");
    assert.equal((await owner.settled(1)).length, 1);
  });

  test("on the stream, where a key in the address does not override the one in the header", async () => {
    const [one, other] = [await set.tenant(), await set.tenant()];
    await one.chat(ask(MODEL));
    await one.settled(1);
    const url = `${set.gateway.url.replace("http", "ws")}/moecraft/stream?key=${one.key}&since=0`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${other.key}` } });
    const hello = JSON.parse(await new Promise((resolve, reject) => socket.once("message", resolve).once("error", reject)));
    assert.equal(hello.data.total_requests, 0);
    socket.terminate();
  });

  test("and a key's revocation reaches its own tenant alone", async () => {
    const [owner, other] = [await set.gateway.tenant("judge", { owner: true }), await set.tenant()];
    const { status } = await owner.send(`/moecraft/keys/${other.keyId}`, { method: "DELETE" });
    assert.ok([200, 404].includes(status));
    assert.equal((await other.chat(ask(MODEL))).status, 200);
    assertError(await owner.send(`/moecraft/keys/${other.keyId}?tenant=${"tenant-1"}`, { method: "DELETE" }), { status: 403 });
  });
});

test("names that look alike are different tenants", async () => {
  const names = ["ab", "a.b", "a-b", "a_b", "a", "ab."];
  const files = set.gateway.objectFiles().length;
  const clients = await Promise.all(names.map((name) => set.gateway.tenant(name)));
  for (const client of clients) await client.chat(ask(MODEL));
  for (const client of clients) assert.equal((await client.settled(1)).length, 1);
  assert.equal(set.gateway.objectFiles().length, files + names.length);
});

test("one that floods the gateway does not keep another's answer from it", async () => {
  const [loud, quiet] = [await set.tenant(), await set.tenant()];
  const flood = Promise.all(Array.from({ length: 150 }, (_, i) => loud.chat(ask(MODEL, `${i}`))));
  assert.equal((await quiet.chat(ask(MODEL))).status, 200);
  await quiet.settled(1);
  await flood;
  await until("all rows of the loud one", async () => (await loud.cost()).total_requests === 150);
  await loud.settled(150);
});
