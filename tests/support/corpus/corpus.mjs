// Requests that hold what the guard protects: every kind in every disguise. The same in every run.
import { DISGUISES } from "./disguises.mjs";
import { KINDS } from "./kinds.mjs";
import { source } from "./random.mjs";

const SEED = 20_260_401;

/** Rows { ref, at, kind, disguise, value, texts }, each with a value of its own. */
export const CORPUS = Object.entries(KINDS).flatMap(([kind, make], k) =>
  Object.entries(DISGUISES).flatMap(([disguise, write], d) => {
    const made = make(source(SEED + 1000 * k + d));
    const texts = write(made);
    return texts ? [{ ref: `${kind}, ${disguise}`, at: k + d, kind, disguise, value: made.value, texts }] : [];
  }),
);

/** One row in `share`: of each kind some, and of each disguise. Paths with other numbers `path` take other rows. */
export const sample = (share, path) => CORPUS.filter(({ at }) => (at + path) % share === 0);
