// npm run demo: a few prompts through a running MOECraft, or through one that it starts and stops itself.
import { randomInt } from "node:crypto";
import { Children } from "./lib/children.mjs";
import { main, Remedy } from "./lib/project.mjs";
import * as session from "./lib/session.mjs";

const UPDATE_MS = 10_000;
const MAX_TOKENS = 48;

// The last one repeats the first: its answer has been paid for already.
const PROMPTS = [
  { prompt: "Say hello in one short sentence." },
  { prompt: "What is the capital of France?" },
  { prompt: "Name three colours of the rainbow.", stream: true },
  { prompt: "Prove step by step that there are infinitely many primes, and analyse the complexity of a sieve that lists them.", stream: true },
  { prompt: "Say hello in one short sentence." },
];
// A seed of its own for each run: what an earlier run was answered is not this run's answer.
const SEED = randomInt(2 ** 31);


await main(async () => {
  const running = session.current();
  if (running && !running.url) throw new Remedy("MOECraft is still being started: try again when it is ready.");
  if (running) return demo(running);
  console.log("No MOECraft is running here: starting one for the demo.\n");
  const children = new Children();
  process.once("SIGINT", () => children.stop().then(() => process.exit(130)));
  try {
    const [{ setup }, { startStack }] = await Promise.all([import("./setup.mjs"), import("./lib/stack.mjs")]);
    await demo(await startStack(children, { ...(await setup()), port: 8787 }));
  } finally {
    await children.stop();
  }
});

async function demo({ url, key }) {
  // Only now is it certain that the packages are there.
  const { default: OpenAI } = await import("openai");
  const live = await openStream({ url, key });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  try {
    for (const one of PROMPTS) await send(client, live, one);
    await printTotals({ url, key });
  } finally {
    live.close();
  }
}

async function printTotals({ url, key }) {
  const response = await fetch(`${url}/moecraft/metrics/cost`, { headers: { authorization: `Bearer ${key}` } });
  const total = await response.json();
  console.log(`Totals   ${total.total_requests} requests, cost $${total.total_cost}, savings $${total.total_savings}`);
  for (const [name, count] of Object.entries(total.requests_by_class)) console.log(`         ${name}: ${count}`);
}

/** The live stream, with reconnection. `update(id)` waits for the cost_update of one request. */
async function openStream(to) {
  const [{ WebSocket: Reconnecting }, { default: WebSocket }] = await Promise.all([import("partysocket"), import("ws")]);
  const socket = new Reconnecting(session.stream(to), [], { WebSocket });
  const arrived = new Map();
  const wanted = new Map();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.type !== "cost_update") return;
    const id = message.data.request_id;
    arrived.set(id, message);
    wanted.get(id)?.(message);
  });
  await bounded("The live stream", new Promise((resolve) => socket.addEventListener("open", resolve, { once: true })));
  const update = (id) => bounded("The cost_update", new Promise((resolve) => (arrived.has(id) ? resolve(arrived.get(id)) : wanted.set(id, resolve))));
  return { update, close: () => socket.close() };
}

async function bounded(what, promise) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Remedy(`${what} did not come within ${UPDATE_MS / 1000} s.`)), UPDATE_MS)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function send(client, live, { prompt, stream = false }) {
  console.log(`Prompt   ${prompt}${stream ? "  (streamed)" : ""}`);
  const body = { model: "moecraft/auto", max_tokens: MAX_TOKENS, temperature: 0, seed: SEED, messages: [{ role: "user", content: prompt }] };
  const { data, response } = await client.chat.completions.create({ ...body, stream }).withResponse();
  process.stdout.write("Answer   ");
  if (stream) for await (const chunk of data) process.stdout.write(oneLine(chunk.choices[0]?.delta?.content ?? ""));
  else process.stdout.write(oneLine(data.choices[0].message.content));

  const said = (name) => response.headers.get(`x-moecraft-${name}`) ?? "-";
  const message = await live.update(said("request-id"));
  console.log(`\nRouted   ${said("model")}  class ${said("class")}  cost $${said("cost")}  savings $${said("savings")}`);
  console.log(`Reason   ${said("reason")}`);
  console.log(`Live     ${JSON.stringify(message)}\n`);
}

function oneLine(text) {
  return text.replace(/\s+/g, " ");
}
