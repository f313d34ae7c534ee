// The agent and its tunnel: the models of the user's own machine, through the real program.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Agent, modelServer } from "./support/agent.mjs";
import { complete, drop, hang, status, stream, TEXT, USAGE } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { Gateway, UPSTREAM_KEY } from "./support/gateway.mjs";
import { textOf } from "./support/sse.mjs";
import { gate, until } from "./support/until.mjs";
import { Upstream } from "./support/upstream.mjs";

let gateway, cloudy, clouds, local, tenants = 0;
const agents = [];

before(async () => {
  clouds = [await Upstream.start({ key: UPSTREAM_KEY }), await Upstream.start({ key: UPSTREAM_KEY })];
  local = await modelServer("tiny");
  gateway = await Gateway.start(); // no provider in the cloud
  cloudy = await Gateway.start({ upstreams: clouds.map(({ origin }) => origin) });
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.kill9()));
  const servers = [local, ...clouds];
  const violations = servers.flatMap((server) => server.violations);
  servers.forEach((server) => server.reset());
  assert.deepEqual(violations, []);
});
after(async () => {
  for (const one of [gateway, cloudy, local, ...(clouds ?? [])]) await one?.stop();
});

const localIds = async (client) => (await client.get("/v1/models")).json.data.map(({ id }) => id).filter((id) => id.startsWith("local/"));

function connect(to, client, { name = "box", servers = [local.origin] } = {}) {
  const agent = Agent.start({ url: to.url, key: client.key, name, servers });
  agents.push(agent);
  return agent;
}

/** A fresh tenant with an agent that serves local/tiny. */
async function connected(to = gateway, options) {
  const client = await to.tenant(`tenant-${++tenants}`);
  const agent = connect(to, client, options);
  await until("the local model is listed", async () => (await localIds(client)).length > 0);
  return { client, agent };
}

describe("a connected agent's model", () => {
  test("is listed under local/ with the context it really has", async () => {
    const { client } = await connected();
    const { json } = await client.get("/v1/models");
    const model = json.data.find(({ id }) => id === "local/tiny");
    assert.deepEqual([model.owned_by, model.context_window], ["agent", 8192]);
  });

  test("answers, whole and streamed, costs nothing and saves everything", async () => {
    const { client } = await connected();
    const whole = await client.chat(ask("local/tiny"));
    assert.deepEqual([whole.status, whole.json.choices[0].message.content], [200, TEXT]);
    assert.equal(local.last.model, "tiny");
    const streamed = await client.streamed(ask("local/tiny"));
    assert.deepEqual([textOf(streamed.chunks), streamed.data.at(-1)], [TEXT, "[DONE]"]);
    for (const { headers } of [whole, streamed]) {
      assert.deepEqual([headers.get("x-moecraft-model"), headers.get("x-moecraft-class"), headers.get("x-moecraft-cost")], ["local/tiny", "local", "0"]);
    }
    for (const row of await client.settled(2)) {
      assert.deepEqual([row.model_used, row.provider, row.outcome, row.cost_nanos], ["local", "agent", "complete", 0]);
      assert.deepEqual([row.usage.input, row.usage.output, row.usage.source], [USAGE.prompt_tokens, USAGE.completion_tokens, "reported"]);
      assert.ok(row.baseline_nanos > 0);
    }
  });

  test("takes every prompt of moecraft/auto when there is no provider in the cloud, and the reason says so", async () => {
    const { client } = await connected();
    for (const prompt of ["Hi.", "Prove that every finite integral domain is a field, then derive why the theorem fails for infinite rings, with a counterexample."]) {
      for (const model of ["moecraft/auto", "gpt-4o-mini", "claude-opus-4-5"]) {
        const { status, headers } = await client.chat(ask(model, prompt));
        assert.equal(status, 200, model);
        assert.equal(headers.get("x-moecraft-model"), "local/tiny");
        assert.match(headers.get("x-moecraft-reason"), /no cloud provider.*local/);
      }
    }
  });

  test("streams while it speaks, not when it has ended", async () => {
    const { client } = await connected();
    const words = ["one ", "two ", "three"];
    const gates = [0, 1, 2, 3].map(gate);
    local.answer(stream({ words, between: (i) => gates[i].promise }));
    gates[0].open();
    const { events } = await client.stream(ask("local/tiny"));
    for (let i = 0; i < words.length; i++) {
      assert.equal(textOf([JSON.parse((await events.next()).value)]), words[i]);
      gates[i + 1].open();
    }
    assert.equal((await events.next()).done, false);
    for await (const _ of events); // to its end
    await client.settled(1);
  });

  test("is served again from the surrogate cache", async () => {
    const { client } = await connected();
    await client.chat(ask("moecraft/auto"));
    await client.settled(1);
    assert.equal((await client.chat(ask("moecraft/auto"))).headers.get("x-moecraft-class"), "surrogate");
    assert.equal(local.hits, 1);
  });

  test("answers 32 streams at once, each its own", async () => {
    const { client } = await connected();
    const all = gate();
    local.answer((request) => stream({ words: [...Array(20)].map((_, i) => `${request.body.messages[0].content}-${i} `), between: (i) => i === 1 && all.promise }));
    const streams = await Promise.all([...Array(32)].map((_, i) => client.stream(ask("local/tiny", `s${i}`))));
    assert.equal(local.hits, 32, "all of them are open at the same time");
    all.open();
    const texts = await Promise.all(streams.map(async ({ events }) => {
      const data = [];
      for await (const event of events) data.push(event);
      assert.equal(data.at(-1), "[DONE]");
      return textOf(data.slice(0, -1).map((one) => JSON.parse(one)));
    }));
    assert.deepEqual(texts, [...Array(32)].map((_, s) => [...Array(20)].map((_, i) => `s${s}-${i} `).join("")));
    await client.settled(32);
  });

  test("carries long prompts and long answers whole", async () => {
    const { client } = await connected(gateway, {});
    const answer = "lorem ipsum ".repeat(100_000);
    local.answer(complete({ words: [answer] }));
    const { json } = await client.chat(ask("local/tiny", "word ".repeat(6_000)));
    assert.equal(json.choices[0].message.content, answer);
    assert.equal(local.last.body.messages[0].content.length, 30_000);
  });

  test("passes the model server's own errors on", async () => {
    const { client } = await connected();
    local.answer(status(400, { message: "grammar is broken", error: { type: "invalid_request_error" } }));
    const { message } = assertError(await client.chat(ask("local/tiny")), { status: 400 });
    assert.equal(message, "grammar is broken");
  });

  test("that is too small for a prompt is not asked", async () => {
    const { client } = await connected();
    assertError(await client.chat(ask("moecraft/auto", "word ".repeat(20_000))), { status: 503, code: "no_candidate" });
    assert.equal(local.hits, 0);
  });

  test("belongs to its own tenant alone", async () => {
    await connected();
    const stranger = await gateway.tenant("stranger");
    assert.deepEqual(await localIds(stranger), []);
    assertError(await stranger.chat(ask("local/tiny")), { status: 404, code: "model_not_found" });
    assertError(await stranger.chat(ask("moecraft/auto")), { status: 503, code: "no_candidate" });
    assert.equal(local.hits, 0);
  });
});

test("without an agent and without the cloud there is a clear 503, and nothing is charged", async () => {
  const client = await gateway.tenant("alone");
  const { message } = assertError(await client.chat(ask("moecraft/auto")), { status: 503, code: "no_candidate" });
  assert.match(message, /no cloud provider is configured and no local model is connected/);
  assert.equal((await client.cost()).total_requests, 0);
});

describe("who leaves is noticed", () => {
  test("a client, in the middle of a stream: the model server stops working for nobody", async () => {
    const { client } = await connected();
    local.answer(stream({ words: Array(20_000).fill("on and on ") }));
    const leaving = new AbortController();
    const { events } = await client.stream(ask("local/tiny"), { signal: leaving.signal });
    await events.next();
    leaving.abort();
    await until("the model server sees it", () => local.last.left);
    const [row] = await client.settled(1);
    assert.equal(row.outcome, "client_left");
  });

  test("the gateway, when no answer comes in time: the model server stops working for nobody", async () => {
    const hasty = await Gateway.start({ vars: { ANSWER_MS: "400", FIRST_BYTE_MS: "400" } });
    try {
      const { client } = await connected(hasty);
      local.answer(hang());
      for (const streaming of [false, true]) {
        assertError(await client.chat(ask("local/tiny", "Hi.", { stream: streaming })), { status: 504, type: "server_error" });
        await until("the model server sees it", () => local.last.left);
      }
      await client.settled(2);
    } finally {
      await hasty.stop();
    }
  });

  test("the agent, in the middle of a stream: the client gets an error event and no [DONE]", async () => {
    const { client, agent } = await connected();
    const never = new Promise(() => {});
    local.answer(stream({ words: ["one ", "two ", "three "], between: (i) => i === 2 && never }));
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
    const { client, agent } = await connected(cloudy);
    local.answer(hang());
    for (const streaming of [false, true]) {
      const pending = client.chat(ask("local/tiny", "Private.", { stream: streaming }));
      if (streaming) {
        assertError(await pending, { status: 404, type: "invalid_request_error" });
      } else {
        await until("the model server is asked", () => local.hits === 1);
        await agent.kill9();
        const answer = await pending;
        assert.ok([502, 503].includes(answer.status), answer.text);
        assertError(answer, { status: answer.status, type: "server_error" });
        await until("the model is gone", async () => (await localIds(client)).length === 0);
      }
    }
    assert.deepEqual(clouds.map(({ hits }) => hits), [0, 0], "what was meant for the own machine stays there");
  });

  test("the agent, by a signal: it says goodbye and its models go", async () => {
    const { client, agent } = await connected();
    assert.equal(await agent.stop(), 0);
    await until("the model is gone", async () => (await localIds(client)).length === 0);
  });

  test("the model server: what it leaves behind is an error, not a hang", async () => {
    const { client } = await connected();
    local.answer(drop());
    const answer = await client.chat(ask("local/tiny"));
    assertError(answer, { status: 502, type: "server_error" });
    local.answer(stream({ cut: 2 }));
    const { data } = await client.streamed(ask("local/tiny"));
    assert.ok(JSON.parse(data.at(-1)).error && !data.includes("[DONE]"));
  });
});

describe("local and cloud together", () => {
  for (const [what, trouble] of [["out of quota", status(429)], ["down", drop()]]) {
    test(`work goes on at home when every provider is ${what}`, async () => {
      const { client } = await connected(cloudy);
      clouds.forEach((cloud) => cloud.answer(trouble));
      const { status: code, json, headers } = await client.chat(ask("moecraft/auto", "Write a Python function that checks whether a string is a palindrome."));
      assert.equal(code, 200, JSON.stringify(json));
      assert.equal(headers.get("x-moecraft-model"), "local/tiny");
      const [row] = await client.settled(1);
      assert.deepEqual([row.model_used, row.attempts.at(-1).result, row.cost_nanos], ["local", "ok", 0]);
      assert.ok(row.attempts.length > 1);
    });
  }

  test("the next local model answers when the agent of the first is killed before its first word", async () => {
    const big = await modelServer("big", { context: 16_384 });
    try {
      const { client, agent } = await connected(gateway, { name: "first", servers: [big.origin] });
      connect(gateway, client, { name: "second" });
      await until("both models are listed", async () => (await localIds(client)).length === 2);
      big.answer(hang());
      const pending = client.streamed(ask("moecraft/auto"));
      await until("the first is asked", () => big.hits === 1);
      await agent.kill9();
      const { chunks, headers } = await pending;
      assert.equal(textOf(chunks), TEXT);
      assert.equal(headers.get("x-moecraft-model"), "local/tiny");
      const [row] = await client.settled(1);
      assert.deepEqual(row.attempts.map(({ model, result }) => [model, result === "ok"]), [["local/big", false], ["local/tiny", true]]);
    } finally {
      await big.stop();
    }
  });
});

describe("an agent comes back", () => {
  test("killed and started again under load, it serves on, and each request has its one row", async () => {
    const { client, agent } = await connected();
    local.answer(stream({ words: Array(30).fill("word ") }));
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
      current = connect(gateway, client);
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
    const { client } = await connected();
    await gateway.kill9();
    await gateway.restart();
    await until("the local model is listed again", async () => (await localIds(client)).length === 1);
    assert.equal((await client.chat(ask("local/tiny"))).status, 200);
  });

  test("a second of the same name takes the first one's place, which then ends", async () => {
    const { client, agent } = await connected();
    connect(gateway, client);
    assert.equal(await agent.exit, 4);
    assert.equal((await client.chat(ask("local/tiny"))).status, 200);
  });
});

describe("an agent without a good key", () => {
  test("ends and says why, and its key is not in its log", async () => {
    const client = gateway.client("moe_this-is-not-a-key");
    const agent = connect(gateway, client);
    assert.equal(await agent.exit, 3);
    assert.match(agent.log, /does not accept the key/);
    assert.ok(!agent.log.includes(client.key));
  });

  test("ends when its key is revoked while it is connected, and gets no more prompts", async () => {
    const { client, agent } = await connected();
    const revoked = await gateway.admin.send(`/moecraft/keys/${client.keyId}?tenant=tenant-${tenants}`, { method: "DELETE" });
    assert.equal(revoked.status, 200);
    const other = await gateway.tenant(`tenant-${tenants}`);
    await until("its model is gone", async () => (await localIds(other)).length === 0, 10_000);
    assert.equal(await agent.exit, 3);
  });
});
