// Texts of many kinds, each in two halves from different documents: what a token counter is fitted to and what it is
// measured on. Found in packages and on this machine, cut into pieces; nothing of them is kept in the repository.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Pieces of each kind in each half. */
const PIECES = 60;
/** The length of a piece, characters. */
const LENGTH = 2400;
/** The languages: the folder of the handbook (to fit), and the ending of the questions and answers (to measure). */
const LANGUAGES = {
  english: ["en-US", "en"], german: ["de-DE", "de"], french: ["fr-FR", "fr"], italian: ["it-IT", "it"],
  portuguese: ["pt-BR", "pt"], russian: ["ru-RU", "ru"], chinese: ["zh-CN", "zh-cn"], japanese: ["ja-JP", "ja"],
  korean: ["ko-KR", "ko"],
};
const PACKAGES = [
  "debian-handbook", "unicode-data",
  ...Object.values(LANGUAGES).map(([, end]) => (end === "en" ? "debian-faq" : `debian-faq-${end}`)),
];

/** All pieces: `{kind, half: "fit" | "test", text}`. `folder` takes what is downloaded. */
export function pieces(folder) {
  const debian = unpack(folder);
  const all = { ...prose(debian), ...files(), ...made(debian) };
  return Object.entries(all).flatMap(([kind, halves]) =>
    ["fit", "test"].flatMap((half) => cut(halves[half]).map((text) => ({ kind, half, text }))),
  );
}

function unpack(folder) {
  const root = join(folder, "debian");
  if (!existsSync(join(root, "usr"))) {
    mkdirSync(root, { recursive: true });
    execFileSync("apt-get", ["download", "-q", ...PACKAGES], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    for (const file of readdirSync(root).filter((name) => name.endsWith(".deb"))) {
      execFileSync("dpkg-deb", ["-x", file, "."], { cwd: root });
    }
  }
  return join(root, "usr/share");
}

/** Natural languages, and the markup they came in. */
function prose(share) {
  const kinds = {};
  const handbook = (language) =>
    under(join(share, "doc/debian-handbook/html", language), /\.html$/).map((file) => plain(readFileSync(file, "utf8")));
  const english = new Set(handbook("en-US").flatMap((text) => text.split("\n")));
  // Parts of the handbook are not translated yet.
  const own = (text) => text.split("\n").filter((line) => !english.has(line)).join("\n");
  for (const [kind, [folder, ending]] of Object.entries(LANGUAGES)) {
    const fit = folder === "en-US" ? handbook(folder) : handbook(folder).map(own);
    const answers = gunzipSync(readFileSync(join(share, `doc/debian/FAQ/debian-faq.${ending}.txt.gz`))).toString();
    kinds[kind] = { fit, test: [answers.slice(6000)] };
  }
  kinds.arabic = halved(handbook("ar-MA").map(own));
  const markup = under(join(share, "doc/debian-handbook/html/en-US"), /\.html$/);
  kinds.html = halved(markup.map((file) => readFileSync(file, "utf8")));
  return kinds;
}

function plain(html) {
  const body = html.replace(/<(script|style|pre)[\s\S]*?<\/\1>/g, " ").replace(/<[^>]+>/g, " ");
  const named = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };
  return body
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(\w+);/g, (whole, name) => named[name] ?? whole)
    .replace(/[ \t]+/g, " ")
    .replace(/\s*\n\s*/g, "\n");
}

/** Code and documents of this machine, in halves by the names of their files. */
function files() {
  const home = process.env.CARGO_HOME ?? join(process.env.HOME, ".cargo");
  const crates = first(under(join(home, "registry/src"), /\.(rs|md)$/, 6), 4000);
  const found = under("node_modules", /\.(js|ts|mjs|json|md)$/, 5);
  const modules = first(found, 4000);
  const python = first(under(pythonHome(), /\.py$/, 2), 600);
  const of = (list, pattern) => list.filter((file) => pattern.test(file)).map((file) => readFileSync(file, "utf8"));
  const json = of(found, /\.json$/).filter((text) => text.length > 600);
  const values = json.flatMap((text) => {
    try { return [JSON.parse(text)]; } catch { return []; }
  });
  return {
    python: halved(of(python, /\.py$/).filter((text) => text.length > 4000)),
    rust: halved(of(crates, /\/src\/.*\.rs$/).filter((text) => text.length > 4000)),
    javascript: halved(of(modules, /\.(js|mjs)$/).filter((text) => text.length > 4000 && text.split("\n").length > 80)),
    typescript: halved(of(modules, /\.d\.ts$/).filter((text) => text.length > 4000)),
    c: halved(of(first(under("/usr/include", /\.h$/, 2), 600), /\.h$/).filter((text) => text.length > 4000)),
    shell: halved(of(first(under("/usr/bin", /./, 1), 3000).filter(isScript), /./)),
    json: halved(values.map((value) => JSON.stringify(value, null, 2))),
    json_compact: halved(values.map((value) => JSON.stringify(value))),
    markdown: halved([...of(crates, /README\.md$/), ...of(modules, /README\.md$/)].filter((text) => text.length > 2000)),
    table: halved(tables(values)),
    math: halved(formulas()),
  };
}

function isScript(file) {
  const size = statSync(file).size;
  return size > 3000 && size < 200_000 && readFileSync(file).subarray(0, 12).toString("latin1").startsWith("#!/bin/");
}

function pythonHome() {
  return execFileSync("python3", ["-c", "import os; print(os.path.dirname(os.__file__))"]).toString().trim();
}

/** Markdown tables and comma-separated lines about the packages of this machine. */
function tables(values) {
  const rows = values.filter((value) => value.name && value.version).map((value) => [
    value.name, value.version, value.license ?? "-", Object.keys(value.dependencies ?? {}).length, (value.description ?? "").slice(0, 40),
  ]);
  const lines = [];
  for (let at = 0; at + 30 < rows.length; at += 30) {
    const part = rows.slice(at, at + 30);
    lines.push(["| name | version | licence | needs | about |", "| --- | --- | --- | --- | --- |",
      ...part.map((row) => `| ${row.join(" | ")} |`)].join("\n"));
    lines.push(["name,version,licence,needs,about", ...part.map((row) => row.join(","))].join("\n"));
  }
  return lines;
}

/** Problems and proofs in LaTeX, put together from parts. */
function formulas() {
  const draw = drawing("formulas");
  const variable = () => draw.of(["x", "y", "n", "\\alpha", "\\theta", "a_i", "x_{k+1}", "\\lambda", "z^2", "f(x)"]);
  const term = (depth) =>
    draw.number(3) === 0 || depth > 3
      ? draw.of([variable(), `${draw.number(100)}`, `${draw.number(9) + 1}${variable()}`])
      : draw.of([
          () => `\\frac{${term(depth + 1)}}{${term(depth + 1)}}`,
          () => `\\sqrt{${term(depth + 1)}}`,
          () => `${term(depth + 1)} + ${term(depth + 1)}`,
          () => `${term(depth + 1)} - ${term(depth + 1)}`,
          () => `\\sum_{i=1}^{n} ${term(depth + 1)}`,
          () => `\\int_{0}^{\\infty} ${term(depth + 1)} \\, dx`,
          () => `\\left(${term(depth + 1)}\\right)^{${draw.number(9)}}`,
          () => `\\sin ${variable()} \\cdot ${term(depth + 1)}`,
          () => `\\lim_{n \\to \\infty} ${term(depth + 1)}`,
        ])();
  const sentence = () => draw.of([
    () => `Find all real $${variable()}$ such that $${term(0)} = ${term(1)}$.`,
    () => `Let $${variable()} \\in \\mathbb{R}$ and suppose that \\[ ${term(0)} \\le ${term(0)}. \\]`,
    () => `Prove that \\begin{align*} ${term(0)} &= ${term(0)} \\\\ &\\ge ${term(1)}. \\end{align*}`,
    () => `Hence the answer is $\\boxed{${draw.number(1000)}}$.`,
    () => `Since $${term(1)} > 0$, the sequence $(${variable()})_{n \\ge 1}$ converges to $${term(2)}$.`,
    () => `What is the value of $${term(0)}$ when $${variable()} = ${draw.number(50)}$?`,
  ])();
  return Array.from({ length: 130 }, () => {
    let text = "";
    while (text.length < LENGTH) text += `${sentence()} `;
    return text;
  });
}

/** What no document holds enough of. */
function made(share) {
  const emoji = readFileSync(join(share, "unicode/emoji/emoji-test.txt"), "utf8")
    .split("\n").filter((line) => line.includes("fully-qualified")).map((line) => line.match(/# (\S+)/)?.[1]).filter(Boolean);
  const both = (make) => Object.fromEntries(["fit", "test"].map((half) => [half, Array.from({ length: PIECES }, (_, at) => long(make, drawing(`${half} ${at}`)))]));
  return {
    logs: both(logLine), hashes: both(idLine), numbers: both(numberLine), emoji: both((draw) => chatLine(draw, emoji)),
  };
}

function long(make, draw) {
  let text = "";
  while (text.length < LENGTH) text += `${make(draw)}\n`;
  return text;
}

function logLine(draw) {
  const time = `2026-1${draw.number(2)}-${10 + draw.number(19)}T${10 + draw.number(13)}:${10 + draw.number(49)}:${10 + draw.number(49)}.${draw.number(1000)}Z`;
  const address = `10.${draw.number(256)}.${draw.number(256)}.${draw.number(256)}`;
  const service = draw.of(["gateway", "worker-3", "postgres[2211]", "kernel", "nginx", "scheduler", "sshd[88421]"]);
  return draw.of([
    () => `${time} ${draw.of(["INFO", "WARN", "ERROR", "DEBUG"])} ${service}: request ${hex(draw, 8)} took ${draw.number(9000)} ms status=${draw.of([200, 201, 404, 500, 503])}`,
    () => `${address} - - [${10 + draw.number(18)}/Nov/2026:${10 + draw.number(12)}:${10 + draw.number(49)}:02 +0000] "GET /api/v2/${draw.of(["orders", "users", "items"])}/${draw.number(99999)} HTTP/1.1" 200 ${draw.number(90000)} "-" "curl/8.5.0"`,
    () => `Nov ${10 + draw.number(18)} 0${draw.number(9)}:${10 + draw.number(49)}:11 host-${draw.number(40)} ${service}: connection from ${address} port ${draw.number(65000)} closed [preauth]`,
    () => `{"ts":"${time}","level":"${draw.of(["info", "error"])}","svc":"${service}","msg":"retrying in ${draw.number(30)}s","attempt":${draw.number(9)}}`,
    () => `[${draw.number(9999)}.${draw.number(999999)}] usb ${draw.number(9)}-${draw.number(9)}: new high-speed USB device number ${draw.number(99)} using xhci_hcd`,
    () => `    at com.example.${draw.of(["orders", "billing"])}.${draw.of(["Service", "Controller", "Repository"])}.${draw.of(["findAll", "handle", "commit"])}(${draw.of(["Service", "Handler"])}.java:${draw.number(900)})`,
  ])();
}

const hex = (draw, length) => Array.from({ length }, () => "0123456789abcdef"[draw.number(16)]).join("");

function idLine(draw) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const mixed = (length) => Array.from({ length }, () => letters[draw.number(letters.length)]).join("");
  return draw.of([
    () => hex(draw, 40), () => hex(draw, 64),
    () => `${hex(draw, 8)}-${hex(draw, 4)}-4${hex(draw, 3)}-a${hex(draw, 3)}-${hex(draw, 12)}`,
    () => `sha512-${mixed(86)}==`, () => `id_${mixed(24)}`, () => `${mixed(60)}`,
  ])();
}

function numberLine(draw) {
  const value = () => draw.of([() => `${draw.number(100)}`, () => `${draw.number(100000)}`, () => `${draw.number(1000)}.${draw.number(10000)}`, () => `-0.${draw.number(1e6)}`, () => `${draw.number(9)}.${draw.number(99)}e-0${draw.number(9)}`])();
  return Array.from({ length: 8 }, value).join(draw.of([", ", "\t", " ", ";"]));
}

function chatLine(draw, emoji) {
  const words = draw.of(["That worked", "see you at eight", "congratulations to the whole team", "I am not so sure", "please have a look", "shipping today", "ok"]);
  const some = Array.from({ length: 1 + draw.number(4) }, () => draw.of(emoji)).join(draw.of(["", " "]));
  return draw.of([`${words} ${some}`, `${some} ${words}!`, `${words} ${some} ${some}`]);
}

/** Numbers that depend on nothing but the seed. */
function drawing(seed) {
  let state = createHash("sha256").update(seed).digest().readUInt32LE(0) | 1;
  const number = (below) => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return (state >>> 0) % below;
  };
  return { number, of: (list) => list[number(list.length)] };
}

function halved(texts) {
  const fits = (text) => createHash("sha256").update(text).digest()[0] % 2 === 0;
  return { fit: texts.filter(fits), test: texts.filter((text) => !fits(text)) };
}

/** Pieces of a usual length, spread over the texts. */
function cut(texts) {
  const found = [];
  for (const text of texts) {
    for (let at = 0; at + LENGTH / 2 <= text.length; at += LENGTH) found.push(text.slice(at, at + LENGTH));
  }
  const step = Math.max(1, found.length / PIECES);
  const kept = [];
  for (let at = 0; at < found.length && kept.length < PIECES; at += step) kept.push(whole(found[Math.floor(at)]));
  return kept;
}

/** Without halves of characters at the cuts. */
function whole(text) {
  return Buffer.from(text).toString().replace(/\uFFFD/g, "");
}

function under(folder, pattern, depth = 3) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 ? under(path, pattern, depth - 1) : [];
    return entry.isFile() && pattern.test(entry.name) && statSync(path).size < 1e6 ? [path] : [];
  });
}

/** At most so many, spread over the list. */
function first(list, most) {
  const step = Math.max(1, list.length / most);
  return Array.from({ length: Math.min(most, list.length) }, (_, at) => list[Math.floor(at * step)]);
}
