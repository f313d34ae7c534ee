// Streams on their way: signs of life in a silence, clients that leave, clients that do not read, and
// streams of many pieces; for every dialect, as it comes and translated.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, afterEach, before, describe, test } from "node:test";
import OpenAI from "openai";
import { stage } from "./clients/support/stage.mjs";
import { BareGateway } from "./support/bare.mjs";
import { DIALECTS, heard, PAIRS, parsed } from "./support/dialects.mjs";
import { script } from "./support/provider/script.mjs";
import { Provider, write } from "./support/provider.mjs";
import { blocks, events } from "./support/sse.mjs";
import { gate, LIMIT, until } from "./support/until.mjs";

const SAY = "There is more than one way to say this, and this is one of them.";
const PROVIDERS = ["openai", "anthropic", "moonshot"];
let tenants = 0;

/** A client of a tenant that nobody has used before. */
const tenant = (set) => set.gateway.tenant(`streaming-${++tenants}`);

/** The body that makes a pair's provider say something, streamed. */
const asking = ({ client, model }, say = SAY, more) => DIALECTS[client].ask(model, script({ say }), { stream: true, ...more });

/** Opens a stream; gives it as soon as its head is there. */
const open = (client, pair, { more, ...options } = {}) => client.fetch(DIALECTS[pair.client].path, { method: "POST", body: asking(pair, SAY, more), ...options });

/** Starts an answer's stream, with those of its events that come before the first word and three words. */
async function begin({ frames, response }) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const words = frames.findIndex((frame) => frame.includes(SAY.slice(0, 7))) + 3;
  for (const frame of frames.slice(0, words)) await write(response, frame);
  return frames.slice(words);
}

async function finish(frames, response) {
  for (const frame of frames) await write(response, frame);
  response.end();
}

/** A block's data; nothing for a comment. */
function dataOf(block) {
  const data = block.find((line) => line.startsWith("data:"));
  return data && parsed(data.slice(5).trim());
}

/** What each dialect's clients heed as a sign of life, once the stream has begun. */
const SIGNS = { chat: (block) => block[0] === ": keep-alive", responses: (block) => dataOf(block)?.type === "keepalive", messages: (block) => dataOf(block)?.type === "ping" };
/** Before a response is created, its official client takes nothing but comments. */
const FIRST_SIGNS = { ...SIGNS, responses: SIGNS.chat };

/** A stream's text without the signs of life between its events, each of which is a block of its own. */
function withoutSigns(dialect, text) {
  const isSign = (lines) => lines.join() === ":" || FIRST_SIGNS[dialect](lines) || SIGNS[dialect](lines);
  return text.split("\n\n").filter((block) => !isSign(block.split("\n"))).join("\n\n");
}

/** Reads on until a block that `wanted` accepts; gives all that came up to it. */
async function readTo(stream, wanted) {
  const read = [];
  for (;;) {
    const { value, done } = await stream.next();
    assert.ok(!done, `the stream ended after ${JSON.stringify(read.slice(-3))}`);
    read.push(value);
    if (wanted(value)) return read;
  }
}

async function rest(stream) {
  const read = [];
  for await (const block of stream) read.push(block);
  return read;
}

/** What the blocks of a whole stream said. */
const said = (pair, all) => heard(DIALECTS[pair.client], all.map((block) => block.find((line) => line.startsWith("data:"))?.slice(5).trim()).filter(Boolean));

describe("a client that waits gets a sign of life", () => {
  const set = stage(PROVIDERS, { vars: { KEEP_ALIVE_MS: "150" } });
  const of = ({ provider }) => set.providers[provider];

  for (const pair of PAIRS) {
    test(`before the first word: its head first, and the answer in the end: ${pair.name}`, LIMIT, async () => {
      const client = await tenant(set);
      const silence = gate();
      of(pair).trouble = () => async (delivery) => {
        await silence.promise;
        await finish(await begin(delivery), delivery.response);
      };
      const response = await open(client, pair);
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, "text/event-stream"]);
      const stream = blocks(response.body);
      const signs = await readTo(stream, FIRST_SIGNS[pair.client]);
      assert.deepEqual(signs.slice(0, -1).filter(dataOf), [], "nothing of the answer has come");
      silence.open();
      assert.deepEqual(said(pair, await rest(stream)), { text: SAY, whole: true, faults: [] });
      const [row] = await client.settled(1);
      assert.deepEqual([row.outcome, row.usage.source, row.id], ["complete", "reported", response.headers.get("x-moecraft-request-id")]);
    });

    test(`and when the upstream fails then, an error event: ${pair.name}`, LIMIT, async () => {
      const client = await tenant(set);
      const silence = gate();
      of(pair).trouble = () => async ({ form, response }) => {
        await silence.promise;
        response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify(form.error(500, "The server had an error.")));
      };
      const stream = blocks((await open(client, pair)).body);
      await readTo(stream, FIRST_SIGNS[pair.client]);
      silence.open();
      const { text, whole, faults } = said(pair, await rest(stream));
      assert.deepEqual([text, whole, faults.length], ["", false, 1]);
      assert.match(faults[0].message, /The server had an error/);
      const [row] = await client.settled(1);
      assert.deepEqual([row.outcome, row.status, row.cost_nanos], ["failed", 502, 0]);
    });

    for (const alone of [false, true]) {
      test(`in the middle of a stream${alone ? ", where the last event's end came by itself" : ""}: ${pair.name}`, LIMIT, async () => {
        const client = await tenant(set);
        const silence = gate();
        of(pair).trouble = () => async (delivery) => {
          const left = await begin(delivery);
          if (alone) {
            const last = left.shift();
            await write(delivery.response, last.slice(0, -1));
            await write(delivery.response, "\n");
          }
          await silence.promise;
          await finish(left, delivery.response);
        };
        const stream = blocks((await open(client, pair)).body);
        const words = (block) => DIALECTS[pair.client].piece(dataOf(block) ?? {}) !== "";
        const first = await readTo(stream, words);
        // The signs that a dialect's own stream holds are over by its first word.
        first.push(...(await readTo(stream, SIGNS[pair.client])));
        silence.open();
        assert.deepEqual(said(pair, [...first, ...(await rest(stream))]), { text: SAY, whole: true, faults: [] });
        await client.settled(1);
      });
    }
  }

  for (const pair of PAIRS.filter(({ client, upstream }) => client === upstream)) {
    test(`but not inside an event: ${pair.name}`, LIMIT, async () => {
      const client = await tenant(set);
      const silence = gate();
      let sent;
      of(pair).trouble = ({ raw }) => async (delivery) => {
        if (raw.includes("cut me")) sent = delivery.frames.join("");
        const left = await begin(delivery);
        const half = raw.includes("cut me") ? left[0].length >> 1 : left[0].length;
        await write(delivery.response, left[0].slice(0, half));
        await silence.promise;
        await finish([left[0].slice(half), ...left.slice(1)].filter(Boolean), delivery.response);
      };
      const usage = pair.client === "chat" && { stream_options: { include_usage: true } }; // so that it goes untouched
      const cut = await open(client, pair, { more: { ...usage, user: undefined, metadata: { note: "cut me" } } });
      const text = cut.text();
      // Beside it a stream that stands between two events shows that the silence was long enough.
      const beside = blocks((await open(client, pair)).body);
      for (let signs = 0; signs < 4; signs++) await readTo(beside, SIGNS[pair.client]);
      silence.open();
      const told = (text) => withoutSigns(pair.client, text);
      assert.equal(told(await text), told(sent), "byte for byte what the provider sent");
      assert.equal(said(pair, await rest(beside)).whole, true);
      await client.settled(2);
    });
  }

  test("that the official client for Responses takes, before the first word and in the middle", LIMIT, async () => {
    const client = await tenant(set);
    for (const pair of PAIRS.filter(({ client }) => client === "responses")) {
      const [before, between] = [gate(), gate()];
      of(pair).trouble = () => async (delivery) => {
        await before.promise;
        const left = await begin(delivery);
        await between.promise;
        await finish(left, delivery.response);
      };
      const openai = new OpenAI({ apiKey: client.key, baseURL: `${set.gateway.url}/v1`, maxRetries: 0, fetch: listening });
      let [first, later] = [0, 0];
      async function listening(url, init) {
        const response = await fetch(url, init);
        const [own, sdk] = response.body.tee();
        (async () => {
          for await (const block of blocks(own)) {
            if (FIRST_SIGNS.responses(block) && ++first === 2) before.open();
            if (SIGNS.responses(block) && ++later === 2) between.open();
          }
        })().catch(() => {});
        return new Response(sdk, response);
      }
      const stream = openai.responses.stream({ model: pair.model, input: script({ say: SAY }) });
      assert.equal((await stream.finalResponse()).output_text, SAY, pair.name);
      assert.ok(first >= 2 && later >= 2);
    }
  });
});

describe("a client that leaves", () => {
  const set = { providers: {} };
  let patient, talkative;

  before(async () => {
    const vars = {};
    for (const name of PROVIDERS) {
      const key = `sk-${name}-of-the-gateway`;
      const dialects = { openai: ["chat", "responses"], anthropic: ["messages"], moonshot: ["chat"] }[name];
      set.providers[name] = await Provider.start({ name, key, dialects });
      Object.assign(vars, { [`${name.toUpperCase()}_API_KEY`]: key, [`${name.toUpperCase()}_BASE_URL`]: `${set.providers[name].origin}/v1` });
    }
    // Within a test's time it gives no sign of life, by which a client's leaving could be noticed.
    patient = { ...set, gateway: await BareGateway.start({ vars: { ...vars, KEEP_ALIVE_MS: "600000" } }) };
    talkative = { ...set, gateway: await BareGateway.start({ vars: { ...vars, KEEP_ALIVE_MS: "100" } }) };
  });

  afterEach(() => Object.values(set.providers).forEach((provider) => provider.reset()));

  after(async () => {
    for (const one of [patient?.gateway, talkative?.gateway, ...Object.values(set.providers)]) await one?.stop();
  });

  /** A request on a connection of its own, which can be broken or closed. */
  function connect(set, pair, client, more) {
    const headers = { authorization: `Bearer ${client.key}`, "content-type": "application/json" };
    const asked = request(set.gateway.url + DIALECTS[pair.client].path, { method: "POST", agent: false, headers });
    asked.on("error", () => {}).end(JSON.stringify(asking(pair, SAY, more)));
    const head = once(asked, "response").then(([response]) => response.on("error", () => {}));
    head.catch(() => {});
    return { head, breakOff: () => asked.socket.resetAndDestroy(), close: () => asked.socket.destroy() };
  }

  /** Sees that the upstream hears of it, and that one row says so. */
  async function assertLeft(set, pair, client, status) {
    await until("the upstream hears of it", () => set.providers[pair.provider].last.left);
    const [row] = await client.settled(1);
    assert.deepEqual([row.outcome, row.status, row.usage.source], ["client_left", status, "estimated"]);
    assert.ok(row.usage.input > 0, "the prompt is paid for");
    return row;
  }

  for (const pair of PAIRS) {
    for (const silent of [false, true]) {
      test(`in the middle of a stream stops the upstream${silent ? ", while that is silent" : ""}: ${pair.name}`, LIMIT, async () => {
        const client = await tenant(patient);
        patient.providers[pair.provider].trouble = () => async (delivery) => {
          const [next] = await begin(delivery);
          while (!silent && !delivery.response.destroyed) await write(delivery.response, next);
        };
        const { head, breakOff } = connect(patient, pair, client);
        await readTo(blocks(await head), (block) => DIALECTS[pair.client].piece(dataOf(block) ?? {}) !== "");
        breakOff();
        const row = await assertLeft(patient, pair, client, 200);
        assert.ok(row.usage.output > 0 && row.cost_nanos > 0, "what it got is paid for");
      });
    }

    for (const how of ["breakOff", "close"]) {
      test(`between its head and the first word stops the upstream${how === "close" ? ", by the next sign of life that nobody takes" : ""}: ${pair.name}`, LIMIT, async () => {
        const client = await tenant(talkative);
        talkative.providers[pair.provider].trouble = () => () => {};
        const connection = connect(talkative, pair, client);
        await connection.head;
        connection[how]();
        await assertLeft(talkative, pair, client, 200);
      });
    }

    for (const stream of [true, false]) {
      test(`before any head stops the upstream${stream ? "" : ", where it wants no stream"}: ${pair.name}`, LIMIT, async () => {
        const client = await tenant(patient);
        const provider = patient.providers[pair.provider];
        provider.trouble = () => () => {};
        const { breakOff } = connect(patient, pair, client, { stream });
        await until("the upstream is asked", () => provider.requests.length === 1);
        breakOff();
        // The runtime ends the whole request, and with it the settlement: the object's alarm closes the
        // reservation at its estimate (tests/ledger.test.mjs).
        await until("the upstream hears of it", () => provider.last.left);
      });
    }
  }
});

describe("a client that does not read", () => {
  const ENOUGH = 256 << 20;
  /** What all buffers on the way may hold: two connections with a kernel's buffers at both ends. */
  const BOUND = 32 << 20;
  // Long beside what a busy machine takes to begin a stream.
  const set = stage(PROVIDERS, { vars: { IDLE_MS: "4000" } });

  for (const pair of PAIRS) {
    test(`makes the upstream stop, and is given up in the end: ${pair.name}`, LIMIT, async () => {
      const client = await tenant(set);
      let sent = 0;
      set.providers[pair.provider].trouble = () => async (delivery) => {
        const { response } = delivery;
        const [next] = await begin(delivery);
        const chunk = Buffer.from(next.repeat(400));
        while (sent < ENOUGH && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) await Promise.race([once(response, "drain"), once(response, "close")]);
        }
        if (!response.destroyed) response.end();
      };
      const { path } = DIALECTS[pair.client];
      const asked = request(set.gateway.url + path, { method: "POST", headers: { authorization: `Bearer ${client.key}`, "content-type": "application/json" } });
      asked.on("error", () => {}).end(JSON.stringify(asking(pair)));
      const [response] = await once(asked, "response");
      await until("the upstream is hung up on", () => set.providers[pair.provider].last.left);
      assert.ok(sent < BOUND, `${sent} bytes were taken`);
      const [row] = await client.settled(1);
      assert.equal(row.outcome, "client_left");
      response.destroy();
    });
  }
});

describe("a stream of 20,000 pieces", () => {
  const PIECES = 20_000;
  const set = stage(PROVIDERS);

  for (const pair of PAIRS) {
    test(`arrives whole: ${pair.name}`, LIMIT, async () => {
      const client = await tenant(set);
      const say = Array.from({ length: PIECES }, (_, i) => `${i}`.padStart(6, " ")).map((number) => `${number},`).join("");
      let pieces = 0;
      set.providers[pair.provider].trouble = () => async ({ frames, response }) => {
        pieces = frames.length;
        response.writeHead(200, { "content-type": "text/event-stream" });
        await finish(frames, response);
      };
      const response = await client.fetch(DIALECTS[pair.client].path, { method: "POST", body: asking(pair, say) });
      const data = [];
      for await (const event of events(response.body)) data.push(event);
      assert.ok(pieces >= PIECES && data.length >= PIECES);
      const { text, whole, faults } = heard(DIALECTS[pair.client], data);
      assert.deepEqual([whole, faults], [true, []]);
      assert.equal(text, say);
      const [row] = await client.settled(1);
      assert.deepEqual([row.outcome, row.usage.source], ["complete", "reported"]);
    });
  }
});
