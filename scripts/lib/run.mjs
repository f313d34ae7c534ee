// Other programs: run to their end, with their output kept in a log.
import { execFile, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { logFile, readText, Remedy, root } from "./project.mjs";

const exec = promisify(execFile);

// What runs when we are told to stop must not run on without us.
const unfinished = new Set();
process.once("exit", () => unfinished.forEach((child) => child.kill()));

/** What a program prints on standard output, trimmed; undefined if it cannot be run or fails. */
export async function capture(command, args, options = {}) {
  try {
    return (await exec(command, args, { cwd: root, maxBuffer: 1 << 24, ...options })).stdout.trim();
  } catch {
    return undefined;
  }
}

export const lastLines = (file, count) => readText(file).trimEnd().split("\n").slice(-count).join("\n");

/**
 * Runs a program to its end with its output in the log `name`. `onLine` sees each line as it comes.
 * Fails with the end of the log.
 */
export async function run(name, command, args, { onLine = () => {}, env = {}, append = false } = {}) {
  const file = logFile(name);
  mkdirSync(dirname(file), { recursive: true });
  const log = createWriteStream(file, { flags: append ? "a" : "w" });
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  unfinished.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      log.write(`${line}\n`);
      if (line.trim()) onLine(line.trim());
    });
  }
  const status = await new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new Remedy(`${command} cannot be started: ${error.message}`)));
    child.on("close", (code, signal) => resolve(signal ?? code));
  }).finally(() => {
    unfinished.delete(child);
    return new Promise((resolve) => log.end(resolve));
  });
  if (status !== 0) throw new Remedy(`${command} ${args.join(" ")} failed (${status}):\n${lastLines(file, 30)}`);
}

/** Runs a program in the foreground: our terminal is its terminal. Answers its exit status, 1 if it took too long. */
export function foreground(command, args, { env = {}, limitMs } = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: "inherit", timeout: limitMs });
  unfinished.add(child);
  return new Promise((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (code) => resolve(code ?? 1));
  }).finally(() => unfinished.delete(child));
}
