// node benches/surrogates.mjs [--entries N] [--samples N] [--crowd N]: what an answer that is served again costs among so
// many that are kept, beside the least that the Worker answers anything in, a Worker whose object writes one row
// (floor.js) and a model that takes no time at all; and how many calls a crowd of equal questions makes.
// Needs build/ (npm run build).
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { complete } from "../tests/support/answers.mjs";
import { BareGateway } from "../tests/support/bare.mjs";
import { ask, CHAT } from "../tests/support/client.mjs";
import { gate, until } from "../tests/support/until.mjs";
import { Upstream } from "../tests/support/upstream.mjs";

const AUTO = "moecraft/auto";
const TENANT = "bench";
/** How many requests of one kind follow one another. */
const BLOCK = 25;
/** How many of each kind come before any counts. */
const WARM_UP = 100;
const number = (usual) => ({ type: "string", default: String(usual) });
const { values } = parseArgs({ options: { entries: number(1000), samples: number(500), crowd: number(1000) } });
const [entries, samples, crowd] = [values.entries, values.samples, values.crowd].map(Number);
/** How many answers are asked for; the rest is written beside them. */
const asked = 2 * (samples + WARM_UP);
const written = Math.max(0, entries - asked);

const agent = new Agent({ keepAlive: true });
const upstream = await Upstream.start();
const data = mkdtempSync(join(tmpdir(), "moecraft-bench-"));
const vars = { UPSTREAM_URL: upstream.origin };
const started = [];

async function start(options) {
  const gateway = await BareGateway.start(options);
  started.push(gateway);
  return gateway;
}

/** A Worker of this folder. */
const beside = (name, durableObjects, more = {}) =>
  start({
    build: fileURLToPath(new URL(".", import.meta.url)),
    manifest: { compatibilityDate: "2026-04-20", compatibilityFlags: [], durableObjects, vars: {}, modules: [{ name, type: "ESModule" }] },
    ...more,
  });

/** One exchange over a connection that is kept: its headers, and how long it took, ms. */
function exchange(gateway, method, path, body, key = "none") {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(gateway.url + path, { method, agent, headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) } }, (response) => {
      response.on("error", reject).on("data", () => {});
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, ms: performance.now() - began }));
    });
    sent.on("error", reject).end(body && JSON.stringify(body));
  });
}

const question = (n) => ask(AUTO, `What is the name of street number ${n} in the old town?`);

/** The process of a gateway's runtime. */
const runtimeOf = ({ pid }) => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8").trim() === "workerd");
};

/** The CPU time that a runtime's thread has used that serves requests, ms. Others compile once more what is used often. */
const cpuMs = (runtime) => Number(readFileSync(`/proc/${runtime}/task/${runtime}/schedstat`, "utf8").split(" ")[0]) / 1e6;

const memoryMb = (runtime) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${runtime}/status`, "utf8"))[1]) / 1000);

const percentile = (all, share) => [...all].sort((a, b) => a - b)[Math.floor(all.length * share)];

try {
  const first = await start({ vars, data });
  const { key } = await first.tenant(TENANT);
  for (let n = 0; n < asked; n++) await exchange(first, "POST", CHAT, question(n), key);
  await until("all is kept", async () => (await first.tenant(TENANT)).get("/moecraft/surrogates").then(({ json }) => json.entries >= asked));
  await first.stop();
  if (written > 0) {
    const filler = await beside("filler.js", [{ name: "ORCHESTRATOR", className: "MOECraftOrchestrator" }], { data });
    const { status } = await exchange(filler, "GET", `/?tenant=${TENANT}&count=${written}`);
    if (status !== 200) throw new Error(`the filler: ${status}`);
    await filler.stop();
  }

  const gateway = await start({ vars, data });
  const floor = await beside("floor.js", [{ name: "FLOOR", className: "Floor" }]);
  // Of keys of their own: who asks the same again within two minutes says that the answer would not do.
  const client = await gateway.tenant(TENANT);
  const other = await gateway.tenant(`${TENANT}-2`);
  const cells = [
    { name: "the least (GET /healthz)", of: gateway, once: () => exchange(gateway, "GET", "/healthz") },
    { name: "the floor: an object writes a row", of: floor, once: (n) => exchange(floor, "POST", CHAT, question(n)) },
    { name: "served again", of: gateway, hits: true, once: (n) => exchange(gateway, "POST", CHAT, question(2 * n), client.key) },
    { name: "served again, streamed", of: gateway, hits: true, once: (n) => exchange(gateway, "POST", CHAT, { ...question(2 * n + 1), stream: true }, client.key) },
    { name: "not found, answered by a model at once", of: gateway, once: (n) => exchange(gateway, "POST", CHAT, question(1e6 + n), client.key) },
    { name: "the same of a tenant with nothing kept", of: gateway, once: (n) => exchange(gateway, "POST", CHAT, question(2e6 + n), other.key) },
  ].map((cell) => ({ ...cell, runtime: runtimeOf(cell.of), times: [], cpu: [] }));
  const memory = memoryMb(cells[0].runtime);
  for (let from = 0; from < samples + WARM_UP; from += BLOCK) {
    for (const cell of cells) {
      const before = cpuMs(cell.runtime);
      const times = [];
      for (let n = from; n < from + BLOCK; n++) {
        const { status, headers, ms } = await cell.once(n);
        const hit = headers["x-moecraft-class"] === "surrogate";
        if (status !== 200 || (cell.hits && !hit)) throw new Error(`${cell.name}: ${status}, ${headers["x-moecraft-reason"]}`);
        times.push(ms);
      }
      if (from < WARM_UP) continue;
      cell.times.push(...times);
      cell.cpu.push((cpuMs(cell.runtime) - before) / BLOCK);
    }
  }
  const base = cells[1];
  console.log(`${asked + written} answers kept, ${base.times.length} samples of each, one at a time; ms`);
  for (const { name, times, cpu } of cells) {
    const [p50, p95] = [0.5, 0.95].map((share) => percentile(times, share).toFixed(2));
    const ratio = percentile(cpu.map((ms, block) => ms / base.cpu[block]), 0.5);
    console.log(`${name.padEnd(40)} p50 ${p50}  p95 ${p95}  CPU ${percentile(cpu, 0.5).toFixed(2)}  of the floor's ${ratio.toFixed(2)}`);
  }
  console.log(`resident memory of the runtime: ${memory} MB before, ${memoryMb(cells[0].runtime)} MB after`);

  const before = upstream.hits;
  const open = gate();
  upstream.answer(async (_request) => (await open.promise, complete()));
  const all = Array.from({ length: crowd }, () => exchange(gateway, "POST", CHAT, ask(AUTO, "What do all of us want to know?"), client.key));
  await until("many wait", async () => (await client.get("/moecraft/surrogates")).json.in_flight.waiting >= Math.min(200, crowd - 1), 120_000);
  const began = performance.now();
  open.open();
  const answers = await Promise.all(all);
  console.log(`${crowd} equal questions at once: ${upstream.hits - before} call, ${answers.filter(({ status }) => status === 200).length} answers, the last ${Math.round(performance.now() - began)} ms after the model's`);
} finally {
  agent.destroy();
  for (const gateway of started) await gateway.stop();
  await upstream.stop();
  rmSync(data, { recursive: true, force: true });
}
