// The official OpenAI SDK for JavaScript: Chat Completions, Responses and Embeddings, before providers of
// their own dialect and of another.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { vectorOf } from "../support/provider/embeddings.mjs";
import { script } from "../support/provider/script.mjs";
import { load } from "./support/installed.mjs";
import { stage, UPSTREAM_NAMES } from "./support/stage.mjs";
import { ANSWER, CALLS, IMAGE_SEEN, MOST_TURNS, PNG, TASK, TOOLS } from "./support/task.mjs";

const OpenAI = load("openai").default;
const { zodResponseFormat, zodTextFormat } = load("openai/helpers/zod");
const { z } = load("zod");

const model = "gpt-5.5";
const City = z.object({ city: z.string(), degrees: z.number() });
const dataUrl = `data:image/png;base64,${PNG}`;
const parsedCall = (name, text) => [name, JSON.parse(text)];
const say = "Grüße, 世界.";

for (const upstream of UPSTREAM_NAMES) {
  describe(`before ${upstream}`, () => {
    const set = stage(upstream);
    const connect = async (apiKey) => new OpenAI({ baseURL: `${set.gateway.url}/v1`, apiKey: apiKey ?? (await set.key()), maxRetries: 0 });
    const told = () => {
      const { raw } = set.providers[upstream].last;
      for (const result of ["Oslo: 7 °C", "Rome: 19 °C", "44.6, 66.2"]) assert.ok(raw.includes(result), `the model was told ${result}`);
    };

    describe("Chat Completions", () => {
      const ask = (content) => ({ model, messages: [{ role: "user", content }] });
      const tools = Object.entries(TOOLS).map(([name, { description, schema }]) => ({ type: "function", function: { name, description, parameters: schema } }));

      test("gets an answer with its usage", async () => {
        const client = await connect();
        const messages = [{ role: "system", content: "Be brief." }, ...ask(script({ say })).messages];
        const { choices, usage } = await client.chat.completions.create({ model, messages });
        assert.deepEqual([choices[0].message.role, choices[0].message.content, choices[0].finish_reason], ["assistant", say, "stop"]);
        assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0);
        assert.match(set.providers[upstream].last.raw, /Be brief\./, "the system text arrives");
      });

      test("streams one", async () => {
        const client = await connect();
        const stream = client.chat.completions.stream({ ...ask(script({ say })), stream_options: { include_usage: true } });
        let text = "";
        stream.on("content", (piece) => (text += piece));
        const { choices, usage } = await stream.finalChatCompletion();
        assert.deepEqual([text, choices[0].message.content, choices[0].finish_reason], [say, say, "stop"]);
        assert.ok(usage.completion_tokens > 0);
        assert.ok(set.providers[upstream].last.stream, "streamed all the way");
      });

      for (const streaming of [false, true]) {
        test(`works with tools${streaming ? ", streaming" : ""}`, async () => {
          const client = await connect();
          const request = { ...ask(TASK), tools };
          const create = (body) => (streaming ? client.chat.completions.stream(body).finalChatCompletion() : client.chat.completions.create(body));
          const called = [];
          let choice;
          for (let turn = 0; turn < MOST_TURNS; turn++) {
            [choice] = (await create(request)).choices;
            const calls = choice.message.tool_calls ?? [];
            called.push(...calls.map(({ function: { name, arguments: text } }) => parsedCall(name, text)));
            if (choice.finish_reason !== "tool_calls") break;
            const results = calls.map(({ id, function: { name, arguments: text } }) => ({ role: "tool", tool_call_id: id, content: TOOLS[name].run(JSON.parse(text)) }));
            request.messages.push(choice.message, ...results);
          }
          assert.equal(choice.message.content, ANSWER);
          assert.deepEqual(called, CALLS);
          told();
        });
      }

      test("shows an image, unchanged", async () => {
        const client = await connect();
        const { choices } = await client.chat.completions.create(ask([{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: dataUrl } }]));
        assert.equal(choices[0].message.content, IMAGE_SEEN);
      });

      test("gets an object of a schema", async () => {
        const client = await connect();
        const { choices } = await client.chat.completions.parse({ ...ask("How warm is it in Oslo?"), response_format: zodResponseFormat(City, "city") });
        assert.deepEqual(choices[0].message.parsed, { city: "x", degrees: 1.5 });
      });

      test("throws when a stream breaks off, and does not take half an answer for a whole one", async () => {
        const client = await connect();
        set.providers[upstream].trouble = () => "cut";
        const whole = "Long enough to be cut off in its middle.";
        const stream = client.chat.completions.stream(ask(script({ say: whole })));
        let text = "";
        stream.on("content", (piece) => (text += piece));
        await assert.rejects(stream.finalChatCompletion(), OpenAI.OpenAIError);
        assert.ok(text && text !== whole && whole.startsWith(text), text);
      });

      errors((body) => (client) => client.chat.completions.create({ ...ask("Hello."), ...body }), { messages: [] });
    });

    describe("Responses", () => {
      const tools = Object.entries(TOOLS).map(([name, { description, schema }]) => ({ type: "function", name, description, parameters: schema, strict: true }));

      test("gets an answer with its usage", async () => {
        const client = await connect();
        const response = await client.responses.create({ model, instructions: "Be brief.", input: script({ say }) });
        assert.deepEqual([response.object, response.status, response.output_text], ["response", "completed", say]);
        assert.ok(response.usage.input_tokens > 0 && response.usage.output_tokens > 0);
        assert.match(set.providers[upstream].last.raw, /Be brief\./, "the instructions arrive");
      });

      test("streams one", async () => {
        const client = await connect();
        const stream = client.responses.stream({ model, input: script({ say }) });
        let text = "";
        stream.on("response.output_text.delta", ({ delta }) => (text += delta));
        const response = await stream.finalResponse();
        assert.deepEqual([text, response.output_text, response.status], [say, say, "completed"]);
        assert.ok(response.usage.output_tokens > 0);
        assert.ok(set.providers[upstream].last.stream, "streamed all the way");
      });

      for (const streaming of [false, true]) {
        test(`works with tools, its reasoning kept by the client${streaming ? ", streaming" : ""}`, async () => {
          const client = await connect();
          const input = [{ role: "user", content: TASK }];
          const body = { model, tools, store: false, reasoning: { summary: "auto" }, include: ["reasoning.encrypted_content"] };
          const create = (body) => (streaming ? client.responses.stream(body).finalResponse() : client.responses.create(body));
          const called = [];
          let response;
          for (let turn = 0; turn < MOST_TURNS; turn++) {
            response = await create({ ...body, input });
            const calls = response.output.filter(({ type }) => type === "function_call");
            called.push(...calls.map(({ name, arguments: text }) => parsedCall(name, text)));
            if (calls.length === 0) break;
            const results = calls.map(({ call_id, name, arguments: text }) => ({ type: "function_call_output", call_id, output: TOOLS[name].run(JSON.parse(text)) }));
            input.push(...response.output, ...results);
          }
          assert.equal(response.output_text, ANSWER);
          assert.deepEqual(called, CALLS);
          told();
        });
      }

      test("shows an image, unchanged", async () => {
        const client = await connect();
        const content = [{ type: "input_text", text: "What is this?" }, { type: "input_image", image_url: dataUrl, detail: "auto" }];
        const response = await client.responses.create({ model, input: [{ role: "user", content }] });
        assert.equal(response.output_text, IMAGE_SEEN);
      });

      test("gets an object of a schema", async () => {
        const client = await connect();
        const response = await client.responses.parse({ model, input: "How warm is it in Oslo?", text: { format: zodTextFormat(City, "city") } });
        assert.deepEqual(response.output_parsed, { city: "x", degrees: 1.5 });
      });

      errors((body) => (client) => client.responses.create({ model, input: "Hello.", ...body }), { input: [] });
    });

    test("lists the models", async () => {
      const client = await connect();
      const ids = [];
      for await (const { id } of client.models.list()) ids.push(id);
      assert.ok(ids.includes("moecraft/auto"), String(ids));
    });

    /** The errors of an endpoint: each must reach the user as the SDK's own class. */
    function errors(request, unusable) {
      for (const [what, more, key, Kind] of [
        ["a wrong key", {}, "moe_wrong", OpenAI.AuthenticationError],
        ["a body that cannot be used", unusable, undefined, OpenAI.BadRequestError],
        ["a model that is not there", { model: "local/absent" }, undefined, OpenAI.NotFoundError],
      ]) {
        test(`knows ${what} for ${Kind.name}`, async () => {
          const client = await connect(key);
          for (const stream of [false, true]) {
            await assert.rejects(request({ ...more, stream })(client), (error) => {
              assert.ok(error instanceof Kind, String(error));
              assert.ok(error.error?.message, "the body is of OpenAI's form");
              return true;
            });
          }
        });
      }
    }
  });
}

describe("Embeddings", () => {
  const set = stage("openai");

  for (const encoding_format of [undefined, "float", "base64"]) {
    test(`gets the vectors of several texts, ${encoding_format ?? "in the SDK's own encoding"}`, async () => {
      const client = new OpenAI({ baseURL: `${set.gateway.url}/v1`, apiKey: await set.key(), maxRetries: 0 });
      const texts = ["fjord", "piazza"];
      const { data, usage } = await client.embeddings.create({ model: "text-embedding-3-small", input: texts, ...(encoding_format && { encoding_format }) });
      const form = (vector) => (encoding_format === "base64" ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector);
      assert.deepEqual(data.map(({ embedding }) => embedding), texts.map((text) => form(vectorOf(text))));
      assert.ok(usage.prompt_tokens > 0);
    });
  }
});
