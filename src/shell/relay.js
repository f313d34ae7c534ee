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
  const response = new Response(readable, { status: exchange.status(), headers: JSON.parse(exchange.headers()) });
  const copy = exchange.edits() ? edited : untouched;
  ctx.waitUntil(
    copy(exchange, upstream, writable)
      .then((delivered) => settle(env, exchange.tenant(), exchange.ended(delivered, Date.now())))
      .finally(() => exchange.free()),
  );
  return response;
}

/** Pipes the stream as it is. Gives whether the client took it to the end. */
async function untouched(exchange, { client, record, first }, writable) {
  try {
    await write(writable, first);
    const signal = AbortSignal.timeout(exchange.stream_deadline_ms());
    await client.pipeTo(writable, { preventClose: true, preventAbort: true, signal });
    exchange.observe(new Uint8Array(await new Response(record).arrayBuffer()));
  } catch {
    // The upstream is hung up on once both branches are given up; the second first tells what it has.
    client.cancel().catch(() => {});
    for (const chunk of await buffered(record)) exchange.observe(chunk);
  }
  return finish(exchange, writable);
}

/** Passes each chunk through the core, which leaves out what the client did not ask for. */
async function edited(exchange, { client, record, first }, writable) {
  record.cancel().catch(() => {});
  const reader = client.getReader();
  try {
    for (let chunk = { value: first }; !chunk.done; chunk = await reader.read()) {
      const out = exchange.edit(chunk.value);
      if (out.byteLength) await write(writable, out);
    }
  } catch {
    reader.cancel().catch(() => {});
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

/** What a branch still holds, without waiting for more to come. Gives the branch up. */
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
  } finally {
    reader.cancel().catch(() => {});
  }
}
