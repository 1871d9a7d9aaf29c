"""A server program as a child process, with its output in a log file."""

import signal
import subprocess
from pathlib import Path

STOP_SECONDS = 20.0


class Daemon:
    def __init__(self, words: list, log: Path):
        self.log = log
        with log.open("ab") as said:
            self.process = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=log.parent,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def check(self) -> None:
        """Fails with the log if the process has ended."""
        assert self.process.poll() is None, self.said()

    def stop(self, status: int = 0) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(STOP_SECONDS) == status, self.said()
