// The built Worker on workerd alone, as `npm run serve` starts it. In Miniflare a Worker of its own stands before
// ours, and how a client leaves is not seen through it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { workerdBinary, workerdConfig } from "../../scripts/lib/workerd.mjs";
import { Client } from "./client.mjs";
import { lastingPort } from "./loopback.mjs";
import { until } from "./until.mjs";

const OURS = process.env.MOECRAFT_BUILD ?? fileURLToPath(new URL("../../build", import.meta.url));

/** Runs the runtime until its standard input ends, which it does with this process, however that ends. */
const UNTIL_EOF = '"$0" serve "$1" & cat; kill -9 $!';

export class BareGateway {
  #folder = mkdtempSync(join(tmpdir(), "moecraft-bare-"));
  #runtime;
  #adminKey = randomBytes(32).toString("hex");

  /** `build`: the folder of another Worker, and `manifest` what is in it. `data`: where the objects are, and stay. */
  static async start({ vars = {}, build = OURS, manifest, data } = {}) {
    const gateway = new BareGateway();
    const [folder, port] = [gateway.#folder, await lastingPort()];
    manifest ??= JSON.parse(readFileSync(join(build, "manifest.json"), "utf8"));
    data ??= join(folder, "objects");
    mkdirSync(data, { recursive: true });
    const secrets = { MOECRAFT_KEY_SECRET: randomBytes(32).toString("hex"), MOECRAFT_ADMIN_KEY: gateway.#adminKey };
    const config = workerdConfig({ manifest, build, port, data, folder, environment: {}, vars: { ...manifest.vars, ...secrets, ...vars } });
    writeFileSync(join(folder, "config.capnp"), config, { mode: 0o600 });
    gateway.#runtime = spawn("sh", ["-c", UNTIL_EOF, workerdBinary(), join(folder, "config.capnp")], { stdio: ["pipe", "ignore", "ignore"] });
    gateway.url = `http://127.0.0.1:${port}`;
    await until("the runtime listens", async () => (await fetch(`${gateway.url}/healthz`)).ok);
    return gateway;
  }

  /** The process that stands before the runtime's, and is its parent. */
  get pid() {
    return this.#runtime.pid;
  }

  /** A client with a fresh key of a tenant, made as an operator makes it. */
  async tenant(tenant, { owner = false } = {}) {
    const { status, json } = await new Client(this, this.#adminKey).post("/moecraft/keys", { tenant, owner });
    if (status !== 201) throw new Error(`no key for ${tenant}: ${status} ${JSON.stringify(json)}`);
    return new Client(this, json.key, json.key_id);
  }

  /** Ends the runtime; once more does nothing. */
  async stop() {
    if (this.#runtime.exitCode !== null || this.#runtime.signalCode !== null) return;
    const ended = once(this.#runtime, "exit");
    this.#runtime.stdin.end();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
