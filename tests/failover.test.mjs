// Failover: when the first choice cannot answer, the next one does, for as long as nothing of an
// answer has gone to the client. After that a broken answer says so, and never ends cleanly.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytes, complete, drop, hang, json, status, stream, TEXT } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";
import { gate, LIMIT, until } from "./support/until.mjs";

// The only provider of this model, so that the plan is: first upstream, second upstream.
const MODEL = "in-house-model";
const set = stage({ upstreams: 2 });
/** How soon the hasty gateway gives a silent upstream up: long beside what a busy machine takes for an answer. */
const PATIENCE_MS = "4000";
const hasty = stage({ upstreams: 2, options: (upstreams) => ({
  upstreams: upstreams.map(({ origin }) => origin),
  vars: { FIRST_BYTE_MS: PATIENCE_MS, ANSWER_MS: PATIENCE_MS },
}) });

const sse = "text/event-stream";
const errorEvent = `data: ${JSON.stringify({ error: { message: "overloaded", type: "overloaded_error" } })}\n\n`;
const chunkOf = (content) => `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;

/** An event's JSON; as it is where it is none, since bytes that have gone out cannot be taken back. */
function parsed(event) {
  try {
    return JSON.parse(event);
  } catch {
    return event;
  }
}

/** What the history tells of how each candidate did. */
const results = (row) => row.attempts.map(({ provider, result }) => [provider, result]);

describe("the next upstream answers when the first", () => {
  const troubles = {
    "is out of quota": [status(429), "status 429"],
    "refuses the gateway's key": [status(401), "status 401"],
    "is out of credit": [status(402), "status 402"],
    "does not have the model": [status(404), "status 404"],
    "fails": [status(500), "status 500"],
    "is unavailable": [status(503), "status 503"],
    "is overloaded": [status(529), "status 529"],
    "is a broken proxy": [bytes("text/html", "<html>502</html>"), "unreadable"],
    "drops the connection": [drop(), "unreachable"],
    "answers an object that is no completion": [json('{"hello":"world"}'), "unreadable"],
    "answers an error with status 200": [json('{"error":{"message":"no"}}'), "unreadable"],
    "does not answer in time": [hang(), "timeout", hasty],
  };
  for (const [what, [trouble, label, on = set]] of Object.entries(troubles)) {
    for (const streaming of [false, true]) {
      test(`${what}${streaming ? ", streaming" : ""}`, LIMIT, async () => {
        const client = await on.tenant();
        const [first, second] = on.upstreams;
        first.answer(trouble);
        let headers;
        if (streaming) {
          const answer = await client.streamed(ask(MODEL));
          assert.deepEqual([textOf(answer.chunks), answer.data.at(-1)], [TEXT, "[DONE]"]);
          ({ headers } = answer);
        } else {
          const answer = await client.chat(ask(MODEL));
          assert.equal(answer.json.choices[0].message.content, TEXT);
          ({ headers } = answer);
        }
        assert.deepEqual([first.hits, second.hits], [1, 1]);
        assert.equal(first.last.raw, second.last.raw, "both were asked the same");
        assert.ok(headers.get("x-moecraft-reason").includes(label), headers.get("x-moecraft-reason"));
        const [row] = await client.settled(1);
        assert.deepEqual(results(row), [["upstream", label], ["upstream-2", "ok"]]);
        assert.deepEqual([row.outcome, row.provider], ["complete", "upstream-2"]);
      });
    }
  }

  const beginnings = {
    "streams nothing": [bytes(sse)],
    "streams an error first": [bytes(sse, errorEvent)],
    "streams an error after a comment": [bytes(sse, ": processing\n\n", errorEvent)],
    "streams an error in two pieces": [bytes(sse, errorEvent.slice(0, 20), errorEvent.slice(20))],
    "streams an error with a comment and in two pieces": [bytes(sse, ": processing\n\n", errorEvent.slice(0, 20), errorEvent.slice(20))],
    "streams garbage": [bytes(sse, "data: <html>\n\n")],
    "streams a comment and drops the connection": [async (request, response) => {
      await bytes(sse, ": processing\n\n", () => response.destroy())(request, response);
    }],
    "sends its head and then nothing": [bytes(sse, () => new Promise(() => {})), hasty],
  };
  for (const [what, [trouble, on = set]] of Object.entries(beginnings)) {
    test(what, LIMIT, async () => {
      const client = await on.tenant();
      const [first, second] = on.upstreams;
      first.answer(trouble);
      const { chunks, data } = await client.streamed(ask(MODEL));
      assert.deepEqual([textOf(chunks), data.at(-1)], [TEXT, "[DONE]"]);
      assert.deepEqual([first.hits, second.hits], [1, 1]);
      const [row] = await client.settled(1);
      assert.equal(row.attempts[0].result === "ok", false, "the first attempt is not called good");
      assert.deepEqual([row.outcome, row.provider], ["complete", "upstream-2"]);
    });
  }
});

describe("an upstream that is given up", () => {
  test("is hung up on, so that it does not work for nobody", LIMIT, async () => {
    const client = await hasty.tenant();
    const [first] = hasty.upstreams;
    first.answer(hang());
    await client.chat(ask(MODEL));
    await until("the first upstream sees the caller leave", () => first.last.left);
  });
});

describe("a request that is wrong in itself", () => {
  for (const code of [400, 422]) {
    test(`is not carried to the next upstream: ${code}, in the provider's own words`, async () => {
      const client = await set.tenant();
      const [first, second] = set.upstreams;
      first.answer(status(code, { message: "top_k is not supported", error: { type: "invalid_request_error", param: "top_k" } }));
      const answer = await client.chat(ask(MODEL));
      const { message } = assertError(answer, { status: code, type: "invalid_request_error", param: "top_k" });
      assert.equal(message, "top_k is not supported");
      assert.deepEqual([first.hits, second.hits], [1, 0]);
      const [row] = await client.settled(1);
      assert.deepEqual([row.outcome, row.status, row.cost_nanos, results(row)], ["failed", code, 0, [["upstream", `status ${code}`]]]);
    });
  }
});

describe("when every upstream fails", () => {
  for (const [last, expected, on = set] of [
    [status(429, { headers: { "retry-after": "17" }, message: "slow down, please", error: { type: "rate_limit_error" } }), { status: 429, type: "rate_limit_error" }],
    [status(500), { status: 502, type: "server_error" }],
    [status(529), { status: 503, type: "server_error" }],
    [drop(), { status: 502, type: "server_error" }],
    [hang(), { status: 504, type: "server_error" }, hasty],
  ]) {
    test(`the client is told so with ${expected.status}, and one failed row costs nothing`, LIMIT, async () => {
      const client = await on.tenant();
      on.upstreams[0].answer(status(500));
      on.upstreams[1].answer(last);
      const answer = await client.chat(ask(MODEL));
      assertError(answer, expected);
      assert.equal(answer.headers.get("retry-after"), expected.status === 429 ? "17" : null);
      const [row] = await client.settled(1);
      assert.equal(answer.headers.get("x-moecraft-request-id"), row.id);
      assert.deepEqual([row.outcome, row.status, row.cost_nanos, row.attempts.length >= 2], ["failed", expected.status, 0, true]);
    });
  }

  test("a stream's client gets the same error, as JSON and not as a stream", async () => {
    const client = await set.tenant();
    set.upstreams.forEach((upstream) => upstream.answer(status(500)));
    assertError(await client.chat(ask(MODEL, "Hi.", { stream: true })), { status: 502, type: "server_error" });
    await client.settled(1);
  });

  test("a provider's secrets in its error are not told on", async () => {
    const client = await set.tenant();
    set.upstreams.forEach((upstream) => upstream.answer(status(401, { message: "Incorrect API key provided: sk-upstream-of-the-gateway" })));
    const { text } = await client.chat(ask(MODEL));
    assert.ok(!text.includes("sk-upstream"), text);
  });
});

describe("a stream that breaks off after its first words", () => {
  const breaks = {
    "by a dropped connection": stream({ cut: 3 }),
    "by an end without an end marker": bytes(sse, chunkOf("Hello, this ")),
    "in the middle of an event": async (request, response) => bytes(sse, chunkOf("Hello, this "), 'data: {"choi', () => response.destroy())(request, response),
    "by garbage": bytes(sse, chunkOf("Hello, this "), "data: <html>\n\n"),
    "by an error event of its own": stream({ error: 3 }),
  };
  for (const [what, broken] of Object.entries(breaks)) {
    for (const include_usage of [false, true]) {
      test(`${what} ends with an error event and no [DONE]${include_usage ? ", unedited" : ""}`, async () => {
        const client = await set.tenant();
        const [first, second] = set.upstreams;
        const sent = gate();
        first.answer((request) => async (_, response) => {
          // The client has the first words before the break comes.
          const { write } = response;
          response.write = (text, then) => write.call(response, text, () => (sent.open(), then?.()));
          await broken(request, response);
        });
        const { data } = await client.streamed(ask(MODEL, "Hi.", { stream_options: { include_usage } }));
        await sent.promise;
        const events = data.map(parsed);
        assert.equal(textOf(events), "Hello, this ");
        assert.ok(!events.includes("[DONE]"));
        const { error } = events.at(-1);
        assert.ok(error?.message && error.type, `the last event is ${data.at(-1)}`);
        assert.equal(events.filter((event) => event.error).length, 1, "one error is enough");
        assert.deepEqual([first.hits, second.hits], [1, 0], "half an answer is not started anew");

        const [row] = await client.settled(1);
        assert.equal(row.outcome, "cut");
        assert.equal(row.usage.source, "estimated");
        assert.ok(row.usage.input > 0, "the prompt is paid for");
        assert.ok(row.usage.output > 0, "what was said before the break is paid for");
        assert.ok(row.cost_nanos > 0);
      });
    }
  }
});

describe("a stream that never ends", () => {
  const patient = stage({ options: ({ 0: upstream }) => ({ upstreams: [upstream.origin], vars: { STREAM_MS: PATIENCE_MS } }) });

  for (const include_usage of [false, true]) {
    test(`is given up when its time is over: both sides are told, and it is settled${include_usage ? ", unedited" : ""}`, LIMIT, async () => {
      const client = await patient.tenant();
      patient.upstream.answer(stream({ between: (i) => i === 3 && new Promise(() => {}) }));
      const { chunks, data } = await client.streamed(ask(MODEL, "Hi.", { stream_options: { include_usage } }));
      assert.ok(!data.includes("[DONE]"));
      assert.ok(chunks.at(-1).error?.message, data.at(-1));
      const [row] = await client.settled(1);
      assert.deepEqual([row.outcome, row.usage.source], ["cut", "estimated"]);
      assert.ok(row.usage.output > 0);
      await until("the upstream sees the caller leave", () => patient.upstream.last.left);
    });
  }
});

test("work goes on with the next model when no upstream has the first", async () => {
  const client = await set.tenant();
  const asked = [];
  const script = (request) => {
    asked.push(request.model);
    return asked.includes(request.model) && new Set(asked).size > 1 ? complete() : status(429);
  };
  set.upstreams.forEach((upstream) => upstream.answer(script));
  const { status: code, headers } = await client.chat(ask("moecraft/auto"));
  assert.equal(code, 200);
  assert.equal(new Set(asked).size, 2, `asked ${asked}`);
  const row = await client.row(headers.get("x-moecraft-request-id"));
  assert.equal(row.attempts.at(-1).result, "ok");
  assert.equal(row.model, row.attempts.at(-1).model);
  assert.equal(headers.get("x-moecraft-model"), row.model);
});
