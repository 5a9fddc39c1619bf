"""The fault server as a script uses it: started with the tests, set and read over HTTP."""

import json
import pathlib
import subprocess
import tempfile
import time
import urllib.request

START_SECONDS_MAX = 20


class Server:
    """A running `divisi-vendors`, ended with `stop`."""

    def __init__(self, programme):
        self._folder = tempfile.TemporaryDirectory(prefix="divisi-sdk-")
        port_file = pathlib.Path(self._folder.name) / "port"
        self._process = subprocess.Popen([programme, "--port-file", str(port_file)])
        deadline = time.monotonic() + START_SECONDS_MAX
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{programme} does not start")
            time.sleep(0.02)
        self.url = f"http://127.0.0.1:{port_file.read_text()}"

    def behave(self, **behaviour):
        """Replaces the behaviour and forgets the ledger."""
        self.call("DELETE", "/ledger")
        self.call("POST", "/control", behaviour)

    def refuse(self, refusal, **when):
        """Refuses every request, or those that `when` says."""
        self.fault({"kind": "refuse", "with": refusal}, **when)

    def fault(self, fault, **when):
        """Has this fault on every request, or on those that `when` says."""
        rule = {"fault": fault, "when": when or "always"}
        self.behave(faults=[rule])

    def ledger(self):
        """The entries so far."""
        return self.call("GET", "/ledger")["entries"]

    def post(self, path, body):
        """Status and JSON of a plain request."""
        return self._open("POST", path, body)

    def call(self, method, path, body=None):
        """The JSON of a request that must succeed."""
        status, answer = self._open(method, path, body)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer

    def _open(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


SERVER = None
"""The one server of this run, once `main` has started it."""


def start(programme):
    global SERVER
    SERVER = Server(programme)
    return SERVER


def server():
    return SERVER


WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

TWO_CALLS = [
    {"name": "get_weather", "arguments": {"city": "Wien"}},
    {"name": "get_weather", "arguments": {"city": "Graz"}},
]

TEXT = "Grüße → 漢字, and a tail."

USAGE = {"input": 100, "output": 40, "cached": 30}
