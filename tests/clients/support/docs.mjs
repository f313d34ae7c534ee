// docs/CLIENTS.md, from which the tests take what they run: what is written there works as it stands.
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../../../docs/CLIENTS.md", import.meta.url), "utf8");
const ADDRESS = "http://127.0.0.1:8787";

/** The sections' headings. */
export const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);

/** The first block of code under a heading, with the address of a running MOECraft in it: { language, code }. */
export function block(heading, url = ADDRESS) {
  const section = text.split(/^## /m).find((section) => section.startsWith(`${heading}\n`));
  const [, language, code] = section?.match(/^```(\w+)\n([^]*?)^```$/m) ?? [];
  if (!code) throw new Error(`docs/CLIENTS.md has no block of code under ${heading}`);
  return { language, code: code.replaceAll(ADDRESS, url) };
}
