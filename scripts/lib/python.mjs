// A Python that can install packages, without venv: Debian keeps that in a package of its own.
import { capture } from "./run.mjs";
import { Remedy } from "./project.mjs";

const CANDIDATES = [process.env.MOECRAFT_PYTHON, "python3", "python3.13", "python3.12", "python3.11", "python3.10", "/usr/bin/python3"];
const PROBE = "import sys; print(sys.executable if sys.version_info >= (3, 10) else '')";

/** The real path of a Python of at least 3.10 that has pip. */
export async function python() {
  let without;
  for (const name of CANDIDATES.filter(Boolean)) {
    const path = await capture(name, ["-c", PROBE]);
    if (!path) continue;
    if (await capture(path, ["-m", "pip", "--version"])) return path;
    without ??= path;
  }
  if (!without) throw new Remedy("Python 3.10 or newer is needed:  sudo apt-get install -y python3 python3-pip");
  await capture(without, ["-m", "ensurepip", "--user"]);
  if (await capture(without, ["-m", "pip", "--version"])) return without;
  throw new Remedy(`${without} has no pip:  sudo apt-get install -y python3-pip`);
}

export const pipEnv = { PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1", PIP_ROOT_USER_ACTION: "ignore", PYTHONUNBUFFERED: "1" };
