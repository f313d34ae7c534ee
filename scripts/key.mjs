// npm run key -- --tenant NAME [--owner]: prints a new key, alone on standard output.
import { xtask } from "./lib/build.mjs";
import { foreground } from "./lib/run.mjs";

process.exitCode = await foreground("cargo", xtask("key", ...process.argv.slice(2)));
