// The Worker's entry. Model calls take the short way: this shell does the I/O that a synchronous
// Rust core (src/exchange/) asks for. Everything else goes to the Rust router (src/router.rs).
// Why it is split so: docs/decisions/0001-thin-shell.md.
import * as core from "../index.js";
import { drain } from "./body.js";
import { configure } from "./configure.js";
import { DOORS, serveModelCall } from "./exchange.js";
import { guarded } from "./instance.js";
import { passThrough } from "./passthrough.js";
import { settleLater } from "./settlement.js";

export { MOECraftOrchestrator } from "./orchestrator.js";

// What is compiled and read on first use is so before the first request, where the platform starts instances ahead of it.
core.rehearse();

function pathOf(url) {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (start < 0) return "/";
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/** Whether a client lets its request wait, and fetches the answer later (src/batches/deferred.rs). */
const isDeferred = ({ headers }) => headers.has("x-moecraft-deadline") && /\brespond-async\b/i.test(headers.get("prefer") ?? "");

export default {
  async fetch(request, env, ctx) {
    try {
      const response = await guarded(() => {
        configure(env);
        const path = pathOf(request.url);
        if (env.MOECRAFT_ENABLED === "false" && path.startsWith("/v1/")) return passThrough(request);
        const door = request.method === "POST" ? DOORS.get(path) : undefined;
        if (door !== undefined && !isDeferred(request)) return serveModelCall(door, request, env, ctx);
        return core.fetch(request, env, ctx);
      });
      if (request.body && !request.bodyUsed) await drain(request);
      return response;
    } catch (error) {
      console.error(String(error?.stack ?? error));
      const body = { error: { message: "the gateway failed; try again", type: "server_error", param: null, code: "internal" } };
      return Response.json(body, { status: 500 });
    }
  },

  /** Settlements that could not be delivered when they were due. */
  async queue(batch, env) {
    for (const message of batch.messages) {
      try {
        await settleLater(env, message.body);
        message.ack();
      } catch {
        message.retry({ delaySeconds: Math.min(2 ** message.attempts, 600) });
      }
    }
  },
};
