// Carries a tenant's batches, inside its object: does what is due, and tells what came of it.
//
//   lines        planned, guarded and admitted as any request; then into a provider's batch, or called
//   submissions  made, looked at, cancelled and collected at their providers
//
// What is due, and what follows, the object decides (durable/src/batches/); what is sent, the Worker's
// core (src/batches/, src/exchange/line.rs). Nothing is remembered here that a crash may not take.
import * as core from "../index.js";
import { concat, read } from "./body.js";
import { configure } from "./configure.js";
import { admit, pursue } from "./exchange.js";
import { guarded } from "./instance.js";

const { Action } = core;

/** How many lines are called at once the ordinary way: the tenant's own requests go first. */
const CALLS = 4;
/** How many bytes of unsealed submissions are held in memory. */
const HELD = 16 << 20;
/** How long a provider may take to answer about a batch, ms. */
const CALL_MS = 180_000;
/** How long it may take to hand over the results of a submission, ms. */
const COLLECT_MS = 600_000;
/** The longest answer about a batch, and the longest line of its results, bytes. */
const MAX_ANSWER = 4 << 20;
const MAX_LINE = 32 << 20;
/** How many results share one transaction. */
const LANDING = 32;
/** While work is under way the object is woken this often, ms: should it die, the work goes on. */
const HEARTBEAT_MS = 20_000;

export class Batches {
  #env;
  #core;
  #transact;
  #settle;
  #keep;
  #running = new Set();
  /** Until when a loop that has failed is left alone, Unix ms. */
  #resting = { lines: 0, submissions: 0 };
  #calls = new Set();

  /**
   * `core()`: the object's core; `transact(work)`, `settle(work)`: run `work(core, now)` as one transaction, which settles requests or
   * does not; `keep(promise)`: work to be done.
   */
  constructor({ env, core, transact, settle, keep }) {
    this.#env = env;
    this.#core = core;
    this.#transact = transact;
    this.#settle = settle;
    this.#keep = keep;
  }

  /** When the object has to be woken for batches, Unix ms; Infinity for never. */
  due(now) {
    const inner = this.#core();
    const due = (name, at) => (this.#running.has(name) ? now + HEARTBEAT_MS : Math.max(at || Infinity, this.#resting[name]));
    return Math.min(due("lines", inner.batch_due()), due("submissions", inner.batch_submission_due()));
  }

  /** Does what is due, unless that is being done. */
  go() {
    this.#run("lines", () => this.#plan());
    this.#run("submissions", () => this.#attend());
  }

  #run(name, work) {
    if (this.#running.has(name)) return;
    this.#running.add(name);
    const done = guarded(async () => {
      configure(this.#env);
      await work();
    })
      .catch((error) => {
        console.error(String(error?.stack ?? error));
        this.#resting[name] = Date.now() + HEARTBEAT_MS;
      })
      .finally(() => {
        this.#running.delete(name);
        // Sets the alarm for what comes next.
        this.#transact(() => {});
      });
    this.#keep(done.catch(() => {}));
  }

  /** Plans the lines that are due. */
  async #plan() {
    const groups = new Groups();
    try {
      for (;;) {
        const lines = JSON.parse(this.#transact((inner, now) => inner.batch_lines(now)));
        // Whatever waits for lines of the same batch has waited long enough when there are none.
        if (lines[0]?.batch !== groups.batch || lines[0]?.ordinary || groups.bytes > HELD) await this.#seal(groups);
        if (lines.length === 0) {
          if (this.#calls.size === 0) return;
          await Promise.race(this.#calls);
          continue;
        }
        const [{ batch, ordinary }] = lines;
        if (ordinary && this.#calls.size >= CALLS) {
          await Promise.race(this.#calls);
          continue;
        }
        groups.batch = batch;
        const taken = ordinary ? lines.slice(0, CALLS - this.#calls.size) : lines;
        const planned = [];
        for (const line of taken) {
          planned.push(this.#planLine(line, groups));
          await breath();
        }
        await Promise.all(planned);
      }
    } finally {
      groups.free();
    }
  }

  async #planLine(work, groups) {
    const { batch, line } = work;
    const exchange = core.Exchange.line(JSON.stringify(work), Date.now());
    let owned = true;
    try {
      let action = exchange.action();
      if (action === Action.Read) action = exchange.received(this.#core().batch_body(batch, line));
      if (!this.#transact((inner) => inner.batch_claim(batch, line, exchange.replay()))) return;
      while (action === Action.Admit) action = await admit(exchange, this.#env);
      if (action === Action.Call && exchange.batched()) return await this.#group(exchange, work, groups);
      if (action === Action.Follow || action === Action.Wait) return this.#again(work); // an equal request is under way
      if (action !== Action.Call) return this.#land([landing(work, exchange)]);
      if (this.#calls.size >= CALLS) return this.#transact((inner) => inner.batch_park(batch, line));
      owned = false;
      const call = this.#call(exchange, work, action)
        .catch((error) => this.#failed(work, error))
        .finally(() => {
          this.#calls.delete(call);
          exchange.free();
        })
        .catch(() => {});
      this.#calls.add(call);
    } catch (error) {
      this.#failed(work, error);
    } finally {
      if (owned) exchange.free();
    }
  }

  /** Writes a line into a submission. */
  async #group(exchange, { batch, line }, groups) {
    this.#transact((inner) => inner.batch_group(batch, line, exchange.kept()));
    const full = groups.add(exchange, () => this.#core().batch_id());
    if (full) await this.#create(batch, full);
  }

  /** Calls a line's model, as any request's. */
  async #call(exchange, work, action) {
    const body = this.#core().batch_body(work.batch, work.line);
    const quest = { over: false, wake() {} };
    const upstream = await pursue(exchange, this.#env, body, action, quest);
    if (upstream.action !== Action.Relay) return this.#land([landing(work, exchange, upstream.whole)]);
    // Nobody asked for a stream: what came of it was paid for, and is no answer.
    upstream.reader.cancel().catch(() => {});
    const settlement = exchange.ended(false, Date.now());
    this.#land([{ ...landing(work, exchange), settlement }]);
  }

  /** A line that could not be carried on is tried again. */
  #failed(work, error) {
    // With the instance all that it held is lost: the next one begins with what is on disk.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    console.error(String(error?.stack ?? error));
    this.#again(work);
  }

  #again({ batch, line, ordinary }) {
    this.#land([{ batch, line, settlement: null, came: { came: "again", wait_ms: null, ordinary } }]);
  }

  #land(landed) {
    if (landed.length > 0) this.#settle((inner, now) => inner.batch_landed(JSON.stringify(landed), now));
  }

  /** Makes all submissions that have been gathered. */
  async #seal(groups) {
    for (const submission of groups.take()) await this.#create(groups.batch, submission);
  }

  /** Makes a submission, which is on disk before its provider hears of it. */
  async #create(batch, submission) {
    try {
      const id = submission.id();
      const may = this.#transact((inner, now) => inner.batch_seal(batch, id, submission.provider(), submission.lines(), now));
      if (!may) return;
      const event = await this.#ask(submission);
      this.#transact((inner, now) => inner.batch_told(id, event, now));
    } finally {
      submission.free();
    }
  }

  /** Asks providers about the submissions that are due. */
  async #attend() {
    for (;;) {
      const text = this.#transact((inner, now) => inner.batch_submission(now));
      if (!text) return;
      const work = JSON.parse(text);
      const lookup = core.Lookup.of(text);
      if (!lookup) continue; // its provider has no key any more: it is asked again when it is due
      try {
        const event = lookup.knows_results() ? undefined : await this.#ask(lookup);
        const learnt = event ?? (await this.#collect(lookup, work));
        this.#transact((inner, now) => (learnt ? inner.batch_told(work.id, learnt, now) : inner.batch_collected(work.id, now)));
        // Lines may have been given back, or have waited for the answers of others.
        this.go();
      } finally {
        lookup.free();
      }
    }
  }

  /** Makes the calls of `question` until it has learnt something, and gives that; nothing where it has no more to ask. */
  async #ask(question) {
    for (;;) {
      let answer;
      try {
        const response = await this.#send(question);
        answer = { status: response.status, wait: waitOf(response.headers), body: await read(response, MAX_ANSWER) };
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
      }
      if (!answer?.body) return question.failed();
      const event = question.answered(answer.status, answer.wait, answer.body);
      if (event) return event;
      if (question.knows_results?.()) return undefined;
    }
  }

  #send(question) {
    const signal = AbortSignal.timeout(CALL_MS);
    return fetch(question.url(), { method: question.method(), headers: JSON.parse(question.headers()), body: question.body(), redirect: "manual", signal });
  }

  /** Takes the results of a submission. Gives what was learnt where they are another's, or could not be read. */
  async #collect(lookup, work) {
    let own = work.proven;
    for (const url of lookup.results()) {
      try {
        const signal = AbortSignal.timeout(COLLECT_MS);
        const response = await fetch(url, { headers: JSON.parse(lookup.headers()), redirect: "manual", signal });
        if (response.status !== 200) {
          response.body?.cancel().catch(() => {});
          return UNREACHABLE;
        }
        let landed = [];
        for await (const line of linesOf(response.body)) {
          const result = lookup.read(line);
          if (!result) continue;
          own = true;
          const one = this.#result(work, JSON.parse(result));
          if (one) landed.push(one);
          await breath();
          if (landed.length === LANDING) {
            this.#land(landed);
            landed = [];
          }
        }
        this.#land(landed);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        return UNREACHABLE; // what was taken stays taken
      }
    }
    return own ? undefined : STRANGE;
  }

  /** What a line of results comes to; nothing where it is not waited for, or was not run. */
  #result(work, { line, status, body, dropped }) {
    const text = dropped ? undefined : this.#core().batch_sent(work.id, line);
    if (!text) return undefined;
    const sent = JSON.parse(text);
    const exchange = core.Exchange.sent(text, this.#core().batch_body(sent.batch, line), Date.now());
    try {
      const bytes = encoder.encode(body);
      if (exchange.action() === Action.Respond) return landing(sent, exchange);
      if (status === 200) exchange.answered(bytes, Date.now());
      else exchange.line_refused(status, bytes, Date.now());
      return landing(sent, exchange, bytes);
    } finally {
      exchange.free();
    }
  }
}

/** Lets the tenant's own requests pass. */
const breath = () => new Promise((resolve) => setTimeout(resolve, 0));

/** What has come of a line's exchange, for the object. */
function landing({ batch, line }, exchange, whole) {
  return { batch, line, settlement: exchange.settlement() ?? null, came: JSON.parse(exchange.came(whole)) };
}

/** The submissions of one batch that are being gathered, by what their lines have in common. */
class Groups {
  batch;
  #open = new Map();

  get bytes() {
    return [...this.#open.values()].reduce((sum, submission) => sum + submission.size(), 0);
  }

  /** Adds a line; gives a submission that has no room for it, and is to be made before. */
  add(exchange, id) {
    const group = core.Submission.group(exchange);
    const open = this.#open.get(group);
    if (open?.add(exchange)) return undefined;
    const fresh = new core.Submission(id());
    fresh.add(exchange);
    this.#open.set(group, fresh);
    return open;
  }

  take() {
    const taken = [...this.#open.values()];
    this.#open.clear();
    return taken;
  }

  free() {
    for (const submission of this.take()) submission.free();
  }
}

/** The lines of a body, without those that are longer than is read. */
async function* linesOf(body) {
  let held = [];
  let size = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let at; (at = chunk.indexOf(LF, from)) >= 0; from = at + 1) {
      held.push(chunk.subarray(from, at));
      size += at - from;
      if (size > 0 && size <= MAX_LINE) yield concat(held);
      [held, size] = [[], 0];
    }
    size += chunk.byteLength - from;
    if (size <= MAX_LINE) held.push(chunk.subarray(from));
  }
  if (size > 0 && size <= MAX_LINE) yield concat(held);
}

/** How long an answer asks to be left alone, ms. */
function waitOf(headers) {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

const encoder = new TextEncoder();
const LF = 10;
const UNREACHABLE = JSON.stringify({ event: "unreachable" });
const STRANGE = JSON.stringify({ event: "strange" });
