// What the tenant and its clients have to say about stored answers: headers, settings, complaints, and
// what is kept, seen in figures and forgotten by hand.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stage as providers } from "./clients/support/stage.mjs";
import { complete, prose, TEXT, USAGE } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { DIALECTS, heard } from "./support/dialects.mjs";
import { script } from "./support/provider/script.mjs";
import { events } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";

const AUTO = "moecraft/auto";
const QUESTION = "What is the capital of France?";
const set = stage();
let owners = 0;
const owner = () => set.gateway.tenant(`owned-${++owners}`, { owner: true });

/** Asks, and waits until the answer's row is written: from then on it may be served again. */
async function settled(client, body, { path = DIALECTS.chat.path, ...options } = {}) {
  const answer = await client.post(path, body, options);
  assert.equal(answer.status, 200, answer.text);
  await client.row(answer.headers.get("x-moecraft-request-id"));
  return answer;
}

const isHit = ({ headers }) => headers.get("x-moecraft-class") === "surrogate";
const figures = async (client) => (await client.get("/moecraft/surrogates")).json;

describe("the same question in another dialect", () => {
  const all = providers("general");
  const SAY = "It is Paris.";
  const SCRIPT = script({ say: SAY });
  const names = Object.keys(DIALECTS);
  const tenant = () => all.gateway.tenant(`speaking-${++speaking}`);
  let speaking = 0;
  for (const first of names) {
    for (const again of names) {
      for (const stream of [false, true]) {
        test(`is answered without a call: ${first}, then ${again}${stream ? " as a stream" : ""}`, async () => {
          const client = await tenant();
          await settled(client, DIALECTS[first].ask(AUTO, SCRIPT), DIALECTS[first]);
          const hits = all.providers.general.requests.length;
          const dialect = DIALECTS[again];
          const response = await client.fetch(dialect.path, { method: "POST", body: dialect.ask(AUTO, SCRIPT, { stream }) });
          assert.equal(response.status, 200);
          assert.ok(isHit(response));
          if (stream) {
            const told = [];
            for await (const event of events(response.body)) told.push(event);
            assert.deepEqual(heard(dialect, told), { text: SAY, whole: true, faults: [] });
          } else assert.equal(dialect.text(await response.json()), SAY);
          assert.equal(all.providers.general.requests.length, hits);
        });
      }
    }
  }

  test("with its instructions and its bounds on chance", async () => {
    const client = await tenant();
    const system = "Be brief.";
    const chat = { model: AUTO, temperature: 0, messages: [{ role: "system", content: system }, { role: "user", content: SCRIPT }] };
    await settled(client, chat);
    const responses = { model: AUTO, temperature: 0, instructions: system, input: SCRIPT };
    assert.ok(isHit(await client.post(DIALECTS.responses.path, responses)));
    assert.ok(!isHit(await client.post(DIALECTS.responses.path, { ...responses, instructions: "Be long." })));
    const messages = DIALECTS.messages.ask(AUTO, SCRIPT, { temperature: 0, system });
    assert.ok(isHit(await client.post(DIALECTS.messages.path, messages)));
    assert.ok(!isHit(await client.post(DIALECTS.messages.path, { ...messages, temperature: 1 })));
    const betas = { headers: { "anthropic-beta": "context-1m-2025-08-07" } };
    assert.ok(!isHit(await client.post(DIALECTS.messages.path, messages, betas)));
  });
});

describe("the client's bound on the answer", () => {
  test("is no other question while the answer stays within it", async () => {
    const client = await set.tenant();
    await settled(client, ask(AUTO, QUESTION, { max_tokens: 500 }));
    assert.ok(isHit(await client.chat(ask(AUTO, QUESTION))));
    assert.ok(isHit(await client.chat(ask(AUTO, QUESTION, { max_tokens: USAGE.completion_tokens }))));
    assert.ok(!isHit(await client.chat(ask(AUTO, QUESTION, { max_tokens: USAGE.completion_tokens - 1 }))));
  });
});

describe("cache-control", () => {
  const asking = (client, header) => settled(client, ask(AUTO, QUESTION), { headers: { "cache-control": header } });

  test("no-cache asks anew, and the new answer takes the old one's place", async () => {
    const client = await set.tenant();
    await settled(client, ask(AUTO, QUESTION));
    set.upstream.answer(complete({ words: ["Newer."] }));
    assert.ok(!isHit(await asking(client, "no-cache")));
    const again = await client.chat(ask(AUTO, QUESTION));
    assert.ok(isHit(again));
    assert.equal(again.json.choices[0].message.content, "Newer.");
  });

  test("no-store asks anew and keeps nothing", async () => {
    const client = await set.tenant();
    assert.ok(!isHit(await asking(client, "no-store")));
    assert.equal((await figures(client)).entries, 0);
    await settled(client, ask(AUTO, QUESTION));
    set.upstream.answer(complete({ words: ["Newer."] }));
    assert.ok(!isHit(await asking(client, "no-store")));
    assert.equal((await client.chat(ask(AUTO, QUESTION))).json.choices[0].message.content, TEXT);
  });
});

test("an answer that is served again says where it is from", async () => {
  const client = await set.tenant();
  const began = Date.now();
  const { headers } = await settled(client, ask(AUTO, QUESTION));
  const again = await client.chat(ask(AUTO, QUESTION));
  const said = (name) => again.headers.get(`x-moecraft-${name}`);
  assert.equal(said("model"), headers.get("x-moecraft-model"));
  const date = Date.parse(said("surrogate-date"));
  assert.ok(date >= began - 1000 && date <= Date.now(), said("surrogate-date"));
  assert.match(said("surrogate-key"), /^[0-9a-f]{64}$/);
  assert.equal(said("cost"), "0");
});

describe("an answer is not served any more", () => {
  for (const [what, of] of [
    ["its model is not to be chosen any more", (model) => ["/moecraft/routing", { deny: [model] }]],
    ["its model is not trusted any more", (model) => ["/moecraft/guard", { distrusted: [model] }]],
    ["another mode is set", () => ["/moecraft/routing", { mode: "performance" }]],
  ]) {
    test(`once ${what}`, async () => {
      const client = await owner();
      const { headers } = await settled(client, ask(AUTO, QUESTION));
      assert.ok(isHit(await client.chat(ask(AUTO, QUESTION))));
      const [path, body] = of(headers.get("x-moecraft-model"));
      assert.equal((await client.put(path, body)).status, 200);
      assert.ok(!isHit(await client.chat(ask(AUTO, QUESTION))));
      assert.equal(set.upstream.hits, 2);
    });
  }

  test("once its words make the question one of another tier", async () => {
    const client = await owner();
    const question = ask(AUTO, "When does bluebird start?");
    await settled(client, question);
    assert.equal((await client.put("/moecraft/guard", { lexicon: { restricted: ["bluebird"] } })).status, 200);
    const again = await client.chat(question);
    assert.ok(!isHit(again));
    assert.equal(again.headers.get("x-moecraft-tier"), "1");
  });

  test("to who asks in another mode", async () => {
    const client = await set.tenant();
    await settled(client, ask("moecraft/balanced", QUESTION));
    assert.ok(isHit(await client.chat(ask(AUTO, QUESTION))), "which is the usual one");
    assert.ok(!isHit(await client.chat(ask("moecraft/performance", QUESTION))));
  });

  for (const [how, word] of [["a thumb down", { verdict: "down" }], ["a bad mark", { score: 0.2 }], ["a failed task", { outcome: "failure" }]]) {
    for (const on of ["the answer", "a hit"]) {
      test(`after ${how} on ${on}`, async () => {
        const client = await set.tenant();
        const first = await settled(client, ask(AUTO, QUESTION));
        const hit = await client.chat(ask(AUTO, QUESTION));
        assert.ok(isHit(hit));
        const { headers } = on === "a hit" ? hit : first;
        const body = { request_id: headers.get("x-moecraft-request-id"), ...word };
        assert.equal((await client.post("/v1/feedback", body)).status, 200);
        assert.ok(!isHit(await client.chat(ask(AUTO, QUESTION))));
      });
    }
  }

  test("but after a thumb up it is", async () => {
    const client = await set.tenant();
    const { headers } = await settled(client, ask(AUTO, QUESTION));
    await client.post("/v1/feedback", { request_id: headers.get("x-moecraft-request-id"), verdict: "up" });
    assert.ok(isHit(await client.chat(ask(AUTO, QUESTION))));
  });

  test("when the same is asked again at once in a session that has a name", async () => {
    const client = await set.tenant();
    const session = { headers: { "x-session-id": "s-1" } };
    await settled(client, ask(AUTO, QUESTION), session);
    set.upstream.answer(complete({ words: ["Newer."] }));
    assert.ok(!isHit(await settled(client, ask(AUTO, QUESTION), session)));
    const other = await client.chat(ask(AUTO, QUESTION), { headers: { "x-session-id": "s-2" } });
    assert.deepEqual([isHit(other), other.json.choices[0].message.content], [true, "Newer."]);
  });
});

describe("what is kept", () => {
  test("is told in figures", async () => {
    const client = await set.tenant();
    const first = await settled(client, ask(AUTO, QUESTION));
    await settled(client, ask(AUTO, "Another question."));
    for (let i = 0; i < 3; i++) await client.chat(ask(AUTO, QUESTION));
    const told = await figures(client);
    assert.deepEqual([told.entries, told.hits, told.in_flight], [2, 3, { leading: 0, waiting: 0 }]);
    assert.ok(told.bytes > 0 && told.bytes < told.limit_bytes);
    const rows = await client.settled(5);
    const saved = rows.filter((row) => row.model_used === "surrogate").reduce((sum, row) => sum + row.baseline_nanos, 0);
    assert.equal(Math.round(told.saved * 1e9), saved);
    const [model] = told.by_model;
    assert.deepEqual([model.model, model.entries, model.hits, model.saved], [first.headers.get("x-moecraft-model"), 2, 3, told.saved]);
  });

  test("is forgotten by an owner: all, one, of a model, of some age; and the audit tells of it", async () => {
    const client = await owner();
    const fill = async () => {
      await settled(client, ask(AUTO, "One"));
      return (await settled(client, ask(AUTO, "Two"))).headers.get("x-moecraft-model");
    };
    const purge = async (query) => {
      const { status, json, text } = await client.send(`/moecraft/surrogates${query}`, { method: "DELETE" });
      assert.equal(status, 200, text);
      return json.purged;
    };
    const model = await fill();
    assert.equal(await purge("?model=nobody/nothing"), 0);
    assert.equal(await purge("?older_than=3600"), 0);
    const key = (await client.chat(ask(AUTO, "One"))).headers.get("x-moecraft-surrogate-key");
    assert.equal(await purge(`?key=${key}`), 1);
    assert.ok(isHit(await client.chat(ask(AUTO, "Two"))));
    assert.equal(await purge(`?model=${model}`), 1);
    assert.equal((await figures(client)).entries, 0);
    await fill();
    assert.equal(await purge(""), 2);
    assert.deepEqual([(await figures(client)).entries, (await figures(client)).bytes], [0, 0]);
    assert.ok(!isHit(await client.chat(ask(AUTO, "One"))));
    const { json } = await client.get("/moecraft/audit");
    const told = json.data.filter(({ event }) => event === "surrogates");
    assert.deepEqual(told.map(({ policy }) => policy.purged), [2, 1, 1, 0, 0]);
    assert.deepEqual([told[1].policy.model, told[4].policy.model, told[2].policy.key], [model, null, key]);
    assert.ok(told.every(({ key_id }) => key_id === client.keyId));
  });

  test("is not for a member's key to forget, nor by conditions that mean nothing", async () => {
    const member = await set.tenant();
    await settled(member, ask(AUTO, QUESTION));
    assert.equal((await member.send("/moecraft/surrogates", { method: "DELETE" })).status, 403);
    const client = await owner();
    for (const query of ["?modle=a", "?key=abc", "?older_than=1h", "?model="]) {
      const { status, json } = await client.send(`/moecraft/surrogates${query}`, { method: "DELETE" });
      assert.equal(status, 400, query);
      assert.equal(json.error.param, query.slice(1).split("=")[0]);
    }
    assert.ok(isHit(await member.chat(ask(AUTO, QUESTION))));
    assert.equal((await client.post("/moecraft/surrogates", {})).status, 405);
  });
});

describe("embeddings", () => {
  const one = providers("openai");
  const path = "/v1/embeddings";
  const body = { model: "text-embedding-3-small", input: ["One.", "Two."] };
  let tenants = 0;
  const tenant = () => one.gateway.tenant(`embedding-${++tenants}`);

  test("of the same inputs are computed once", async () => {
    const client = await tenant();
    const first = await settled(client, body, { path });
    const again = await client.post(path, { ...body, user: "another" });
    assert.ok(isHit(again));
    assert.deepEqual(again.json, first.json);
    assert.equal(one.providers.openai.requests.length, 1);
    for (const more of [{ dimensions: 4 }, { encoding_format: "base64" }, { input: ["Two.", "One."] }, { model: "text-embedding-3-large" }]) {
      assert.ok(!isHit(await client.post(path, { ...body, ...more })), JSON.stringify(more));
    }
    assert.ok(!isHit(await client.post(path, body, { headers: { "cache-control": "no-store" } })));
    assert.ok(!isHit(await (await tenant()).post(path, body)));
  });

  test("at the same time, too", async () => {
    const client = await tenant();
    const all = await Promise.all(Array.from({ length: 20 }, () => client.post(path, body)));
    assert.ok(all.every(({ status }) => status === 200));
    assert.equal(new Set(all.map(({ text }) => text)).size, 1);
    assert.equal(one.providers.openai.requests.length, 1);
  });
});

describe("room", () => {
  const LIMIT = 24_000;
  const small = stage({ options: ({ 0: upstream }) => ({ upstreams: [upstream.origin], vars: { SURROGATE_BYTES: String(LIMIT) } }) });
  const asking = (client, content, usage, words = 3_500) => {
    small.upstream.answer(complete({ words: [prose(words)], usage: { ...USAGE, ...usage } }));
    return settled(client, ask(AUTO, content));
  };

  test("is never exceeded, and what is dear or in use stays", async () => {
    const client = await small.tenant();
    await asking(client, "dear", { completion_tokens: 100_000 });
    await asking(client, "in use", {});
    for (let i = 0; i < 30; i++) {
      await asking(client, `cheap ${i}`, {}, 1_000 + ((i * 977) % 3_000));
      assert.ok(isHit(await client.chat(ask(AUTO, "in use"))), `in use, after ${i}`);
      const { bytes } = await figures(client);
      assert.ok(bytes <= LIMIT, `${bytes}`);
    }
    assert.ok(isHit(await client.chat(ask(AUTO, "dear"))));
    assert.ok(isHit(await client.chat(ask(AUTO, "cheap 29"))), "the newest");
    assert.ok(!isHit(await client.chat(ask(AUTO, "cheap 0"))), "the oldest of those that nobody asked for again");
  });

  test("is known again after a kill", async () => {
    const client = await small.tenant();
    await asking(client, "dear", { completion_tokens: 100_000 });
    for (let i = 0; i < 8; i++) await asking(client, `before ${i}`, {});
    const before = await figures(client);
    await small.gateway.kill9();
    await small.gateway.restart();
    assert.deepEqual(await figures(client), before);
    for (let i = 0; i < 8; i++) await asking(client, `after ${i}`, {});
    assert.ok((await figures(client)).bytes <= LIMIT);
    assert.ok(isHit(await client.chat(ask(AUTO, "dear"))));
  });

  test("is not made for an answer that would fill it all", async () => {
    const client = await small.tenant();
    await asking(client, "small", {});
    await asking(client, "huge", {}, LIMIT);
    assert.ok(isHit(await client.chat(ask(AUTO, "small"))));
    assert.ok(!isHit(await client.chat(ask(AUTO, "huge"))));
  });
});
