// What every provider of the catalogue must do, whatever its dialect: the list is the catalogue's own, so that a new
// provider is held to it by its file alone.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { assertRefusal, DIALECTS, heard } from "./support/dialects.mjs";
import { Gateway } from "./support/gateway.mjs";
import { Provider } from "./support/provider.mjs";
import { script } from "./support/provider/script.mjs";
import { events } from "./support/sse.mjs";

const SPOKEN = { openai_chat: "chat", openai_responses: "responses", anthropic_messages: "messages" };
const DATA = new URL("../catalog/data/", import.meta.url);

/** Providers that are reached over HTTP, each with the first of its models that talks and calls tools. */
const CATALOG = readdirSync(DATA)
  .map((name) => JSON.parse(readFileSync(new URL(name, DATA), "utf8")))
  .filter(({ provider }) => provider?.base_url_var)
  .map(({ provider, models }) => ({ ...provider, model: models.find(({ kind, capabilities }) => kind !== "embedding" && capabilities.includes("tools")) }));

const providers = new Map();
const answers = []; // all that clients have been told, head and body
let gateway;
let tenants = 0;

before(async () => {
  const vars = {};
  for (const { id, dialects, base_url_var, key_secret } of CATALOG) {
    const key = `sk-of-the-gateway-at-${id}`;
    const provider = await Provider.start({ name: id, key, dialects: dialects.map((name) => SPOKEN[name]).filter(Boolean) });
    providers.set(id, provider);
    Object.assign(vars, { [base_url_var]: `${provider.origin}/v1`, [key_secret]: key });
  }
  gateway = await Gateway.start({ vars });
});

afterEach(() => {
  const told = answers.splice(0).join("\n");
  const refusals = [...providers.values()].flatMap((provider) => provider.refusals.map((refusal) => `${provider.name}: ${refusal}`));
  providers.forEach((provider) => provider.reset());
  assert.deepEqual(refusals, [], "a provider was sent what it refuses");
  assert.ok(!told.includes("sk-of-the-gateway"), "a client was shown a provider's key");
});

after(async () => {
  await gateway?.stop();
  for (const provider of providers.values()) await provider.stop();
});

const TOOL = { name: "weather", description: "The weather of a city.", schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } };
const CALL = [TOOL.name, { city: "Oslo" }];

/** A client's two ways in: how tools are offered, calls read and results given back. */
const DOORS = {
  chat: {
    ...DIALECTS.chat,
    offered: [{ type: "function", function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema } }],
    calls: ({ choices: [{ message }] }) => message.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
    given: ({ choices: [{ message }] }, content) => [message, { role: "tool", tool_call_id: message.tool_calls[0].id, content }],
  },
  messages: {
    ...DIALECTS.messages,
    offered: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }],
    calls: ({ content }) => content.filter(({ type }) => type === "tool_use").map(({ name, input }) => [name, input]),
    given: ({ content }, result) => [
      { role: "assistant", content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: content.find(({ type }) => type === "tool_use").id, content: result }] },
    ],
  },
};

const noted = (answer) => {
  answers.push(JSON.stringify([...answer.headers]), answer.text);
  return answer;
};
const post = async (client, { path }, body) => noted(await client.post(path, body));

/** A stream read to its end: its head, and its events as text. */
async function streamed(client, { path }, body) {
  const response = await client.fetch(path, { method: "POST", body: { ...body, stream: true } });
  const told = [];
  for await (const event of events(response.body)) told.push(event);
  return { ...noted({ headers: response.headers, text: told.join("\n") }), status: response.status, told };
}

const currentPrice = ({ prices }) => {
  const today = new Date().toISOString().slice(0, 10);
  return prices.filter(({ from }) => from <= today).sort((a, b) => a.from.localeCompare(b.from)).at(-1);
};

/** What these tokens may cost, nano-dollars: at the usual rates, or at those of an hour of the day that has its own. */
function costs(price, { input, output }) {
  const all = [price, ...(price.windows ?? [])].map(({ rates }) => input * rates.input * 1000 + output * rates.output * 1000);
  return all.map((nanos) => Math.ceil(Number(nanos.toFixed(3)))); // rounded up once
}

/** The row of an answer, with the provider, the model and the price that it must have. */
async function assertRow(client, { id, model }, headers) {
  const row = await client.row(headers.get("x-moecraft-request-id"));
  assert.deepEqual([row.outcome, row.provider, row.model, row.usage.source], ["complete", id, model.id, "reported"]);
  assert.ok(row.usage.input > 0 && row.usage.output > 0 && row.cost_nanos > 0, JSON.stringify(row));
  const price = currentPrice(model);
  assert.equal(row.price_version, `${model.id}@${price.from}`);
  assert.ok(costs(price, row.usage).includes(row.cost_nanos), `${row.cost_nanos} is none of ${costs(price, row.usage)}`);
}

/** A provider gets its own key and no other, in the header of its dialect. */
function assertKey(id, { dialect, headers }) {
  const key = `sk-of-the-gateway-at-${id}`;
  const expected = dialect === "messages" ? [undefined, key] : [`Bearer ${key}`, undefined];
  assert.deepEqual([headers.authorization, headers["x-api-key"]], expected);
}

for (const entry of CATALOG) {
  const { id, model } = entry;
  for (const [door, form] of Object.entries(DOORS)) {
    describe(`${id}, asked in the dialect ${door}`, () => {
      const tenant = () => gateway.tenant(`tenant-${++tenants}`);
      const ask = (text, more) => form.ask(model.id, text, more);
      const upstream = () => providers.get(id);

      test("answers, under its own name, with its own key, at its own price", async () => {
        const client = await tenant();
        const { status, headers, json, text } = await post(client, form, ask("Grüße"));
        assert.equal(status, 200, text);
        assert.equal(form.text(json), "echo: Grüße");
        assert.equal(upstream().last.model, model.upstream_name);
        assertKey(id, upstream().last);
        await assertRow(client, entry, headers);
      });

      // Anthropic's clients are told the usage in any case.
      for (const include_usage of door === "chat" ? [false, true] : [true]) {
        test(`streams, the usage ${include_usage ? "shown" : "hidden"}`, async () => {
          const client = await tenant();
          const options = door === "chat" && include_usage ? { stream_options: { include_usage } } : {};
          const { status, headers, told } = await streamed(client, form, ask("Grüße", options));
          assert.equal(status, 200, told.join("\n"));
          assert.deepEqual(heard(form, told), { text: "echo: Grüße", whole: true, faults: [] });
          const counted = told.filter((event) => event !== "[DONE]").some((event) => JSON.parse(event).usage);
          assert.equal(counted, include_usage);
          await assertRow(client, entry, headers);
        });
      }

      test("calls a tool and reads its result", async () => {
        const client = await tenant();
        const first = ask(script({ calls: [CALL] }), { tools: form.offered });
        const { status, json, text } = await post(client, form, first);
        assert.equal(status, 200, text);
        assert.deepEqual(form.calls(json), [CALL]);
        const second = await post(client, form, { ...first, messages: [...first.messages, ...form.given(json, "12 degrees")] });
        assert.equal(second.status, 200, second.text);
        assert.equal(form.text(second.json), "results: 12 degrees");
        assert.equal(upstream().answered.length, 2);
      });

      test("its 400 is told in the client's dialect, in its own words", async () => {
        const client = await tenant();
        // Another that carries the model would be asked too, after a translation: it says the same.
        for (const provider of providers.values()) {
          provider.trouble = () => ({ form, response }) => {
            response.writeHead(400, { "content-type": "application/json" });
            response.end(JSON.stringify(form.error(400, "this seed is not supported")));
          };
        }
        const answer = await post(client, form, ask("Hi."));
        const { message } = assertRefusal(door, answer, { status: 400, type: "invalid_request_error" });
        assert.match(message, /this seed is not supported$/);
        assert.equal(upstream().requests.length, 1);
      });

      test("without quota it is left alone: another answers, or the client is told 429", async () => {
        const client = await tenant();
        upstream().trouble = () => "quota";
        for (const time of ["at first", "once that is known"]) {
          const answer = await post(client, form, ask("Hi."));
          if (answer.status !== 200) assertRefusal(door, answer, { status: 429, chat: "insufficient_quota" });
          if (time === "at first") await client.settled(1);
          if (answer.status === 200) assert.notEqual(answer.headers.get("x-moecraft-model").split("/")[0], id);
          assert.equal(upstream().requests.length, 1, `asked ${time}`);
        }
      });
    });
  }
}
