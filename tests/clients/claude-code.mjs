// Claude Code, the program itself, at work on files through MOECraft.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { script } from "../support/provider/script.mjs";
import { Desk } from "./support/cli.mjs";
import { block } from "./support/docs.mjs";
import { programs } from "./support/installed.mjs";
import { stage, UPSTREAM_NAMES } from "./support/stage.mjs";

const MODEL = "claude-sonnet-5-5";
const FLAGS = ["--output-format", "json", "--permission-mode", "acceptEdits", "--allowedTools", "Read,Edit,Bash"];

const sitDown = (test) => new Desk(test, { files: { "greeting.txt": "Hello, Wrold!\n" } });

/** Starts Claude Code with a prompt; gives its result. */
async function claude(desk, { url, key }, prompt, ...more) {
  const args = ["--print", prompt, "--model", MODEL, ...FLAGS, ...more];
  const start = `${block("Claude Code").code}exec "$@"`;
  const { stdout } = await desk.run("sh", ["-c", start, "sh", programs.claude(), ...args], { env: { MOECRAFT_URL: url, MOECRAFT_KEY: key } });
  const result = JSON.parse(stdout);
  assert.equal(result.is_error, false, stdout);
  return result.result;
}

/** Read a file, put a word in it right, run a command on it, say what came out. */
const correction = (desk) => `Put the spelling in greeting.txt right. ${script(
  { think: "First I look.", calls: [["Read", { file_path: desk.path("greeting.txt") }]] },
  { think: "A slip.", calls: [["Edit", { file_path: desk.path("greeting.txt"), old_string: "Wrold", new_string: "World" }]] },
  { think: "Now the check.", calls: [["Bash", { command: "wc -c < greeting.txt > size.txt; cat greeting.txt", description: "Check the file" }]] },
  { say: "It says Hello, World! now." },
)}`;

function assertCorrected(desk, said) {
  assert.equal(said, "It says Hello, World! now.");
  assert.equal(desk.read("greeting.txt"), "Hello, World!\n");
  assert.equal(desk.read("size.txt").trim(), "14");
}

for (const upstream of UPSTREAM_NAMES) {
  describe(`before ${upstream}`, () => {
    const set = stage(upstream);

    test("reads, edits, runs a command, and says what it did", async (test) => {
      const desk = sitDown(test);
      const said = await claude(desk, { url: set.gateway.url, key: await set.coderKey() }, correction(desk));
      assertCorrected(desk, said);
      const provider = set.providers[upstream];
      assert.equal(provider.answered.length, 4, "one request for each turn");
      assert.match(provider.last.raw, /Hello, World!/, "the model has seen the command's output");
    });

    test("goes on with a conversation of before", async (test) => {
      const desk = sitDown(test);
      const session = { url: set.gateway.url, key: await set.coderKey() };
      await claude(desk, session, correction(desk));
      const capitals = ["Bash", { command: "tr a-z A-Z < greeting.txt > loud.txt", description: "Capitals" }];
      const more = script({ calls: [capitals] }, { say: "Done." });
      assert.equal(await claude(desk, session, `Now in capitals. ${more}`, "--continue"), "Done.");
      assert.equal(desk.read("loud.txt"), "HELLO, WORLD!\n");
    });
  });
}

describe("before both", () => {
  for (const answers of [1, 2, 3]) {
    describe(`when its own provider runs out of quota after ${answers} of 4 turns`, () => {
      const set = stage(["anthropic", "openai"]);

      test("finishes the work with the other one, and does not notice", async (test) => {
        const desk = sitDown(test);
        const { anthropic, openai } = set.providers;
        anthropic.trouble = (_request, answered) => (answered >= answers ? "quota" : undefined);
        const said = await claude(desk, { url: set.gateway.url, key: await set.key() }, correction(desk));
        assertCorrected(desk, said);
        assert.deepEqual([anthropic.answered.length, openai.answered.length], [answers, 4 - answers]);
        assert.equal(anthropic.requests.length, answers + 1, "it is left alone until its quota is back");
      });
    });
  }
});
