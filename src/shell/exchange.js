// Carries one model call: does what the Rust core says, and tells it what came of it.
//
//   READ ──body──► ADMIT ──verdict──► CALL ──answer──► RELAY or RESPOND
//                    ▲ policy was old    ▲ next candidate, or WAIT and once more
//                    └── FOLLOW an equal request that is under way
//
// No decision is made here. Every step's reason is in src/exchange/.
import * as core from "../index.js";
import { bound } from "./binding.js";
import { concat, read } from "./body.js";
import { relay } from "./relay.js";
import { isAwaited, orchestrator, settle } from "./settlement.js";

const { Action, Door, Fault } = core;

/** The paths of model calls. */
export const DOORS = new Map([
  ["/v1/chat/completions", Door.Chat],
  ["/v1/responses", Door.Responses],
  ["/v1/messages", Door.Messages],
  ["/v1/embeddings", Door.Embeddings],
]);

/** The request headers that matter to the core. */
const HEARD = [
  ...["authorization", "x-api-key", "cache-control", "anthropic-version", "anthropic-beta"],
  ...["x-claude-code-session-id", "session-id", "thread-id", "x-session-id"],
  ...["x-moecraft-max-cost", "x-moecraft-max-latency-ms"],
];
/** The answer's headers that tell of the provider's limits. */
const TELLING = /^(?:retry-after(?:-ms)?|x-should-retry|anthropic-ratelimit-.+|x-ratelimit-.+|x-codex-.+)$/;

export async function serveModelCall(door, request, env, ctx) {
  const exchange = new core.Exchange(door, heard(request.headers), Date.now());
  let owned = true;
  let over;
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
          action = await admit(exchange, env);
          break;
        case Action.Call:
        case Action.Follow:
        case Action.Wait: {
          const quest = { over: false, wake() {} };
          const leave = async () => (await isAwaited(env, exchange)) || abandon(quest);
          request.signal.addEventListener("abort", leave);
          const answer = pursue(exchange, env, body, action, quest);
          // Others may wait for this answer when its own client has left: it has to outlive that.
          if (exchange.shares() && !over) ctx.waitUntil(new Promise((resolve) => (over = resolve)));
          try {
            upstream = await unlessSilent(answer, exchange, quest);
          } finally {
            request.signal.removeEventListener("abort", leave);
          }
          if (upstream) {
            action = upstream.action;
            break;
          }
          if (quest.over) {
            ctx.waitUntil(settle(env, exchange.tenant(), exchange.left(Date.now())));
            return new Response(null, { status: 499 });
          }
          // The client gets its head now, and signs of life, while the answer is still awaited.
          exchange.commit();
          owned = false;
          return relay(exchange, { answer, abandon: () => abandon(quest) }, request, env, ctx);
        }
        case Action.Relay:
          owned = false;
          return relay(exchange, upstream, request, env, ctx);
        case Action.Respond: {
          const response = respond(exchange, upstream);
          const settlement = exchange.settlement();
          if (settlement) ctx.waitUntil(settle(env, exchange.tenant(), settlement));
          return response;
        }
      }
    }
  } finally {
    over?.();
    if (owned) exchange.free();
  }
}

function heard(headers) {
  const known = {};
  for (const name of HEARD) {
    const value = headers.get(name);
    if (value !== null) known[name] = value;
  }
  return JSON.stringify(known);
}

/** Asks the object, or tells it. */
export async function admit(exchange, env) {
  let verdict;
  try {
    verdict = await orchestrator(env, exchange.tenant()).admit(exchange.message());
  } catch {
    return exchange.not_admitted();
  }
  return exchange.admitted(verdict, Date.now());
}

/** Waits for the answer to an equal request, where the object has it, or until the quest is abandoned. */
async function follow(exchange, env, quest) {
  const abandoned = new Promise((resolve) => (quest.wake = resolve));
  let verdict;
  try {
    const told = orchestrator(env, exchange.tenant()).follow(exchange.id(), exchange.message());
    verdict = await Promise.race([told, abandoned]);
  } catch {
    return exchange.not_followed();
  }
  // Abandoned: there is nobody to be told.
  if (verdict === undefined) return Action.Follow;
  return exchange.admitted(verdict, Date.now());
}

/** Calls candidates until one answers or none is left; gives nothing once the quest was abandoned. */
export async function pursue(exchange, env, body, action, quest) {
  let upstream;
  while (action === Action.Call || action === Action.Wait || action === Action.Admit || action === Action.Follow) {
    if (quest.over) return undefined;
    if (action === Action.Admit) {
      action = await admit(exchange, env);
    } else if (action === Action.Follow) {
      action = await follow(exchange, env, quest);
    } else if (action === Action.Wait) {
      await new Promise((resolve) => setTimeout((quest.wake = resolve), exchange.wait_ms()));
      action = exchange.waited();
    } else {
      upstream = await call(exchange, env, body, quest);
      if (!upstream) return undefined;
      ({ action } = upstream);
    }
  }
  return { ...upstream, action };
}

/** Ends a quest whose client has left, whatever it waits for. */
function abandon(quest) {
  quest.over = true;
  quest.wake();
}

/** What was pursued, unless it keeps a streaming client waiting so long that something on the way
 * might cut the silent connection: then nothing, as soon as a head can be sent. */
async function unlessSilent(answer, exchange, quest) {
  if (!exchange.streams()) return answer;
  for (;;) {
    let timer;
    const silence = new Promise((resolve) => (timer = setTimeout(resolve, exchange.keep_alive_ms())));
    try {
      const upstream = await Promise.race([answer, silence]);
      if (upstream || quest.over || exchange.may_commit()) return upstream;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Calls the current candidate, and gives the core's next step with what the relay will need.
 *
 * The call carries no AbortSignal: it was measured to cost a tenth of the whole request. A call
 * that is given up before its answer's head ends with this request, or when the head comes. It is
 * given up when it is late, and when the quest is woken because its client has left. */
async function call(exchange, env, body, quest) {
  const tunnelled = exchange.tunnelled();
  const binding = exchange.binding();
  const place = tunnelled ? orchestrator(env, exchange.tenant()) : binding ? bound(env[binding], exchange.upstream_name()) : globalThis;
  const init = { method: "POST", headers: JSON.parse(exchange.call_headers()), body: cleared(exchange, body), redirect: "manual" };
  const turn = { over: false };
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout((quest.wake = resolve), exchange.deadline_ms())));
  try {
    const outcome = await Promise.race([judge(exchange, place.fetch(exchange.url(), init), turn), late]);
    if (outcome) return outcome;
    // What still comes of it is no longer this exchange's to hear.
    turn.over = true;
    turn.hangUp?.();
    // Before the answer's head, the object does not notice that its caller has given up.
    if (tunnelled) await place.fetch(exchange.cancel_url(), { method: "POST" }).catch(() => {});
    if (quest.over) return undefined;
    return { action: exchange.failed(Fault.Timeout, Date.now()) };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return { action: exchange.failed(Fault.Unreachable, Date.now()) };
  } finally {
    turn.over = true;
    clearTimeout(timer);
  }
}

/** The bytes that the gate (src/egress.rs) has let through to the current target, and no others. The client's own are
 * not copied where they go out as they came. */
function cleared(exchange, own) {
  const written = exchange.payload();
  if (written) return written;
  if (exchange.may_send_own()) return own;
  throw new Error("no body was cleared for this call");
}

/** Tells the core what an answer is. Once the turn is over the core has gone on to the next
 * candidate: an answer that comes too late is hung up on, and nothing is told. */
async function judge(exchange, answer, turn) {
  const response = await answer;
  const hangUp = () => void response.body?.cancel().catch(() => {});
  if (turn.over) return hangUp();
  tellLimits(exchange, response.headers);
  if (response.status !== 200) {
    const text = (await read(response, exchange.error_limit())) ?? new Uint8Array();
    if (turn.over) return;
    return { action: exchange.refused(response.status, text, Date.now()) };
  }
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const whole = await read(response, exchange.answer_limit());
    if (turn.over) return;
    if (!whole) return { action: exchange.failed(Fault.Oversize, Date.now()) };
    return { action: exchange.answered(whole, Date.now()), whole };
  }
  // Until the first word is known to be an answer's, another candidate may still take over.
  const reader = response.body.getReader();
  turn.hangUp = () => void reader.cancel().catch(() => {});
  const held = [];
  let action;
  do {
    const { value, done } = await reader.read();
    if (turn.over) return turn.hangUp();
    if (value) held.push(value);
    action = exchange.began(value ?? new Uint8Array(), done, Date.now());
  } while (action === Action.ReadOn);
  if (action !== Action.Relay) turn.hangUp();
  return { action, reader, first: exchange.edits() ? exchange.held() : concat(held) };
}

function tellLimits(exchange, headers) {
  let told;
  for (const [name, value] of headers) if (TELLING.test(name)) (told ??= {})[name] = value;
  if (told) exchange.told_limits(JSON.stringify(told), Date.now());
}

function respond(exchange, upstream) {
  const body = exchange.body() ?? upstream.whole;
  return new Response(body, { status: exchange.status(), headers: JSON.parse(exchange.headers()) });
}
