// Carries one model call: does what the Rust core says, and tells it what came of it.
//
//   READ ──body──► ADMIT ──verdict──► CALL ──answer──► RELAY or RESPOND
//                    ▲ policy was old    ▲ next candidate
//
// No decision is made here. Every step's reason is in src/exchange.rs.
import * as core from "../index.js";
import { relay } from "./relay.js";
import { orchestrator, settle } from "./settlement.js";

const { Action, Fault } = core;

export async function serveModelCall(request, env, ctx) {
  const header = (name) => request.headers.get(name) ?? undefined;
  const exchange = new core.Exchange(header("authorization"), header("x-api-key"), header("cache-control"), Date.now());
  let owned = true;
  try {
    let action = exchange.action();
    let body, upstream;
    for (;;) {
      switch (action) {
        case Action.Read:
          body = await read(request, exchange.limit());
          if (!body) await drain(request);
          action = body ? exchange.received(body) : exchange.too_large();
          break;
        case Action.Admit:
          try {
            const verdict = await orchestrator(env, exchange.tenant()).admit(exchange.message());
            action = exchange.admitted(verdict, Date.now());
          } catch {
            action = exchange.not_admitted();
          }
          break;
        case Action.Call:
          ({ action, upstream } = await call(exchange, env, body));
          break;
        case Action.Relay:
          owned = false;
          return relay(exchange, upstream, env, ctx);
        case Action.Respond: {
          const response = respond(exchange, upstream);
          const settlement = exchange.settlement();
          if (settlement) ctx.waitUntil(settle(env, exchange.tenant(), settlement));
          return response;
        }
      }
    }
  } finally {
    if (owned) exchange.free();
  }
}

/** The body's bytes, or nothing when there are more than `limit`. */
async function read(message, limit) {
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

async function drain(request) {
  if (request.bodyUsed) return;
  let size = 0;
  for await (const chunk of request.body) if ((size += chunk.byteLength) > DRAINED) return;
}

function concat(chunks) {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** Calls the current candidate, and gives the core's next step with what the relay will need. */
async function call(exchange, env, body) {
  const abort = new AbortController();
  const tunnelled = exchange.tunnelled();
  const place = tunnelled ? orchestrator(env, exchange.tenant()) : globalThis;
  const init = {
    method: "POST",
    headers: JSON.parse(exchange.call_headers()),
    body: exchange.payload() ?? body,
    redirect: "manual",
    signal: abort.signal,
  };
  const timer = setTimeout(() => abort.abort(), exchange.deadline_ms());
  try {
    return await judge(exchange, await place.fetch(exchange.url(), init), abort);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    const late = abort.signal.aborted;
    abort.abort();
    // Before the answer's head, the object does not notice that its caller has given up.
    if (late && tunnelled) await place.fetch(exchange.cancel_url(), { method: "POST" }).catch(() => {});
    return { action: exchange.failed(late ? Fault.Timeout : Fault.Unreachable, Date.now()) };
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the core what an answer is. */
async function judge(exchange, response, abort) {
  if (response.status !== 200) {
    const text = (await read(response, exchange.error_limit())) ?? new Uint8Array();
    return { action: exchange.refused(response.status, text, response.headers.get("retry-after") ?? undefined, Date.now()) };
  }
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const whole = await read(response, exchange.answer_limit());
    if (!whole) return { action: exchange.failed(Fault.Oversize, Date.now()) };
    return { action: exchange.answered(whole, Date.now()), upstream: { whole } };
  }
  // Until the first event is known to be an answer, another candidate may still take over.
  const reader = response.body.getReader();
  const held = [];
  let action;
  do {
    const { value, done } = await reader.read();
    if (value) held.push(value);
    action = exchange.began(value ?? new Uint8Array(), done, Date.now());
  } while (action === Action.ReadOn);
  if (action !== Action.Relay) abort.abort();
  return { action, upstream: { reader, first: concat(held), abort } };
}

function respond(exchange, upstream) {
  const body = exchange.body() ?? upstream.whole;
  return new Response(body, { status: exchange.status(), headers: JSON.parse(exchange.headers()) });
}
