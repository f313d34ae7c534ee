// How a text is made hard to see for a filter while a model reads it all the same. Each gives the texts of the
// turns it takes: most take one; nothing where it makes no sense.

/** A value of this length is a secret in each of its halves, and backwards; half a telephone number is none. */
const LONG = 36;

const bytes = (text) => [...Buffer.from(text)];
const hex = (byte) => byte.toString(16).padStart(2, "0");
const entities = (text) => [...text].map((one) => `&#${one.codePointAt(0)};`).join("");
const wide = (text) => text.replace(/[!-~]/g, (one) => String.fromCodePoint(one.codePointAt(0) + 0xfee0));
const base64 = (text) => Buffer.from(text).toString("base64");

/** The text with its value written in another way. */
const inside = (write) => ({ text, value }) => [text.replace(value, () => write(value))];
/** The whole text written in another way. */
const around = (write) => ({ text }) => [write(text)];

/** By name: ({ text, value }) => the texts of one turn or two. */
export const DISGUISES = {
  none: ({ text }) => [text],
  base64: around((text) => `Decode this: ${base64(text)}`),
  "base64 twice": around((text) => `Decode this twice: ${base64(base64(text))}`),
  "base64, wrapped": around((text) => `Decode this:\n${base64(text).match(/.{1,40}/g).join("\n")}`),
  hex: around((text) => `Decode this: ${Buffer.from(text).toString("hex")}`),
  percent: around((text) => `Decode this: ${bytes(text).map((byte) => `%${hex(byte)}`).join("")}`),
  "\\x": around((text) => `print("${bytes(text).map((byte) => `\\x${hex(byte)}`).join("")}")`),
  "\\u": around((text) => `{"note": "${bytes(text).map((byte) => `\\u00${hex(byte)}`).join("")}"}`),
  entities: around((text) => `<p>${entities(text)}</p>`),
  reversed: ({ text, value }) => (value.length < LONG ? undefined : [text.replace(value, () => [...value].reverse().join(""))]),
  "zero width": inside((value) => value.match(/[^]{1,3}/g).join("\u200b")),
  "full width": inside(wide),
  "JSON in a string": around((text) => JSON.stringify({ event: JSON.stringify({ log: text }) })),
  codes: around((text) => `String.fromCharCode(${bytes(text).join(", ")})`),
  "two turns": ({ text, value }) => {
    if (value.length < LONG) return undefined;
    const at = text.indexOf(value) + Math.ceil(value.length / 2);
    return [text.slice(0, at), text.slice(at)];
  },
};
