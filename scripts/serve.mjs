// The plan for scripts/serve.sh: makes sure of the build, writes workerd's configuration, and prints
// what to run. This process is gone before workerd starts, so it costs the service nothing.
//
//   --port P     where to listen on 127.0.0.1 (or PORT; 8787)
//   --data DIR   where the Durable Objects live; without it a folder that is removed at the end
//
// UPSTREAM_URL, MOECRAFT_KEY, MOECRAFT_KEY_SECRET and MOECRAFT_ADMIN_KEY come from the environment.
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildWorker, isBuilt, manifest } from "./lib/build.mjs";
import { at, ephemeral, main, Remedy } from "./lib/project.mjs";
import { workerdBinary, workerdConfig } from "./lib/workerd.mjs";

/** Environment variables that become bindings. They go by name: no secret is written to a file. */
const FROM_ENVIRONMENT = {
  MOECRAFT_KEY: "MOECRAFT_STATIC_KEY",
  ...Object.fromEntries([...settingNames(), ...providerNames()].map((name) => [name, name])),
};

/** The settings of the README's table. */
function settingNames() {
  const secrets = ["UPSTREAM_URL", "UPSTREAM_API_KEY", "MOECRAFT_KEY_SECRET", "MOECRAFT_KEY_SECRET_OLD", "MOECRAFT_ADMIN_KEY", "MOECRAFT_ENABLED"];
  const periods = ["FIRST_BYTE_MS", "ANSWER_MS", "IDLE_MS", "STREAM_MS", "KEEP_ALIVE_MS", "RESERVATION_MS", "SURROGATE_TTL_MS", "SURROGATE_BYTES", "BATCH_STEP_MS", "BATCH_WINDOW_MS", "BATCH_KEEP_MS", "BATCH_BYTES"];
  return [...secrets, ...periods];
}

/** Key and base URL of every provider in the catalogue. */
function providerNames() {
  const files = readdirSync(at("catalog", "data")).map((file) => JSON.parse(readFileSync(at("catalog", "data", file), "utf8")));
  return files.flatMap(({ provider }) => (provider ? [provider.key_secret, provider.base_url_var] : []));
}

await main(async () => {
  const { values } = parseArgs({ options: { port: { type: "string" }, data: { type: "string" } } });
  const port = Number(values.port ?? process.env.PORT ?? 8787);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) throw new Remedy("--port must be a number from 1 to 65535.");
  if (!isBuilt()) await buildWorker();

  const scratch = mkdtempSync(join(ephemeral(), "moecraft-"));
  const data = values.data ? resolve(values.data) : join(scratch, "objects");
  mkdirSync(data, { recursive: true });

  const built = manifest();
  const vars = { ...built.vars, MOECRAFT_KEY_SECRET: fresh(), MOECRAFT_ADMIN_KEY: fresh() };
  const environment = {};
  for (const [from, to] of Object.entries(FROM_ENVIRONMENT)) {
    if (!process.env[from]) continue;
    delete vars[to];
    environment[to] = from;
  }
  const config = join(scratch, "config.capnp");
  writeFileSync(config, workerdConfig({ manifest: built, build: at("build"), port, data, vars, environment, folder: scratch }), { mode: 0o600 });
  console.log([workerdBinary(), config, scratch].join("\n"));
});

function fresh() {
  return randomBytes(32).toString("hex");
}
