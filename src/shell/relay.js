// Moves a stream to the client, and settles when it has ended, however it ended.
//
// The copying runs inside `waitUntil` and writes to an IdentityTransformStream: of all forms
// measured, the only one whose end is reached when the client leaves in the middle.
// A stream that needs no change is piped natively, without JavaScript for each chunk; a second
// branch keeps the bytes, and is read once at the end for the usage.
import { settle } from "./settlement.js";

/** How long the record's branch may stay silent before all that it holds has been read, ms. */
const QUIET_MS = 20;

export function relay(exchange, upstream, env, ctx) {
  const { readable, writable } = new IdentityTransformStream();
  const headers = exchange.headers();
  const response = new Response(readable, { status: exchange.status(), headers: Object.fromEntries(two(headers)) });
  const copy = exchange.edits() ? edited : untouched;
  ctx.waitUntil(
    copy(exchange, upstream, writable)
      .then((delivered) => settle(env, exchange.tenant(), exchange.ended(delivered, Date.now())))
      .finally(() => exchange.free()),
  );
  return response;
}

function* two(flat) {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i], flat[i + 1]];
}

/** Pipes the stream as it is. Gives whether the client took it to the end. */
async function untouched(exchange, { abort, client, record, first }, writable) {
  try {
    await write(writable, first);
    await client.pipeTo(writable, { preventClose: true, preventAbort: true });
    exchange.observe(new Uint8Array(await new Response(record).arrayBuffer()));
  } catch {
    for (const chunk of await buffered(record)) exchange.observe(chunk);
    abort.abort();
  }
  return finish(exchange, writable);
}

/** Passes each chunk through the core, which leaves out what the client did not ask for. */
async function edited(exchange, { abort, client, record, first }, writable) {
  record.cancel().catch(() => {});
  const reader = client.getReader();
  try {
    for (let chunk = { value: first }; !chunk.done; chunk = await reader.read()) {
      const out = exchange.edit(chunk.value);
      if (out.byteLength) await write(writable, out);
    }
  } catch {
    abort.abort();
  }
  return finish(exchange, writable);
}

async function write(writable, bytes) {
  const writer = writable.getWriter();
  try {
    await writer.write(bytes);
  } finally {
    writer.releaseLock();
  }
}

/** Ends the client's stream; one that broke off ends with an error event, never cleanly. */
async function finish(exchange, writable) {
  const writer = writable.getWriter();
  try {
    const last = exchange.last_words();
    if (last) await writer.write(last);
    await writer.close();
    return true;
  } catch {
    return false;
  }
}

/** What a branch still holds, without waiting for more to come. */
async function buffered(stream) {
  const chunks = [];
  const reader = stream.getReader();
  const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS, { done: true }));
  try {
    for (;;) {
      const { value, done } = await Promise.race([reader.read(), quiet()]);
      if (done) return chunks;
      chunks.push(value);
    }
  } catch {
    return chunks;
  }
}
