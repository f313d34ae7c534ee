// moecraft-agent, the real program, and a model server for it to find.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Upstream } from "./upstream.mjs";

const binary = process.env.MOECRAFT_AGENT ?? fileURLToPath(new URL("../../target/debug/moecraft-agent", import.meta.url));

/** A scripted server that answers as llama.cpp's does when it is asked what it has. */
export function modelServer(name, { context = 8192, slots = 64 } = {}) {
  const headers = { server: "llama.cpp" };
  return Upstream.start({
    pages: {
      "/health": { headers, body: { status: "ok" } },
      "/props": {
        headers,
        body: {
          default_generation_settings: { n_ctx: context },
          total_slots: slots,
          chat_template_caps: { supports_tools: true },
          modalities: { vision: false },
        },
      },
      "/v1/models": { headers, body: { object: "list", data: [{ id: name, object: "model" }] } },
    },
  });
}

export class Agent {
  log = "";
  #child;

  /** Starts an agent for model servers at `servers`, base URLs of llama.cpp. */
  static start({ url, key, name, servers }) {
    if (!existsSync(binary)) throw new Error(`there is no agent at ${binary}: npm test builds it`);
    const agent = new Agent();
    const named = servers.flatMap((server) => ["--server", `llama.cpp=${server}`]);
    agent.#child = spawn(binary, ["connect", "--url", url, "--name", name, ...named], {
      env: { ...process.env, MOECRAFT_KEY: key, MOECRAFT_LOG: "info" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    agent.#child.stderr.on("data", (text) => (agent.log += text));
    agent.exit = once(agent.#child, "exit").then(([code, signal]) => signal ?? code);
    return agent;
  }

  /** Ends it as a crash does. */
  async kill9() {
    this.#child.kill("SIGKILL");
    await this.exit;
  }

  /** Asks it to end; gives how it did. */
  async stop() {
    this.#child.kill("SIGTERM");
    return this.exit;
  }
}
