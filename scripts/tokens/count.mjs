// node scripts/tokens/count.mjs FOLDER > counted.jsonl: texts of many kinds with their true number of tokens, for
// `moecraft-evals tokens`. Real tokenizers are installed in FOLDER, which is no part of this project.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pieces } from "./texts.mjs";

/** By the name of the vocabulary, the package that ships it. */
const SHIPPED = { claude2: "tokenizer-claude", qwen2: "tokenizer-qwen2_5", llama3: "tokenizer-llama3", gemma: "tokenizer-gemma", deepseek3: "tokenizer-deepseek_v3" };
const PACKAGES = ["gpt-tokenizer@4.0.0", "@lenml/tokenizers@3.7.2", ...Object.values(SHIPPED).map((name) => `@lenml/${name}@3.7.2`)];

const folder = resolve(process.argv[2] ?? "/tmp/moecraft-tokens");
mkdirSync(folder, { recursive: true });
if (!existsSync(join(folder, "node_modules/gpt-tokenizer"))) {
  writeFileSync(join(folder, "package.json"), "{}");
  execFileSync("npm", ["install", "--silent", ...PACKAGES], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}
const require = createRequire(join(folder, "package.json"));
const { TokenizerLoader } = require("@lenml/tokenizers");
const counters = {
  o200k: (text) => require("gpt-tokenizer/encoding/o200k_base").countTokens(text, { allowedSpecial: "all" }),
  cl100k: (text) => require("gpt-tokenizer/encoding/cl100k_base").countTokens(text, { allowedSpecial: "all" }),
};
for (const [name, shipped] of Object.entries(SHIPPED)) {
  const model = (file) => JSON.parse(readFileSync(join(folder, `node_modules/@lenml/${shipped}/models`, file), "utf8"));
  const tokenizer = TokenizerLoader.fromPreTrained({ tokenizerJSON: model("tokenizer.json"), tokenizerConfig: model("tokenizer_config.json") });
  counters[name] = (text) => tokenizer.encode(text, { add_special_tokens: false }).length;
}
for (const piece of pieces(folder)) {
  const counts = Object.fromEntries(Object.entries(counters).map(([name, count]) => [name, count(piece.text)]));
  process.stdout.write(`${JSON.stringify({ ...piece, counts })}\n`);
}
