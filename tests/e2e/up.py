"""One `underpass up`: a data directory, and at most one process on it."""

import json
import os
import re
import selectors
import signal
import subprocess
import time
from pathlib import Path

import cloud_calls

ROOT = Path(__file__).resolve().parents[2]
# A start on an existing data directory takes well under a second; a first one makes keys.
READY_SECONDS = 60.0
STOP_SECONDS = 40.0
# Other variables of the environment do not reach the programs under test.
PASSED_ON = (
    "PATH", "LANG", "LC_ALL", "TMPDIR", "RUST_BACKTRACE", "UNDERPASS_UP_ENFORCE_ROLES",
    "UNDERPASS_UP_RECORD",
)  # fmt: skip
FREE_PORT = "127.0.0.1:0"
CLOUD = "azure-westeurope"
GOOGLE_CLOUD = "google-europe-west1"


def binary() -> Path:
    """The program under test: `UNDERPASS_BIN`, else the newest build of the checkout."""
    if given := os.environ.get("UNDERPASS_BIN"):
        return Path(given).resolve()
    for profile in ("debug", "release"):
        built = ROOT / "target" / profile / "underpass"
        if built.exists():
            return built
    raise FileNotFoundError("no underpass binary; run `cargo build -p underpass`")


def environment(home: Path) -> dict[str, str]:
    """A clean environment, with a home of its own."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {"HOME": str(home), "NO_COLOR": "1"}


def first_line(stream, seconds: float) -> bytes:
    """The first line of a program's output, or nothing if it does not come within `seconds`."""
    os.set_blocking(stream.fileno(), False)
    deadline = time.monotonic() + seconds
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not line.endswith(b"\n") and time.monotonic() < deadline:
            if selector.select(deadline - time.monotonic()):
                piece = stream.read()
                if not piece:
                    break
                line += piece
    return line if line.endswith(b"\n") else b""


class Up:
    """Starts, stops, kills and restarts the process; `ready` is its last ready line."""

    def __init__(
        self,
        directory: Path,
        cloud_delay: str = "0s",
        discovery_interval: str = "off",
        dns: str = FREE_PORT,
        api: str = FREE_PORT,
        log_filter: str = f"info,{cloud_calls.LOGGED}",
        **options: str,
    ):
        self.directory = directory
        self.data_dir = directory / "data"
        self.log = directory / "up.log"
        self.cloud_delay = cloud_delay
        self.discovery_interval = discovery_interval
        self.dns = dns
        self.api = api
        self.log_filter = log_filter
        # Further options, or other values, by their names without leading dashes.
        self.options = {f"--{name.replace('_', '-')}": it for name, it in options.items()}
        self.process = None
        self.ready = None
        directory.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        options = {
            "--data-dir": self.data_dir,
            "--api": self.api,
            "--dns": self.dns,
            "--azure": FREE_PORT,
            "--google": FREE_PORT,
            "--azure-portal": FREE_PORT,
            "--google-portal": FREE_PORT,
            "--aws": FREE_PORT,
            "--cloud-delay": self.cloud_delay,
            "--discovery-interval": self.discovery_interval,
        }
        words = [str(word) for pair in (options | self.options).items() for word in pair]
        return [str(binary()), "up", *words]

    def spawn(self) -> None:
        """Starts the process and does not wait for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(self.directory) | {"UNDERPASS_LOG": self.log_filter},
            )

    def start(self) -> "Up":
        self.spawn()
        line = first_line(self.process.stdout, READY_SECONDS)
        assert line, f"the program printed no ready line; its log:\n{self.log_text()}"
        self.ready = json.loads(line)
        assert self.ready["ready"] is True
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends the process with a signal and returns its exit status."""
        self.process.send_signal(how)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
        return status

    def kill(self) -> None:
        """Ends the process as a crash does."""
        self.stop(signal.SIGKILL)

    def restart(self, how: signal.Signals) -> None:
        status = self.stop(how)
        assert status == (-signal.SIGKILL if how == signal.SIGKILL else 0)
        self.start()

    def close(self) -> None:
        """Ends a process that still runs, which must exit with 0."""
        if self.process is not None and self.process.poll() is None:
            status = self.stop()
            assert status == 0, f"`up` ended with {status}; its log:\n{self.log_text()}"

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def complaints(self) -> list[str]:
        """The warnings and errors that the process logged."""
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.log_text())
        return [line for line in plain.splitlines() if re.search(r"\b(WARN|ERROR)\b", line)]

    @property
    def azure(self) -> dict:
        return self.ready["azure"]

    @property
    def google(self) -> dict:
        return self.ready["google"]

    @property
    def google_token_file(self) -> Path:
        """The file with the provider's token at the emulated Google."""
        return self.data_dir / "google-provider.token"

    @property
    def project(self) -> str:
        return self.ready["project"]

    @property
    def vpc(self) -> str:
        return self.vpc_in(CLOUD)

    def vpc_in(self, cloud: str) -> str:
        """The project VPC that the first start created."""
        return self.ready["project_vpcs"][cloud]

    @property
    def token(self) -> str:
        return Path(self.ready["token_file"]).read_text().strip()
