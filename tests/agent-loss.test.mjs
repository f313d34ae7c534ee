// The agent's tunnel when an end of it goes away: the client, the gateway, the agent, the model server.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drop, hang, stream } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { Gateway } from "./support/gateway.mjs";
import { home, localIds } from "./support/home.mjs";
import { textOf } from "./support/sse.mjs";
import { until } from "./support/until.mjs";

const at = home();

describe("who leaves is noticed", () => {
  test("a client, in the middle of a stream: the model server stops working for nobody", async () => {
    const { client } = await at.connected();
    at.local.answer(stream({ words: Array(20_000).fill("on and on ") }));
    const leaving = new AbortController();
    const { events } = await client.stream(ask("local/tiny"), { signal: leaving.signal });
    await events.next();
    leaving.abort();
    await until("the model server sees it", () => at.local.last.left);
    const [row] = await client.settled(1);
    assert.equal(row.outcome, "client_left");
  });

  test("the gateway, when no answer comes in time: the model server stops working for nobody", async () => {
    // Long beside what a busy machine takes to ask the model server.
    const hasty = await Gateway.start({ vars: { ANSWER_MS: "4000", FIRST_BYTE_MS: "4000" } });
    try {
      const { client } = await at.connected(hasty);
      at.local.answer(hang());
      for (const streaming of [false, true]) {
        assertError(await client.chat(ask("local/tiny", "Hi.", { stream: streaming })), { status: 504, type: "server_error" });
        await until("the model server sees it", () => at.local.hits === (streaming ? 2 : 1) && at.local.last.left);
      }
      await client.settled(2);
    } finally {
      await hasty.stop();
    }
  });

  test("the agent, in the middle of a stream: the client gets an error event and no [DONE]", async () => {
    const { client, agent } = await at.connected();
    const never = new Promise(() => {});
    at.local.answer(stream({ words: ["one ", "two ", "three "], between: (i) => i === 2 && never }));
    const { events } = await client.stream(ask("local/tiny"));
    const data = [(await events.next()).value, (await events.next()).value];
    await agent.kill9();
    for await (const event of events) data.push(event);
    assert.equal(textOf(data.slice(0, 2).map((one) => JSON.parse(one))), "one two ");
    assert.ok(JSON.parse(data.at(-1)).error?.message, data.at(-1));
    assert.ok(!data.includes("[DONE]"));
    const [row] = await client.settled(1);
    assert.deepEqual([row.outcome, row.usage.source], ["cut", "estimated"]);
  });

  test("the agent, before the first word: a clear error, and no other model in its place when it was named", async () => {
    const { client, agent } = await at.connected(at.cloudy);
    at.local.answer(hang());
    for (const streaming of [false, true]) {
      const pending = client.chat(ask("local/tiny", "Private.", { stream: streaming }));
      if (streaming) {
        assertError(await pending, { status: 404, type: "invalid_request_error" });
      } else {
        await until("the model server is asked", () => at.local.hits === 1);
        await agent.kill9();
        const answer = await pending;
        assert.ok([502, 503].includes(answer.status), answer.text);
        assertError(answer, { status: answer.status, type: "server_error" });
        await until("the model is gone", async () => (await localIds(client)).length === 0);
      }
    }
    assert.deepEqual(at.clouds.map(({ hits }) => hits), [0, 0], "what was meant for the own machine stays there");
  });

  test("the agent, by a signal: it says goodbye and its models go", async () => {
    const { client, agent } = await at.connected();
    assert.equal(await agent.stop(), 0);
    await until("the model is gone", async () => (await localIds(client)).length === 0);
  });

  test("the model server: what it leaves behind is an error, not a hang", async () => {
    const { client } = await at.connected();
    at.local.answer(drop());
    const answer = await client.chat(ask("local/tiny"));
    assertError(answer, { status: 502, type: "server_error" });
    at.local.answer(stream({ cut: 2 }));
    const { data } = await client.streamed(ask("local/tiny"));
    assert.ok(JSON.parse(data.at(-1)).error && !data.includes("[DONE]"));
  });
});

describe("an agent comes back", () => {
  test("killed and started again under load, it serves on, and each request has its one row", async () => {
    const { client, agent } = await at.connected();
    at.local.answer(stream({ words: Array(30).fill("word ") }));
    let answered = 0;
    let stopping = false;
    const load = Promise.all([...Array(8)].map(async (_, worker) => {
      for (let i = 0; !stopping; i++) {
        const answer = await client.post("/v1/chat/completions", ask("local/tiny", `${worker}-${i}`, { stream: true }));
        if (answer.status === 200 && answer.text.includes("[DONE]")) answered++;
        else if (answer.status === 200) assert.match(answer.text, /"error"/, "a broken answer says so");
        else assert.ok([404, 502, 503].includes(answer.status), answer.text);
      }
    }));
    let current = agent;
    for (const _ of [1, 2, 3]) {
      const before = answered;
      await until("answers come", () => answered >= before + 10);
      await current.kill9();
      current = at.connect(at.gateway, client);
    }
    const before = answered;
    await until("answers come again", () => answered >= before + 10);
    stopping = true;
    await load;
    const cost = await until("all has settled", async () => {
      const cost = await client.cost();
      return cost.reserved.requests === 0 && cost;
    });
    const rows = await client.settled(cost.total_requests);
    assert.equal(rows.filter((row) => row.outcome === "complete").length, answered);
  });

  test("after the runtime was killed, by itself", async () => {
    const { client } = await at.connected();
    await at.gateway.kill9();
    await at.gateway.restart();
    await until("the local model is listed again", async () => (await localIds(client)).length === 1);
    assert.equal((await client.chat(ask("local/tiny"))).status, 200);
  });

  test("a second of the same name takes the first one's place, which then ends", async () => {
    const { client, agent } = await at.connected();
    at.connect(at.gateway, client);
    assert.equal(await agent.exit, 4);
    assert.equal((await client.chat(ask("local/tiny"))).status, 200);
  });
});

describe("an agent without a good key", () => {
  test("ends and says why, and its key is not in its log", async () => {
    const client = at.gateway.client("moe_this-is-not-a-key");
    const agent = at.connect(at.gateway, client);
    assert.equal(await agent.exit, 3);
    assert.match(agent.log, /does not accept the key/);
    assert.ok(!agent.log.includes(client.key));
  });

  test("ends when its key is revoked while it is connected, and gets no more prompts", async () => {
    const { client, agent, tenant } = await at.connected();
    const revoked = await at.gateway.admin.send(`/moecraft/keys/${client.keyId}?tenant=${tenant}`, { method: "DELETE" });
    assert.equal(revoked.status, 200);
    const other = await at.gateway.tenant(tenant);
    await until("its model is gone", async () => (await localIds(other)).length === 0);
    assert.equal(await agent.exit, 3);
  });
});
