// Every way in which somebody could read a text: as it is, decoded as far as it decodes, joined, backwards.

/** How deep encodings are undone. */
const DEPTH = 3;
/** How long a piece is that tells something, characters, and how much of a value they must make up together. */
const [PIECE, MOST] = [8, 0.6];
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g;

/** Without what stands between the pieces of a value that was taken apart. */
const squeezed = (text) => text.replace(/[\s"'`+,;*\\()[\]]+/g, "");
const folded = (text) => text.replace(INVISIBLE, "").normalize("NFKC");
const readable = (bytes) => !/[\ufffd\0-\x08\x0e-\x1f]/.test(bytes.toString()) && bytes.toString();
const codes = (list, radix) => Buffer.from(list.map((code) => parseInt(code, radix) & 255)).toString();

/** Runs of an alphabet, each by itself and with the breaks between lines taken out. */
const runs = (text, alphabet) => [text, text.replace(/\r?\n/g, "")].flatMap((one) => one.match(alphabet) ?? []);

/** What a text says in the encodings that are in it. */
function decoded(text) {
  const found = [
    ...runs(text, /[A-Za-z0-9+/_-]{12,}={0,2}/g).map((run) => readable(Buffer.from(run, "base64"))),
    ...runs(text, /(?:[0-9a-fA-F]{2}){6,}/g).map((run) => readable(Buffer.from(run, "hex"))),
    text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => codes(run.match(/[^%]{2}/g), 16)),
    text.replace(/\\x([0-9a-fA-F]{2})|\\u00([0-9a-fA-F]{2})/g, (_, x, u) => codes([x ?? u], 16)),
    text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
    text.replace(/\\(["\\/])/g, "$1").replace(/\\n/g, "\n"),
    ...(text.match(/(?:\d{1,3}\s*,\s*){5,}\d{1,3}/g) ?? []).map((run) => codes(run.match(/\d+/g), 10)),
  ];
  return found.filter((one) => one && one !== text);
}

/** All readings of texts that stand one after the other, for `survives`. */
export function readings(...texts) {
  const [seen, all] = [new Set(), new Set()];
  let layer = [texts.join("\n"), texts.join("")];
  for (let depth = 0; depth <= DEPTH; depth++) {
    layer = layer.map(folded).filter((text) => !seen.has(text) && seen.add(text));
    for (const text of layer) {
      for (const one of [text, squeezed(text)]) all.add(one).add([...one].reverse().join(""));
    }
    layer = layer.flatMap(decoded);
  }
  const pieces = new Set();
  for (const text of all) for (let at = 0; at + PIECE <= text.length; at++) pieces.add(text.slice(at, at + PIECE));
  return { all: [...all], pieces };
}

/** Whether a value can be read in what `readings` gave: whole, or most of it in pieces. */
export function survives(value, { all, pieces }) {
  const core = squeezed(folded(value));
  if (all.some((text) => text.includes(core))) return true;
  if (core.length < 2 * PIECE) return false;
  const known = new Set();
  for (let at = 0; at + PIECE <= core.length; at++) {
    if (pieces.has(core.slice(at, at + PIECE))) for (let one = at; one < at + PIECE; one++) known.add(one);
  }
  return known.size >= MOST * core.length;
}
