// .moecraft/session.json: which MOECraft is running here, for a second start and for the demo.
import { existsSync, rmSync } from "node:fs";
import { readJson, readText, state, writePrivate } from "./project.mjs";

const file = state("session.json");

/** The session of a start that still runs: { pid } while it sets up, then with { url, key }. */
export function current() {
  const session = readJson(file);
  return session && runs(session.pid) ? session : undefined;
}

export const publish = (session) => writePrivate(file, JSON.stringify({ pid: process.pid, ...session }));

export function withdraw() {
  if (readJson(file)?.pid === process.pid) rmSync(file, { force: true });
}

/** Whether `pid` is a start of ours; after a reboot the number may be anybody's. */
function runs(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !existsSync("/proc") || readText(`/proc/${pid}/cmdline`).includes("scripts/");
}

export const stream = ({ url, key }) => `${url.replace("http", "ws")}/moecraft/stream?key=${key}`;

/** What a user needs to know of a session. */
export function describe(session) {
  const { url, key } = session;
  return `
  Base URL      ${url}/v1
  Key           ${key}
  Live stream   ${stream(session)}
  Logs          .moecraft/logs/*.log

  curl ${url}/v1/chat/completions \\
    -H 'authorization: Bearer ${key}' -H 'content-type: application/json' \\
    -d '{"model":"moecraft/auto","messages":[{"role":"user","content":"Say hello."}]}'
`;
}
