"""llama.cpp's own HTTP server on loopback: serve.py WEIGHTS PORT ALIAS

Prints READY once the model answers. Ends when its standard input is closed, and so with the
process that started it. MOECRAFT_LOCAL_KEY, if set, is the key that callers must present.
"""

import os
import sys

import xllamacpp

CONTEXT_TOKENS = 8192  # what the model was trained for; the slots share it
SLOTS = 2
PROMPT_CACHE_MIB = 256


def threads() -> int:
    """On a small, busy machine two threads wait for each other at every layer: one is quicker."""
    cores = os.cpu_count() or 1
    return 1 if cores <= 4 else cores // 2


def parameters(weights: str, port: int, alias: str) -> xllamacpp.CommonParams:
    p = xllamacpp.CommonParams()
    p.model.path = weights
    p.model_alias = {alias}
    p.hostnames, p.port = ["127.0.0.1"], port
    p.n_ctx, p.n_parallel, p.kv_unified = CONTEXT_TOKENS, SLOTS, True
    p.cache_ram_mib = PROMPT_CACHE_MIB
    p.n_gpu_layers = 0
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads()
    p.endpoint_metrics = p.endpoint_slots = p.use_jinja = p.offline = True
    if key := os.environ.get("MOECRAFT_LOCAL_KEY"):
        p.api_keys = [key]
    return p


def main() -> None:
    weights, port, alias = sys.argv[1:]
    server = xllamacpp.Server(parameters(weights, int(port), alias))
    print("READY", server.listening_address, flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
