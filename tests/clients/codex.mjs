// Codex, the program itself, at work on files through MOECraft.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { script } from "../support/provider/script.mjs";
import { Desk } from "./support/cli.mjs";
import { block } from "./support/docs.mjs";
import { programs } from "./support/installed.mjs";
import { stage, UPSTREAM_NAMES } from "./support/stage.mjs";

const sitDown = (test, url) =>
  new Desk(test, { files: { "greeting.txt": "Hello, Wrold!\n" }, home: { ".codex/config.toml": block("Codex CLI", url).code } });

/** Starts Codex with a prompt; gives the last thing it said. */
async function codex(desk, { key, model }, prompt) {
  const args = ["exec", "--model", model, "--skip-git-repo-check", "--sandbox", "danger-full-access", "--json", prompt];
  const { stdout } = await desk.run(programs.codex(), args, { env: { MOECRAFT_KEY: key } });
  const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.ok(!events.some(({ type }) => type === "error" || type === "turn.failed"), stdout);
  return events.filter(({ item }) => item?.type === "agent_message").at(-1)?.item.text;
}

const PATCH = `*** Begin Patch
*** Update File: greeting.txt
@@
-Hello, Wrold!
+Hello, World!
*** End Patch
`;

/** How a file is edited depends on the model that Codex believes it talks to. */
const EDITS = {
  "moecraft/auto": ["exec_command", { cmd: "sed -i s/Wrold/World/ greeting.txt" }],
  "gpt-5.5": ["apply_patch", PATCH],
};

/** Read a file, put a word in it right, run a command on it, say what came out. */
const correction = (edit) => `Put the spelling in greeting.txt right. ${script(
  { think: "First I look.", calls: [["exec_command", { cmd: "cat greeting.txt" }]] },
  { think: "A slip.", calls: [edit] },
  { think: "Now the check.", calls: [["exec_command", { cmd: "wc -c < greeting.txt > size.txt; cat greeting.txt" }]] },
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

    for (const [model, edit] of Object.entries(EDITS)) {
      test(`reads, edits with ${edit[0]}, runs a command, and says what it did, as ${model}`, async (test) => {
        const desk = sitDown(test, set.gateway.url);
        const said = await codex(desk, { key: await set.coderKey(), model }, correction(edit));
        assertCorrected(desk, said);
        const provider = set.providers[upstream];
        assert.equal(provider.answered.length, 4, "one request for each turn");
        assert.match(provider.last.raw, /Hello, World!/, "the model has seen the command's output");
      });
    }
  });
}

describe("before both", () => {
  for (const answers of [1, 2, 3]) {
    describe(`when its own provider runs out of quota after ${answers} of 4 turns`, () => {
      const set = stage(["openai", "anthropic"]);

      test("finishes the work with the other one, and does not notice", async (test) => {
        const desk = sitDown(test, set.gateway.url);
        const { anthropic, openai } = set.providers;
        openai.trouble = (_request, answered) => (answered >= answers ? "quota" : undefined);
        const said = await codex(desk, { key: await set.key(), model: "gpt-5.5" }, correction(EDITS["gpt-5.5"]));
        assertCorrected(desk, said);
        assert.deepEqual([openai.answered.length, anthropic.answered.length], [answers, 4 - answers]);
        assert.equal(openai.requests.length, answers + 1, "it is left alone until its quota is back");
      });
    });
  }
});
