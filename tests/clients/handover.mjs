// Conversations that change their provider in the middle, and what a client is told when there is no other.
// Each case has a MOECraft of its own: what it knows of one outage is not to decide another.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { script } from "../support/provider/script.mjs";
import { until } from "../support/until.mjs";
import { load } from "./support/installed.mjs";
import { stage } from "./support/stage.mjs";
import { ANSWER, CALLS, MOST_TURNS, TASK, TOOLS } from "./support/task.mjs";

const Anthropic = load("@anthropic-ai/sdk").default;
const OpenAI = load("openai").default;

/**
 * Each dialect's client: how it is made, and how it takes one turn of a conversation that it keeps.
 * A turn gives the text that was said and the calls that were made, which it has carried out.
 */
const CLIENTS = {
  messages: {
    open: (url, apiKey) => new Anthropic({ baseURL: url, apiKey, maxRetries: 0 }),
    RateLimitError: Anthropic.RateLimitError,
    async turn(client, model, history, streaming) {
      const tools = Object.entries(TOOLS).map(([name, { schema }]) => ({ name, input_schema: schema }));
      const body = { model, max_tokens: 4096, messages: history, tools, thinking: { type: "adaptive" } };
      const { content } = streaming ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
      const calls = content.filter(({ type }) => type === "tool_use");
      history.push({ role: "assistant", content });
      const results = calls.map(({ id, name, input }) => ({ type: "tool_result", tool_use_id: id, content: TOOLS[name].run(input) }));
      if (results.length > 0) history.push({ role: "user", content: results });
      return { text: content.find(({ type }) => type === "text")?.text, calls: calls.map(({ name, input }) => [name, input]) };
    },
  },
  chat: {
    open: (url, apiKey) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
    RateLimitError: OpenAI.RateLimitError,
    async turn(client, model, history, streaming) {
      const tools = Object.entries(TOOLS).map(([name, { schema }]) => ({ type: "function", function: { name, parameters: schema } }));
      const body = { model, messages: history, tools };
      const { choices } = streaming ? await client.chat.completions.stream(body).finalChatCompletion() : await client.chat.completions.create(body);
      const [{ message }] = choices;
      const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({ id, name, args: JSON.parse(text) }));
      history.push(message, ...calls.map(({ id, name, args }) => ({ role: "tool", tool_call_id: id, content: TOOLS[name].run(args) })));
      return { text: message.content, calls: calls.map(({ name, args }) => [name, args]) };
    },
  },
  responses: {
    open: (url, apiKey) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
    RateLimitError: OpenAI.RateLimitError,
    async turn(client, model, history, streaming) {
      const tools = Object.entries(TOOLS).map(([name, { schema }]) => ({ type: "function", name, parameters: schema, strict: true }));
      const body = { model, input: history, tools, store: false, reasoning: { summary: "auto" }, include: ["reasoning.encrypted_content"] };
      const response = streaming ? await client.responses.stream(body).finalResponse() : await client.responses.create(body);
      const called = response.output.filter(({ type }) => type === "function_call");
      const calls = called.map(({ call_id, name, arguments: text }) => ({ call_id, name, args: JSON.parse(text) }));
      history.push(...response.output, ...calls.map(({ call_id, name, args }) => ({ type: "function_call_output", call_id, output: TOOLS[name].run(args) })));
      return { text: response.output_text, calls: calls.map(({ name, args }) => [name, args]) };
    },
  },
};

/** Works on a task to its end; gives the answer and every call. */
async function work({ turn }, client, model, history, streaming) {
  const called = [];
  for (let i = 0; i < MOST_TURNS; i++) {
    const { text, calls } = await turn(client, model, history, streaming);
    called.push(...calls);
    if (calls.length === 0) return { text, called };
  }
  throw new Error(`no end after ${MOST_TURNS} turns`);
}

/** Work on the task that is handed over from the first upstream, which fails after one turn, to the second. */
function handover({ dialect, model, first, second, trouble, streaming, options }) {
  describe(`${dialect}${streaming ? ", streaming" : ""}: when ${first} fails after a turn by "${trouble}"`, () => {
    const set = stage([first, second], options);

    test(`${second} finishes the work`, async () => {
      const kind = CLIENTS[dialect];
      const client = kind.open(set.gateway.url, await set.key());
      const providers = [set.providers[first], set.providers[second]];
      providers[0].trouble = (_request, answered) => (answered >= 1 ? trouble : undefined);
      const { text, called } = await work(kind, client, model, [{ role: "user", content: TASK }], streaming);
      assert.equal(text, ANSWER);
      assert.deepEqual(called, CALLS);
      assert.deepEqual(providers.map(({ answered }) => answered.length), [1, 2]);
    });
  });
}

// Every change of dialect. The model is the first upstream's.
for (const [dialect, model, first, second] of [
  ["messages", "claude-sonnet-5-5", "anthropic", "openai"],
  ["messages", "kimi-k3", "moonshot", "anthropic"], // its ids of calls are not Anthropic's
  ["chat", "kimi-k3", "moonshot", "anthropic"],
  ["chat", "gpt-5.5", "openai", "anthropic"],
  ["responses", "gpt-5.5", "openai", "anthropic"],
  ["responses", "claude-sonnet-5-5", "anthropic", "moonshot"],
]) {
  for (const streaming of [false, true]) handover({ dialect, model, first, second, trouble: "quota", streaming });
}

// Every way to fail.
for (const trouble of ["rate", "overloaded", "error", "unauthorized", "drop", "hang"]) {
  const options = trouble === "hang" ? { vars: { FIRST_BYTE_MS: "4000" } } : {};
  handover({ dialect: "messages", model: "claude-sonnet-5-5", first: "anthropic", second: "openai", trouble, streaming: true, options });
  handover({ dialect: "responses", model: "gpt-5.5", first: "openai", second: "anthropic", trouble, streaming: true, options });
}

// Two upstreams of one dialect: a thought may be tried on the second, which says that it is not its own.
for (const [dialect, model] of [["messages", "claude-sonnet-5-5"], ["chat", "gpt-5.5"], ["responses", "gpt-5.5"]]) {
  const options = { mayRefuse: /Invalid `signature`|could not be verified/ };
  handover({ dialect, model, first: "general upstream", second: "other general upstream", trouble: "quota", streaming: true, options });
}

describe("when Anthropic's quota is back", () => {
  const set = stage(["anthropic", "openai"]);

  test("the conversation returns to it, with all that was said elsewhere", async () => {
    const kind = CLIENTS.messages;
    const client = kind.open(set.gateway.url, await set.key());
    const { anthropic, openai } = set.providers;
    anthropic.trouble = (_request, answered) => (answered >= 1 ? "quota-soon" : undefined);
    const history = [{ role: "user", content: TASK }];
    assert.equal((await work(kind, client, "claude-sonnet-5-5", history, true)).text, ANSWER);
    assert.deepEqual([anthropic.answered.length, openai.answered.length], [1, 2]);

    anthropic.trouble = undefined;
    const again = script({ think: "Oslo again.", calls: [["weather", { city: "Oslo" }]] }, { say: "Still 7 °C." });
    await until("Anthropic is asked again", async () => {
      history.push({ role: "user", content: `And now? ${again}` });
      assert.equal((await work(kind, client, "claude-sonnet-5-5", history, true)).text, "Still 7 °C.");
      return anthropic.answered.length > 1;
    });
  });
});

for (const [dialect, model, upstream] of [["messages", "claude-sonnet-5-5", "anthropic"], ["chat", "gpt-5.5", "openai"], ["responses", "gpt-5.5", "openai"]]) {
  describe(`${dialect}: when ${upstream} is out of quota and there is no other`, () => {
    const set = stage(upstream);

    test("the client knows it for RateLimitError", async () => {
      const { open, turn, RateLimitError } = CLIENTS[dialect];
      const client = open(set.gateway.url, await set.key());
      set.providers[upstream].trouble = () => "quota";
      for (const streaming of [false, true]) {
        await assert.rejects(turn(client, model, [{ role: "user", content: "Hello." }], streaming), RateLimitError);
      }
    });
  });
}
