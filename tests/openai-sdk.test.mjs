// The official OpenAI SDKs, unchanged but for the base URL: for JavaScript here, for Python in
// tests/python/test_openai_sdk.py.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, test } from "node:test";
import OpenAI from "openai";
import { counts, TEXT, USAGE } from "./support/answers.mjs";
import { byModel } from "./support/sdk.mjs";
import { stage } from "./support/stage.mjs";

const MODEL = "openai/gpt-4o-mini";
const set = stage();
const messages = [{ role: "user", content: "Say hello." }];

beforeEach(() => set.upstream.answer(byModel));

describe("the SDK for JavaScript", () => {
  const open = async (apiKey) => new OpenAI({ baseURL: `${set.gateway.url}/v1`, apiKey: apiKey ?? (await set.tenant()).key, maxRetries: 0 });

  test("gets a chat completion", async () => {
    const openai = await open();
    const { data, response } = await openai.chat.completions.create({ model: MODEL, messages }).withResponse();
    assert.equal(data.choices[0].message.content, TEXT);
    assert.deepEqual(data.usage, USAGE);
    assert.equal(response.headers.get("x-moecraft-class"), "haiku");
  });

  test("streams one", async () => {
    const openai = await open();
    const stream = await openai.chat.completions.create({ model: "moecraft/auto", messages, stream: true });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0].delta.content ?? "";
    assert.equal(text, TEXT);
  });

  test("streams one with its usage, and again out of the surrogate cache", async () => {
    const client = await set.tenant();
    const openai = await open(client.key);
    for (const turn of [1, 2]) {
      const stream = openai.chat.completions.stream({ model: "moecraft/auto", messages, stream_options: { include_usage: true } });
      const completion = await stream.finalChatCompletion();
      assert.deepEqual([completion.choices[0].message.content, completion.choices[0].finish_reason, counts(completion.usage)], [TEXT, "stop", USAGE]);
      await client.settled(turn);
    }
    assert.equal(set.upstream.hits, 1);
  });

  test("stops a stream when its user has enough", async () => {
    const client = await set.tenant();
    const openai = await open(client.key);
    const stream = await openai.chat.completions.create({ model: MODEL, messages, stream: true });
    for await (const chunk of stream) if (chunk.choices[0].delta.content) break;
    await client.settled(1);
  });

  test("calls tools", async () => {
    const openai = await open();
    const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
    const { choices } = await openai.chat.completions.create({ model: "toolsmith", messages, tools });
    assert.equal(choices[0].message.tool_calls[0].function.name, "weather");
    assert.deepEqual(set.upstream.last.body.tools, tools);
  });

  test("lists the models", async () => {
    const ids = [];
    for await (const model of await open().then((openai) => openai.models.list())) ids.push(model.id);
    assert.ok(ids.includes("moecraft/auto") && ids.includes(MODEL));
  });

  for (const [what, request, Kind, expected] of [
    ["a wrong key", { key: "moe_wrong" }, OpenAI.AuthenticationError, { status: 401, code: "invalid_api_key" }],
    ["a wrong field", { temperature: 7 }, OpenAI.BadRequestError, { status: 400, param: "temperature" }],
    ["a field the provider refuses", { model: "choosy" }, OpenAI.BadRequestError, { status: 400, param: "top_k" }],
    ["a local model that is not there", { model: "local/absent" }, OpenAI.NotFoundError, { status: 404, code: "model_not_found" }],
    ["a provider out of quota", { model: "limited" }, OpenAI.RateLimitError, { status: 429 }],
    ["a provider that fails", { model: "failing" }, OpenAI.InternalServerError, { status: 502 }],
  ]) {
    test(`knows ${what} for ${Kind.name}`, async () => {
      const { key, ...more } = request;
      const openai = await open(key);
      for (const stream of [false, true]) {
        await assert.rejects(openai.chat.completions.create({ model: MODEL, messages, ...more, stream }), (error) => {
          assert.ok(error instanceof Kind, error.constructor.name);
          for (const [field, value] of Object.entries(expected)) assert.equal(error[field], value);
          return true;
        });
      }
    });
  }

  test("throws when a stream breaks off, and does not take half an answer for a whole one", async () => {
    const openai = await open();
    const stream = await openai.chat.completions.create({ model: "cut", messages, stream: true });
    let text = "";
    await assert.rejects(async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    }, OpenAI.APIError);
    assert.ok(TEXT.startsWith(text) && text.length > 0);
  });
});

test("the SDK for Python does all of it too", async () => {
  const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
  const packages = process.env.MOECRAFT_PYTHON_SDK ?? folder("../.moecraft/python-test");
  assert.ok(existsSync(`${packages}/openai`), `the Python SDK is not in ${packages}: npm test installs it`);
  const { key } = await set.tenant();
  const env = { ...process.env, PYTHONPATH: packages, MOECRAFT_URL: set.gateway.url, MOECRAFT_KEY: key };
  const args = ["-B", "-m", "unittest", "-v", "test_openai_sdk"];
  const [code, output] = await new Promise((resolve) => {
    execFile(process.env.MOECRAFT_PYTHON ?? "python3", args, { cwd: folder("python"), env }, (error, stdout, stderr) => resolve([error?.code ?? 0, stdout + stderr]));
  });
  assert.equal(code, 0, output);
  assert.match(output, /Ran (?!0 )\d+ tests/);
});
