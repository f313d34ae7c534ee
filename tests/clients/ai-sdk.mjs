// Vercel's AI SDK: each of its providers speaks another dialect, and each is tried before every upstream.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { script } from "../support/provider/script.mjs";
import { load } from "./support/installed.mjs";
import { stage, UPSTREAM_NAMES } from "./support/stage.mjs";
import { ANSWER, CALLS, IMAGE_SEEN, MOST_TURNS, PNG, TASK, TOOLS } from "./support/task.mjs";

const { APICallError, generateText, jsonSchema, Output, stepCountIs, streamText, tool } = load("ai");
const { createAnthropic } = load("@ai-sdk/anthropic");
const { createOpenAI } = load("@ai-sdk/openai");
const { createOpenAICompatible } = load("@ai-sdk/openai-compatible");
const { z } = load("zod");

const say = "Grüße, 世界.";
const DIALECTS = {
  "@ai-sdk/openai-compatible": ({ baseURL, apiKey }) => createOpenAICompatible({ name: "moecraft", baseURL, apiKey, supportsStructuredOutputs: true })("gpt-5.5"),
  "@ai-sdk/openai": ({ baseURL, apiKey }) => createOpenAI({ baseURL, apiKey })("gpt-5.5"),
  "@ai-sdk/anthropic": ({ baseURL, apiKey }) => createAnthropic({ baseURL, apiKey })("claude-sonnet-5-5"),
};

for (const upstream of UPSTREAM_NAMES) {
  describe(`before ${upstream}`, () => {
    const set = stage(upstream);

    for (const [name, create] of Object.entries(DIALECTS)) {
      describe(name, () => {
        const connect = async (key) => ({ maxRetries: 0, model: create({ baseURL: `${set.gateway.url}/v1`, apiKey: key ?? (await set.key()) }) });

        test("gets an answer with its usage", async () => {
          const { text, finishReason, usage } = await generateText({ ...(await connect()), system: "Be brief.", prompt: script({ say }) });
          assert.deepEqual([text, finishReason], [say, "stop"]);
          assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0);
          assert.match(set.providers[upstream].last.raw, /Be brief\./, "the system text arrives");
        });

        test("streams one", async () => {
          const result = streamText({ ...(await connect()), prompt: script({ say }), onError: () => {} });
          let text = "";
          for await (const piece of result.textStream) text += piece;
          assert.deepEqual([text, await result.finishReason], [say, "stop"]);
          assert.ok(set.providers[upstream].last.stream, "streamed all the way");
        });

        for (const streaming of [false, true]) {
          test(`works with tools in several steps${streaming ? ", streaming" : ""}`, async () => {
            const called = [];
            const tools = Object.fromEntries(Object.entries(TOOLS).map(([name, { description, schema, run }]) => {
              const execute = (input) => (called.push([name, input]), run(input));
              return [name, tool({ description, inputSchema: jsonSchema(schema), execute })];
            }));
            const request = { ...(await connect()), tools, stopWhen: stepCountIs(MOST_TURNS), prompt: TASK };
            const text = streaming ? await streamText({ ...request, onError: () => {} }).text : (await generateText(request)).text;
            assert.equal(text, ANSWER);
            assert.deepEqual(called, CALLS);
          });
        }

        test("shows an image, unchanged", async () => {
          const content = [{ type: "text", text: "What is this?" }, { type: "image", image: PNG, mediaType: "image/png" }];
          const { text } = await generateText({ ...(await connect()), messages: [{ role: "user", content }] });
          assert.equal(text, IMAGE_SEEN);
        });

        test("gets an object of a schema", async () => {
          const output = Output.object({ schema: z.object({ city: z.string(), degrees: z.number() }) });
          const result = await generateText({ ...(await connect()), prompt: "How warm is it in Oslo?", output });
          assert.deepEqual(result.output, { city: "x", degrees: 1.5 });
        });

        test("knows a wrong key by its status", async () => {
          await assert.rejects(generateText({ ...(await connect("moe_wrong")), prompt: "Hello." }), (error) => {
            assert.ok(APICallError.isInstance(error), String(error));
            assert.deepEqual([error.statusCode, error.isRetryable], [401, false]);
            return true;
          });
        });
      });
    }
  });
}
