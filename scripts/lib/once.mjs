// Steps that are done once for what they are made from.
import { readText, state, writePrivate } from "./project.mjs";

export const UP_TO_DATE = "up to date";

/** Does `make` unless it was done for the same `fingerprint` and what it made is still `present`. */
export async function once(name, fingerprint, present, make) {
  const file = state("stamps", name);
  if (present && readText(file) === fingerprint) return UP_TO_DATE;
  await make();
  writePrivate(file, fingerprint);
  return "done";
}
