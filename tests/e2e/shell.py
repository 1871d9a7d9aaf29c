"""A consumer's shell, and the commands that connection information prints."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from clients import CommandLine
from up import environment

SECONDS = 30.0
# Runs a command in a mount namespace with another /etc/hosts.
# The target of a symbolic link may not exist there.
WITH_HOSTS = 'mount --bind "$1" "$(readlink -f /etc/hosts)"; shift; exec "$@"'


@dataclass
class PrintedCommand:
    """A printed command and its hints."""

    command: str
    hints: str

    @property
    def variables(self) -> dict[str, str]:
        """Variables to set for the command, by name."""
        return dict(re.findall(r"set (\w+)=(\S+)$", self.hints, re.MULTILINE))

    @property
    def by_address(self) -> str:
        """The command with the argument that replaces the resolver."""
        return f"{self.command} {self.argument}"

    @property
    def argument(self) -> str | None:
        """The argument to add at the end of the command."""
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

    def connection_info(self, *words: str) -> PrintedCommand:
        done = self.underpass.call("service", "connection-info", *words)
        assert done.returncode == 0, done.stderr
        return PrintedCommand(done.stdout.rstrip("\n"), done.stderr)

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

    def follow(
        self, printed: PrintedCommand, stdin: str = "", more: str = ""
    ) -> subprocess.CompletedProcess:
        """Runs the printed command without the resolver, as its hints say."""
        words = [printed.command, *filter(None, [printed.argument, more])]
        return self.call(" ".join(words), stdin, printed.hosts, **printed.variables)


def certificates(stack, name: str, directory: Path) -> Path:
    """Issues the certificate of a service's servers; returns its directory."""
    made = directory / "certificates"
    stack.underpass("service", "cert", name, "--out", str(made))
    return made
