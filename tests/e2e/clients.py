"""The two command lines: the real `avn`, and our own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from up import Up, binary, environment

COMMAND_SECONDS = 60.0
# Installed beside the interpreter that runs these tests.
AVN = Path(sys.executable).parent / "avn"


class CommandLine:
    """A program with its environment, which is asked for at each call: it says where the server is."""

    seconds = COMMAND_SECONDS

    def __init__(self, program: Path, environment: Callable[[], dict[str, str]], directory: Path):
        self.program = program
        self.environment = environment
        self.directory = directory

    def call(self, *words: str, stdin: str = "", **changed: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(self.program), *words],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment() | changed,
            cwd=self.directory,
            timeout=self.seconds,
            check=False,
        )

    def __call__(self, *words: str, stdin: str = "") -> str:
        """Runs a command that must succeed and returns its stdout."""
        done = self.call(*words, stdin=stdin)
        assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *words: str):
        return json.loads(self(*words, "--json"))

    def refused(self, *words: str, status: int = 1) -> str:
        """Runs a command that must fail with `status` and returns its stderr."""
        done = self.call(*words)
        printed = f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.returncode == status, printed
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr


def avn(up: Up) -> CommandLine:
    config = up.directory / "avn"
    config.mkdir(exist_ok=True)

    def variables() -> dict[str, str]:
        return environment(up.directory) | {
            "AIVEN_WEB_URL": up.ready["api"],
            "AIVEN_AUTH_TOKEN": up.token,
            "AIVEN_PROJECT": up.project,
            "AIVEN_CONFIG_DIR": str(config),
        }

    return CommandLine(AVN, variables, up.directory)


def underpass(up: Up) -> CommandLine:
    def variables() -> dict[str, str]:
        return environment(up.directory) | {
            "UNDERPASS_URL": up.ready["api"],
            "UNDERPASS_TOKEN_FILE": up.ready["token_file"],
            "UNDERPASS_PROJECT": up.project,
            # For commands of the consumer, which find the clouds by the data directory.
            "UNDERPASS_UP_DATA_DIR": str(up.data_dir),
        }

    return CommandLine(binary(), variables, up.directory)
