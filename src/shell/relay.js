// Moves a stream to the client, and settles when it has ended, however it ended.
//
// The copying is a loop inside `waitUntil` that writes to an IdentityTransformStream: of all forms
// measured the only one that notices a leaving client, can give signs of life while the upstream is
// silent, and can still write when it breaks off. Why not a native pipe: docs/decisions/0002-stream-relay.md.
import * as core from "../index.js";
import { guarded } from "./instance.js";
import { isAwaited, settle } from "./settlement.js";

const { Action } = core;

/** `upstream` is `{ reader, first }`, or `{ answer, abandon }`: the promise of it, and how to make it give nothing. */
export function relay(exchange, upstream, request, env, ctx) {
  const { readable, writable } = new IdentityTransformStream();
  const response = new Response(readable, { status: exchange.status(), headers: JSON.parse(exchange.headers()) });
  ctx.waitUntil(
    guarded(async () => {
      const client = new Client(writable.getWriter(), () => isAwaited(env, exchange));
      const delivered = await copy(exchange, upstream, client, request.signal);
      const now = Date.now();
      await settle(env, exchange.tenant(), delivered === undefined ? exchange.left(now) : exchange.ended(delivered, now));
    }).finally(() => exchange.free()),
  );
  return response;
}

/** Copies to the end. Gives whether the client took all there was; nothing if it left while the answer was awaited. */
async function copy(exchange, upstream, client, left) {
  let { reader } = upstream;
  // A client that breaks the connection is seen by its own signal, even while the upstream is silent;
  // one that closes it is seen when it takes no sign of life.
  const leave = async () => {
    if (!(await client.leave())) hangUp();
  };
  const hangUp = () => {
    reader?.cancel().catch(() => {});
    upstream.abandon?.();
  };
  const late = () => {
    reader?.cancel().catch(() => {});
    if (client.writing) client.abort();
  };
  const watch = new Watch(exchange, client, { pending: !reader, late, gone: leave });
  left.addEventListener("abort", leave);
  if (left.aborted) leave();
  try {
    let chunk = upstream.first;
    if (upstream.answer) {
      const answer = await upstream.answer;
      if (!answer) return undefined;
      ({ reader, first: chunk } = answer);
      // One that came whole, or none at all: then the last words say why.
      if (answer.action === Action.Respond && exchange.status() === 200) chunk = exchange.body();
      watch.answered();
    }
    const edits = exchange.edits();
    // The first chunk was observed, and edited, when it was judged.
    for (let seen = true; chunk && (seen || !exchange.broken()); seen = false) {
      if (!seen && !edits && exchange.observe(chunk)) break;
      const out = seen || !edits ? chunk : exchange.edit(chunk);
      if (!(await client.write(out)) && !(await client.leave())) return false;
      watch.progress(out);
      // At the end there is no chunk, be it the proper end or not: the core knows which.
      try {
        chunk = (await reader?.read())?.value;
      } catch {
        chunk = undefined;
      }
    }
    // A stream that broke off ends with an error event, never cleanly.
    return (await client.close(exchange.last_words())) && !left.aborted;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return false;
  } finally {
    watch.stop();
    left.removeEventListener("abort", leave);
    // Where the stream is not over, this hangs up on the upstream.
    reader?.cancel().catch(() => {});
  }
}

/** The client's end of a stream. Once it has left, nothing is written any more, and whether to read on is another's to say. */
class Client {
  #writes = 0;
  #writer;
  #isAwaited;
  #left;

  constructor(writer, isAwaited) {
    this.#writer = writer;
    this.#isAwaited = isAwaited;
  }

  get writing() {
    return this.#writes > 0;
  }

  /** Gives whether the client is there to take it. */
  async write(bytes) {
    if (this.#left) return false;
    if (bytes.byteLength === 0) return true;
    this.#writes++;
    try {
      await this.#writer.write(bytes);
      return true;
    } catch {
      return false;
    } finally {
      this.#writes--;
    }
  }

  async close(last) {
    if (this.#left || (last && !(await this.write(last)))) return false;
    return this.#writer.close().then(
      () => true,
      () => false,
    );
  }

  abort() {
    this.#writer.abort().catch(() => {});
  }

  /** The client has left. Gives whether others wait for its answer: it is asked once. */
  leave() {
    this.#left ??= (this.abort(), this.#isAwaited());
    return this.#left;
  }
}

/** Gives signs of life while nothing moves; calls `late` when it has not for too long, and `gone` when nobody takes them. */
class Watch {
  #saying = false;
  #stopped = false;
  #pending;
  #exchange;
  #client;
  #late;
  #gone;
  #moved = Date.now();
  #heard = Date.now();
  #end;
  #begun = false;
  /** The last bytes that the client got of the stream. */
  #tail = new Uint8Array();
  #timer;

  constructor(exchange, client, { pending, late, gone }) {
    this.#pending = pending;
    this.#exchange = exchange;
    this.#client = client;
    this.#late = late;
    this.#gone = gone;
    this.#end = this.#moved + exchange.stream_ms();
    this.#check();
  }

  /** Something went to the client. */
  progress(out) {
    this.#moved = Date.now();
    if (out.byteLength === 0) return;
    this.#heard = this.#moved;
    this.#begun = true;
    this.#tail = tailOf(this.#tail, out);
  }

  /** The answer that was awaited has come; until then its call has a deadline of its own. */
  answered() {
    this.#pending = false;
    this.#moved = Date.now();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #check() {
    const now = Date.now();
    const [late, silent] = [Math.min(this.#pending ? Infinity : this.#moved + this.#exchange.idle_ms(), this.#end), this.#heard + this.#exchange.keep_alive_ms()];
    if (now >= late) return this.#late();
    if (now >= silent) {
      this.#heard = now;
      this.#say(this.#exchange.keep_alive(this.#begun));
    } else if (now - this.#moved >= PULSE_MS) this.#say(PULSE);
    this.#timer = setTimeout(() => this.#check(), Math.max(1, Math.min(late, now + PULSE_MS) - now));
  }

  /** Says something beside the answer: between two of its events only. */
  #say(text) {
    const between = !this.#begun || endsEvent(this.#tail);
    if (!between || this.#client.writing || this.#saying) return;
    this.#saying = true;
    this.#client.write(encoder.encode(text)).then((taken) => {
      if (taken) this.#saying = false;
      else if (!this.#stopped) this.#gone();
    });
  }
}

const encoder = new TextEncoder();

/** How often a silent client is felt for, ms: the runtime notices that it has left only when something is sent. */
const PULSE_MS = 400;
/** An empty comment, which every reader of event streams passes over. */
const PULSE = ":\n\n";

/** The last bytes of all that has come, of which `bytes` are the newest. */
function tailOf(tail, bytes) {
  if (bytes.byteLength >= TAIL) return bytes.subarray(-TAIL);
  return new Uint8Array([...tail, ...bytes].slice(-TAIL));
}

/** Whether a tail ends with the empty line that closes an event. */
function endsEvent(tail) {
  const [last, before, third] = [tail.at(-1), tail.at(-2), tail.at(-3)];
  if (last === CR) return before === CR;
  return last === LF && (before === LF || (before === CR && third === LF));
}

const TAIL = 3;
const [LF, CR] = [10, 13];
