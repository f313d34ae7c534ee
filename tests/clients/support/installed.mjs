// The clients that `npm run test:clients` has installed.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Where npm has put them. */
export const clients = process.env.MOECRAFT_CLIENTS ?? join(root, ".moecraft", "clients");

/** A library of tests/clients/package.json. */
export const load = createRequire(join(clients, "package.json"));

/** The Python to run the clients with, and where they are. */
export const python = {
  program: process.env.MOECRAFT_PYTHON ?? "python3",
  packages: process.env.MOECRAFT_CLIENTS_PYTHON ?? join(root, ".moecraft", "clients-python"),
};

/** Command-line clients: each is one native program, which its npm package has for every platform. */
export const programs = {
  claude: () => inPackage(`@anthropic-ai/claude-code-linux-${process.arch}`, "claude"),
  codex: () => {
    const vendor = inPackage(`@openai/codex-linux-${process.arch}`, "vendor");
    return join(vendor, readdirSync(vendor)[0], "bin", "codex");
  },
  opencode: () => inPackage("opencode-linux-x64-baseline", "bin", "opencode"),
};

function inPackage(...path) {
  const found = join(clients, "node_modules", ...path);
  if (!existsSync(found)) throw new Error(`there is no ${found}: npm run test:clients installs it`);
  return found;
}
