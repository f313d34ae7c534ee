// What the model is to do, written into the prompt itself: so it survives any gateway, any dialect and
// a change of provider in the middle of a conversation, as a real instruction does.

/**
 * The text that makes a provider's model take these turns, one after the other. A turn is an object of:
 *   calls   [[tool, arguments], …] to be called at once
 *   say     the text of the answer
 *   think   what it thinks before, where thinking is asked for
 */
export const script = (...turns) => `[[${JSON.stringify(turns)}]]`;

/** The turns of the newest script in a text; undefined where there is none. */
export function turnsOf(text) {
  for (let from = text.lastIndexOf("[[[{"); from >= 0; from = text.lastIndexOf("[[[{", from - 1)) {
    for (let to = text.indexOf("}]]]", from); to >= 0; to = text.indexOf("}]]]", to + 1)) {
      try {
        return JSON.parse(text.slice(from + 2, to + 2));
      } catch {
        // The mark stood inside a string: the script ends further on.
      }
    }
    if (from === 0) return undefined;
  }
  return undefined;
}
