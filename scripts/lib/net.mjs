// Ports and answers on loopback.
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Remedy } from "./project.mjs";

const HOST = "127.0.0.1";

/** A free port: `wanted`, or the next one above it; with 0 any. */
export async function freePort(wanted) {
  for (let port = wanted; port < wanted + 100; port++) {
    const found = await tryPort(port);
    if (found) return found;
  }
  throw new Remedy(`No free port from ${wanted} on.`);
}

function tryPort(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, HOST, () => {
      const found = server.address().port;
      server.close(() => resolve(found));
    });
  });
}

/** Asks again and again until `ask` answers something; gives up after `limitMs` with the last reason. */
export async function until(what, limitMs, ask, everyMs = 100) {
  const deadline = Date.now() + limitMs;
  let reason;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      reason = error.cause?.message ?? error.message;
    }
    await sleep(everyMs);
  }
  throw new Remedy(`${what} did not answer within ${limitMs / 1000} s${reason ? `: ${reason}` : ""}`);
}

/** Fails once `url` has gone without a good answer for several tries in a row. */
export async function lost(what, url) {
  for (let misses = 0; misses < 3; ) {
    await sleep(2_000);
    misses = (await healthy(url, 5_000).catch(() => false)) ? 0 : misses + 1;
  }
  throw new Remedy(`${what} does not answer any more.`);
}

export const healthy = async (url, limitMs = 2_000) => (await fetch(url, { signal: AbortSignal.timeout(limitMs) })).ok;
