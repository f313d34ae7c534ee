// Runs a file of tests/clients/python against MOECraft before one upstream.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { python } from "./installed.mjs";

const folder = fileURLToPath(new URL("../python", import.meta.url));
const LIMIT_MS = 300_000;

/** Runs the module's unittests and asserts that there were some and that all passed. */
export async function runPython(module, { url, key, task }) {
  const env = {
    PATH: process.env.PATH,
    PYTHONPATH: python.packages,
    MOECRAFT_URL: url,
    MOECRAFT_KEY: key,
    MOECRAFT_TASK: JSON.stringify(task),
  };
  const args = ["-B", "-W", "error::ResourceWarning", "-m", "unittest", "-v", module];
  const options = { cwd: folder, env, timeout: LIMIT_MS, killSignal: "SIGKILL" };
  const [code, output] = await new Promise((resolve) => {
    execFile(python.program, args, options, (error, stdout, stderr) => resolve([error?.code ?? error?.signal ?? 0, stdout + stderr]));
  });
  assert.equal(code, 0, output);
  assert.match(output, /Ran (?!0 )\d+ tests/);
}
