"""Pages with commands: their `sh` and `python` blocks, run in order in one shell."""

import re
import subprocess
from pathlib import Path

from clients import AVN
from postgres import programs
from up import ROOT, binary, environment

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# `sudo` of these tests, whose servers and their files belong to the user of the tests.
SUDO = """#!/bin/sh
case "$1 $2" in
    "-u postgres") shift 2 && PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=postgres exec "$@" ;;
    "install -o") shift 3 && exec install "$@" ;;
esac
echo "sudo of these tests does not know: $*" >&2
exit 1
"""


def has_commands(page: Path) -> bool:
    return page.suffix == ".md" and BLOCK.search(page.read_text()) is not None


def commands(page: str) -> list[str]:
    """The commands of a page, as shell commands."""
    found = BLOCK.findall((ROOT / page).read_text())
    assert found, f"{page} has no commands"
    return [
        block if language == "sh" else f"python3 - <<'PYTHON'\n{block}PYTHON"
        for language, block in found
    ]


def run(
    page: str,
    directory: Path,
    prologue: list[str],
    shown: list[str],
    seconds: float,
    moved: tuple[str, ...] = (),
) -> None:
    """Runs a page in a directory after some commands. It must print `shown`, in this order.

    The directories `moved` are below that directory instead of the root.
    """
    text = "\n".join(commands(page))
    for place in moved:
        text = text.replace(place, f"{directory}{place}")
        (directory / place.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    script = "\n".join(["set -euo pipefail", *prologue, "set -x", text])
    tools = directory / "tools"
    tools.mkdir()
    (tools / "sudo").write_text(SUDO)
    (tools / "sudo").chmod(0o755)
    path = f"{tools}:{binary().parent}:{AVN.parent}:{programs()}"
    variables = environment(directory)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env=variables | {"PATH": f"{path}:{variables['PATH']}", "AIVEN_CONFIG_DIR": "avn-config"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    printed = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, printed
    rest = done.stdout
    for words in shown:
        assert words in rest, f"{words} is not shown\n{printed}"
        rest = rest.split(words, 1)[1]


def prepare(postgres) -> None:
    """Makes a server one as Debian installs it: with a trusted superuser `postgres`."""
    postgres.direct("postgres", "drop database defaultdb")
    postgres.direct("postgres", "create role postgres login superuser")
    postgres.trust_all_users()
