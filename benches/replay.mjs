// node benches/replay.mjs [--requests N] [--seed N] [--data FILE.jsonl] [--audit-every N]: what the answers kept are worth on
// requests as many users make them, who ask the same in other words, beside what differs in one word. Three tenants are asked
// the same: one as it is by default, one that accepts no wrong answer (equal questions only), and one without a cache. The
// pretend provider has an answer of its own for each intent, by which a wrong one is known, and takes no time; of an earlier
// answer that it is shown it knows without fail whether it fits. FILE has {"id","query","intent"} a line; without it `moecraft-evals semcache workload` writes the requests. Needs build/ (npm run build).
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { capture } from "../scripts/lib/run.mjs";
import { complete, prose } from "../tests/support/answers.mjs";
import { BareGateway } from "../tests/support/bare.mjs";
import { ask, CHAT } from "../tests/support/client.mjs";
import { Upstream } from "../tests/support/upstream.mjs";

const option = (usual) => ({ type: "string", default: usual });
const { values } = parseArgs({ options: { requests: option("3000"), seed: option("1"), data: option(""), "audit-every": option("20") } });

/** The length of an answer, characters. */
const LENGTH = 600;
/** How many wrong answers are shown. */
const SHOWN = 10;

const workload = await read();
const intents = [...new Set(workload.map(({ intent }) => intent))];
/** What is said about an intent and about no other. */
const bodies = new Map(intents.map((intent, n) => [intent, prose(LENGTH, n + 1)]));
if (new Set(bodies.values()).size !== intents.length) throw new Error("two intents have one answer");

const upstream = await Upstream.start();
const gateway = await BareGateway.start({ vars: { UPSTREAM_URL: upstream.origin, AUDIT_EVERY: values["audit-every"] } });
const agent = new Agent({ keepAlive: true });
const cells = [
  { name: "by default", client: await gateway.tenant("bench", { owner: true }), routing: {} },
  { name: "false_hits 0", client: await gateway.tenant("bench-equal", { owner: true }), routing: { false_hits: 0 } },
  { name: "no cache", client: await gateway.tenant("bench-none", { owner: true }), routing: {}, headers: { "cache-control": "no-store" } },
];

async function read() {
  const args = ["run", "-q", "--locked", "--release", "-p", "moecraft-evals", "--", "semcache", "workload", "--requests", values.requests, "--seed", values.seed];
  const text = values.data ? readFileSync(values.data, "utf8") : await capture("cargo", args);
  if (!text) throw new Error(`cargo ${args.join(" ")} failed`);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** One exchange over a connection that is kept, and how long it took, ms. */
function exchange(method, path, { body, headers }) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(gateway.url + path, { method, agent, headers }, (response) => {
      const parts = [];
      response.on("error", reject).on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString(), ms: performance.now() - began }));
    });
    sent.on("error", reject).end(body && JSON.stringify(body));
  });
}

/** Asks for a tenant. Each request comes from somebody else: who asks again at once was not content. */
async function pose(cell, { id, query, intent }) {
  // A model says again what it was asked: whether that stands in the way of another use is a part of what is measured.
  const words = [`You asked: ${query}\n${bodies.get(intent)}`];
  upstream.answer(({ body: { messages } }) => {
    const earlier = messages.findLast(({ role }) => role === "assistant");
    const said = earlier?.content.endsWith(bodies.get(intent)) ? ["CONFIRMED"] : words;
    const tokens = (texts) => Math.ceil(texts.join("").length / 4);
    const [prompt_tokens, completion_tokens] = [tokens(messages.map(({ content }) => content)), tokens(said)];
    return complete({ words: said, usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens } });
  });
  const { hits } = upstream;
  const headers = { authorization: `Bearer ${cell.client.key}`, "content-type": "application/json", "x-session-id": id, ...cell.headers };
  const { status, headers: said, text, ms } = await exchange("POST", CHAT, { headers, body: ask("moecraft/auto", query) });
  if (status !== 200) throw new Error(`${query}: ${status} ${text}`);
  const content = JSON.parse(text).choices[0].message.content;
  const [served, fits] = [said["x-moecraft-class"] === "surrogate", "x-moecraft-surrogate-fits" in said];
  const kind = served ? (fits ? "its meaning" : "its words") : fits ? "a model's word" : "a model";
  return {
    ...{ kind, ms, query, calls: upstream.hits - hits, cost: Number(said["x-moecraft-cost"]), class: said["x-moecraft-class"] },
    ...{ right: content.endsWith(bodies.get(intent)), source: content.slice(0, content.indexOf("\n")) },
  };
}

const percentile = (all, share) => [...all].sort((a, b) => a - b)[Math.floor(all.length * share)] ?? NaN;
const percent = (part, whole) => `${((100 * part) / (whole || 1)).toFixed(2)} %`;

function report(least) {
  const seen = new Set();
  const possible = workload.filter(({ intent }) => seen.has(intent) || !seen.add(intent)).length;
  const spent = ({ answers }) => answers.reduce((sum, { cost }) => sum + cost, 0);
  const rows = {
    "answered without a call": ({ answers, hits }) => percent(hits.length, answers.length),
    "of the possible hits": ({ hits, wrong }) => percent(hits.length - wrong.length, possible),
    "wrong among the hits": ({ hits, wrong }) => `${percent(wrong.length, hits.length)} (${wrong.length})`,
    "calls paid": ({ answers }) => answers.reduce((sum, { calls }) => sum + calls, 0),
    "cost, $": (cell) => `${spent(cell).toFixed(4)} (${percent(spent(cell), spent(cells.at(-1)))})`,
  };
  for (const kind of ["its words", "its meaning", "a model's word", "a model"]) {
    rows[`answered by ${kind}, added p50 / p95, ms`] = ({ answers }) => {
      const all = answers.filter((answer) => answer.kind === kind).map(({ ms }) => ms);
      return all.length ? `${[0.5, 0.95].map((share) => percentile(all, share).toFixed(2)).join(" / ")} (${all.length})` : "–";
    };
  }
  console.log(`${workload.length} requests about ${intents.length} intents, ${possible} of them asked for before; the least (GET /healthz) ${least.toFixed(2)} ms\n`);
  console.log(`| | ${cells.map(({ name }) => name).join(" | ")} |\n|---|${"---|".repeat(cells.length)}`);
  for (const [name, figure] of Object.entries(rows)) console.log(`| ${name} | ${cells.map(figure).join(" | ")} |`);
}

try {
  for (const { client, routing } of cells) {
    const { status, text } = await client.put("/moecraft/routing", routing);
    if (status !== 200) throw new Error(`routing: ${status} ${text}`);
  }
  for (const cell of cells) cell.answers = [];
  const least = [];
  for (const one of workload) {
    least.push((await exchange("GET", "/healthz", {})).ms);
    for (const cell of cells) cell.answers.push(await pose(cell, one));
  }
  for (const cell of cells) {
    cell.hits = cell.answers.filter((answer) => answer.class === "surrogate");
    cell.wrong = cell.hits.filter(({ right }) => !right);
  }
  report(percentile(least, 0.5));
  for (const { query, source } of cells[0].wrong.slice(0, SHOWN)) console.log(`wrong: "${query}" had the answer to: ${source}`);
} finally {
  agent.destroy();
  await gateway.stop();
  await upstream.stop();
}
