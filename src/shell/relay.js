// Moves a stream to the client, and settles when it has ended, however it ended.
//
// The copying is a loop inside `waitUntil` that writes to an IdentityTransformStream: of all forms
// measured the only one that sees a leaving client at the next chunk, reaches its own end then, and
// can still write when the upstream breaks off. Why not a native pipe: docs/decisions/0002-stream-relay.md.
import { guarded } from "./instance.js";
import { settle } from "./settlement.js";

export function relay(exchange, upstream, env, ctx) {
  const { readable, writable } = new IdentityTransformStream();
  const response = new Response(readable, { status: exchange.status(), headers: JSON.parse(exchange.headers()) });
  ctx.waitUntil(
    guarded(async () => {
      const delivered = await copy(exchange, upstream, writable.getWriter());
      await settle(env, exchange.tenant(), exchange.ended(delivered, Date.now()));
    }).finally(() => exchange.free()),
  );
  return response;
}

/** Copies to the end. Gives whether the client took all there was. */
async function copy(exchange, { reader, first }, writer) {
  const edits = exchange.edits();
  const watch = new Watch(exchange.idle_ms(), exchange.stream_ms(), () => {
    reader.cancel().catch(() => {});
    if (watch.writing) writer.abort().catch(() => {});
  });
  try {
    for (let chunk = first; chunk && !exchange.broken(); ) {
      const out = edits ? exchange.edit(chunk) : chunk;
      if (!edits) exchange.observe(chunk);
      watch.writing = true;
      if (out.byteLength) await writer.write(out);
      watch.progress();
      // At the end there is no chunk, be it the proper end or not: the core knows which.
      try {
        chunk = (await reader.read()).value;
      } catch {
        chunk = undefined;
      }
    }
    // A stream that broke off ends with an error event, never cleanly.
    const last = exchange.last_words();
    if (last) await writer.write(last);
    await writer.close();
    return true;
  } catch (error) {
    // The writer failed: the client has gone, and nobody is left to be told.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return false;
  } finally {
    watch.stop();
    // Where the stream is not over, this hangs up on the upstream.
    reader.cancel().catch(() => {});
  }
}

/** Calls `late` when nothing has moved for `idle` ms, or after `total` ms in all. */
class Watch {
  writing = false;
  #last = Date.now();
  #end;
  #timer;

  constructor(idle, total, late) {
    this.#end = this.#last + total;
    const check = () => {
      const due = Math.min(this.#last + idle, this.#end);
      if (Date.now() >= due) late();
      else this.#timer = setTimeout(check, due - Date.now());
    };
    check();
  }

  progress() {
    this.writing = false;
    this.#last = Date.now();
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
