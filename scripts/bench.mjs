// npm run bench [-- --rounds N --seconds S]: MOECraft, with reservation and settlement for every request,
// beside a bare pass-through Worker and the upstream itself, on the same runtime, in one interleaved run.
// "Added" is a gateway's figure less the upstream's own in the same round; the median of the rounds is shown.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { binary, buildWorker, isBuilt, manifest } from "./lib/build.mjs";
import { freePort, until } from "./lib/net.mjs";
import { at, ephemeral, main, Remedy } from "./lib/project.mjs";
import { capture, run } from "./lib/run.mjs";
import { workerdBinary, workerdConfig } from "./lib/workerd.mjs";

const CELLS = [
  { name: "plain, 1 at a time", concurrency: 1 },
  { name: "plain, 16 at once", concurrency: 16 },
  { name: "streamed, 1 at a time", concurrency: 1, stream: true },
  { name: "streamed, 16 at once", concurrency: 16, stream: true },
];
const STARTS = 5;
const KEY = `sk-bench-${randomBytes(16).toString("hex")}`;

await main(async () => {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "2" } } });
  if (!isBuilt()) console.log(await buildWorker());
  await run("build-benches", "cargo", ["build", "--locked", "--profile", "native", "-p", "moecraft-benches"]);
  const tool = await binary("native", "moecraft-benches");
  const folder = mkdtempSync(join(ephemeral(), "moecraft-bench-"));
  const started = [];
  process.once("exit", () => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

  const upstream = await startUpstream(tool, started);
  const peers = [
    { name: "upstream", url: upstream },
    await workerd("pass-through", passThrough(), { folder, upstream, started }),
    await workerd("MOECraft", manifest(), { folder, upstream, started }),
  ];
  const samples = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const cell of CELLS) {
      for (const peer of rotate(peers, round)) samples.push({ round, cell, peer: peer.name, ...(await measure(tool, peer, cell, values.seconds)) });
    }
    console.error(`round ${round} of ${values.rounds}`);
  }
  report(samples, peers);
  process.exit(samples.some(({ errors }) => errors > 0) ? 1 : 0);
});

async function startUpstream(tool, started) {
  const child = spawn(tool, ["upstream"], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  for await (const line of createInterface({ input: child.stdout })) return `http://127.0.0.1:${JSON.parse(line).port}`;
  throw new Remedy("The upstream did not start.");
}

/** The floor as a build of its own. */
function passThrough() {
  const { compatibilityDate } = manifest();
  return { compatibilityDate, compatibilityFlags: [], vars: {}, durableObjects: [], modules: [{ name: "pass-through.js", type: "ESModule" }] };
}

/** Starts a Worker several times to see how long that takes; the last one stays. */
async function workerd(name, built, { folder, upstream, started }) {
  const own = join(folder, name);
  const data = join(own, "objects");
  mkdirSync(data, { recursive: true });
  const port = await freePort(0);
  const secrets = { MOECRAFT_KEY_SECRET: randomBytes(32).toString("hex"), MOECRAFT_STATIC_KEY: KEY };
  const vars = { ...built.vars, UPSTREAM_URL: upstream, ...(built.durableObjects.length ? secrets : {}) };
  const build = at(built.durableObjects.length ? "build" : "benches");
  const config = join(own, "config.capnp");
  writeFileSync(config, workerdConfig({ manifest: built, build, port, data, vars, environment: {}, folder: own }), { mode: 0o600 });
  const url = `http://127.0.0.1:${port}`;
  const startMs = [];
  for (let turn = 1; ; turn++) {
    const began = performance.now();
    const child = spawn(workerdBinary(), ["serve", config], { stdio: ["ignore", "inherit", "inherit"] });
    started.push(child);
    await until(name, 30_000, () => answers(url), 2);
    startMs.push(performance.now() - began);
    if (turn === STARTS) return { name, url, pid: child.pid, startMs: median(startMs), built };
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

async function answers(url) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o-mini", max_tokens: 4, messages: [{ role: "user", content: `start ${Math.random()}` }] }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text.slice(0, 200)}`);
  return true;
}

async function measure(tool, peer, { concurrency, stream }, seconds) {
  const before = cpuMs(peer.pid);
  const args = ["load", "--url", peer.url, "--key", KEY, "--concurrency", String(concurrency), "--seconds", seconds, ...(stream ? ["--stream"] : [])];
  const line = await capture(tool, args);
  if (!line) throw new Remedy(`The load on ${peer.name} failed: ${tool} ${args.join(" ")}`);
  return { ...JSON.parse(line), cpuMs: cpuMs(peer.pid) - before };
}

/** Processor time that all threads of a process have had. */
function cpuMs(pid) {
  if (!pid) return NaN;
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6, 0);
}

function rotate(list, by) {
  const first = by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function report(samples, peers) {
  const floor = "pass-through";
  const ours = "MOECraft";
  const rounds = [...new Set(samples.map(({ round }) => round))];
  const find = (round, cell, peer) => samples.find((sample) => sample.round === round && sample.cell === cell && sample.peer === peer);
  const line = (title, unit, digits, figure) => {
    const of = (peer) => rounds.map((round) => figure(round, peer));
    const ratio = median(rounds.map((round) => figure(round, ours) / figure(round, floor)));
    const [a, b] = [floor, ours].map((peer) => median(of(peer)).toFixed(digits));
    console.log(`| ${title} | ${a} ${unit} | ${b} ${unit} | ${ratio.toFixed(2)} |`);
  };
  const added = (cell, pick) => (round, peer) => pick(find(round, cell, peer)) - pick(find(round, cell, "upstream"));
  const [plain1, plain16, stream1, stream16] = CELLS;

  console.log(`\n| | ${floor} | ${ours} | ratio |\n|---|---|---|---|`);
  for (const cell of [plain1, plain16]) {
    for (const p of ["p50", "p95", "p99"]) line(`added ${p}, ${cell.name}`, "µs", 0, added(cell, (sample) => sample.latency[p]));
  }
  line(`first byte added p50, ${stream1.name}`, "µs", 0, added(stream1, (sample) => sample.first_byte.p50));
  line(`first byte added p50, ${stream16.name}`, "µs", 0, added(stream16, (sample) => sample.first_byte.p50));
  line(`CPU per 1,000 chunks, ${stream16.name}`, "ms", 1, (round, peer) => {
    const sample = find(round, stream16, peer);
    return (sample.cpuMs / sample.chunks) * 1000;
  });
  line(`CPU per request, ${plain16.name}`, "µs", 0, (round, peer) => {
    const sample = find(round, plain16, peer);
    return (sample.cpuMs / sample.requests) * 1000;
  });
  line(`requests per second, ${plain16.name}`, "", 0, (round, peer) => {
    const sample = find(round, plain16, peer);
    return sample.requests / sample.seconds;
  });
  line("start to first answer", "ms", 0, (_, name) => peers.find((peer) => peer.name === name).startMs);
  const { bytes, gzipBytes } = manifest().wasm;
  console.log(`| WASM | – | ${(bytes / 1000).toFixed(0)} kB, gzip ${(gzipBytes / 1000).toFixed(0)} kB | – |`);
  const errors = samples.reduce((sum, sample) => sum + sample.errors, 0);
  console.log(`\n${rounds.length} rounds, ${errors} errors`);
}
