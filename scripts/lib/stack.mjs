// A whole MOECraft on this machine: local model, Worker in `wrangler dev`, agent.
import { at, devVars, logFile, readJson, Remedy, sha256, state, writePrivate } from "./project.mjs";
import { xtask } from "./build.mjs";
import { freePort, healthy, until } from "./net.mjs";
import { capture } from "./run.mjs";
import { MODEL, pythonPackages } from "../setup.mjs";

const READY_MS = 60_000;
const TENANT = "default";

/** The key of the tenant that a local installation is for: the same one as long as the secret is. */
export async function defaultKey() {
  const file = state("key.json");
  const secret = sha256(process.env.MOECRAFT_KEY_SECRET ?? devVars().MOECRAFT_KEY_SECRET);
  const kept = readJson(file);
  if (kept?.secret === secret) return kept.key;
  const key = await capture("cargo", xtask("key", "--tenant", TENANT, "--owner"));
  if (!key) throw new Remedy("No key could be made: see what `npm run key -- --tenant default` says.");
  writePrivate(file, JSON.stringify({ secret, key }));
  return key;
}

/** Starts all parts and waits until a routed request has been answered. */
export async function startStack(children, { python, agent, port }) {
  const key = await defaultKey();
  const modelPort = await freePort(0);
  const url = `http://127.0.0.1:${await freePort(port)}`;
  const up = (promise) => Promise.race([promise, children.failure]);

  children.start("local-model", python, [at("scripts", "local-model", "serve.py"), MODEL.file, String(modelPort), MODEL.alias], {
    PYTHONPATH: pythonPackages,
  });
  startWorker(children, new URL(url).port);
  await up(Promise.all([
    until("The local model", READY_MS, () => healthy(`http://127.0.0.1:${modelPort}/health`)),
    until("The Worker", READY_MS, () => healthy(`${url}/healthz`)),
  ]));
  children.start("agent", agent, ["connect", "--name", "local", "--url", url, "--server", `llama.cpp=http://127.0.0.1:${modelPort}`], {
    MOECRAFT_KEY: key,
  });
  await up(until("The first routed request", READY_MS, () => firstAnswer(url, key)));
  return { url, key };
}

function startWorker(children, port) {
  const wrangler = at("node_modules", "wrangler", "bin", "wrangler.js");
  const flags = ["--local", "--ip", "127.0.0.1", "--port", port, "--show-interactive-dev-session=false"];
  children.start("worker", process.execPath, [wrangler, "dev", ...flags], {
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_LOG_PATH: logFile("wrangler"),
  });
}

async function firstAnswer(url, key) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "moecraft/auto", max_tokens: 8, messages: [{ role: "user", content: "Say hello." }] }),
    signal: AbortSignal.timeout(READY_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
  return true;
}
