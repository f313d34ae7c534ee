// The clients that MOECraft is tested with, each at the version and with the checksum of its lock file.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { once } from "../lib/once.mjs";
import { at, Remedy, sha256, state } from "../lib/project.mjs";
import { pipEnv } from "../lib/python.mjs";
import { run } from "../lib/run.mjs";

const folder = at("tests", "clients");
const LOCK = ["package.json", "package-lock.json"];

/** Libraries and programs of npm, and the newer Node that some of them ask for; answers where they are. */
export async function installNpmClients(onLine) {
  const target = state("clients");
  const fingerprint = sha256(...LOCK.map((name) => readFileSync(join(folder, name))));
  const result = await once("clients", fingerprint, existsSync(node(target)), async () => {
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    for (const name of LOCK) copyFileSync(join(folder, name), join(target, name));
    // What runs is in the packages as they come: none of their install scripts is needed.
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", target];
    await run("setup-clients", "npm", ["ci", ...flags], { onLine });
    if (!existsSync(node(target))) throw new Remedy(`There are no clients for ${process.platform} on ${process.arch}.`);
  });
  return { result, target, node: node(target) };
}

const node = (target) => join(target, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");

/** Libraries for Python in a folder of their own; needs no venv. Answers where they are. */
export async function installPythonClients(python, onLine) {
  const target = state("clients-python");
  const list = join(folder, "python.txt");
  const result = await once("clients-python", sha256(readFileSync(list)), existsSync(join(target, "openai")), async () => {
    rmSync(target, { recursive: true, force: true });
    const flags = ["--no-deps", "--require-hashes", "--only-binary", ":all:"];
    await run("setup-clients-python", python, ["-m", "pip", "install", "--target", target, ...flags, "-r", list], { onLine, env: pipEnv });
  });
  return { result, target };
}
