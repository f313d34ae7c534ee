// An earlier answer that may fit: the model that would be asked anyway is shown it, and confirms it with a word or answers
// by itself. The client gets one answer, whole or as a stream, and never sees what was said between the two.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stage as providers } from "./clients/support/stage.mjs";
import { complete, drop, json, prose, status, stream } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { DIALECTS, heard } from "./support/dialects.mjs";
import { UPSTREAM_KEY } from "./support/gateway.mjs";
import { events } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";
import { gate, until } from "./support/until.mjs";

const AUTO = "moecraft/auto";
/** Close, and not certain: 0.90 by the verifier. */
const [ASKED, REWORDED] = ["What is a mutex?", "Please explain what a mutex is."];
/** Certain: 0.98. */
const [CERTAIN, SAME] = ["How do I reset my password?", "How can I reset my password?"];
/** Long enough that a word in its place saves more than it costs to show it. */
const EARLIER =
  "A mutex is a lock that one thread holds at a time. A thread that wants to change what several of them share takes it first, " +
  "does its work and gives it back; whoever comes meanwhile waits until it is free. So no two of them are ever in the middle of " +
  "the same change, and none sees half of what another has written. It has to be given back on every way out, also when something " +
  "goes wrong, which is why most languages tie it to a scope. Held for long, it makes the others stand still, and two threads " +
  "that take two locks in opposite order may wait for one another for ever: take them in one order everywhere.";
const OWN = "It is a lock: one thread has it, and all others wait.";
const WORD = "CONFIRMED";
/** What an answer costs, and what the word does: as if nothing had been added to the prompt, so that what is counted against is exact. */
const USAGE = { prompt_tokens: 6, completion_tokens: 7, total_tokens: 13 };
const FOR_A_WORD = { prompt_tokens: 6, completion_tokens: 2, total_tokens: 8 };
const unaudited = { AUDIT_EVERY: "0" };
const staged = ({ vars, ...more }, upstreams) => stage({ upstreams, options: (all) => ({ upstreams: all.map(({ origin }) => origin), vars, ...more }) });
/** A provider of the catalogue alone. */
const only = (provider) => stage({ options: ([{ origin }]) => ({ upstreams: [], vars: { ...unaudited, [`${provider}_API_KEY`]: UPSTREAM_KEY, [`${provider}_BASE_URL`]: `${origin}/v1` } }) });
/** One that speaks Chat Completions and nothing else: for clients of the other dialects all is translated. */
const set = only("GEMINI");

const said = ({ headers }, name) => headers.get(`x-moecraft-${name}`);
const word = (text = WORD) => complete({ words: [text], usage: FOR_A_WORD });
const own = (text = OWN) => complete({ words: text.split(/(?<= )/), usage: USAGE });

/** Whether a model is shown an earlier answer: it stands before the client's question is put once more. */
function isShown({ body: { messages } }) {
  const [before, last] = messages.slice(-2);
  return before?.role === "assistant" && JSON.stringify(last.content).includes(WORD);
}

/** The upstream replies like this where it is shown an earlier answer, and answers like that where it is just asked. */
const replies = (reply, plain = own(EARLIER), upstream = set.upstream) => upstream.answer((request) => (isShown(request) ? reply : plain));
const shown = (upstream = set.upstream) => upstream.requests.filter(isShown).length;

/** A tenant that has an answer to the first question, and has had it written down. */
async function knowing(question = ASKED, { on = set, more, answer = own(EARLIER), owner } = {}) {
  const client = await on.tenant({ owner });
  for (const upstream of on.upstreams) upstream.answer(answer);
  const given = await client.chat(ask(AUTO, question, more));
  assert.equal(given.status, 200, given.text);
  await client.row(said(given, "request-id"));
  return client;
}

/** Asks in a dialect; gives what came of it: { headers, text, raw, faults }. */
async function answer(client, { name = "chat", question = REWORDED, more = {}, ...options } = {}) {
  const dialect = DIALECTS[name];
  const response = await client.fetch(dialect.path, { method: "POST", body: dialect.ask(AUTO, question, more), ...options });
  assert.equal(response.status, 200, name);
  if (!more.stream) {
    const raw = await response.text();
    return { headers: response.headers, raw, text: dialect.text(JSON.parse(raw)), faults: [] };
  }
  const told = [];
  for await (const event of events(response.body)) told.push(event);
  const { whole, ...came } = heard(dialect, told);
  assert.ok(whole, `${name}: the proper end`);
  return { headers: response.headers, raw: told.join("\n"), ...came };
}

const FORMS = Object.keys(DIALECTS).flatMap((name) => [false, true].map((streamed) => ({ name, more: { stream: streamed }, how: `${name}${streamed ? ", as a stream" : ""}` })));

describe("an earlier answer that the model confirms is the client's", () => {
  for (const { how, ...form } of FORMS) {
    test(how, async () => {
      const client = await knowing();
      replies(word());
      const { headers, text, raw, faults } = await answer(client, form);
      assert.deepEqual([text, faults], [EARLIER, []]);
      assert.ok(!raw.includes(WORD), raw);
      assert.deepEqual([set.upstream.hits, shown()], [2, 1]);
      assert.match(said({ headers }, "reason"), /an earlier answer to a question of the same meaning, confirmed/);
      assert.match(said({ headers }, "surrogate-fits"), /^0\.90/);
      assert.notEqual(said({ headers }, "class"), "surrogate");

      const [row, first] = await client.settled(2);
      assert.deepEqual([row.outcome, row.usage.input, row.usage.output], ["complete", FOR_A_WORD.prompt_tokens, FOR_A_WORD.completion_tokens]);
      assert.deepEqual([row.baseline_nanos, row.attempts.length], [first.baseline_nanos, 1], "what the whole answer would have cost");
      assert.ok(row.cost_nanos > 0 && row.cost_nanos < first.cost_nanos);
      const { key, p, ...near } = row.decision.near;
      assert.deepEqual([near, key], [{ audit: false, right: true }, said({ headers }, "surrogate-key")]);
      assert.ok(Math.abs(p - 0.9) < 0.02);
      const { surrogates } = (await client.cost()).contributions;
      assert.equal(surrogates.requests, 1);
    });
  }

  for (const dressed of ["confirmed", ' "Confirmed."\n', `**${WORD}**`]) {
    test(`with the word as ${JSON.stringify(dressed)}`, async () => {
      const client = await knowing();
      replies(word(dressed));
      assert.equal((await answer(client)).text, EARLIER);
      assert.equal((await answer(client, { question: `${REWORDED} Thanks!`, more: { stream: true } })).text, EARLIER);
    });
  }

  test("and is kept for the question it was confirmed for, with its own length", async () => {
    const client = await knowing();
    replies(word());
    await answer(client);
    await client.settled(2);
    for (const bound of [undefined, USAGE.completion_tokens]) {
      const again = await answer(client, { more: { max_tokens: bound } });
      assert.deepEqual([again.text, said(again, "class")], [EARLIER, "surrogate"]);
    }
    const short = await answer(client, { more: { max_tokens: USAGE.completion_tokens - 1 } });
    assert.notEqual(said(short, "class"), "surrogate", "it is longer than that");
  });

  test("and the model was told what it was given for", async () => {
    const client = await knowing();
    replies(word());
    await answer(client);
    const { messages } = set.upstream.last.body;
    assert.deepEqual(messages.slice(0, -1).map(({ role, content }) => [role, content]), [["user", REWORDED], ["assistant", EARLIER]]);
    assert.ok(messages.at(-1).content.includes(ASKED));
  });

  test("to all who asked the same meanwhile", async () => {
    const client = await knowing();
    const open = gate();
    replies(async (...of) => (await open.promise, word()(...of)));
    const forms = FORMS.map(({ how: _, ...form }) => form);
    const first = answer(client, forms[0]);
    await until("it is shown", () => shown() === 1);
    const rest = forms.slice(1).map((form) => answer(client, form));
    await until("the others wait", async () => (await client.get("/moecraft/surrogates")).json.in_flight.waiting === rest.length);
    open.open();
    for (const { text } of await Promise.all([first, ...rest])) assert.equal(text, EARLIER);
    assert.equal(set.upstream.hits, 2);
    await client.settled(1 + forms.length);
  });
});

describe("a model that answers by itself has the say", () => {
  for (const { how, ...form } of FORMS) {
    test(how, async () => {
      const client = await knowing();
      replies(own());
      const came = await answer(client, form);
      assert.deepEqual([came.text, came.faults, shown()], [OWN, [], 1]);
      assert.match(said(came, "reason"), /of the same meaning, corrected/);
      const [row, first] = await client.settled(2);
      assert.deepEqual([row.usage.output, row.cost_nanos, row.baseline_nanos], [USAGE.completion_tokens, first.cost_nanos, first.baseline_nanos]);
      assert.deepEqual([row.decision.near.right, row.decision.near.audit], [false, false]);
      const again = await answer(client, form);
      assert.deepEqual([again.text, said(again, "class")], [OWN, "surrogate"]);
      assert.equal((await answer(client, { question: ASKED })).text, EARLIER, "the first question has the first answer");
    });
  }

  for (const name of Object.keys(DIALECTS)) {
    test(`and is heard before it has come to its end: ${name}`, async () => {
      const client = await knowing();
      const open = gate();
      // It begins like the word.
      const words = ["Conf", "ident", "ially: ", "a lock."];
      replies(stream({ words, between: (i) => i === 3 && open.promise }));
      const dialect = DIALECTS[name];
      const response = await client.fetch(dialect.path, { method: "POST", body: dialect.ask(AUTO, REWORDED, { stream: true }) });
      let text = "";
      const told = [];
      for await (const event of events(response.body)) {
        told.push(event);
        ({ text } = heard(dialect, told));
        if (text === "Confidentially: ") open.open();
      }
      assert.deepEqual(heard(dialect, told), { text: words.join(""), whole: true, faults: [] });
    });
  }

  test("and one that says the earlier answer over again has nothing to correct", async () => {
    const client = await knowing();
    replies(own(EARLIER.toUpperCase()));
    assert.equal((await answer(client)).text, EARLIER.toUpperCase());
    const [{ decision }] = await client.settled(2);
    assert.equal(decision.near.right, true);
  });

  test("and one that declines in words says nothing of the earlier answer", async () => {
    const client = await knowing();
    const text = "I'm sorry, but I can't help with that.";
    replies(own(text));
    assert.equal((await answer(client)).text, text);
    const [{ decision }] = await client.settled(2);
    assert.equal(decision.near, undefined);
    assert.notEqual(said(await answer(client), "class"), "surrogate", "nor is it kept");
  });

  test("and a stream of its own that breaks off is cut, and not kept", async () => {
    const client = await knowing();
    replies(stream({ words: OWN.split(/(?<= )/), cut: 4 }));
    const told = [];
    const { events: coming } = await client.stream(ask(AUTO, REWORDED));
    for await (const event of coming) told.push(event);
    assert.equal(heard(DIALECTS.chat, told).faults.length, 1);
    const [row] = await client.settled(2);
    assert.deepEqual([row.outcome, row.decision.near], ["cut", undefined]);
  });
});

describe("a reply that is neither goes to nobody, and the model is just asked:", () => {
  const out = {
    "nothing": word(""),
    "a nod": word("OK"),
    "the word and more": word(`${WORD}. It is a lock.`),
    "the word, cut off": complete({ words: [WORD], usage: FOR_A_WORD, finish: "length" }),
    "half of the word, cut off": complete({ words: ["CONF"], usage: FOR_A_WORD, finish: "length" }),
  };
  const refusal = json(undefined, { words: [], usage: FOR_A_WORD, message: { content: null, refusal: "No." } });
  const both = Object.entries(out).flatMap(([what, reply]) => [[what, reply, false], [`${what}, as a stream`, reply, true]]);
  for (const [what, reply, streamed] of [...both, ["a refusal", refusal, false]]) {
    test(what, async () => {
      const client = await knowing();
      replies(reply, own());
      const came = await answer(client, { more: { stream: streamed } });
      assert.deepEqual([came.text, came.faults, set.upstream.hits, shown()], [OWN, [], 3, 1]);
      assert.ok(!came.raw.includes(WORD), came.raw);
      assert.match(said(came, "reason"), /neither confirmed nor corrected/);
      const [row, first] = await client.settled(2);
      assert.deepEqual([row.attempts.map(({ result }) => result), row.decision.near], [["ok", "ok"], undefined]);
      assert.equal(row.baseline_nanos, first.baseline_nanos);
      assert.ok(row.cost_nanos > first.cost_nanos && row.usage.output > USAGE.completion_tokens, "both are paid for");
      const again = await answer(client);
      assert.deepEqual([again.text, said(again, "class")], [OWN, "surrogate"]);
    });
  }
});

describe("a model is just asked", () => {
  const cases = {
    "where a short answer is expected": { more: { max_tokens: 20 } },
    "where a word has no room": { more: { max_tokens: 8 }, answer: complete({ words: ["A", " lock"], usage: FOR_A_WORD }) },
    "where the earlier answer is short": { answer: own("A lock that one thread holds at a time.") },
    "where the earlier answer is very long": { answer: complete({ words: [prose(24_000)] }) },
    "for JSON": { more: { response_format: { type: "json_object" } }, answer: own('{"is": "a lock"}') },
    "behind another system prompt": { messages: [{ role: "system", content: "Be brief." }, { role: "user", content: REWORDED }] },
    "where the client wants a new answer": { headers: { "cache-control": "no-cache" } },
    "with what cannot be written anew": { more: { metadata: { of: "mine" } } },
  };
  for (const [what, { more, messages, headers, answer: earlier }] of Object.entries(cases)) {
    test(what, async () => {
      const client = await knowing(ASKED, { more, answer: earlier });
      const came = await client.chat({ ...ask(AUTO, REWORDED, more), ...(messages && { messages }) }, { headers });
      assert.equal(came.status, 200, came.text);
      assert.deepEqual([set.upstream.hits, shown()], [2, 0]);
      const [row] = await client.settled(2);
      assert.equal(row.decision.near, undefined);
    });
  }

  test("by another tenant", async () => {
    await knowing();
    replies(word(), own());
    assert.equal((await answer(await set.tenant())).text, OWN);
    assert.equal(shown(), 0);
  });
});

describe("whom the tenant's data may not go to", () => {
  const untrusted = only("MOONSHOT");
  const code = "It is a lock:\n```python\nimport threading\n\nlock = threading.Lock()\n\ndef add(amount):\n    global total\n    with lock:\n        total += amount\n```\nOne thread holds it at a time.";

  for (const [what, earlier, times] of [["is shown what everybody may see", EARLIER, 1], ["is not shown source code, and is just asked", code, 0]]) {
    test(what, async () => {
      const client = await knowing(ASKED, { on: untrusted, answer: own(earlier) });
      replies(word(), own(), untrusted.upstream);
      const came = await answer(client);
      assert.deepEqual([came.text, shown(untrusted.upstream), untrusted.upstream.hits], [times ? EARLIER : OWN, times, 2]);
    });
  }
});

describe("where two cheap models are asked first", () => {
  const SUM = "A train travels 120 miles in 3 hours and then 80 miles in 2 hours. What is its average speed for the whole trip, in miles per hour?";
  const asking = (question) => ask("moecraft/efficiency", question);
  const answered = (...texts) => (request) => (isShown(request) ? word() : complete({ words: [texts.shift() ?? EARLIER] }));

  /** The planned model's answer is there, and the sum is asked for in other words; gives the upstream's requests after that. */
  async function asked(on, tenant, routing) {
    const client = await on.gateway.tenant(tenant, { owner: true });
    assert.equal((await client.put("/moecraft/routing", { cascade: "auto", ...routing })).status, 200);
    for (const question of [SUM, SUM.replace("whole", "entire")]) {
      const before = on.upstream.hits;
      const differing = answered("40", "48");
      on.upstream.answer((request) => differing(request));
      const came = await client.chat(asking(question));
      assert.equal(came.status, 200, came.text);
      await client.row(said(came, "request-id"));
      if (question !== SUM) return { came, calls: on.upstream.requests.slice(before) };
      assert.equal(on.upstream.hits - before, 3, "two cheap ones that differ, and the planned one");
    }
  }

  const general = staged({ vars: unaudited });
  test("those are, and nobody is shown an earlier answer", async () => {
    // So few wrong ones are accepted that this one is not certain.
    const { calls } = await asked(general, "cheap-first", { false_hits: 0.0001 });
    assert.deepEqual(calls.map(isShown), [false, false, false]);
  });

  const audited = staged({ vars: { AUDIT_EVERY: "1" } });
  test("an audit asks the planned one at once", async () => {
    const { came, calls } = await asked(audited, "audited-first", {});
    assert.deepEqual(calls.map(isShown), [true]);
    assert.match(said(came, "reason"), /of the same meaning, confirmed/);
  });
});

describe("a call that fails", () => {
  // The cheapest model of all gains nothing by a word in place of an answer; an audit is made all the same.
  const two = staged({ vars: { AUDIT_EVERY: "1" } }, 2);

  test("is made at the next place with the same earlier answer", async () => {
    for (const streamed of [false, true]) {
      for (const trouble of [status(500), drop(), stream({ words: [WORD], cut: 0 })]) {
        const client = await knowing(CERTAIN, { on: two });
        const [one, other] = two.upstreams;
        const before = shown(other);
        replies(trouble, own(EARLIER), one);
        replies(word(), own(EARLIER), other);
        const came = await answer(client, { question: SAME, more: { stream: streamed } });
        assert.deepEqual([came.text, shown(other) - before], [EARLIER, 1]);
        const [row] = await client.settled(2);
        assert.deepEqual([row.attempts.length, row.decision.near.right], [2, true]);
      }
    }
  });

  test("for what was added to it is made without it at the same place", async () => {
    const client = await knowing();
    replies(status(400, { message: "too many turns" }), own());
    const came = await answer(client);
    assert.deepEqual([came.text, set.upstream.hits], [OWN, 3]);
    const [row] = await client.settled(2);
    assert.deepEqual(row.attempts.map(({ result }) => result), ["status 400", "ok"]);
    assert.equal(row.decision.near, undefined);
  });

  test("and has nobody to take over leaves one row", async () => {
    const client = await knowing();
    set.upstream.answer(status(404, { message: "no such model" }));
    const came = await client.chat(ask(AUTO, REWORDED));
    assert.ok(came.status >= 400);
    const [row] = await client.settled(2);
    assert.deepEqual([row.outcome, row.cost_nanos, row.decision.near], ["failed", 0, undefined]);
  });
});

test("a client that leaves while the word is awaited has nothing kept", async () => {
  const client = await knowing();
  const never = new Promise(() => {});
  replies(stream({ words: ["CONF", "IRMED"], between: (i) => i === 1 && never }));
  const leaving = new AbortController();
  const body = { ...ask(AUTO, REWORDED), stream: true };
  const left = client.fetch(DIALECTS.chat.path, { method: "POST", body, signal: leaving.signal });
  await until("it is shown", () => shown() === 1);
  leaving.abort();
  await assert.rejects(left);
  const [row] = await client.settled(2);
  assert.deepEqual([row.outcome, row.decision.near], ["client_left", undefined]);
  replies(word());
  assert.deepEqual([(await answer(client)).text, shown()], [EARLIER, 2]);
});

describe("a certain answer that is drawn to be audited", () => {
  const audited = staged({ vars: { AUDIT_EVERY: "1" }, faults: {} });
  const figures = async (client) => (await client.get("/moecraft/surrogates")).json.near;
  const trust = (tenant) => audited.gateway.sql(tenant, "SELECT right, wrong FROM surrogate_questions ORDER BY id LIMIT 1");

  for (const right of [true, false]) {
    test(`is shown to a model, which says that it is ${right ? "right" : "wrong"}`, async () => {
      const tenant = `audited-${right}`;
      const client = await audited.gateway.tenant(tenant, { owner: true });
      const question = { question: CERTAIN };
      replies(right ? word() : own(), own(EARLIER), audited.upstream);
      await answer(client, question);
      const [{ id }] = await client.settled(1);
      assert.ok(id);
      const came = await answer(client, { question: SAME });
      assert.equal(came.text, right ? EARLIER : OWN);
      assert.equal(shown(audited.upstream), 1);
      const [row] = await client.settled(2);
      assert.deepEqual([row.decision.near.audit, row.decision.near.right], [true, right]);
      const { audits, wrong, bar } = await figures(client);
      assert.deepEqual([audits, wrong], [1, right ? 0 : 1]);
      assert.ok(right ? bar < 0.95 : bar > 0.96, `${bar}`);
      assert.deepEqual((await trust(tenant)).rows, [{ right: right ? 1 : 0, wrong: right ? 0 : 1 }]);
    });
  }

  test("even where that costs more than to ask", async () => {
    const client = await knowing(CERTAIN, { on: audited, more: { max_tokens: 20 } });
    replies(word(), own(), audited.upstream);
    assert.equal((await answer(client, { question: SAME, more: { max_tokens: 20 } })).text, EARLIER);
    await client.settled(2);
    assert.equal((await figures(client)).audits, 1);
  });
});

test("a wrong one that was not certain is trusted less, and moves no bar", async () => {
  const client = await knowing();
  const figures = async () => (await client.get("/moecraft/surrogates")).json.near;
  replies(own());
  const before = await figures();
  const { headers } = await answer(client);
  await client.settled(2);
  assert.equal(said({ headers }, "cost-basis"), "actual");
  const after = await figures();
  assert.deepEqual([after.audits, after.wrong], [0, 0]);
  assert.equal(after.bar, before?.bar ?? after.bar);
});

describe("providers that speak all dialects", () => {
  const all = providers("general", { vars: { AUDIT_EVERY: "1" } });
  let tenants = 0;
  for (const { how, ...form } of FORMS) {
    for (const right of [true, false]) {
      test(`${right ? "confirm" : "correct"}: ${how}`, async () => {
        const { general } = all.providers;
        const client = await all.gateway.tenant(`speaking-${++tenants}`);
        const shows = ({ raw }) => raw.includes(WORD);
        general.says = (request) => (!shows(request) ? EARLIER : right ? WORD : OWN);
        await answer(client, { ...form, question: CERTAIN });
        await client.settled(1);
        const came = await answer(client, { ...form, question: SAME });
        assert.deepEqual([came.text, came.faults], [right ? EARLIER : OWN, []]);
        assert.deepEqual(general.requests.map((request) => [request.dialect, shows(request)]), [[form.name, false], [form.name, true]]);
        const [row] = await client.settled(2);
        assert.equal(row.decision.near.right, right);
      });
    }
  }
});
