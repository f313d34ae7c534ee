// A trap inside WebAssembly (a Rust panic, memory exhausted) loses the whole instance, and with it
// every call in flight. The generated glue would leave those calls hanging for ever. Here each call
// is told at once, and the next one starts a fresh instance.
import * as core from "../index.js";

const state = core.__worker_init_state();
const inFlight = new Set();
let lost = false;

function lose(why) {
  if (lost) return;
  lost = true;
  for (const reject of inFlight) reject(new Error(`wasm instance lost: ${why}`));
  inFlight.clear();
}

// The panic hook of the `worker` crate sets this flag.
Object.defineProperty(state, "criticalError", {
  get: () => lost,
  set: (value) => {
    if (value) lose("panic");
  },
});
addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) lose(event.error.message);
});

/** The number of the live instance: objects made in an earlier one are dead. */
export const epoch = () => state.instanceId;

/** Starts a fresh instance if the last one was lost. */
export function revive() {
  if (!lost) return;
  lost = false;
  core.__wbg_reset_state();
}

/** Runs `call` so that it fails at once, rather than hangs, when the instance is lost under it. */
export async function guarded(call) {
  revive();
  // Each call has a promise of its own: one made in another request's context would never settle.
  const { promise, reject } = Promise.withResolvers();
  inFlight.add(reject);
  try {
    return await Promise.race([call(), promise]);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) lose(error.message);
    throw error;
  } finally {
    inFlight.delete(reject);
  }
}
