// opencode, the program itself, at work on files through MOECraft.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { script } from "../support/provider/script.mjs";
import { Desk } from "./support/cli.mjs";
import { block } from "./support/docs.mjs";
import { programs } from "./support/installed.mjs";
import { stage } from "./support/stage.mjs";

for (const upstream of ["openai", "anthropic"]) {
  describe(`before ${upstream}`, { skip: process.arch !== "x64" && "this version has no program for this processor" }, () => {
    const set = stage(upstream);

    test("reads, edits, runs a command, and says what it did", async (test) => {
      const desk = new Desk(test, {
        files: { "greeting.txt": "Hello, Wrold!\n" },
        home: { ".config/opencode/opencode.json": block("opencode").code },
      });
      const file = desk.path("greeting.txt");
      const prompt = `Put the spelling in greeting.txt right. ${script(
        { calls: [["read", { filePath: file }]] },
        { calls: [["edit", { filePath: file, oldString: "Wrold", newString: "World" }]] },
        { calls: [["bash", { command: "wc -c < greeting.txt > size.txt; cat greeting.txt", description: "Check the file" }]] },
        { say: "It says Hello, World! now." },
      )}`;
      // From its input, and not as an argument: there it puts quotes around the text.
      const { stdout } = await desk.run(programs.opencode(), ["run"], { env: { MOECRAFT_URL: set.gateway.url, MOECRAFT_KEY: await set.coderKey() }, input: prompt });
      assert.match(stdout, /It says Hello, World! now\./);
      assert.equal(desk.read("greeting.txt"), "Hello, World!\n");
      assert.equal(desk.read("size.txt").trim(), "14");
    });
  });
}
