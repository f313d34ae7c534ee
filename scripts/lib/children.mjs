// The programs that a running MOECraft consists of. Each is the head of a process group of its own,
// and none outlives us: a watchdog ends the groups even when this process is killed outright.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { logFile, Remedy, root, state } from "./project.mjs";
import { lastLines } from "./run.mjs";

const GRACE_MS = 5_000;

// Learns the groups line by line; its input ends when we do, however that comes about.
const WATCHDOG = `
groups=
while read -r group; do groups="$groups -$group"; done
[ -n "$groups" ] || exit 0
kill -s TERM -- $groups
sleep 3
kill -s KILL -- $groups`;

export class Children {
  #running = [];
  #watchdog = spawn("sh", ["-c", WATCHDOG], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  #stopping = false;
  #fail;
  /** Rejects as soon as any child ends by itself. */
  failure = new Promise((_, reject) => (this.#fail = reject));

  constructor() {
    this.failure.catch(() => {});
    this.#watchdog.unref();
  }

  /** Starts a program with its output in the log `name`. Its input stays open for as long as we live. */
  start(name, command, args, env = {}) {
    mkdirSync(state("logs"), { recursive: true });
    const log = openSync(logFile(name), "w", 0o600);
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, detached: true, stdio: ["pipe", log, log] });
    closeSync(log);
    child.stdin.on("error", () => {});
    const ended = new Promise((resolve) => child.once("error", resolve).once("exit", (code, signal) => resolve(signal ?? `status ${code}`)));
    this.#running.push({ child, ended });
    if (child.pid) this.#watchdog.stdin.write(`${child.pid}\n`);
    ended.then((how) => {
      if (this.#stopping) return;
      this.#fail(new Remedy(`The ${name} has stopped (${how.message ?? how}). The end of ${logFile(name)}:\n${lastLines(logFile(name), 20)}`));
    });
  }

  /** Ends every group, the last one first: asks, then insists after a grace period. */
  async stop() {
    this.#stopping = true;
    for (const one of this.#running.reverse()) {
      signal(one.child, "SIGTERM");
      const late = setTimeout(() => signal(one.child, "SIGKILL"), GRACE_MS);
      await one.ended;
      clearTimeout(late);
      signal(one.child, "SIGKILL"); // what the head has left behind
    }
    this.#watchdog.kill("SIGKILL");
  }
}

function signal(child, name) {
  try {
    if (child.pid) process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
