// What is wrong with an answer can be seen without knowing what would be right: such an answer is not
// served again, and where it has to be JSON and is not, it is mended once.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { complete, status, stream, TEXT, USAGE } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { stage } from "./support/stage.mjs";

const AUTO = "moecraft/auto";
const NAMED = "in-house-model";
const ROUTING = "/moecraft/routing";
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const response_format = { type: "json_schema", json_schema: { name: "place", schema } };
const set = stage();

const said = (text, more) => complete({ words: [text], ...more });
const content = (answer) => answer.json.choices[0].message.content;
const reason = ({ headers }) => headers.get("x-moecraft-reason");

/** The upstream gives these answers in turn, and the last one from then on. */
function script(...answers) {
  let at = 0;
  set.upstream.answer((_) => answers[Math.min(at++, answers.length - 1)]);
}

describe("not served again is an answer that", () => {
  const answers = {
    "is empty": "",
    "declines": "I'm sorry, but I can't help with that.",
    "goes round in a circle": "The answer depends on what the question is about. ".repeat(12),
    "leaves its code open": "Here it is:\n```python\ndef capital():",
    "is in another language": "Столица Франции называется Париж, и в нём живёт около двух миллионов человек, а вокруг ещё десять.",
  };
  for (const [what, text] of Object.entries(answers)) {
    for (const streaming of [false, true]) {
      test(`${what}${streaming ? ", as a stream" : ""}`, async () => {
        const client = await set.tenant();
        const question = ask(AUTO, "What is the capital of France, and how many people live there?");
        script(said(text), complete());
        const first = streaming ? await client.streamed(question) : await client.chat(question);
        assert.equal(first.status, 200);
        await client.settled(1);
        const again = await client.chat(question);
        assert.deepEqual([content(again), again.headers.get("x-moecraft-class") === "surrogate"], [TEXT, false]);
        await client.settled(2);
        const third = await client.chat(question);
        assert.equal(third.headers.get("x-moecraft-class"), "surrogate", "a good one is");
      });
    }
  }
});

describe("an answer that has to be JSON", () => {
  test("and is, goes to the client as it came", async () => {
    const client = await set.tenant();
    script(said('{ "city":\t"Paris" }'));
    const answer = await client.chat(ask(NAMED, "Where?", { response_format }));
    assert.equal(content(answer), '{ "city":\t"Paris" }');
    assert.equal(set.upstream.hits, 1);
  });

  for (const [what, text] of Object.entries({
    "a fence around it": '```json\n{"city": "Paris"}\n```',
    "a comma too many": '{"city": "Paris",}',
    "a bracket too few": '{"city": "Paris"',
  })) {
    test(`and has ${what}, is mended without a call`, async () => {
      const client = await set.tenant();
      script(said(text));
      const answer = await client.chat(ask(NAMED, "Where?", { response_format }));
      assert.deepEqual(JSON.parse(content(answer)), { city: "Paris" });
      assert.equal(set.upstream.hits, 1);
      assert.match(reason(answer), /its JSON was mended/);
    });
  }

  test("and is not, is mended by its model, in the same row", async () => {
    const client = await set.tenant();
    script(said('{"town": "Paris"}'), said('{"city": "Paris"}'));
    const answer = await client.chat(ask(NAMED, "Where?", { response_format }));
    assert.deepEqual(JSON.parse(content(answer)), { city: "Paris" });
    assert.match(reason(answer), /mended in a second call/);
    const [first, second] = set.upstream.requests.map(({ body }) => body);
    assert.deepEqual(second.messages.slice(0, first.messages.length), first.messages);
    const [own, complaint] = second.messages.slice(first.messages.length);
    assert.deepEqual([own.role, own.content, complaint.role], ["assistant", '{"town": "Paris"}', "user"]);
    assert.match(complaint.content, /`required`/);
    assert.deepEqual(second.response_format, response_format);
    const [row] = await client.settled(1);
    assert.equal(row.attempts.length, 2);
    assert.deepEqual([row.usage.input, row.usage.output], [2 * USAGE.prompt_tokens, 2 * USAGE.completion_tokens]);
    set.upstream.answer(said('{"city": "Paris"}'));
    await client.chat(ask(NAMED, "Where?", { response_format }));
    const [once] = await client.settled(2);
    assert.deepEqual([row.cost_nanos, row.baseline_nanos], [2 * once.cost_nanos, once.baseline_nanos]);
  });

  test("and stays broken, is asked for once more and not twice", async () => {
    const client = await set.tenant();
    script(said("Paris"), said("Paris, I said"), said('{"city": "Paris"}'));
    const answer = await client.chat(ask(NAMED, "Where?", { response_format }));
    assert.equal(content(answer), "Paris", "the first answer, as it came");
    assert.equal(set.upstream.hits, 2);
    assert.match(reason(answer), /stayed broken/);
    const [row] = await client.settled(1);
    assert.equal(row.usage.output, 2 * USAGE.completion_tokens);
  });

  test("is the client's as it was where the second call fails", async () => {
    const client = await set.tenant();
    for (const trouble of [status(500), status(400), said("{}", { finish: "length" })]) {
      script(said("Paris"), trouble);
      const before = set.upstream.hits;
      const answer = await client.chat(ask(NAMED, "Where?", { response_format }));
      assert.deepEqual([content(answer), set.upstream.hits - before], ["Paris", 2]);
    }
    const rows = await client.settled(3);
    assert.deepEqual(rows.map(({ outcome }) => outcome), Array(3).fill("complete"));
  });

  for (const [what, more, text] of [
    ["was cut off", { finish: "length" }, '{"city": "Par'],
    ["declines", {}, "I'm sorry, but I can't help with that."],
  ]) {
    test(`and ${what}, is left alone`, async () => {
      const client = await set.tenant();
      script(said(text, more));
      const answer = await client.chat(ask(NAMED, "Where?", { response_format }));
      assert.deepEqual([content(answer), set.upstream.hits], [text, 1]);
    });
  }

  test("is left alone in a stream, and where the tenant says so", async () => {
    const client = await set.tenant({ owner: true });
    script(stream({ words: ["Paris"] }));
    await client.streamed(ask(NAMED, "Where?", { response_format }));
    assert.equal(set.upstream.hits, 1);
    assert.equal((await client.put(ROUTING, { repair: false })).json.repair, false);
    script(said("```json\n{}\n```"));
    const answer = await client.chat(ask(NAMED, "Where?", { response_format }));
    assert.deepEqual([content(answer), set.upstream.hits], ["```json\n{}\n```", 2]);
  });
});

test("a call's arguments are mended in place", async () => {
  const client = await set.tenant();
  const call = (text) => complete({ words: [], finish: "tool_calls", message: { content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "find", arguments: text } }] } });
  const tools = [{ type: "function", function: { name: "find", parameters: schema } }];
  script(call('{"city": "Paris",}'));
  const answer = await client.chat(ask(NAMED, "Where?", { tools }));
  const [{ function: { name, arguments: mended } }] = answer.json.choices[0].message.tool_calls;
  assert.deepEqual([name, JSON.parse(mended), set.upstream.hits], ["find", { city: "Paris" }, 1]);
});
