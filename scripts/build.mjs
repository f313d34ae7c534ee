// npm run build [-- --dev]: build/, ready for wrangler and workerd. A release build unless told otherwise.
import { parseArgs } from "node:util";
import { xtask } from "./lib/build.mjs";
import { foreground } from "./lib/run.mjs";

const { values } = parseArgs({ options: { dev: { type: "boolean", default: false } } });
process.exitCode = await foreground("cargo", xtask("build", ...(values.dev ? [] : ["--release"])));
