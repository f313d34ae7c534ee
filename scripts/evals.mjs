// npm run evals: the table of all pools of models. It trains every model anew, without the prompts it is then judged by, since
// the shipped ones have seen them all.
import { foreground } from "./lib/run.mjs";

const LIMIT_MS = 2 * 60 * 60_000; // some twenty minutes on two idle cores

process.exitCode = await foreground("cargo", ["run", "--quiet", "--release", "--locked", "-p", "moecraft-evals", "--", "table"], { limitMs: LIMIT_MS });
