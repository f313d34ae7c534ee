// npm start [-- --port P]: everything needed to get a routed answer, on this machine.
import { parseArgs } from "node:util";
import { Children } from "./lib/children.mjs";
import { lost } from "./lib/net.mjs";
import { main } from "./lib/project.mjs";
import * as session from "./lib/session.mjs";
import { startStack } from "./lib/stack.mjs";
import { setup } from "./setup.mjs";

const PARENT_CHECK_MS = 1_000;

await main(async () => {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8787" } } });
  const running = session.current();
  if (running) {
    console.log(`MOECraft is already ${running.url ? "running" : "being started"} (process ${running.pid}).`);
    if (running.url) console.log(session.describe(running));
    return;
  }
  const began = Date.now();
  const stopped = askedToStop();
  session.publish({});
  process.once("exit", session.withdraw);
  const children = new Children();
  try {
    const tools = await Promise.race([setup(), stopped]);
    const started = tools && (await Promise.race([startStack(children, { ...tools, port: Number(values.port) }), stopped]));
    if (started) {
      session.publish(started);
      console.log(`\nMOECraft is ready after ${((Date.now() - began) / 1000).toFixed(1)} s.\n${session.describe(started)}`);
      console.log("  npm run demo sends a few prompts; Ctrl-C stops everything.");
      // wrangler does not end when its runtime does.
      await Promise.race([stopped, children.failure, lost("The Worker (.moecraft/logs/worker.log)", `${started.url}/healthz`)]);
    }
  } finally {
    await children.stop();
  }
  console.log("\nMOECraft has stopped.");
  process.exit(0);
});

/** Resolves on Ctrl-C, on a request to end, and when the npm that started us is gone. */
function askedToStop() {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => resolve());
    const parent = process.ppid;
    const underNpm = process.env.npm_lifecycle_event !== undefined;
    if (underNpm) setInterval(() => process.ppid === parent || resolve(), PARENT_CHECK_MS).unref();
  });
}
