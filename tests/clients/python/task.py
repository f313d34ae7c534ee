"""What all tests here share: the address, the key, and the work (tests/clients/support/task.mjs)."""

import json
import os

URL = os.environ["MOECRAFT_URL"]
KEY = os.environ["MOECRAFT_KEY"]
TASK = json.loads(os.environ["MOECRAFT_TASK"])
MOST_TURNS = 6


def run(name, arguments):
    """The result of a tool's call."""
    return TASK["results"][json.dumps([name, arguments], separators=(",", ":"), ensure_ascii=False)]
