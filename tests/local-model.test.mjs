// The main job, end to end on a real model: SmolLM2 in llama.cpp's server, through the real agent
// and the real runtime.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { Agent } from "./support/agent.mjs";
import { ask } from "./support/client.mjs";
import { Gateway } from "./support/gateway.mjs";
import { lastingPort } from "./support/loopback.mjs";
import { textOf } from "./support/sse.mjs";
import { until } from "./support/until.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const weights = process.env.MOECRAFT_LOCAL_MODEL ?? path("../.moecraft/models/smollm2-135m-instruct.gguf");
const packages = process.env.MOECRAFT_LOCAL_SERVER ?? path("../.moecraft/python");
const NAME = "smollm2";
const AUTO = "moecraft/auto";
/** The first answer of a small model on a busy machine. */
const READY_MS = 180_000;

let server, gateway, agent, client;

before(async () => {
  for (const needed of [weights, packages]) assert.ok(existsSync(needed), `${needed} is missing: npm test installs it`);
  const port = await lastingPort();
  server = spawn(process.env.MOECRAFT_PYTHON ?? "python3", [path("../scripts/local-model/serve.py"), weights, String(port), NAME], {
    env: { ...process.env, PYTHONPATH: packages },
    stdio: ["pipe", "pipe", "ignore"], // it ends with its standard input
  });
  let said = "";
  server.stdout.on("data", (text) => (said += text));
  await until("the model server is ready", () => said.includes("READY"), READY_MS);
  gateway = await Gateway.start();
  client = await gateway.tenant("acme");
  agent = Agent.start({ url: gateway.url, key: client.key, name: "box", servers: [`http://127.0.0.1:${port}`] });
  await until("the model is listed", async () => (await client.get("/v1/models")).json.data.some(({ id }) => id === `local/${NAME}`));
});

after(async () => {
  await agent?.kill9();
  await gateway?.stop();
  server?.kill("SIGKILL");
});

test("answers a prompt, says why it was asked, and is counted", async () => {
  const dashboard = await client.dashboard();
  const { status, json, headers, text } = await client.chat(ask(AUTO, "What is the capital of France? Answer in one word.", { max_tokens: 24, temperature: 0 }));
  assert.equal(status, 200, text);
  assert.match(json.choices[0].message.content, /Paris/);
  assert.equal(headers.get("x-moecraft-model"), `local/${NAME}`);
  assert.match(headers.get("x-moecraft-reason"), /no cloud provider/);
  const [row] = await client.settled(1);
  assert.deepEqual([row.model_used, row.outcome, row.cost_nanos, row.usage.source], ["local", "complete", 0, "reported"]);
  assert.deepEqual([row.usage.input + row.usage.cache_read, row.usage.output], [json.usage.prompt_tokens, json.usage.completion_tokens]);
  const [update] = await dashboard.until(1);
  assert.deepEqual([update.data.request_id, update.data.model_used, update.data.cost], [row.id, "local", 0]);
  assert.ok(update.data.savings > 0);
  dashboard.close();
});

test("streams its answer word by word, and once more out of the surrogate cache", async () => {
  const question = ask(AUTO, "Say hello in one short sentence.", { max_tokens: 60, temperature: 0 });
  const first = await client.streamed(question);
  const words = textOf(first.chunks);
  assert.ok(first.chunks.length > 3, "in more than one piece");
  assert.ok(words.length > 3);
  assert.equal(first.data.at(-1), "[DONE]");
  assert.ok(first.chunks.every((chunk) => chunk.choices.length > 0), "the usage chunk was not asked for");
  const row = await client.row(first.headers.get("x-moecraft-request-id"));
  assert.deepEqual([row.outcome, row.usage.source], ["complete", "reported"]);
  assert.ok(row.usage.output > 0);

  const again = await client.streamed(question);
  assert.equal(again.headers.get("x-moecraft-class"), "surrogate");
  assert.equal(textOf(again.chunks), words);
  const whole = await client.chat(question);
  assert.deepEqual([whole.headers.get("x-moecraft-class"), whole.json.choices[0].message.content], ["surrogate", words]);
});
