// Delivers settlements to the tenant's object. Each is idempotent by its request's id, so sending
// one twice is harmless and losing one is not: three tries, then a Queue, and behind both the
// object's own alarm, which closes a reservation that nobody settled.
//
// Settlements of one isolate that fall due within a few milliseconds travel together. The client
// has its answer by then, and the reservation is on disk, so nobody waits for them; sent singly,
// each would be a call and a commit of its own in the way of the next request.

/** How long a settlement waits for others to go with it, ms. */
const WINDOW_MS = 10;
/** A batch not sent after this long has lost its carrier: the next request takes it over, ms. */
const STRANDED_MS = 2000;
/** The most settlements in one call. */
const MAX_BATCH = 256;
const TRIES = 3;

const ids = new Map();

/** The tenant's object. Deriving its id costs a digest, so ids are kept. */
export function orchestrator(env, tenant) {
  let id = ids.get(tenant);
  if (!id) {
    if (ids.size >= 1024) ids.clear();
    ids.set(tenant, (id = env.ORCHESTRATOR.idFromName(tenant)));
  }
  return env.ORCHESTRATOR.get(id);
}

/** Whether others wait for the answer to a request whose client has left. */
export async function isAwaited(env, exchange) {
  if (!exchange.leads()) return false;
  try {
    return await orchestrator(env, exchange.tenant()).isAwaited(exchange.id());
  } catch {
    return false;
  }
}

/** Per tenant, the settlements waiting to go: `{ messages, since }`. Plain data: no request may
 * wait for another's promise, so the one that opened the batch carries it in its own context. */
const waiting = new Map();

/** Sends a settlement, alone or with others. Runs inside the request's `waitUntil`. */
export async function settle(env, tenant, message) {
  // Nothing was admitted, or it was settled before.
  if (!message) return;
  const open = waiting.get(tenant);
  const stranded = open && Date.now() - open.since > STRANDED_MS;
  if (open && !stranded && open.messages.length < MAX_BATCH) {
    open.messages.push(message);
    return;
  }
  const batch = { messages: [...(stranded ? open.messages : []), message], since: Date.now() };
  waiting.set(tenant, batch);
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  if (waiting.get(tenant) === batch) waiting.delete(tenant);
  await deliver(env, tenant, batch.messages);
}

async function deliver(env, tenant, messages) {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      return await orchestrator(env, tenant).settle(messages);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50 * 4 ** attempt));
    }
  }
  for (const message of messages) await env.SETTLEMENTS?.send({ tenant, message: withoutFill(message) });
}

/** A message of the Queue holds 128 KB, and an answer to be cached may be longer: it stays behind. */
function withoutFill(message) {
  const { settle } = JSON.parse(message);
  return JSON.stringify({ settle: { ...settle, fill: null } });
}

/** One try, for a settlement that came through the Queue: the Queue tries again. */
export const settleLater = (env, { tenant, message }) => orchestrator(env, tenant).settle([message]);
