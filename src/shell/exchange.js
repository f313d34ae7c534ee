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
  if (length !== null) return new Uint8Array(await message.arrayBuffer());
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
  const init = { method: "POST", headers: JSON.parse(exchange.call_headers()), body: exchange.payload() ?? body, redirect: "manual" };
  const url = exchange.url();
  const tunnelled = exchange.tunnelled();
  const answer = tunnelled ? orchestrator(env, exchange.tenant()).fetch(url, init) : fetch(url, init);
  const turn = { over: false };
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, exchange.deadline_ms())));
  try {
    const outcome = await Promise.race([judge(exchange, answer, turn), late]);
    if (outcome) return outcome;
    // Before the answer's head, the object does not notice that its caller has given up.
    if (tunnelled) await orchestrator(env, exchange.tenant()).fetch(exchange.cancel_url(), { method: "POST" });
    return { action: exchange.failed(Fault.Timeout, Date.now()) };
  } catch {
    return { action: exchange.failed(Fault.Unreachable, Date.now()) };
  } finally {
    turn.over = true;
    clearTimeout(timer);
  }
}

/** Tells the core what an answer is. Once the turn is over the core has gone on to the next
 * candidate, and an answer that comes too late is hung up on instead. */
async function judge(exchange, answer, turn) {
  const response = await answer;
  const hangUp = (stream) => void stream?.cancel().catch(() => {});
  if (turn.over) return hangUp(response.body);
  if (response.status !== 200) {
    const text = (await read(response, exchange.error_limit())) ?? new Uint8Array();
    if (turn.over) return;
    return { action: exchange.refused(response.status, text, response.headers.get("retry-after") ?? undefined, Date.now()) };
  }
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const whole = await read(response, exchange.answer_limit());
    if (turn.over) return;
    if (!whole) return { action: exchange.failed(Fault.Oversize, Date.now()) };
    return { action: exchange.answered(whole, Date.now()), upstream: { whole } };
  }
  // Until the first event is known to be an answer, another candidate may still take over.
  const [client, record] = response.body.tee();
  const reader = client.getReader();
  let first = new Uint8Array();
  let action;
  do {
    const { value, done } = await reader.read();
    if (turn.over) break;
    if (value) first = first.byteLength ? concat([first, value]) : value;
    action = exchange.began(first, done, Date.now());
  } while (action === Action.ReadOn);
  reader.releaseLock();
  if (action !== Action.Relay) [client, record].forEach(hangUp);
  return action === undefined ? undefined : { action, upstream: { client, record, first } };
}

function respond(exchange, upstream) {
  const body = exchange.body() ?? upstream.whole;
  return new Response(body, { status: exchange.status(), headers: JSON.parse(exchange.headers()) });
}
