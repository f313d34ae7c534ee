// Every way in which a provider fails, for every dialect as it comes and translated, streamed and not. The client gets
// the answer of the next place or a clear error in its own form; one row says which, and nobody's key is told.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { createGzip, constants, gzipSync } from "node:zlib";
import { assertRefusal, DIALECTS, heard, PAIRS } from "./support/dialects.mjs";
import { Gateway, UPSTREAM_KEY } from "./support/gateway.mjs";
import { script } from "./support/provider/script.mjs";
import { Provider, write } from "./support/provider.mjs";
import { events } from "./support/sse.mjs";
import { LIMIT } from "./support/until.mjs";

const SAY = "There is more than one way to say this, and this is one of them.";
const DIALECTS_OF = { openai: ["chat", "responses"], anthropic: ["messages"], moonshot: ["chat"], general: ["chat", "responses", "messages"] };
/** How long an upstream may stand still before the hasty gateways: long beside what a busy machine takes for an answer. */
const PATIENCE_MS = "4000";
const json = { "content-type": "application/json" };
const sse = { "content-type": "text/event-stream" };

/** Answers with an error in the provider's form. */
const refuse = (status, message, { headers, ...more } = {}) => ({ form, response }) => {
  response.writeHead(status, { ...json, ...headers }).end(JSON.stringify(form.error(status, message, more)));
};

/** Begins an answer properly, up to its middle: some words of a stream, or half of a whole. Gives what is left. */
async function half({ frames, response, streamed }) {
  response.writeHead(200, streamed ? sse : json);
  const middle = streamed ? frames.findIndex((frame) => frame.includes(SAY.slice(0, 7))) + 4 : frames[0].length >> 1;
  for (const piece of streamed ? frames.slice(0, middle) : [frames[0].slice(0, middle)]) await write(response, piece);
  return streamed ? frames.slice(middle).join("") : frames[0].slice(middle);
}

const unified = { "anthropic-ratelimit-unified-status": "rejected", "anthropic-ratelimit-unified-5h-status": "rejected" };
const resetting = () => String(Math.ceil(Date.now() / 1000) + 3 * 3600);
const quota = { type: "insufficient_quota", code: "insufficient_quota" };

/**
 * What goes wrong; the history's word for it (`label`); what the client is told when there is nobody else (`status`, and
 * OpenAI's `type`); what it is told where the provider's own words are in its dialect (`own`).
 */
const BEFORE = {
  "429 of a subscription that is used up": {
    serve: (call) => refuse(429, "This request would exceed your account's rate limit.", {
      headers: { ...unified, "retry-after": "10800", "x-should-retry": "false", "anthropic-ratelimit-unified-reset": resetting() },
    })(call),
    label: "status 429", status: 429, type: "insufficient_quota", own: { chat: "requests", responses: "requests" },
  },
  "429 that is not to be tried again": { serve: refuse(429, "Not now, and not soon.", { headers: { "x-should-retry": "false" } }), label: "status 429", status: 429, type: "insufficient_quota", own: { chat: "requests", responses: "requests" } },
  "429 for a second": { serve: refuse(429, "Too fast.", { headers: { "retry-after": "1" } }), label: "status 429", status: 429, type: "rate_limit_error", retryAfter: "1", own: { chat: "requests", responses: "requests" } },
  "429 for an hour": { serve: refuse(429, "Too much.", { headers: { "retry-after": "3600" } }), label: "status 429", status: 429, type: "insufficient_quota", retryAfter: "3600", own: { chat: "requests", responses: "requests" } },
  "429 insufficient_quota": { serve: refuse(429, "You exceeded your current quota, please check your plan.", quota), label: "status 429", status: 429, type: "insufficient_quota", own: { chat: "insufficient_quota", responses: "insufficient_quota", messages: "insufficient_quota" } },
  "429 rate_limit_exceeded": { serve: refuse(429, "Rate limit reached for requests.", { code: "rate_limit_exceeded", headers: { "retry-after": "1" } }), label: "status 429", status: 429, type: "rate_limit_error", retryAfter: "1", own: { chat: "requests", responses: "requests" } },
  "429 usage_limit_reached": { serve: refuse(429, "The usage limit has been reached.", { type: "usage_limit_reached" }), label: "status 429", status: 429, type: "insufficient_quota", own: { chat: "usage_limit_reached", responses: "usage_limit_reached", messages: "usage_limit_reached" } },
  "529": { serve: refuse(529, "Overloaded", { type: "overloaded_error" }), label: "status 529", status: 503, type: "server_error", own: { messages: "overloaded_error" }, ownStatus: { messages: 529 } },
  "500": { serve: refuse(500, "Internal server error"), label: "status 500", status: 502, type: "server_error" },
  "503": { serve: refuse(503, "The engine is currently unavailable.", { type: "server_error" }), label: "status 503", status: 502, type: "server_error", own: { chat: "server_error", responses: "server_error", messages: "server_error" }, ownStatus: { chat: 503, responses: 503, messages: 503 } },
  "401 that repeats the key": { serve: (call) => refuse(401, `Incorrect API key provided: ${call.key}.`)(call), label: "status 401", status: 502, type: "server_error" },
  "a hang before the headers": { serve: () => {}, label: "timeout", status: 504, type: "server_error" },
  "a dropped connection": { serve: ({ response }) => void response.destroy(), label: "unreachable", status: 502, type: "server_error" },
  "HTML with status 200": { serve: ({ response }) => void response.writeHead(200, { "content-type": "text/html" }).end("<html><body>Sign in</body></html>"), label: "unreadable", status: 502, type: "server_error" },
  "an empty body with status 200": { serve: ({ response, streamed }) => void response.writeHead(200, streamed ? sse : json).end(), label: "unreadable", status: 502, type: "server_error" },
  "garbage from the start": { serve: ({ response, streamed }) => void response.writeHead(200, streamed ? sse : json).end("data: \u0000{{{\n\n"), label: "unreadable", status: 502, type: "server_error" },
};

/** What goes wrong in the middle. What came whole is asked for elsewhere; of a stream the client has the first words. */
const MIDDLE = {
  "a hang": { serve: async (call) => void (await half(call)), label: "timeout", status: 504 },
  "a dropped connection": { serve: async (call) => (await half(call), call.response.destroy()), label: "unreachable", status: 502 },
  "garbage": { serve: async (call) => (await half(call), call.response.end("\ndata: <html>\u0000\n\n")), label: "unreadable", status: 502 },
  "an end": { serve: async (call) => (await half(call), call.response.end()), label: "unreadable", status: 502 },
  "an end inside an event, or of half the JSON": { serve: async (call) => call.response.end((await half(call)).slice(0, 20)), label: "unreadable", status: 502 },
};

/** What is odd, but an answer. */
const ODD = {
  "one byte at a time": async ({ frames, response, streamed }) => {
    response.writeHead(200, streamed ? sse : json);
    for (const byte of Buffer.from(frames.join(""))) {
      response.write(Buffer.of(byte));
      await sleep(2);
    }
    response.end();
  },
  "in gzip": async ({ frames, response, streamed }) => {
    response.writeHead(200, { ...(streamed ? sse : json), "content-encoding": "gzip" });
    if (!streamed) return void response.end(gzipSync(frames[0]));
    const zip = createGzip();
    zip.pipe(response);
    for (const frame of frames) {
      zip.write(frame);
      await new Promise((resolve) => zip.flush(constants.Z_SYNC_FLUSH, resolve));
    }
    zip.end();
  },
};

describe("a provider that fails", { concurrency: 4 }, () => {
  const providers = {};
  /** Gateways before one provider for each model (`alone`), and with one more for all (`several`). */
  const usual = {};
  const hasty = {};
  /** Those for a fault: only a hang is to be given up. */
  const gatewaysFor = (fault) => (fault.label === "timeout" ? hasty : usual);
  let tenants = 0;

  before(async () => {
    const vars = {};
    for (const [name, dialects] of Object.entries(DIALECTS_OF)) {
      const key = name === "general" ? UPSTREAM_KEY : `sk-${name}-of-the-gateway`;
      providers[name] = await Provider.start({ name, key, dialects });
      if (name === "general") continue;
      Object.assign(vars, { [`${name.toUpperCase()}_API_KEY`]: key, [`${name.toUpperCase()}_BASE_URL`]: `${providers[name].origin}/v1` });
      // What is to go wrong stands in the prompt, so that many tests can run at once.
      providers[name].trouble = ({ raw, stream }) => {
        const [, kind, fault] = raw.match(/<(BEFORE|MIDDLE|ODD):([^>]*)>/);
        const serve = { BEFORE, MIDDLE, ODD }[kind][fault];
        return (delivery) => (serve.serve ?? serve)({ ...delivery, streamed: stream, key });
      };
    }
    const deadlines = { FIRST_BYTE_MS: PATIENCE_MS, ANSWER_MS: PATIENCE_MS, IDLE_MS: PATIENCE_MS };
    for (const [gateways, more] of [[usual, {}], [hasty, deadlines]]) {
      gateways.alone = await Gateway.start({ vars: { ...vars, ...more } });
      gateways.several = await Gateway.start({ vars: { ...vars, ...more }, upstreams: [providers.general.origin] });
    }
  });

  after(async () => {
    for (const one of [usual, hasty, providers].flatMap(Object.values)) await one.stop();
    const refusals = Object.values(providers).flatMap((provider) => provider.refusals);
    assert.deepEqual(refusals, [], "a provider was sent what it refuses");
  });

  /** Asks, and gives what came: a whole answer's or an error's JSON, or what a stream said. Nobody's key is in it. */
  async function ask(gateway, pair, fault, streamed) {
    const client = await gateway.tenant(`faulty-${++tenants}`);
    const dialect = DIALECTS[pair.client];
    const body = dialect.ask(pair.model, `${script({ say: SAY })} <${fault}>`, { stream: streamed });
    const response = await client.fetch(dialect.path, { method: "POST", body });
    const [own, copy] = response.body.tee();
    const text = new Response(copy).text();
    const answer = { client, status: response.status, headers: response.headers, streamed };
    if (response.headers.get("content-type").startsWith("text/event-stream")) {
      const data = [];
      for await (const event of events(own)) data.push(event);
      Object.assign(answer, heard(dialect, data));
    } else {
      answer.json = await new Response(own).json();
      if (answer.status === 200) answer.text = dialect.text(answer.json);
    }
    answer.raw = await text;
    for (const secret of [UPSTREAM_KEY, "of-the-gateway", client.key]) assert.ok(!answer.raw.includes(secret), "a key is told");
    return answer;
  }

  const results = (row) => row.attempts.map(({ provider, result }) => [provider, result]);

  /** Asserts the whole of an answer, as a stream or not, and that one row says who gave it. */
  async function assertAnswered({ client, status, streamed, text, whole, faults, raw }, attempts) {
    assert.deepEqual([status, text], [200, SAY], raw);
    if (streamed) assert.deepEqual([whole, faults], [true, []]);
    const [row] = await client.settled(1);
    assert.deepEqual([row.outcome, row.usage.source, results(row)], ["complete", "reported", attempts]);
  }

  /** Asserts an error in the client's form, and that one row says so at no cost. */
  async function assertFailed(pair, answer, fault, expected) {
    assertRefusal(pair.client, { ...answer, text: answer.raw }, expected);
    const [row] = await answer.client.settled(1);
    assert.deepEqual([row.outcome, row.status, row.cost_nanos, row.id], ["failed", expected.status, 0, answer.headers.get("x-moecraft-request-id")]);
    assert.ok(results(row).every(([provider, result]) => provider === pair.provider && result === fault.label), JSON.stringify(row.attempts));
  }

  for (const [what, fault] of Object.entries(BEFORE)) {
    for (const pair of PAIRS) {
      test(`by ${what} leaves the answer to the next, or ends in a clear error: ${pair.name}`, LIMIT, () => Promise.all([true, false].map(async (streamed) => {
        await Promise.all([
          ask(gatewaysFor(fault).several, pair, `BEFORE:${what}`, streamed).then((answer) => assertAnswered(answer, [[pair.provider, fault.label], ["upstream", "ok"]])),
          ask(gatewaysFor(fault).alone, pair, `BEFORE:${what}`, streamed).then(async (answer) => {
            const own = pair.client === pair.upstream;
            const expected = own ? { ...fault, ...fault.own, status: fault.ownStatus?.[pair.client] ?? fault.status } : fault;
            await assertFailed(pair, answer, fault, expected);
            if (fault.retryAfter) assert.equal(answer.headers.get("retry-after"), fault.retryAfter);
          }),
        ]);
      })));
    }
  }

  for (const [what, fault] of Object.entries(MIDDLE)) {
    for (const pair of PAIRS) {
      test(`by ${what} in the middle of a stream ends it with one error, never cleanly: ${pair.name}`, LIMIT, async () => {
        const { client, status, text, whole, faults, raw } = await ask(gatewaysFor(fault).several, pair, `MIDDLE:${what}`, true);
        assert.deepEqual([status, whole, faults.length], [200, false, 1], raw);
        assert.ok(text.length > 0 && SAY.startsWith(text), "the first words have come");
        const [row] = await client.settled(1);
        assert.deepEqual([row.outcome, row.usage.source, row.provider], ["cut", "estimated", pair.provider]);
        assert.ok(row.usage.input > 0 && row.usage.output > 0 && row.cost_nanos > 0, "what came is paid for");
      });

      test(`by ${what} in the middle of a whole answer leaves it to the next, or ends in a clear error: ${pair.name}`, LIMIT, () => Promise.all([
        ask(gatewaysFor(fault).several, pair, `MIDDLE:${what}`, false).then((answer) => assertAnswered(answer, [[pair.provider, fault.label], ["upstream", "ok"]])),
        ask(gatewaysFor(fault).alone, pair, `MIDDLE:${what}`, false).then((answer) => assertFailed(pair, answer, fault, { status: fault.status, type: "server_error" })),
      ]));
    }
  }

  for (const what of Object.keys(ODD)) {
    for (const pair of PAIRS) {
      test(`not at all, but answers ${what}: ${pair.name}`, LIMIT, () => Promise.all([true, false].map(async (streamed) => {
        await assertAnswered(await ask(usual.alone, pair, `ODD:${what}`, streamed), [[pair.provider, "ok"]]);
      })));
    }
  }
});
