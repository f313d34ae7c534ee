// npm run fuzz: bytes and JSON of every kind against every parser, in many more cases than `npm test` has time for. The
// tests are the ones with "panic" in their names. They run unoptimised, where an overflow is a panic and does not pass unseen.
import { foreground } from "./lib/run.mjs";

const BUILD_MS = 30 * 60_000;
const RUN_MS = 30 * 60_000; // two or three minutes, where nothing else runs
const CASES = process.env.PROPTEST_CASES ?? "5000"; // `npm test` has 256

const cargo = (limitMs, ...args) => foreground("cargo", ["test", "--locked", "--quiet", "--workspace", "--tests", ...args], { env: { PROPTEST_CASES: CASES }, limitMs });

process.exitCode = (await cargo(BUILD_MS, "--no-run")) || (await cargo(RUN_MS, "panic"));
