// The official SDKs for Python and LangChain on top of one of them: the tests are in python/.
import { describe, test } from "node:test";
import { vectorOf } from "../support/provider/embeddings.mjs";
import { script } from "../support/provider/script.mjs";
import { runPython } from "./support/python.mjs";
import { stage, UPSTREAM_NAMES } from "./support/stage.mjs";
import { ANSWER, CALLS, IMAGE_SEEN, PNG, TASK, TOOLS } from "./support/task.mjs";

const say = "Grüße, 世界.";
const tools = Object.entries(TOOLS).map(([name, { description, schema }]) => ({ name, description, schema }));
const task = {
  say,
  hello: script({ say }),
  prompt: TASK,
  answer: ANSWER,
  calls: CALLS,
  tools,
  // What each call gives: Python has only to look it up.
  results: Object.fromEntries(CALLS.map(([name, args]) => [JSON.stringify([name, args]), TOOLS[name].run(args)])),
  png: PNG,
  image_seen: IMAGE_SEEN,
};

for (const upstream of UPSTREAM_NAMES) {
  describe(`before ${upstream}`, () => {
    const set = stage(upstream);
    for (const [what, module] of [["openai", "test_openai"], ["anthropic", "test_anthropic"], ["langchain-openai", "test_langchain"]]) {
      test(what, async () => runPython(module, { url: set.gateway.url, key: await set.key(), task: { ...task, counts: upstream === "anthropic" } }));
    }
  });
}

describe("embeddings before openai", () => {
  const set = stage("openai");
  test("openai", async () => {
    const vectors = Object.fromEntries(["fjord", "piazza"].map((text) => [text, vectorOf(text)]));
    await runPython("test_embeddings", { url: set.gateway.url, key: await set.key(), task: { vectors } });
  });
});
