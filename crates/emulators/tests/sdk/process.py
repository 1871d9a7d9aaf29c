"""Runs an emulated cloud as a process of its own."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


def binary(name: str) -> Path:
    """The emulator's program: named by the environment, or in cargo's directory."""
    variable = f"UNDERPASS_{name.upper()}_EMULATOR"
    return Path(os.environ.get(variable, ROOT / "target/debug/examples" / name))


class Process:
    """At most one running emulator, and its admin routes."""

    def __init__(self, program: Path):
        self.program = program
        self.process = None

    def start_with(self, arguments: dict) -> None:
        """Starts it with flags, and reads its ready line."""
        # Every process adds to the record of its cloud, which `scripts/check-schemas` validates.
        if directory := os.environ.get("UNDERPASS_UP_RECORD"):
            arguments = arguments | {"--record": f"{directory}/{self.program.name}.jsonl"}
        words = [str(word) for pair in arguments.items() for word in pair]
        self.process = subprocess.Popen([self.program, *words], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, f"the emulator ended with {self.process.wait()}"
        self.ready = json.loads(line)

    def kill(self) -> None:
        """Ends the process as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self) -> int:
        """Stops the process and returns its exit status."""
        self.process.terminate()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        return status

    def admin(self, method: str, path: str, body: dict | None = None) -> dict | None:
        secret = Path(self.ready["admin_secret_file"]).read_text().strip()
        request = urllib.request.Request(
            self.ready["admin_url"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {secret}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            content = reply.read()
        return json.loads(content) if content else None
