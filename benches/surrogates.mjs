// node benches/surrogates.mjs [--entries N] [--samples N] [--crowd N]: what an answer that is served again costs, beside the
// least that the Worker answers anything in and a model that takes no time at all; and how many calls a crowd of equal
// questions makes. Needs build/ (npm run build).
import { readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { complete } from "../tests/support/answers.mjs";
import { BareGateway } from "../tests/support/bare.mjs";
import { ask, CHAT } from "../tests/support/client.mjs";
import { gate, until } from "../tests/support/until.mjs";
import { Upstream } from "../tests/support/upstream.mjs";

const AUTO = "moecraft/auto";
const number = (usual) => ({ type: "string", default: String(usual) });
const { values } = parseArgs({ options: { entries: number(1000), samples: number(500), crowd: number(1000) } });
const [entries, samples, crowd] = [values.entries, values.samples, values.crowd].map(Number);

const upstream = await Upstream.start();
const gateway = await BareGateway.start({ vars: { UPSTREAM_URL: upstream.origin } });
const client = await gateway.tenant("bench");
// Of a tenant of its own: who asks the same again and again teaches the router that the answers will not do.
const other = await gateway.tenant("bench-2");
const agent = new Agent({ keepAlive: true });

/** One exchange over a connection that is kept: its headers, and how long it took, ms. */
function exchange(method, path, body, { key } = client) {
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
const cells = {
  "the least (GET /healthz)": () => exchange("GET", "/healthz"),
  "served again": (n) => exchange("POST", CHAT, question(n % entries)),
  "served again, streamed": (n) => exchange("POST", CHAT, { ...question(n % entries), stream: true }),
  "answered by a model that takes no time": (n) => exchange("POST", CHAT, question(entries + n), other),
};

/** How many requests of one kind follow one another: the clock of the CPU counts hundredths of a second. */
const BLOCK = 50;
const TICK_MS = 10;

/** The CPU time that the runtime has used, ms: it is a child of the shell that this process has started. */
function cpuMs() {
  const stat = (pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      return { name: text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")), fields: text.slice(text.lastIndexOf(")") + 2).split(" ") };
    } catch {
      return undefined; // it has ended meanwhile
    }
  };
  const parent = (pid) => Number(stat(pid)?.fields[1]);
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const runtime = pids.find((pid) => stat(pid)?.name === "workerd" && [parent(pid), parent(parent(pid))].includes(process.pid));
  const { fields } = stat(runtime);
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

const percentile = (all, share) => [...all].sort((a, b) => a - b)[Math.floor(all.length * share)];

try {
  for (let n = 0; n < entries; n++) await exchange("POST", CHAT, question(n));
  await until("all is kept", async () => (await client.get("/moecraft/surrogates")).json.entries === entries);
  const times = Object.fromEntries(Object.keys(cells).map((name) => [name, []]));
  const cpu = Object.fromEntries(Object.keys(cells).map((name) => [name, 0]));
  let hits = 0;
  for (let from = 0; from < samples; from += BLOCK) {
    for (const [name, once] of Object.entries(cells)) {
      const began = cpuMs();
      for (let n = from; n < Math.min(from + BLOCK, samples); n++) {
        const { status, headers, ms } = await once(n);
        if (status !== 200) throw new Error(`${name}: ${status}`);
        hits += headers["x-moecraft-class"] === "surrogate" ? 1 : 0;
        times[name].push(ms);
      }
      cpu[name] += cpuMs() - began;
    }
  }
  if (hits !== 2 * samples) throw new Error(`${hits} hits of ${2 * samples}`);
  const least = percentile(times["the least (GET /healthz)"], 0.5);
  console.log(`${entries} answers kept, ${samples} samples of each, one at a time; ms`);
  for (const [name, all] of Object.entries(times)) {
    const [p50, p95] = [0.5, 0.95].map((share) => percentile(all, share).toFixed(2));
    console.log(`${name.padEnd(40)} p50 ${p50}  p95 ${p95}  p50 over the least ${(p50 - least).toFixed(2)}  CPU ${(cpu[name] / samples).toFixed(2)}`);
  }

  const before = upstream.hits;
  const open = gate();
  upstream.answer(async (_request) => (await open.promise, complete()));
  const all = Array.from({ length: crowd }, () => exchange("POST", CHAT, ask(AUTO, "What do all of us want to know?")));
  await until("many wait", async () => (await client.get("/moecraft/surrogates")).json.in_flight.waiting >= Math.min(200, crowd - 1), 120_000);
  const began = performance.now();
  open.open();
  const answers = await Promise.all(all);
  console.log(`${crowd} equal questions at once: ${upstream.hits - before} call, ${answers.filter(({ status }) => status === 200).length} answers, the last ${Math.round(performance.now() - began)} ms after the model's`);
} finally {
  agent.destroy();
  await gateway.stop();
  await upstream.stop();
}
