// What a call must cost, worked out from the catalogue's files without the code under test.
import { readFileSync } from "node:fs";

/** Nano-dollars for plain input and output tokens of a catalogue model, at today's first-tier price. */
export function priceOf(id, { input, output }) {
  const provider = id.split("/")[0];
  const { models } = JSON.parse(readFileSync(new URL(`../../catalog/data/${provider}.json`, import.meta.url), "utf8"));
  const { prices } = models.find((model) => model.id === id);
  const today = new Date().toISOString().slice(0, 10);
  const { rates } = prices.filter(({ from }) => from <= today).sort((a, b) => a.from.localeCompare(b.from)).at(-1);
  // Dollars for a million tokens are thousands of nano-dollars for one.
  return Math.round(input * rates.input * 1000) + Math.round(output * rates.output * 1000);
}
