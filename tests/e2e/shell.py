"""A consumer's shell, and what connection information tells whoever sits at it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from clients import CommandLine
from up import environment

SECONDS = 30.0
# Runs a command where a file lies over /etc/hosts, which nobody outside sees.
# A link would be followed to a file that may not exist there.
WITH_HOSTS = 'mount --bind "$1" "$(readlink -f /etc/hosts)"; shift; exec "$@"'


@dataclass
class Told:
    """A printed command and what was said beside it."""

    command: str
    hints: str

    @property
    def variables(self) -> dict[str, str]:
        """What is to be set for the command, by name."""
        return dict(re.findall(r"set (\w+)=(\S+)$", self.hints, re.MULTILINE))

    @property
    def by_address(self) -> str:
        """The command with the argument that spares it the resolver."""
        return f"{self.command} {self.argument}"

    @property
    def argument(self) -> str | None:
        """What is to be added at the end of the command."""
        return self._hinted(r"add `(.+)` at the end$")

    @property
    def hosts(self) -> str | None:
        """The line for /etc/hosts."""
        return self._hinted(r"add this line to /etc/hosts: (.+)$")

    def _hinted(self, pattern: str) -> str | None:
        found = re.search(pattern, self.hints, re.MULTILINE)
        return found and found[1]


class Shell:
    """A consumer's shell, in a directory of its own."""

    def __init__(self, stack, directory: Path):
        self.directory = directory
        program = stack.underpass
        self.underpass = CommandLine(program.program, program.environment, directory)

    def told(self, *words: str) -> Told:
        done = self.underpass.call("service", "connection-info", *words)
        assert done.returncode == 0, done.stderr
        return Told(done.stdout.rstrip("\n"), done.stderr)

    def call(
        self, command: str, stdin: str = "", hosts: str | None = None, **variables: str
    ) -> subprocess.CompletedProcess:
        words = ["sh", "-euc", command]
        if hosts:
            file = self.directory / "hosts"
            file.write_text(f"{hosts}\n")
            words = ["unshare", "-Urm", "sh", "-euc", WITH_HOSTS, "sh", file, *words]
        return subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.directory,
            env=environment(self.directory) | variables,
            timeout=SECONDS,
            check=False,
        )

    def run(self, command: str, stdin: str = "", **variables: str) -> str:
        done = self.call(command, stdin, **variables)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, told: Told, stdin: str = "", more: str = "") -> subprocess.CompletedProcess:
        """The command as printed, by the way past the resolver that was told beside it."""
        words = [told.command, *filter(None, [told.argument, more])]
        return self.call(" ".join(words), stdin, told.hosts, **told.variables)


def certificates(stack, name: str, directory: Path) -> Path:
    """What a server of a service needs to speak TLS."""
    made = directory / "certificates"
    stack.underpass("service", "cert", name, "--out", str(made))
    return made
