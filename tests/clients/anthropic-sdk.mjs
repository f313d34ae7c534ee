// The official Anthropic SDK for JavaScript, before providers of its own dialect and of others.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { script } from "../support/provider/script.mjs";
import { load } from "./support/installed.mjs";
import { stage, UPSTREAM_NAMES } from "./support/stage.mjs";
import { ANSWER, CALLS, IMAGE_SEEN, MOST_TURNS, PNG, TASK, TOOLS } from "./support/task.mjs";

const Anthropic = load("@anthropic-ai/sdk").default;
const { zodOutputFormat } = load("@anthropic-ai/sdk/helpers/zod");
const { z } = load("zod");

const model = "claude-sonnet-5-5";
const max_tokens = 4096;
const tools = Object.entries(TOOLS).map(([name, { description, schema }]) => ({ name, description, input_schema: schema }));
const ask = (content) => ({ model, max_tokens, messages: [{ role: "user", content }] });
const textOf = ({ content }) => content.filter(({ type }) => type === "text").map(({ text }) => text).join("");

for (const upstream of UPSTREAM_NAMES) {
  describe(`before ${upstream}`, () => {
    const set = stage(upstream);
    const connect = async (apiKey) => new Anthropic({ baseURL: set.gateway.url, apiKey: apiKey ?? (await set.key()), maxRetries: 0 });

    test("gets an answer with its usage", async () => {
      const client = await connect();
      const message = await client.messages.create({ ...ask(script({ say: "Grüße, 世界." })), system: "Be brief." });
      assert.deepEqual([message.role, textOf(message), message.stop_reason], ["assistant", "Grüße, 世界.", "end_turn"]);
      assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
      assert.match(set.providers[upstream].last.raw, /Be brief\./, "the system text arrives");
    });

    test("streams one", async () => {
      const client = await connect();
      const stream = client.messages.stream(ask(script({ say: "Grüße, 世界." })));
      let text = "";
      stream.on("text", (piece) => (text += piece));
      const message = await stream.finalMessage();
      assert.deepEqual([text, textOf(message), message.stop_reason], ["Grüße, 世界.", "Grüße, 世界.", "end_turn"]);
      assert.ok(message.usage.output_tokens > 0);
      assert.ok(set.providers[upstream].last.stream, "streamed all the way");
    });

    for (const streaming of [false, true]) {
      test(`works with tools, thinking between them${streaming ? ", streaming" : ""}`, async () => {
        const client = await connect();
        const request = { ...ask(TASK), tools, thinking: { type: "adaptive" } };
        const create = (body) => (streaming ? client.messages.stream(body).finalMessage() : client.messages.create(body));
        const called = [];
        const thoughts = [];
        let message;
        for (let turn = 0; turn < MOST_TURNS; turn++) {
          message = await create(request);
          thoughts.push(...message.content.filter(({ type }) => type === "thinking"));
          const calls = message.content.filter(({ type }) => type === "tool_use");
          called.push(...calls.map(({ name, input }) => [name, input]));
          if (message.stop_reason !== "tool_use") break;
          const content = calls.map(({ id, name, input }) => ({ type: "tool_result", tool_use_id: id, content: TOOLS[name].run(input) }));
          request.messages.push({ role: "assistant", content: message.content }, { role: "user", content });
        }
        assert.equal(textOf(message), ANSWER);
        assert.deepEqual(called, CALLS);
        const { raw } = set.providers[upstream].last;
        for (const result of ["Oslo: 7 °C", "Rome: 19 °C", "44.6, 66.2"]) assert.ok(raw.includes(result), `the model was told ${result}`);
        // The provider has checked the seal on each thought that came back.
        if (upstream === "anthropic") {
          assert.deepEqual(thoughts.map(({ thinking }) => thinking), ["Two cities: I ask for both.", "Now to °F."]);
          assert.ok(thoughts.every(({ signature }) => raw.includes(signature)), "thoughts are sent back");
        }
      });
    }

    test("shows an image, unchanged", async () => {
      const client = await connect();
      const image = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
      const message = await client.messages.create(ask([{ type: "text", text: "What is this?" }, image]));
      assert.equal(textOf(message), IMAGE_SEEN);
    });

    test("gets an object of a schema", async () => {
      const client = await connect();
      const format = zodOutputFormat(z.object({ city: z.string(), degrees: z.number() }));
      const message = await client.messages.parse({ ...ask("How warm is it in Oslo?"), output_config: { format } });
      assert.deepEqual(message.parsed_output, { city: "x", degrees: 1.5 });
    });

    test(upstream === "anthropic" ? "counts tokens" : "is told that nobody counts tokens", async () => {
      const client = await connect();
      const counted = client.messages.countTokens({ model, messages: ask("How many tokens are these?").messages });
      if (upstream !== "anthropic") return assert.rejects(counted, Anthropic.NotFoundError);
      const { input_tokens } = await counted;
      assert.ok(Number.isInteger(input_tokens) && input_tokens > 0);
    });

    test("lists the models", async () => {
      const client = await connect();
      const ids = [];
      for await (const { id } of client.models.list()) ids.push(id);
      assert.ok(ids.includes("claude-moecraft-auto") || ids.includes("moecraft/auto"), String(ids));
    });

    for (const [what, more, key, Kind, type] of [
      ["a wrong key", {}, "moe_wrong", Anthropic.AuthenticationError, "authentication_error"],
      ["a body that cannot be used", { messages: [] }, undefined, Anthropic.BadRequestError, "invalid_request_error"],
      ["a model that is not there", { model: "local/absent" }, undefined, Anthropic.NotFoundError, "not_found_error"],
    ]) {
      test(`knows ${what} for ${Kind.name}`, async () => {
        const client = await connect(key);
        for (const stream of [false, true]) {
          await assert.rejects(client.messages.create({ ...ask("Hello."), ...more, stream }), (error) => {
            assert.ok(error instanceof Kind, String(error));
            assert.deepEqual([error.error.type, error.error.error.type], ["error", type]);
            return true;
          });
        }
      });
    }

    test("throws when a stream breaks off, and does not take half an answer for a whole one", async () => {
      const client = await connect();
      set.providers[upstream].trouble = () => "cut";
      const whole = "Long enough to be cut off in its middle.";
      const stream = client.messages.stream(ask(script({ say: whole })));
      let text = "";
      stream.on("text", (piece) => (text += piece));
      await assert.rejects(stream.finalMessage(), Anthropic.AnthropicError);
      assert.ok(text && text !== whole && whole.startsWith(text), text);
    });
  });
}
