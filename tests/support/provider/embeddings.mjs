// OpenAI's Embeddings: a vector for each text, the same one for the same text.
import { createHash } from "node:crypto";
import { tokens } from "./turn.mjs";

const DIMENSIONS = 8;
const FIELDS = ["model", "input", "encoding_format", "dimensions", "user"];

/** The vector of a text; every figure is exact in four bytes. */
export const vectorOf = (text, dimensions = DIMENSIONS) => [...createHash("sha256").update(text).digest().subarray(0, dimensions)].map((byte) => byte / 256);

/** The answer, or as a text why there is none. */
export function embeddings({ model, input, encoding_format = "float", dimensions, ...more }) {
  const unknown = Object.keys(more).find((field) => !FIELDS.includes(field));
  if (unknown) return `Unrecognized request argument supplied: ${unknown}`;
  const inputs = Array.isArray(input) ? input : [input];
  if (!model || inputs.length === 0 || inputs.some((text) => typeof text !== "string" || text === "")) return "'$.input' is invalid.";
  const form = (vector) => (encoding_format === "base64" ? Buffer.from(Float32Array.from(vector).buffer).toString("base64") : vector);
  const data = inputs.map((text, index) => ({ object: "embedding", index, embedding: form(vectorOf(text, dimensions)) }));
  const used = tokens(inputs.join(""));
  return { object: "list", model, data, usage: { prompt_tokens: used, total_tokens: used } };
}
