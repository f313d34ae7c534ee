// The other dialects beside Chat Completions: bad input told in their own form, what a provider cannot be asked, and
// every kind of place behind them: the user's own machine, a binding of the platform, a provider of embeddings.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { stage } from "./clients/support/stage.mjs";
import { complete, TEXT, USAGE } from "./support/answers.mjs";
import { assertRefusal, DIALECTS, heard } from "./support/dialects.mjs";
import { Gateway, UPSTREAM_KEY } from "./support/gateway.mjs";
import { home } from "./support/home.mjs";
import { priceOf } from "./support/prices.mjs";
import { vectorOf } from "./support/provider/embeddings.mjs";
import { script } from "./support/provider/script.mjs";
import { Provider } from "./support/provider.mjs";
import { events } from "./support/sse.mjs";

let tenants = 0;
const tenant = (gateway) => gateway.tenant(`dialects-${++tenants}`);
const EMBEDDINGS = "/v1/embeddings";
/** Embeddings have OpenAI's errors. */
const formOf = (door) => (door === "embeddings" ? "chat" : door);
const pathOf = (door) => (door === "embeddings" ? EMBEDDINGS : DIALECTS[door].path);

/** Asks in a dialect, streamed or not; gives the text that came, and the head. */
async function answerOf(client, name, model, text, more) {
  const dialect = DIALECTS[name];
  const response = await client.fetch(dialect.path, { method: "POST", body: dialect.ask(model, text, more) });
  if (!more?.stream) {
    const json = await response.json();
    assert.equal(response.status, 200, JSON.stringify(json));
    return { text: dialect.text(json), headers: response.headers };
  }
  assert.equal(response.status, 200);
  const data = [];
  for await (const event of events(response.body)) data.push(event);
  const { text: said, whole, faults } = heard(dialect, data);
  assert.deepEqual([whole, faults], [true, []]);
  return { text: said, headers: response.headers };
}

describe("bad input", () => {
  const set = stage(["openai", "anthropic"]);
  const GOOD = {
    messages: { model: "anthropic/claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "Hi." }] },
    responses: { model: "openai/gpt-4o-mini", input: "Hi." },
    embeddings: { model: "openai/text-embedding-3-small", input: "Hi." },
  };

  /** Refused in the client's form, and no trace: no call, no row, no reservation. */
  async function assertRefused(door, client, answer, expected) {
    const error = assertRefusal(formOf(door), answer, { type: "invalid_request_error", ...expected });
    assert.deepEqual(Object.values(set.providers).flatMap(({ requests }) => requests), [], "no provider was called");
    const { total_requests, reserved } = await client.cost();
    assert.deepEqual([total_requests, reserved.requests], [0, 0], "nothing was charged");
    return error;
  }

  test("is none of what the following tests break", async () => {
    const client = await tenant(set.gateway);
    for (const [door, body] of Object.entries(GOOD)) assert.equal((await client.post(pathOf(door), body)).status, 200, door);
    await client.settled(3);
  });

  const user = { role: "user", content: "x" };
  for (const [door, field, change] of [
    ["messages", "max_tokens", { max_tokens: undefined }],
    ["messages", "max_tokens", { max_tokens: -1 }],
    ["messages", "max_tokens", { max_tokens: "many" }],
    ["messages", "max_tokens", { max_tokens: 1.5 }],
    ["messages", "model", { model: undefined }],
    ["messages", "model", { model: 7 }],
    ["messages", "model", { model: "" }],
    ["messages", "messages", { messages: undefined }],
    ["messages", "messages", { messages: [] }],
    ["messages", "messages", { messages: "Hi." }],
    ["messages", "messages[0]", { messages: ["Hi."] }],
    ["messages", "messages[1].role", { messages: [user, { role: "robot", content: "x" }] }],
    ["messages", "messages[0].content", { messages: [{ role: "user", content: 7 }] }],
    ["messages", "stream", { stream: "yes" }],
    ["messages", "temperature", { temperature: "hot" }],
    ["messages", "tools", { tools: {} }],
    ["messages", "system", { system: 7 }],
    ["responses", "model", { model: undefined }],
    ["responses", "model", { model: ["gpt"] }],
    ["responses", "input", { input: 7 }],
    ["responses", "input[0]", { input: ["Hi."] }],
    ["responses", "stream", { stream: 1 }],
    ["responses", "max_output_tokens", { max_output_tokens: "many" }],
    ["responses", "temperature", { temperature: 2.1 }],
    ["responses", "tools", { tools: "all" }],
    ["responses", "instructions", { instructions: 7 }],
    ["embeddings", "model", { model: undefined }],
    ["embeddings", "model", { model: 7 }],
    ["embeddings", "input", { input: undefined }],
    ["embeddings", "input", { input: [] }],
    ["embeddings", "input", { input: 7 }],
    ["embeddings", "input", { input: [{ text: "x" }] }],
  ]) {
    test(`in ${pathOf(door)} is named: ${field} of ${JSON.stringify(change)}`, async () => {
      const client = await tenant(set.gateway);
      const answer = await client.post(pathOf(door), { ...GOOD[door], ...change });
      const error = await assertRefused(door, client, answer, { status: 400 });
      const plain = (text) => text.replace(/\[(\d+)\]/g, ".$1");
      assert.ok(plain(error.message).includes(plain(field)), error.message);
      if (door !== "messages") assert.ok(error.param?.startsWith(field), `names ${error.param}`);
    });
  }

  for (const [door, good] of Object.entries(GOOD)) {
    const text = JSON.stringify(good);
    for (const [what, body, mentions] of [
      ["nothing", "", /JSON|body/],
      ["half an object", text.slice(0, -3), /JSON/],
      ["a list", "[]", /JSON|object|body/],
      ["HTML", "<html></html>", /JSON/],
      ["bad UTF-8", Buffer.from(text.replace("Hi.", "gr\u00fcn"), "latin1"), /UTF-8/],
    ]) {
      test(`that is no JSON object is refused at ${pathOf(door)}: ${what}`, async () => {
        const client = await tenant(set.gateway);
        const { message } = await assertRefused(door, client, await client.post(pathOf(door), body), { status: 400 });
        assert.match(message, mentions);
      });
    }

    test(`of too many bytes is 413 at ${pathOf(door)}`, async () => {
      const client = await tenant(set.gateway);
      const long = text.replace("Hi.", "x".repeat((32 << 20) + 1));
      const error = await assertRefused(door, client, await client.post(pathOf(door), long), { status: 413 });
      assert.match(error.message, /larger than/);
    });

    test(`for a model that nobody has is 404 at ${pathOf(door)}`, async () => {
      const client = await tenant(set.gateway);
      const error = await assertRefused(door, client, await client.post(pathOf(door), { ...good, model: "nobody/nothing" }), { status: 404 });
      assert.match(error.message, /nobody\/nothing/);
    });

    test(`by the wrong method is 405 at ${pathOf(door)}`, async () => {
      const client = await tenant(set.gateway);
      for (const method of ["GET", "PUT", "DELETE"]) {
        const answer = await client.send(pathOf(door), { method });
        await assertRefused(door, client, answer, { status: 405, messages: "api_error" });
        assert.equal(answer.headers.get("allow"), "POST");
      }
    });

    test(`without a good key is 401 at ${pathOf(door)}`, async () => {
      for (const key of [undefined, "moe_x"]) {
        const answer = await set.gateway.client(key).post(pathOf(door), good);
        assertRefusal(formOf(door), answer, { status: 401, type: "authentication_error", messages: "authentication_error" });
      }
    });
  }
});

describe("what a provider cannot be asked", () => {
  const set = stage(["openai", "anthropic", "moonshot"]);
  const pdf = { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0xLjQK" } };

  for (const [what, name, field, body] of [
    ["two answers of a Messages upstream", "chat", "n", DIALECTS.chat.ask("anthropic/claude-haiku-4-5", "Hi.", { n: 2 })],
    ["another provider's response, at a Messages upstream", "responses", "previous_response_id", DIALECTS.responses.ask("anthropic/claude-haiku-4-5", "Go on.", { previous_response_id: "resp_1" })],
  ]) {
    test(`${what}, is named, and costs nothing`, async () => {
      const client = await tenant(set.gateway);
      const answer = await client.post(DIALECTS[name].path, body);
      const error = assertRefusal(name, answer, { status: 400, type: "invalid_request_error" });
      assert.ok(error.message.includes(field), error.message);
      assert.deepEqual(Object.values(set.providers).flatMap(({ requests }) => requests), [], "no provider was called");
      const [row] = await client.settled(1);
      assert.deepEqual([row.outcome, row.status, row.cost_nanos], ["failed", 400, 0]);
    });
  }


  test("a document of a model that reads none, is named, and costs nothing", async () => {
    const client = await tenant(set.gateway);
    const answer = await client.post("/v1/messages", DIALECTS.messages.ask("moonshot/kimi-k3", [{ type: "text", text: "Sum it up." }, pdf]));
    assert.match(assertRefusal("messages", answer, { status: 400 }).message, /document/);
    assert.equal((await client.cost()).total_requests, 0);
  });

  test("a conversation of a model for embeddings, is named, and costs nothing", async () => {
    const client = await tenant(set.gateway);
    for (const [name, { path, ask }] of Object.entries(DIALECTS)) {
      const answer = await client.post(path, ask("openai/text-embedding-3-small", "Hi."));
      assert.match(assertRefusal(name, answer, { status: 400, type: "invalid_request_error" }).message, /not a chat model/);
    }
  });

  test("another provider's response is for no untrusted model, since nobody here knows what it holds", async () => {
    const client = await tenant(set.gateway);
    const body = DIALECTS.responses.ask("moonshot/kimi-k3", "Go on.", { previous_response_id: "resp_1" });
    const answer = await client.post(DIALECTS.responses.path, body);
    const error = assertRefusal("responses", answer, { status: 403, type: "data_guard" });
    assert.ok(error.message.includes("previous_response_id"), error.message);
    assert.deepEqual(Object.values(set.providers).flatMap(({ requests }) => requests), [], "no provider was called");
  });
});

describe("a model of the user's own machine", () => {
  const at = home();

  for (const name of ["messages", "responses"]) {
    for (const stream of [false, true]) {
      test(`answers ${DIALECTS[name].path}${stream ? ", streamed" : ""}, and costs nothing`, async () => {
        const { client } = await at.connected();
        at.local.answer(complete());
        const { text, headers } = await answerOf(client, name, "local/tiny", "Say hello.", { stream });
        assert.equal(text, TEXT);
        assert.deepEqual([headers.get("x-moecraft-model"), headers.get("x-moecraft-class")], ["local/tiny", "local"]);
        assert.deepEqual([at.local.hits, at.local.last.model, at.local.last.stream], [1, "tiny", stream]);
        const [row] = await client.settled(1);
        assert.deepEqual([row.model_used, row.outcome, row.cost_nanos, row.usage.source], ["local", "complete", 0, "reported"]);
        assert.deepEqual([row.usage.input, row.usage.output], [USAGE.prompt_tokens, USAGE.completion_tokens]);
      });
    }
  }
});

describe("a model behind the platform's binding", () => {
  // As Workers AI does it: the model's name beside the body, a Response that is raw when asked for.
  const AI = `
    import { WorkerEntrypoint } from "cloudflare:workers";
    const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
    const head = (model) => ({ id: "chatcmpl-1", created: 1, model });
    export class Service extends WorkerEntrypoint {
      run(model, body, options) {
        if (!options?.returnRawResponse) throw new Error("the answer would be no Response");
        const last = body.messages.at(-1).content;
        if (last === "fail") return Response.json({ errors: [{ message: "no capacity" }] }, { status: 500 });
        const text = model + " heard " + last;
        if (!body.stream) return Response.json({ ...head(model), object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }], usage });
        const chunk = (choices, more) => "data: " + JSON.stringify({ ...head(model), object: "chat.completion.chunk", choices, ...more }) + "\\n\\n";
        const words = text.split(/(?<= )/).map((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }]));
        const tail = [chunk([{ index: 0, delta: {}, finish_reason: "stop" }]), chunk([], { usage }), "data: [DONE]\\n\\n"];
        return new Response([...words, ...tail].join(""), { headers: { "content-type": "text/event-stream" } });
      }
    }
    export default { fetch: () => new Response(null, { status: 404 }) };`;
  const MODEL = "cloudflare/gpt-oss-120b";
  let gateway, bare;

  before(async () => {
    gateway = await Gateway.start({ services: { AI } });
    bare = await Gateway.start();
  });
  after(async () => {
    await gateway?.stop();
    await bare?.stop();
  });

  for (const name of Object.keys(DIALECTS)) {
    for (const stream of [false, true]) {
      test(`answers ${DIALECTS[name].path}${stream ? ", streamed" : ""}, at its price`, async () => {
        const client = await tenant(gateway);
        const { text, headers } = await answerOf(client, name, MODEL, "hello", { stream });
        assert.equal(text, "@cf/openai/gpt-oss-120b heard hello");
        assert.equal(headers.get("x-moecraft-model"), MODEL);
        const [row] = await client.settled(1);
        assert.deepEqual([row.provider, row.outcome, row.usage.source], ["cloudflare", "complete", "reported"]);
        assert.equal(row.cost_nanos, priceOf(MODEL, { input: 11, output: 7 }));
      });
    }
  }

  test("that fails is an error in the client's form", async () => {
    const client = await tenant(gateway);
    const answer = await client.post("/v1/messages", DIALECTS.messages.ask(MODEL, "fail"));
    assertRefusal("messages", answer, { status: 502 });
    const [row] = await client.settled(1);
    assert.deepEqual([row.outcome, row.cost_nanos], ["failed", 0]);
  });

  test("is not there without the binding", async () => {
    const client = await tenant(bare);
    assertRefusal("chat", await client.chat(DIALECTS.chat.ask(MODEL, "hello")), { status: 503, type: "server_error" });
    const ids = (await client.get("/v1/models")).json.data.map(({ id }) => id);
    assert.ok(!ids.includes(MODEL));
    const known = (await (await tenant(gateway)).get("/v1/models")).json.data.map(({ id }) => id);
    assert.ok(known.includes(MODEL));
  });
});

describe("switched off", () => {
  let gateway, provider;
  before(async () => {
    provider = await Provider.start({ name: "upstream", key: UPSTREAM_KEY });
    gateway = await Gateway.start({ upstreams: [provider.origin], vars: { MOECRAFT_ENABLED: "false" } });
  });
  after(async () => {
    await gateway?.stop();
    await provider?.stop();
  });

  for (const name of ["messages", "responses"]) {
    test(`the gateway passes ${DIALECTS[name].path} on as it came`, async () => {
      const client = await tenant(gateway);
      const body = JSON.stringify(DIALECTS[name].ask("any-model", script({ say: "Passed on." })), null, 1);
      const headers = { "anthropic-version": "2023-06-01", "x-api-key": client.key };
      const { status, json, text } = await client.post(DIALECTS[name].path, body, { headers });
      assert.deepEqual([status, DIALECTS[name].text(json)], [200, "Passed on."], text);
      assert.deepEqual([provider.last.dialect, provider.last.raw], [name, body]);
      const { text: streamed } = await answerOf({ fetch: (path, options) => client.fetch(path, { ...options, headers }) }, name, "any-model", script({ say: "Passed on." }), { stream: true });
      assert.equal(streamed, "Passed on.");
      assert.deepEqual(provider.refusals, []);
    });
  }

  test("strangers are refused in the form that they know", async () => {
    const answer = await gateway.client("moe_x").post("/v1/messages", DIALECTS.messages.ask("any-model", "Hi."));
    assertRefusal("messages", answer, { status: 401, messages: "authentication_error" });
  });
});

describe("GET /v1/models/{id}", () => {
  const set = stage(["openai"]);

  for (const id of ["openai/gpt-4o-mini", "openai%2Fgpt-4o-mini", "moecraft/auto"]) {
    test(`tells of ${id} what the list does`, async () => {
      const client = await tenant(set.gateway);
      const { status, json } = await client.get(`/v1/models/${id}`);
      assert.deepEqual([status, json.id, json.object, json.type], [200, decodeURIComponent(id), "model", "model"]);
      const { data } = (await client.get("/v1/models")).json;
      assert.deepEqual(json, data.find((model) => model.id === json.id));
    });
  }

  test("of none is 404, in the form of the client that asks", async () => {
    const client = await tenant(set.gateway);
    for (const id of ["nobody/nothing", "anthropic/claude-haiku-4-5", "x".repeat(300)]) {
      const { message } = assertRefusal("chat", await client.get(`/v1/models/${id}`), { status: 404, type: "invalid_request_error" });
      assert.ok(message.length < 400);
      assertRefusal("messages", await client.get(`/v1/models/${id}`, { headers: { "anthropic-version": "2023-06-01" } }), { status: 404 });
    }
  });
});

describe("embeddings", () => {
  const set = stage(["openai"]);
  const MODEL = "openai/text-embedding-3-small";

  test("come as the provider made them, and are paid for by their usage", async () => {
    const client = await tenant(set.gateway);
    const input = ["one text", "and another one"];
    const { status, json, headers } = await client.post(EMBEDDINGS, { model: MODEL, input });
    assert.deepEqual([status, json.object], [200, "list"]);
    assert.deepEqual(json.data.map(({ embedding }) => embedding), input.map((text) => vectorOf(text)));
    assert.deepEqual([set.providers.openai.requests.length, set.providers.openai.last.model], [1, "text-embedding-3-small"]);
    const [row] = await client.settled(1);
    assert.deepEqual([row.model, row.outcome, row.usage.source], [MODEL, "complete", "reported"]);
    assert.deepEqual([row.usage.input, row.usage.output], [json.usage.prompt_tokens, 0]);
    assert.equal(row.cost_nanos, priceOf(MODEL, { input: json.usage.prompt_tokens, output: 0 }));
    assert.ok(row.cost_nanos > 0);
    assert.equal(headers.get("x-moecraft-request-id"), row.id);
  });

  test("keep the form that was asked for", async () => {
    const client = await tenant(set.gateway);
    const { json } = await client.post(EMBEDDINGS, { model: MODEL, input: "one text", encoding_format: "base64", dimensions: 4 });
    const floats = new Float32Array(new Uint8Array(Buffer.from(json.data[0].embedding, "base64")).buffer);
    assert.deepEqual([...floats], vectorOf("one text", 4));
    await client.settled(1);
  });

  test("are not what a chat model makes, nor does an embedding model chat", async () => {
    const client = await tenant(set.gateway);
    assertRefusal("chat", await client.post(EMBEDDINGS, { model: "openai/gpt-4o-mini", input: "x" }), { status: 404, type: "invalid_request_error" });
    for (const [name, { path, ask }] of Object.entries(DIALECTS)) {
      for (const model of [MODEL, "text-embedding-3-small"]) {
        const { status, json } = await client.post(path, ask(model, "Hi."));
        assert.ok(status >= 400, `${status}`);
        assert.match(DIALECTS[name].error(json).message, /not a chat model/);
      }
    }
    assert.equal(set.providers.openai.requests.length, 0);
    assert.equal((await client.cost()).total_requests, 0);
  });
});
