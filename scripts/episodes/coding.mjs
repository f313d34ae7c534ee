// Episodes of a coding agent, for `moecraft-evals prompt`: node scripts/episodes/coding.mjs [REPOSITORY] > episodes.jsonl
//
// Each of a repository's own commits is worked off again, by a rule and in the forms that Claude Code's tools have: the
// list of files, a search, the changed files read whole (numbered lines, 2,000 at most), each hunk edited with the
// numbered lines around it told back, a file of several hunks read once more, `git diff`, `git status`. The results are
// real, and so is how often things come again; how an agent would have chosen is not.
import { execFileSync } from "node:child_process";


const repository = process.argv[2] ?? ".";
/** Tokens of a coding agent's instructions and tools: about 10,000, of which nothing is ever changed. */
const HEAD = "Instructions of a coding agent and the schemas of its tools. ".repeat(900);
const git = (...args) => execFileSync("git", args, { cwd: repository, maxBuffer: 1 << 28 }).toString();
const numbered = (text, from = 1) => text.split("\n").map((line, at) => `${String(from + at).padStart(6)}\t${line}`).join("\n");

function episode(commit) {
  const [subject, ...body] = git("show", "-s", "--format=%B", commit).trim().split("\n");
  const changed = git("show", "--format=", "--name-status", "-M", commit).trim().split("\n").map((line) => line.split("\t"));
  const files = changed.filter(([status, name]) => status === "M" && /\.(rs|mjs|js|ts|py|md|toml|sql)$/.test(name)).map(([, name]) => name);
  if (files.length < 2 || files.length > 12) return undefined;
  const messages = [{ by: "user", text: `${subject}\n${body.join("\n")}`.trim() }];
  const call = (tool, input, text) => messages.push({ by: "model", text: JSON.stringify({ tool, input }) }, { by: "tool", text });
  const at = (revision, name) => git("show", `${revision}:${name}`);
  const read = (name, text) => call("Read", { file_path: name }, numbered(text.split("\n").slice(0, 2000).join("\n")));
  const parent = `${commit}^`;
  call("Bash", { command: "git ls-files | head -200" }, git("ls-tree", "-r", "--name-only", parent).split("\n").slice(0, 200).join("\n"));
  const word = subject.match(/[a-z_]{5,}/g)?.sort((a, b) => b.length - a.length)[0];
  if (word) call("Grep", { pattern: word }, grep(word, parent));
  for (const name of files) {
    const before = at(parent, name);
    read(name, before);
    const hunks = git("diff", "-U0", parent, commit, "--", name).split("\n").filter((line) => line.startsWith("@@"));
    const lines = at(commit, name).split("\n");
    for (const hunk of hunks) {
      const [, from, count = "1"] = hunk.match(/\+(\d+)(?:,(\d+))?/);
      const [first, last] = [Math.max(1, Number(from) - 4), Number(from) + Number(count) + 4];
      const snippet = numbered(lines.slice(first - 1, last).join("\n"), first);
      call("Edit", { file_path: name, old_string: "…", new_string: lines.slice(Number(from) - 1, Number(from) - 1 + Number(count)).join("\n") },
        `The file ${name} has been updated. Here's the result of running \`cat -n\` on a snippet of the edited file:\n${snippet}`);
    }
    if (hunks.length > 1) read(name, at(commit, name));
  }
  call("Bash", { command: "git diff" }, git("diff", parent, commit, "--", ...files).slice(0, 30_000));
  call("Bash", { command: "git diff --stat && git status --short" }, git("diff", "--stat", parent, commit));
  messages.push({ by: "model", text: "It is done, and the tests pass." });
  return { set: "coding", edits_files: true, head: HEAD, messages };
}

function grep(word, revision) {
  try {
    return git("grep", "-n", "-w", word, revision, "--", "*.rs", "*.mjs").split("\n").slice(0, 100).map((line) => line.slice(revision.length + 1, 300)).join("\n");
  } catch {
    return "No matches found";
  }
}

const commits = git("rev-list", "--no-merges", "--reverse", "HEAD").trim().split("\n").slice(1);
const step = Math.max(1, Math.floor(commits.length / 60));
for (let at = 0; at < commits.length; at += step) {
  const one = episode(commits[at]);
  if (one) process.stdout.write(`${JSON.stringify(one)}\n`);
}
