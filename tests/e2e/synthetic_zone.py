"""The name server of Underpass alone, with a zone of any size."""

import base64
import os
import subprocess
from pathlib import Path

from secondaries import KEY_NAME, SECRET
from up import ROOT

ZONE = "zone.test"


def program() -> Path:
    """The example of crates/net."""
    path = Path(os.environ.get("UNDERPASS_ZONE_SERVER", ROOT / "target/debug/examples/zone"))
    if not path.exists():
        raise FileNotFoundError(f"no {path}; build it with `cargo build --workspace --examples`")
    return path


def name(number: int) -> str:
    return f"privatelink-{number}-pg-1-demo.{ZONE}"


class SyntheticZone:
    """One process, which serves `names` names from generation `serial` on."""

    def __init__(self, listen: list[str], names: int, serial: int, notify: list[int] = ()):
        secret = base64.b64decode(SECRET).hex()
        told = [f"127.0.0.1:{port}" for port in notify]
        words = [program(), ",".join(listen), names, serial, KEY_NAME, secret, *told]
        self.process = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ports = [int(self._line().rsplit(":", 1)[1]) for _ in listen]

    def _line(self) -> str:
        line = self.process.stdout.readline()
        assert line, "the name server ended"
        return line.strip()

    def change(self, what: str, number: int) -> int:
        """`add` or `remove` a name, or make a `burst` of changes; returns the serial after it."""
        self.process.stdin.write(f"{what} {number}\n")
        self.process.stdin.flush()
        return int(self._line())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
