// Where things lie, and the small files the scripts keep for themselves.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const at = (...parts) => join(root, ...parts);
/** A path in the folder that holds everything set-up makes: never committed, safe to delete. */
export const state = (...parts) => at(".moecraft", ...parts);
export const logFile = (name) => state("logs", `${name}.log`);

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

export const readText = (file) => (existsSync(file) ? readFileSync(file, "utf8") : "");

export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Writes a file that only its owner may read, in one step: a reader sees the old text or the new. */
export function writePrivate(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, file);
}

/** The NAME=value lines of .dev.vars, the file wrangler takes secrets from in development. */
export function devVars() {
  const lines = readText(at(".dev.vars")).split("\n");
  const pairs = lines.map((line) => line.match(/^\s*(\w+)\s*=\s*"?(.*?)"?\s*$/)).filter(Boolean);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]));
}

/** An error whose message says all that the user needs; no stack is shown. */
export class Remedy extends Error {}

/** Runs a script's main function; a failure ends the process with status 1 and one clear message. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(`\n${error instanceof Remedy ? error.message : error.stack}`);
    process.exit(1);
  }
}

/** Where a folder lives that is removed at the end: in memory, where there is such a place. */
export function ephemeral() {
  const memory = "/dev/shm";
  return existsSync(memory) ? memory : tmpdir();
}
