// A request as the model sees it, whatever dialect it came in, and what the model does about it.
import { createHash } from "node:crypto";
import { turnsOf } from "./script.mjs";

export const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** A rough count of tokens: four characters each, at least one. */
export const tokens = (value) => Math.max(1, Math.ceil((typeof value === "string" ? value : JSON.stringify(value) ?? "").length / 4));

/** What the reader of a dialect notes down of a conversation. */
export class Turn {
  /** Tools by name: { schema, custom, namespace }. */
  tools = new Map();
  /** The JSON schema that the answer must have, if any. */
  schema;
  /** The tool that must be called, if any. */
  forced;
  #script;
  #step = 0;
  #newest = "";
  #results = [];
  #images = [];
  #afterResult = false;

  /** A text of the user's. The newest script counts, and starts from its first turn. */
  user(text) {
    const script = turnsOf(text);
    if (script) [this.#script, this.#step] = [script, 0];
    this.#newest = text;
    this.#afterResult = false;
  }

  /** The model called tools, any number at once. */
  called() {
    this.#step++;
  }

  result(text) {
    this.#results.push(text);
    this.#afterResult = true;
  }

  /** An image, as base64 or as a data URL. */
  image(data) {
    this.#images.push(sha256(Buffer.from(data.replace(/^data:[^,]*,/, ""), "base64")));
  }

  /** What the model does: { think, calls, text }. Throws what a test got wrong. */
  plan() {
    const { think, say, calls = [] } = this.#script?.[this.#step] ?? {};
    if (this.tools.size > 0 && calls.length > 0) {
      const missing = calls.find(([name]) => !this.tools.has(name));
      if (missing) throw new Error(`the script calls ${missing[0]}, but the tools are ${[...this.tools.keys()].join(", ")}`);
      return { think, calls, text: say };
    }
    if (say !== undefined) return { think, calls: [], text: say };
    if (this.forced && !this.#afterResult) return { think, calls: [[this.forced, instance(this.tools.get(this.forced)?.schema)]] };
    if (this.schema) return { think, calls: [], text: JSON.stringify(instance(this.schema)) };
    return { think, calls: [], text: this.#plainly() };
  }

  /**
   * A call's arguments as an object. A text is for a freeform tool, which other dialects only know as a
   * function of one text: the model reads its name in the schema.
   */
  input(tool, args) {
    if (typeof args !== "string") return args;
    const { required, properties } = this.tools.get(tool).schema;
    return { [(required ?? Object.keys(properties))[0]]: args };
  }

  #plainly() {
    if (this.#afterResult) return `results: ${this.#results.join(" | ")}`;
    if (this.#images.length > 0) return `images: ${this.#images.join(" ")}`;
    return `echo: ${this.#newest}`;
  }
}

/** A small value that a JSON schema accepts. */
export function instance(schema, root = schema, depth = 0) {
  if (typeof schema !== "object" || schema === null || depth > 12) return "x";
  const within = (part) => instance(part, root, depth + 1);
  if (schema.$ref) return within(schema.$ref.replace(/^#\//, "").split("/").reduce((node, key) => node[key], root));
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choice) return within(choice[0]);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object" || schema.properties) {
    const wanted = schema.required ?? Object.keys(schema.properties ?? {});
    return Object.fromEntries(wanted.map((key) => [key, within(schema.properties?.[key])]));
  }
  if (type === "array") return [within(schema.items)];
  return { integer: 7, number: 1.5, boolean: true, null: null }[type] ?? "x";
}

/** A text in the pieces that it is streamed in. */
export const pieces = (text) => text.match(/[^]{1,7}/gu) ?? [""];
