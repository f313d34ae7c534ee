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

export async function serveModelCall(request, env, ctx, path) {
  const header = (name) => request.headers.get(name) ?? undefined;
  const exchange = new core.Exchange(path, header("authorization"), header("x-api-key"), header("cache-control"), Date.now());
  let owned = true;
  try {
    let action = exchange.action();
    let body, upstream;
    for (;;) {
      switch (action) {
        case Action.Read:
          body = await read(request, exchange.limit());
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
        case Action.PassThrough:
          return await passThrough(exchange, request);
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
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
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
  const timer = setTimeout(() => abort.abort(), exchange.deadline_ms());
  const init = { method: "POST", headers: pairs(exchange.call_headers()), body: exchange.payload() ?? body, signal: abort.signal, redirect: "manual" };
  const url = exchange.url();
  let response;
  try {
    response = exchange.tunnelled() ? await orchestrator(env, exchange.tenant()).fetch(url, init) : await fetch(url, init);
    const type = response.headers.get("content-type") ?? "";
    if (response.status !== 200) {
      const text = await read(response, exchange.error_limit());
      const retryAfter = response.headers.get("retry-after") ?? undefined;
      return { action: exchange.refused(response.status, text ?? new Uint8Array(), retryAfter, Date.now()) };
    }
    if (!type.startsWith("text/event-stream")) {
      const answer = await read(response, exchange.answer_limit());
      if (!answer) return { action: exchange.failed(Fault.Oversize, Date.now()) };
      return { action: exchange.answered(answer, Date.now()), upstream: { answer } };
    }
    // Until the first event is known to be an answer, another candidate may still take over.
    const [client, record] = response.body.tee();
    const reader = client.getReader();
    const first = await reader.read();
    const action = exchange.began(first.value ?? new Uint8Array(), Date.now());
    reader.releaseLock();
    if (action !== Action.Relay) abort.abort();
    return { action, upstream: { abort, client, record, first: first.value } };
  } catch {
    const failure = abort.signal.aborted ? Fault.Timeout : Fault.Unreachable;
    abort.abort();
    // Before the answer's head, the object does not notice that its caller has gone.
    if (exchange.tunnelled()) await orchestrator(env, exchange.tenant()).fetch(exchange.cancel_url(), { method: "POST" }).catch(() => {});
    return { action: exchange.failed(failure, Date.now()) };
  } finally {
    clearTimeout(timer);
  }
}

const pairs = (flat) => {
  const headers = {};
  for (let i = 0; i < flat.length; i += 2) headers[flat[i]] = flat[i + 1];
  return headers;
};

function respond(exchange, upstream) {
  const body = exchange.body() ?? upstream.answer;
  return new Response(body, { status: exchange.status(), headers: pairs(exchange.headers()) });
}

/** The gateway is switched off: the default provider answers, and nothing is read on the way. */
function passThrough(exchange, request) {
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(pairs(exchange.call_headers()))) headers.set(name, value);
  headers.delete("x-api-key");
  return fetch(exchange.url(), { method: "POST", headers, body: request.body, redirect: "manual" });
}
