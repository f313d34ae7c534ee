// No leak where a trusted model fails and an untrusted one would take over: whatever the failure, what the guard protects
// ends in an error, and what is harmless gets its answer.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { stage } from "./clients/support/stage.mjs";
import { ask, proves, VARS } from "./support/leaks.mjs";

const AUTO = "moecraft/auto";

describe("nothing leaks to the model that would take over where the trusted one", () => {
  const providers = ["openai", "moonshot"];
  const usual = stage(providers, { vars: VARS });
  // Its wait is long beside what a busy machine takes for an answer.
  const hasty = stage(providers, { vars: { ...VARS, FIRST_BYTE_MS: "4000", ANSWER_MS: "4000" } });
  const garbage = ({ response }) => response.writeHead(200, { "content-type": "application/json" }).end("<<<");
  for (const [how, trouble, name, stream, set = usual] of [
    ["is overloaded", "overloaded", "chat", false],
    ["answers 429", "rate", "messages", false],
    ["answers 500", "error", "responses", true],
    ["has nothing left", "quota", "chat", true],
    ["never answers", "hang", "chat", false, hasty],
    ["breaks off", "drop", "messages", true],
    ["answers garbage", garbage, "responses", false],
    ["refuses the gateway's key", "unauthorized", "chat", false],
  ]) {
    test(how, async () => {
      set.providers.openai.trouble = () => trouble;
      const answers = await proves(set.gateway, {
        send: ask(name, AUTO, { stream }),
        untrusted: [set.providers.moonshot],
        // A stream may have begun with signs of life before it ends in its error.
        statuses: [429, 500, 502, 503, 504, ...(stream ? [200] : [])],
        fresh: true,
      });
      assert.ok(set.providers.openai.heard.length >= answers.length, "the trusted one was asked each time");
    });
  }
});
