// Waiting for what must come: by asking for it, never by guessing how long it takes.
import { setTimeout as sleep } from "node:timers/promises";

/** How long anything may take before a test gives up on it. Nothing is asserted of shorter times. */
const LIMIT_MS = 30_000;
const PAUSE_MS = 20;

/** Asks until `probe` gives something true, and gives that. An error counts as a no. */
export async function until(what, probe, limitMs = LIMIT_MS) {
  const deadline = Date.now() + limitMs;
  let last;
  do {
    try {
      const found = await probe();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(PAUSE_MS);
  } while (Date.now() < deadline);
  throw new Error(`${what}: not within ${limitMs / 1000} s`, { cause: last });
}

/** A promise that somebody else settles. */
export function gate() {
  const made = {};
  made.promise = new Promise((resolve) => (made.open = resolve));
  return made;
}
