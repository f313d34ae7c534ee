// The built Worker in the real runtime: SQLite on disk, D1, Queue, alarms, outbound HTTP.
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare } from "miniflare";
import { Client } from "./client.mjs";
import { lastingPort } from "./loopback.mjs";
import { until } from "./until.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const build = process.env.MOECRAFT_BUILD ?? join(root, "build");

/** What the gateway presents to its upstreams. */
export const UPSTREAM_KEY = "sk-upstream-of-the-gateway";

export class Gateway {
  #options;
  #runtime;
  #reports;
  #workerd;
  #disk = mkdtempSync(join(tmpdir(), "moecraft-test-"));
  #log = "";

  /**
   * `upstreams`: base URLs of general upstreams. `vars`: more variables. `faults`: how many calls of
   * the object's `admit` and `settle` fail before the first that works, in each life of the object; with `late`, that
   * `settle` waits until the alarm has closed what is to be settled.
   * `services`: other Workers by the name of the binding to them, each the text of a module with a class `Service`.
   */
  static async start({ upstreams = [], vars = {}, faults, services = {} } = {}) {
    const gateway = new Gateway();
    gateway.keySecret = randomBytes(32).toString("hex");
    gateway.adminKey = randomBytes(32).toString("hex");
    gateway.#options = {
      faults,
      services,
      port: await lastingPort(),
      vars: {
        MOECRAFT_KEY_SECRET: gateway.keySecret,
        MOECRAFT_ADMIN_KEY: gateway.adminKey,
        UPSTREAM_URL: upstreams.join(","),
        UPSTREAM_API_KEY: upstreams.length ? UPSTREAM_KEY : "",
        ...vars,
      },
    };
    try {
      await gateway.restart();
    } catch (error) {
      await gateway.stop(); // or its file would go on with nothing to do, until its time is up
      throw error;
    }
    return gateway;
  }

  /** Starts the runtime again where the last one was: same disk, same address. */
  async restart() {
    const before = children();
    this.#runtime = new Miniflare(this.#settings());
    this.url = (await this.#runtime.ready).origin;
    this.#workerd = children().filter((pid) => !before.includes(pid));
    // A runtime that has just come up may lose its first connection.
    await until("its database is there", () => this.#migrate().then(() => true));
    this.#reports = await this.#runtime.getWorker("reports");
  }

  #settings() {
    const manifest = JSON.parse(readFileSync(join(build, "manifest.json"), "utf8"));
    const modules = manifest.modules.map(({ name, type }) => ({ type, path: join(build, name) }));
    const { faults, services, vars, port } = this.#options;
    if (faults) {
      const contents = readFileSync(new URL("faulty-worker.js", import.meta.url), "utf8");
      modules.unshift({ type: "ESModule", path: join(build, "faulty-worker.js"), contents });
    }
    const objects = manifest.durableObjects.map(({ name, className }) => [name, { className, useSQLite: true }]);
    const gateway = {
      name: "moecraft",
      modulesRoot: build,
      modules,
      compatibilityDate: manifest.compatibilityDate,
      compatibilityFlags: manifest.compatibilityFlags,
      bindings: { ...manifest.vars, ...vars, ...(faults && { TEST_FAULTS: JSON.stringify(faults) }) },
      durableObjects: Object.fromEntries(objects),
      d1Databases: ["DB"],
      serviceBindings: Object.fromEntries(Object.keys(services).map((name) => [name, { name, entrypoint: "Service" }])),
      queueProducers: { SETTLEMENTS: "moecraft-settlements" },
      queueConsumers: { "moecraft-settlements": { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 100 } },
    };
    const { compatibilityDate } = manifest;
    const script = readFileSync(new URL("reports-worker.js", import.meta.url), "utf8");
    const reports = { name: "reports", modules: true, script, compatibilityDate, d1Databases: ["DB"] };
    const others = Object.entries(services).map(([name, script]) => ({ name, modules: true, script, compatibilityDate }));
    return {
      host: "127.0.0.1",
      port,
      cf: false,
      log: new Log(LogLevel.NONE),
      handleRuntimeStdio: (...streams) => streams.forEach((stream) => stream.on("data", (text) => (this.#log += text))),
      durableObjectsPersist: join(this.#disk, "objects"),
      d1Persist: join(this.#disk, "d1"),
      workers: [gateway, reports, ...others],
    };
  }

  async #migrate() {
    const d1 = await this.#runtime.getD1Database("DB");
    if (await d1.prepare("SELECT 1 FROM sqlite_master WHERE name = 'usage'").first()) return;
    for (const name of readdirSync(join(root, "migrations")).sort()) {
      const sql = readFileSync(join(root, "migrations", name), "utf8").replace(/--.*$/gm, "");
      const statements = sql.split(";").filter((statement) => statement.trim());
      await d1.batch(statements.map((statement) => d1.prepare(statement)));
    }
  }

  /** Rows of the reporting database. */
  async d1(sql, ...values) {
    const answer = await this.#reports.fetch("http://reports/", { method: "POST", body: JSON.stringify({ sql, values }) });
    return answer.json();
  }

  /** Runs a statement on the database of a tenant's object: rows, or what is wrong. For gateways with `faults`. */
  async sql(tenant, statement) {
    const objects = await this.#runtime.getDurableObjectNamespace("ORCHESTRATOR", "moecraft");
    const object = objects.get(objects.idFromName(tenant));
    const answer = await object.fetch("http://object/test/sql", { method: "POST", body: statement });
    return answer.ok ? { rows: await answer.json() } : { error: await answer.text() };
  }

  /** A client with a fresh key of a tenant, made as an operator makes it. */
  async tenant(tenant, { owner = false } = {}) {
    const { status, json } = await this.admin.post("/moecraft/keys", { tenant, owner });
    if (status !== 201) throw new Error(`no key for ${tenant}: ${status} ${JSON.stringify(json)}`);
    return new Client(this, json.key, json.key_id);
  }

  /** The key alone. */
  async key(tenant, options) {
    return (await this.tenant(tenant, options)).key;
  }

  /** A client with any key, or none. */
  client(key) {
    return new Client(this, key);
  }

  get admin() {
    return this.client(this.adminKey);
  }

  /** The databases of objects that have ever been woken on this disk. */
  objectFiles() {
    const folder = join(this.#disk, "objects");
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".sqlite") && !name.endsWith("metadata.sqlite"));
  }

  /** The contents of all files of objects and databases. */
  onDisk() {
    const files = readdirSync(this.#disk, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    return files.map((file) => read(join(file.parentPath, file.name)));
  }

  /** All that the runtime has written to its log. */
  get log() {
    return this.#log;
  }

  /** Ends the runtime as a crash does: no handler runs, nothing is flushed. */
  async kill9() {
    for (const pid of this.#workerd) process.kill(pid, "SIGKILL");
    await until("the runtime is gone", () => this.#workerd.every((pid) => !children().includes(pid)));
    await this.#runtime.dispose().catch(() => {});
  }

  async stop() {
    await this.#runtime.dispose().catch(() => {});
    rmSync(this.#disk, { recursive: true, force: true });
  }
}

/** A file's bytes; none where a database has done away with it meanwhile. */
function read(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === "ENOENT") return Buffer.of();
    throw error;
  }
}

/** The runtimes that this process has started. */
function children() {
  const parent = (pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state !== "Z" && stat.includes("(workerd)") ? Number(ppid) : 0;
    } catch {
      return 0; // it has ended meanwhile
    }
  };
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => parent(pid) === process.pid);
}
