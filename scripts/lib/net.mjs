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
export async function until(what, limitMs, ask) {
  const deadline = Date.now() + limitMs;
  let reason;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      reason = error.cause?.message ?? error.message;
    }
    await sleep(100);
  }
  throw new Remedy(`${what} did not answer within ${limitMs / 1000} s${reason ? `: ${reason}` : ""}`);
}

export const healthy = async (url) => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
