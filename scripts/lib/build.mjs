// The Rust builds: the Worker by xtask, the agent by cargo. Cargo itself knows what is up to date.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { at, readJson, Remedy } from "./project.mjs";
import { capture, run } from "./run.mjs";

export const xtask = (...args) => ["run", "-q", "--locked", "-p", "xtask", "--", ...args];

/** Builds the Worker as it is deployed; answers a line about what came out. */
export async function buildWorker(onLine) {
  let newest = "";
  const watch = (line) => {
    newest = line;
    onLine?.(line);
  };
  await run("build-worker", "cargo", xtask("build", "--release"), { onLine: watch });
  return newest.replace(/^build\/ /, "");
}

/** The agent is built as `cargo test` builds it, so that the two share their work. */
export async function buildAgent(onLine) {
  await run("build-agent", "cargo", ["build", "--locked", "-p", "moecraft-agent"], { onLine });
  return "ready";
}

/** Where cargo puts a program; the dev profile's folder is called debug. */
export async function binary(folder, name) {
  const metadata = await capture("cargo", ["metadata", "--no-deps", "--locked", "--format-version", "1"]);
  if (!metadata) throw new Remedy("cargo metadata failed: is Cargo.lock up to date?");
  return join(JSON.parse(metadata).target_directory, folder, name);
}

/** What xtask says about build/, undefined when there is none. */
export const manifest = () => readJson(at("build", "manifest.json"));

const SOURCES = ["Cargo.toml", "Cargo.lock", "wrangler.toml", "src", "durable", "engine", "wire", "catalog", "xtask"];

/** Whether build/ is a release build that is newer than every source. Cheaper than asking cargo. */
export function isBuilt() {
  if (manifest()?.profile !== "release") return false;
  const built = statSync(at("build", "manifest.json")).mtimeMs;
  const newer = (path) => {
    const info = statSync(path);
    if (info.isDirectory()) return readdirSync(path).some((name) => newer(join(path, name)));
    return info.mtimeMs > built;
  };
  return !SOURCES.map((name) => at(name)).filter(existsSync).some(newer);
}
