// npm test: everything that is tested, from a fresh clone. What is tested at which layer: docs/TESTING.md.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { once } from "./lib/once.mjs";
import { at, main, sha256, state } from "./lib/project.mjs";
import { pipEnv } from "./lib/python.mjs";
import { foreground, run } from "./lib/run.mjs";
import { MODEL, pythonPackages, setup } from "./setup.mjs";

// What hangs in one test is ended there; these end the rest, on machines that have much else to do, too.
const ONE_FILE_MS = 15 * 60_000;
const ALL_FILES_MS = 60 * 60_000;
// One file at a time: each starts a runtime of its own, and small machines have few cores.
const FLAGS = [`--test-timeout=${ONE_FILE_MS}`, "--test-concurrency=1", "--test-reporter=spec"];
const results = [];

await main(async () => {
  const tools = await setup();
  await part("native tests", () => foreground("cargo", ["test", "--locked", "--quiet", "--workspace"]));
  const sdk = await installPythonSdk(tools.python);
  await part("end to end", () =>
    foreground(process.execPath, ["--test", ...FLAGS, ...testFiles(at("tests"))], {
      limitMs: ALL_FILES_MS,
      env: {
        MOECRAFT_PYTHON: tools.python, // with MOECRAFT_PYTHON_SDK on its path it has the OpenAI SDK
        MOECRAFT_PYTHON_SDK: sdk,
        MOECRAFT_AGENT: tools.agent,
        MOECRAFT_LOCAL_MODEL: MODEL.file,
        MOECRAFT_LOCAL_SERVER: pythonPackages, // on the Python path of scripts/local-model/serve.py
      },
    }),
  );
  console.log("");
  for (const { name, ok, seconds } of results) console.log(`${ok ? "passed" : "FAILED"}  ${name} (${seconds} s)`);
  if (!results.every(({ ok }) => ok)) process.exitCode = 1;
});

/** Runs one part to its end, whatever the others have given, and notes how it went. */
async function part(name, body) {
  console.log(`\n── ${name}`);
  const began = Date.now();
  const ok = (await body()) === 0;
  results.push({ name, ok, seconds: ((Date.now() - began) / 1000).toFixed(1) });
}

function testFiles(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".test.mjs"));
  if (names.length === 0) throw new Error(`no tests in ${folder}`);
  return names.sort().map((name) => join(folder, name));
}

/** The OpenAI SDK for Python in a folder of its own; needs no venv. */
async function installPythonSdk(python) {
  const [list, target] = [at("scripts", "test", "python.txt"), state("python-test")];
  await once("python-test", sha256(readFileSync(list)), existsSync(target), async () => {
    console.log("\nInstalling the Python SDK for the tests");
    rmSync(target, { recursive: true, force: true });
    await run("setup-python-test", python, ["-m", "pip", "install", "--target", target, "--no-deps", "-r", list], { env: pipEnv });
  });
  return target;
}
