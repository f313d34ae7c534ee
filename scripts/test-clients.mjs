// npm run test:clients [-- FILE…]: real clients at work through MOECraft, before scripted providers.
// What they are and what is tested with each: tests/clients/ and docs/CLIENTS.md.
import { basename, join } from "node:path";
import { readdirSync } from "node:fs";
import { installNpmClients, installPythonClients } from "./clients/install.mjs";
import { at, main, Remedy } from "./lib/project.mjs";
import { Progress } from "./lib/progress.mjs";
import { capture, foreground } from "./lib/run.mjs";
import { setup } from "./setup.mjs";

// What hangs in one test is ended there; these end the rest, on machines that have much else to do, too.
const ONE_FILE_MS = 15 * 60_000;
const ALL_FILES_MS = 45 * 60_000;
// One file at a time: each starts runtimes and programs of its own, and small machines have few cores.
const FLAGS = [`--test-timeout=${ONE_FILE_MS}`, "--test-concurrency=1", "--test-reporter=spec"];

await main(async () => {
  const files = testFiles(process.argv.slice(2));
  const { python } = await setup();
  const progress = new Progress(2);
  let npm, packages;
  await progress.step("Clients", async (onLine) => (npm = await installNpmClients(onLine)).result);
  await progress.step("Clients in Python", async (onLine) => (packages = await installPythonClients(python, onLine)).result);

  const [command, ...args] = [...(await cutOff(python)), npm.node, "--test", ...FLAGS, ...files];
  process.exitCode = await foreground(command, args, {
    limitMs: ALL_FILES_MS,
    env: { MOECRAFT_CLIENTS: npm.target, MOECRAFT_PYTHON: python, MOECRAFT_CLIENTS_PYTHON: packages.target },
  });
});

/** The files whose names are given, without their ending; all when none is. */
function testFiles(wanted) {
  const folder = at("tests", "clients");
  const files = readdirSync(folder).filter((name) => name.endsWith(".mjs")).sort();
  const missing = wanted.find((name) => !files.includes(`${name}.mjs`));
  if (missing) throw new Remedy(`There is no ${missing}; there are: ${files.map((name) => basename(name, ".mjs")).join(", ")}.`);
  return files.filter((name) => wanted.length === 0 || wanted.includes(basename(name, ".mjs"))).map((name) => join(folder, name));
}

/**
 * What runs a command with no network but the loopback, since clients must not need another, and ends all that it
 * has started when it ends.
 */
async function cutOff(python) {
  const namespaces = ["--map-root-user", "--net", "--pid", "--fork", "--kill-child"];
  const prefix = ["unshare", ...namespaces, python, at("scripts", "clients", "loopback.py")];
  if ((await capture(prefix[0], [...prefix.slice(1), "true"])) !== undefined) return prefix;
  console.log("\nThis system lets nobody have a network of their own: the clients run with the network on.");
  return [];
}
