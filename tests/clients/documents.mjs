// The programs of docs/CLIENTS.md, run as they are written.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { block, sections } from "./support/docs.mjs";
import { clients, python } from "./support/installed.mjs";
import { stage } from "./support/stage.mjs";

const LIMIT_MS = 300_000;
const INTERPRETERS = {
  js: (code) => [process.execPath, ["--input-type=module", "--eval", code], {}],
  python: (code) => [python.program, ["-B", "-c", code], { PYTHONPATH: python.packages }],
};

describe("docs/CLIENTS.md", () => {
  const set = stage(["anthropic", "openai"]);
  const programs = sections.filter((section) => block(section).language in INTERPRETERS);

  test("has programs", () => assert.ok(programs.length > 0));

  for (const section of programs) {
    test(section, async () => {
      const { language, code } = block(section);
      const [program, args, more] = INTERPRETERS[language](code);
      const env = { PATH: process.env.PATH, ...more, MOECRAFT_URL: set.gateway.url, MOECRAFT_KEY: await set.key() };
      const { stdout } = await promisify(execFile)(program, args, { cwd: clients, env, timeout: LIMIT_MS, killSignal: "SIGKILL" });
      assert.equal(stdout, "echo: Say hello.\n");
    });
  }
});
