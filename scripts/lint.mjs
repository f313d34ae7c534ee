// npm run lint: format, lints with warnings denied, on the host and for the Worker's target, and the import rules.
import { xtask } from "./lib/build.mjs";
import { foreground } from "./lib/run.mjs";
import { addWasmTarget } from "./setup.mjs";

const WARNINGS = ["--", "-D", "warnings"];
const wasm = ["--target", "wasm32-unknown-unknown", "-p", "moecraft", "-p", "moecraft-durable"];

const checks = [
  ["cargo", ["fmt", "--all", "--check"]],
  ["cargo", ["clippy", "--locked", "--workspace", "--all-targets", ...WARNINGS]],
  ["cargo", ["clippy", "--locked", ...wasm, ...WARNINGS]],
  ["cargo", xtask("boundaries")],
];

await addWasmTarget();

const failed = [];
for (const [command, args] of checks) {
  const line = `${command} ${args.join(" ")}`;
  console.log(`\n$ ${line}`);
  if ((await foreground(command, args)) !== 0) failed.push(line);
}
console.log(failed.length ? `\nfailed:\n  ${failed.join("\n  ")}` : "\nall clean");
process.exitCode = failed.length ? 1 : 0;
