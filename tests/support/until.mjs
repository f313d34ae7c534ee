// Waiting for what must come: by asking for it, never by guessing how long it takes.
import { setTimeout as sleep } from "node:timers/promises";

/** How long anything may take before a test gives up on it. Nothing is asserted of shorter times. */
const LIMIT_MS = 60_000;
/** For tests in which something may hang: longer than any of them waits, so that it ends as the failure of its own test. */
export const LIMIT = { timeout: 2 * LIMIT_MS };
/** Pauses between two questions, which grow: many that wait are not to keep busy what they wait for. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [10, 100];

/** Asks until `probe` gives something true, and gives that. An error counts as a no. */
export async function until(what, probe, limitMs = LIMIT_MS) {
  const deadline = Date.now() + limitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const late = Date.now() >= deadline; // known before it is asked: a process that stood still asks once more
    let cause;
    try {
      const found = await probe();
      if (found) return found;
    } catch (error) {
      cause = error;
    }
    if (late) throw new Error(`${what}: not within ${limitMs / 1000} s`, { cause });
    await sleep(pause);
  }
}

/** A promise that somebody else settles. */
export function gate() {
  const made = {};
  made.promise = new Promise((resolve) => (made.open = resolve));
  return made;
}
