// Bad input: a clear error in OpenAI's form that names the field. Nothing charged, nothing lost.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { status } from "./support/answers.mjs";
import { ask, CHAT } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { Gateway } from "./support/gateway.mjs";
import { stage } from "./support/stage.mjs";
import { Upstream } from "./support/upstream.mjs";

const MODEL = "gpt-4o-mini";
const user = { role: "user", content: "x" };
const set = stage();

/** The answer as text, for a client that writes its request first and listens then. */
function sendThenRead(url, headers, body) {
  const { hostname, port } = new URL(url);
  const socket = connect(port, hostname);
  socket.write(`POST ${CHAT} HTTP/1.1\r\nhost: ${hostname}\r\n${headers}content-length: ${body.length}\r\n\r\n`);
  return new Promise((resolve, reject) => {
    let answer = "";
    socket.on("error", reject).on("end", () => resolve(answer)).pause();
    socket.on("data", (data) => {
      answer += data;
      if (answer.includes("}}")) resolve(answer); // the end of every error's JSON
    });
    socket.write(body, () => socket.resume());
  }).finally(() => socket.destroy());
}

/** Refused, and leaves no trace: no call, no row, no reservation. */
async function assertRefused(client, send, expected) {
  const hits = set.upstream.hits;
  const error = assertError(await send(), expected);
  assert.equal(set.upstream.hits, hits, "the upstream was not called");
  const { total_requests, reserved } = await client.cost();
  assert.deepEqual([total_requests, reserved.requests], [0, 0], "nothing was charged");
  return error;
}

describe("a field of the wrong kind is named", () => {
  for (const [param, body] of [
    ["model", { messages: [user] }],
    ["model", { model: 3, messages: [user] }],
    ["model", { model: null, messages: [user] }],
    ["model", { model: "", messages: [user] }],
    ["model", { model: "x".repeat(257), messages: [user] }],
    ["messages", { model: MODEL }],
    ["messages", { model: MODEL, messages: [] }],
    ["messages", { model: MODEL, messages: "hello" }],
    ["messages", { model: MODEL, messages: { 0: user } }],
    ["messages[0]", { model: MODEL, messages: ["hello"] }],
    ["messages[0]", { model: MODEL, messages: [["user", "hello"]] }],
    ["messages[0].role", { model: MODEL, messages: [{ content: "x" }] }],
    ["messages[0].role", { model: MODEL, messages: [{ role: { user: null }, content: "x" }] }],
    ["messages[1].role", { model: MODEL, messages: [user, { role: "robot", content: "x" }] }],
    ["messages[0].content", { model: MODEL, messages: [{ role: "user", content: 7 }] }],
    ["messages[0].content[0].type", { model: MODEL, messages: [{ role: "user", content: [{ text: "x" }] }] }],
    ["stream", { model: MODEL, messages: [user], stream: "yes" }],
    ["stream_options", { model: MODEL, messages: [user], stream: true, stream_options: 1 }],
    ["stream_options", { model: MODEL, messages: [user], stream: true, stream_options: [true] }],
    ["stream_options", { model: MODEL, messages: [user], stream: true, stream_options: { include_usage: "yes" } }],
    ["max_tokens", { model: MODEL, messages: [user], max_tokens: -1 }],
    ["max_tokens", { model: MODEL, messages: [user], max_tokens: "many" }],
    ["max_completion_tokens", { model: MODEL, messages: [user], max_completion_tokens: 1.5 }],
    ["temperature", { model: MODEL, messages: [user], temperature: 2.1 }],
    ["temperature", { model: MODEL, messages: [user], temperature: "hot" }],
    ["seed", { model: MODEL, messages: [user], seed: "x" }],
    ["n", { model: MODEL, messages: [user], n: 0 }],
    ["tools", { model: MODEL, messages: [user], tools: {} }],
    ["messages", { model: MODEL, messages: Array(2049).fill(user) }],
  ]) {
    const shown = JSON.stringify(body);
    test(`${param} of ${shown.length > 90 ? `${shown.slice(0, 90)}…` : shown}`, async () => {
      const client = await set.tenant();
      const error = await assertRefused(client, () => client.chat(body), { status: 400, type: "invalid_request_error" });
      assert.ok(error.param === param || error.param?.startsWith(`${param}.`), `names ${error.param}`);
      assert.ok(error.message.includes(param.split(/[.[]/)[0]), error.message);
    });
  }
});

describe("a body that is no JSON object is refused", () => {
  const latin1 = Buffer.from(JSON.stringify(ask(MODEL, "gr\u00fcn")), "latin1");
  const cut = Buffer.from(JSON.stringify(ask(MODEL, "🙂"))).subarray(0, -5);
  const deep = (levels) => `{"model":"${MODEL}","messages":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  for (const [what, body, mentions] of [
    ["nothing", "", /JSON|body/],
    ["half an object", '{"model":"', /JSON/],
    ["an object and more", `${JSON.stringify(ask(MODEL))}{}`, /JSON|end/],
    ["a list", "[]", /body|JSON|object/],
    ["a list of what an object would hold", JSON.stringify([MODEL, [user]]), /body|JSON|object/],
    ["a number", "7", /body|JSON|object/],
    ["null", "null", /body|JSON|object/],
    ["HTML", "<html></html>", /JSON/],
    ["a trailing comma", '{"model":"m",}', /JSON/],
    ["Latin-1", latin1, /UTF-8/],
    ["a character cut in the middle", cut, /UTF-8|JSON/],
    ["a lone surrogate half", `{"model":"${MODEL}","messages":[{"role":"user","content":"\\ud800"}]}`, /./],
    ["two thousand levels", deep(2_000), /messages/],
    ["a million levels", deep(1_000_000), /messages/],
    ["two models", `{"model":"${MODEL}","model":"other","messages":[{"role":"user","content":"x"}]}`, /model/],
  ]) {
    test(what, async () => {
      const client = await set.tenant();
      const error = await assertRefused(client, () => client.chat(body), { status: 400, type: "invalid_request_error" });
      assert.match(error.message, mentions);
    });
  }
});

test("a body that is not there is refused as one that is no JSON, on every path", async () => {
  const owner = await set.gateway.tenant("bodiless", { owner: true });
  for (const [method, path] of [
    ["POST", "/v1/chat/completions"],
    ["POST", "/v1/responses"],
    ["POST", "/v1/messages"],
    ["POST", "/v1/messages/count_tokens"],
    ["POST", "/v1/embeddings"],
    ["POST", "/moecraft/keys"],
    ["PUT", "/moecraft/guard"],
  ]) {
    const { status, text } = await owner.send(path, { method });
    assert.equal(status, 400, `${method} ${path}: ${text.slice(0, 300)}`);
    assert.equal((await owner.send(path, { method, body: "" })).status, 400, path);
  }
});

test("a million levels in a field that nobody knows cannot be examined, and harm nobody", async () => {
  const client = await set.tenant();
  const levels = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  const body = `{"messages":[{"role":"user","content":"x"}],"x":${levels},"model":"${MODEL}"}`;
  const { status, text } = await client.chat(body);
  assert.equal(status, 403, text.slice(0, 300));
  assert.match(text, /could not be examined in body/);
  const next = await client.chat({ model: MODEL, messages: [{ role: "user", content: "x" }] });
  assert.equal(next.status, 200, next.text.slice(0, 300));
});

describe("a body that is too long gets 413", () => {
  const long = JSON.stringify(ask(MODEL, "x".repeat((32 << 20) + 1)));

  test("when it says how long it is", async () => {
    const client = await set.tenant();
    await assertRefused(client, () => client.chat(long), { status: 413, type: "invalid_request_error", code: "request_too_large" });
  });

  test("when it does not", async () => {
    const client = await set.tenant();
    const body = new Blob([long]).stream();
    await assertRefused(client, () => client.chat(body), { status: 413, code: "request_too_large" });
  });

  test("and can be read by a client that sends all of its request before it reads", async () => {
    const client = await set.tenant();
    const answer = await sendThenRead(set.gateway.url, `authorization: Bearer ${client.key}\r\n`, Buffer.from(long));
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.match(answer, /request_too_large/);
  });

  test("and one just below the bound goes through, though to no untrusted model: it is too long to be examined", async () => {
    const client = await set.tenant();
    const long = (model) => ask(model, "x".repeat((32 << 20) - JSON.stringify(ask(model, "")).length));
    const { status, text } = await client.chat(long("claude-in-house"));
    assert.equal(status, 200, text.slice(0, 300));
    assert.equal(set.upstream.last.raw.length, 32 << 20);
    const other = await set.tenant();
    await assertRefused(other, () => other.chat(long("in-house-model")), { status: 403, code: "data_guard" });
  });
});

describe("a path or method that there is not", () => {
  for (const path of ["/", "/v1", "/v1/chat", "/v1/chat/completions/", "/v1/engines", "/moecraft", "/moecraft/metrics", "/%00", "/v1/../admin", "/moecraft/tunnel/x", "/cancel/x", "/keys"]) {
    test(`${path} is 404`, async () => {
      const client = await set.tenant();
      for (const method of ["GET", "POST"]) {
        await assertRefused(client, () => client.send(path, { method, ...(method === "POST" && { body: ask(MODEL) }) }), { status: 404, code: "not_found" });
      }
    });
  }

  for (const [path, allow, methods] of [
    [CHAT, "POST", ["GET", "PUT", "DELETE", "PATCH"]],
    ["/v1/models", "GET", ["POST", "DELETE"]],
    ["/moecraft/metrics/cost", "GET", ["POST", "PUT"]],
    ["/moecraft/metrics/performance", "GET", ["POST"]],
    ["/moecraft/routing/history", "GET", ["DELETE"]],
    ["/moecraft/stream", "GET", ["POST"]],
    ["/moecraft/keys", "GET, POST", ["PUT", "DELETE"]],
  ]) {
    test(`${methods.join(", ")} ${path} is 405 and says what is allowed`, async () => {
      const client = await set.tenant();
      for (const method of methods) {
        const answer = await client.send(path, { method });
        assertError(answer, { status: 405, type: "invalid_request_error", code: "method_not_allowed" });
        assert.equal(answer.headers.get("allow"), allow);
      }
    });
  }

  test("a socket's path without the wish for a socket says what to do", async () => {
    const client = await set.tenant();
    const { message } = assertError(await client.get("/moecraft/stream"), { status: 400, param: "upgrade" });
    assert.match(message, /WebSocket/);
  });
});

describe("a model that nobody has gets 404", () => {
  let gateway, provider;
  before(async () => {
    provider = await Upstream.start({ key: "sk-openai" });
    gateway = await Gateway.start({ vars: { OPENAI_API_KEY: "sk-openai", OPENAI_BASE_URL: `${provider.origin}/v1` } });
  });
  after(async () => {
    await gateway?.stop();
    await provider?.stop();
  });

  for (const model of ["nobody/nothing", "local/absent", "moecraft/no-such-profile", "x".repeat(256), "modèle\n"]) {
    test(JSON.stringify(model.slice(0, 40)), async () => {
      const client = await gateway.tenant("seeker");
      const answer = await client.chat(ask(model));
      const { message } = assertError(answer, { status: 404, type: "invalid_request_error", code: "model_not_found", param: "model" });
      assert.ok(message.length < 400, "a long name is not repeated whole");
      assert.equal(provider.hits, 0);
      assert.equal((await client.cost()).total_requests, 0);
    });
  }

  test("a model whose provider has no key here is known, but cannot be called: 503", async () => {
    const client = await gateway.tenant("seeker");
    const { message } = assertError(await client.chat(ask("mistral/mistral-small-2603")), { status: 503, code: "no_candidate" });
    assert.match(message, /key/);
  });

  test("also when only the upstream could know it, and does not", async () => {
    const client = await set.tenant();
    set.upstream.answer(status(404, { message: "The model `in-house` does not exist", error: { type: "invalid_request_error", code: "model_not_found" } }));
    const answer = await client.chat(ask("in-house"));
    const { message } = assertError(answer, { status: 404 });
    assert.match(message, /does not exist/);
    const [row] = await client.settled(1);
    assert.deepEqual([row.outcome, row.cost_nanos], ["failed", 0]);
  });
});

test("a gateway that is set up wrongly says which setting is at fault, and calls nobody", async () => {
  const gateway = await Gateway.start({ vars: { MOECRAFT_KEY_SECRET: "short" } });
  try {
    const answer = await gateway.client("moe_x").chat(ask(MODEL));
    const { message } = assertError(answer, { status: 500, code: "misconfigured" });
    assert.match(message, /MOECRAFT_KEY_SECRET/);
    assert.equal((await gateway.client().get("/healthz")).status, 500);
  } finally {
    await gateway.stop();
  }
});

test("a refusal leaves the gateway as it was: the next request is answered", async () => {
  const client = await set.tenant();
  for (const body of ["{", "[]", "\u0000", `{"model":"${MODEL}"}`]) await client.chat(body);
  assert.equal((await client.chat(ask(MODEL))).status, 200);
  await client.settled(1);
});
