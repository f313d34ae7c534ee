// The scripted provider itself: what it refuses. All other tests here count on it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Provider } from "../support/provider.mjs";
import { script } from "../support/provider/script.mjs";

const KEY = "sk-of-the-test";
let provider;
before(async () => (provider = await Provider.start({ name: "strict", key: KEY })));
after(() => provider.stop());

async function post(path, body, headers = {}) {
  const response = await fetch(provider.origin + path, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "anthropic-version": "2023-06-01", "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

const user = (content) => ({ role: "user", content });
const assistant = (content) => ({ role: "assistant", content });

const use = (id) => assistant([{ type: "tool_use", id, name: "t", input: {} }]);
const given = (id) => user([{ type: "tool_result", tool_use_id: id, content: "r" }]);
const marked = { type: "text", text: "x", cache_control: { type: "ephemeral" } };
const forced = { tools: [{ name: "t", input_schema: { type: "object" } }], tool_choice: { type: "any" } };
const messages = (...messages) => ({ model: "claude-haiku-4-5", max_tokens: 8, messages });

const calls = (id) => ({ role: "assistant", content: null, tool_calls: [{ id, type: "function", function: { name: "t", arguments: "{}" } }] });
const tool = (id) => ({ role: "tool", tool_call_id: id, content: "r" });
const chat = (...messages) => ({ model: "gpt-4o", messages });

const call = (call_id) => ({ type: "function_call", call_id, name: "t", arguments: "{}" });
const output = (call_id) => ({ type: "function_call_output", call_id, output: "r" });
const responses = (...input) => ({ model: "gpt-5.5", input });

for (const [path, cases] of Object.entries({
  "/v1/messages": [
    ["no max_tokens", { ...messages(user("x")), max_tokens: undefined }, /max_tokens/],
    ["a field of another API", { ...messages(user("x")), stream_options: {} }, /stream_options/],
    ["an unknown role", messages(user("x"), { role: "tool", content: "r" }), /role/],
    ["a first message of the model's", messages(assistant("x")), /first message/],
    ["an empty text", messages(user([{ type: "text", text: "" }])), /non-empty/],
    ["a result without its call", messages(user("x"), assistant("y"), given("toolu_1")), /unexpected/],
    ["a call without its result", messages(user("x"), use("toolu_1"), user("y")), /without `tool_result`/],
    ["a call at the end", messages(user("x"), use("toolu_1")), /without `tool_result`/],
    ["an id with other characters", messages(user("x"), use("functions.t:0"), given("functions.t:0")), /pattern/],
    ["a thought of another's", messages(user("x"), assistant([{ type: "thinking", thinking: "hm", signature: "c2ln" }]), user("z")), /Invalid `signature`/],
    ["five cache marks", messages(user(Array(5).fill(marked))), /maximum of 4/],
    ["a tool of OpenAI's form", { ...messages(user("x")), tools: [{ type: "function", function: { name: "t" } }] }, /tag 'function'/],
    ["a forced tool where the model always thinks", { ...messages(user("x")), model: "claude-opus-5-5", ...forced }, /forced/],
  ],
  "/v1/chat/completions": [
    ["a field of another API", { ...chat(user("x")), system: "s" }, /Unrecognized request argument/],
    ["an unknown role", chat({ role: "model", content: "x" }), /Invalid value: 'model'/],
    ["a result without its call", chat(user("x"), tool("call_1")), /must be a response/],
    ["a call without its result", chat(user("x"), calls("call_1"), user("y")), /must be followed/],
    ["an id of 41 characters", chat(user("x"), calls("c".repeat(41)), tool("c".repeat(41))), /maximum length 40/],
    ["a cache mark", chat(user([marked])), /cache_control/],
    ["the old name of the limit", { ...chat(user("x")), model: "gpt-5.5", max_tokens: 9 }, /max_completion_tokens/],
    ["an answer of nothing", chat(user("x"), assistant(null)), /expected a string/],
  ],
  "/v1/responses": [
    ["a field of another API", { ...responses(user("x")), messages: [] }, /Unknown parameter/],
    ["a part of another API", responses(user([{ type: "text", text: "x" }])), /Invalid value: 'text'/],
    ["a result without its call", responses(user("x"), output("call_1")), /No tool call found/],
    ["a call without its result", responses(user("x"), call("call_1"), user("y")), /No tool output found/],
    ["an item with another's id", responses(user("x"), { ...call("call_1"), id: "toolu_1" }, output("call_1")), /begins with 'fc'/],
    ["reasoning of another's", responses(user("x"), { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAAAB" }), /could not be verified/],
  ],
})) {
  describe(`${path} refuses`, () => {
    for (const [what, body, words] of cases) {
      test(what, async () => {
        provider.reset();
        const { status, json } = await post(path, body);
        assert.equal(status, 400, JSON.stringify(json));
        assert.match(json.error.message, words);
        assert.equal(provider.refusals.length, 1);
        assert.equal(provider.requests.length, 0, "a refused request is not answered");
      });
    }
  });
}

test("a thought comes back as it went out, and not changed in a byte", async () => {
  provider.reset();
  const first = { ...messages(user(script({ think: "Hm.", say: "y" }))), thinking: { type: "adaptive" } };
  const { json } = await post("/v1/messages", first);
  const [thought] = json.content;
  assert.equal(thought.type, "thinking");
  const next = (block) => messages(...first.messages, assistant([block, { type: "text", text: "y" }]), user("z"));
  assert.equal((await post("/v1/messages", next(thought))).status, 200);
  assert.equal((await post("/v1/messages", next({ ...thought, thinking: "Hm!" }))).status, 400);
});

test("another's key, another dialect and a tenant's key are not taken", async () => {
  provider.reset();
  assert.equal((await post("/v1/messages", messages(user("x")), { authorization: "Bearer other" })).status, 401);
  await post("/v1/messages", messages(user("x")), { "x-api-key": "moe_tenant" });
  assert.match(provider.refusals[0], /tenant's key/);
  const narrow = await Provider.start({ name: "narrow", key: KEY, dialects: ["chat"] });
  const response = await fetch(`${narrow.origin}/v1/messages`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: "{}" });
  assert.equal(response.status, 404);
  await narrow.stop();
});

for (const [path, body, expected] of [
  ["/v1/messages", messages(user("x")), ["rate_limit_error", undefined, "rejected"]],
  ["/v1/chat/completions", chat(user("x")), ["insufficient_quota", "insufficient_quota", null]],
  ["/v1/responses", responses(user("x")), ["insufficient_quota", "insufficient_quota", null]],
]) {
  test(`${path} says in its own form that the quota is used up`, async () => {
    provider.reset();
    provider.trouble = () => "quota";
    const { status, headers, json } = await post(path, body);
    assert.equal(status, 429);
    assert.deepEqual([json.error.type, json.error.code, headers.get("anthropic-ratelimit-unified-status")], expected);
  });
}
