// Delivers settlements to the tenant's object. Each is idempotent by its request's id, so sending
// one twice is harmless and losing one is not: three tries, then a Queue, and behind both the
// object's own alarm, which closes a reservation that nobody settled.

const TRIES = 3;

export const orchestrator = (env, tenant) => env.ORCHESTRATOR.get(env.ORCHESTRATOR.idFromName(tenant));

export async function settle(env, tenant, message) {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      return await orchestrator(env, tenant).settle(message);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50 * 4 ** attempt));
    }
  }
  await env.SETTLEMENTS?.send({ tenant, message });
}

/** One try, for a message that came through the Queue: the Queue tries again. */
export const settleLater = (env, { tenant, message }) => orchestrator(env, tenant).settle(message);
