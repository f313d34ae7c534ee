// Chance that is the same in every run: a seed decides what a corpus is.

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = UPPER.toLowerCase();
const DIGITS = "0123456789";
export const BASE32 = `${UPPER}234567`;
export const ALNUM = DIGITS + UPPER + LOWER;
export const URL_SAFE = `${ALNUM}-_`;
export const HEX = "0123456789abcdef";
export { DIGITS, LOWER, UPPER };

/** A source of chance with its own state. */
export function source(seed) {
  let state = seed >>> 0;
  const below = (bound) => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
  const pick = (list) => list[below(list.length)];
  return {
    below,
    pick,
    /** So many characters of an alphabet. */
    of: (alphabet, count) => Array.from({ length: count }, () => pick(alphabet)).join(""),
  };
}
