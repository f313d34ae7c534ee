// The operator's settings, for whoever runs in this instance first: the Worker or an object.
import * as core from "../index.js";
import { epoch } from "./instance.js";

let configured = -1;

/** Hands the Worker's variables and the names of its bindings to the Rust core, once per instance. */
export function configure(env) {
  if (configured === epoch()) return;
  const vars = Object.entries(env).filter(([, value]) => typeof value === "string");
  const bindings = Object.keys(env).filter((name) => typeof env[name] === "object");
  core.configure(JSON.stringify(Object.fromEntries(vars)), JSON.stringify(bindings));
  configured = epoch();
}
