// Reading bodies, within bounds.

/** The body's bytes, or nothing when there are more than `limit`. */
export async function read(message, limit) {
  const length = message.headers.get("content-length");
  if (Number(length) > limit) return undefined;
  // An encoded body is longer than its length says, once it is decoded.
  if (length !== null && !message.headers.has("content-encoding")) return new Uint8Array(await message.arrayBuffer());
  const chunks = [];
  let size = 0;
  for await (const chunk of message.body ?? []) {
    size += chunk.byteLength;
    if (size <= limit) chunks.push(chunk);
    else if (size > DRAINED) break;
  }
  return size > limit ? undefined : concat(chunks);
}

/** How much of a body that is refused is still taken, bytes: a client that is cut off while it
 * sends sees a broken connection in place of the reason. */
const DRAINED = 64 << 20;

/** Takes the body of a request that is answered without it. */
export async function drain(request) {
  let size = 0;
  for await (const chunk of request.body) if ((size += chunk.byteLength) > DRAINED) return;
}

export function concat(chunks) {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
