// Command-line clients as a user starts them, but on a machine of their own: an empty home, an empty
// environment, a folder to work in. They are ended by SIGKILL: some survive everything else.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Longer than any of them takes for a task on a busy machine: a client that hangs is the test's failure. */
const LIMIT_MS = 300_000;

export class Desk {
  #folder = mkdtempSync(join(tmpdir(), "moecraft-client-"));
  home = join(this.#folder, "home");
  work = join(this.#folder, "work");

  /** For one test, after which it is gone. `files`: texts by path, in the folder to work in; `home`: in the home folder. */
  constructor(test, { files = {}, home = {} }) {
    test.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    for (const [folder, texts] of [[this.work, files], [this.home, home]]) {
      mkdirSync(folder);
      for (const [path, text] of Object.entries(texts)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    }
  }

  path(name) {
    return join(this.work, name);
  }

  read(name) {
    return readFileSync(this.path(name), "utf8");
  }

  /** Runs a client to its end, with `input` to read; gives what it printed. Fails with that when it fails or takes too long. */
  async run(program, args, { env = {}, input = "" } = {}) {
    const child = spawn(program, args, {
      cwd: this.work,
      env: { HOME: this.home, PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    child.stdin.on("error", () => {}); // not every client reads
    child.stdin.end(input);
    let [stdout, stderr, late] = ["", "", false];
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const timer = setTimeout(() => {
      late = true;
      killGroup(child.pid);
    }, LIMIT_MS);
    const how = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        killGroup(child.pid); // what it has left running would hold the pipes open
        child.once("close", () => resolve(signal ?? code));
      });
    }).finally(() => clearTimeout(timer));
    if (how !== 0) throw new Error(`${program} ${late ? `did not end within ${LIMIT_MS / 1000} s` : `ended with ${how}`}:\n${tail(stdout)}\n${tail(stderr)}`);
    return { stdout, stderr };
  }
}

const tail = (text) => text.slice(-4_000);

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
