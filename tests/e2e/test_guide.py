"""Runs README and guides as they are written: `sh` and `python` blocks, in order, in one shell."""

import re
import shlex
import subprocess

import pytest

from clients import AVN
from postgres import programs
from up import ROOT, binary, environment

GUIDE_SECONDS = 180.0
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDES = "docs/guides"
# Texts that the commands must print.
SHOWN = {
    "README.md": ["pending-user-approval", "through the link", "PONG"],
    f"{GUIDES}/azure.md": ["pending-user-approval", "through the link"],
    f"{GUIDES}/kafka.md": ["n1 (127.0.1.1)", "PRIVATELINK_CERTIFICATE_BROKER", "n3 (127.0.1.3)"],
    f"{GUIDES}/google.md": ["pending-user-approval", "ACCEPTED", "through the link", "CLOSED"],
    f"{GUIDES}/backup.md": ["underpass.backup", "trial/store.sqlite", "No account is on hold"],
}
# `sudo` of these tests, whose servers and their files belong to the user of the tests.
SUDO = """#!/bin/sh
case "$1 $2" in
    "-u postgres") shift 2 && PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=postgres exec "$@" ;;
    "install -o") shift 3 && exec install "$@" ;;
esac
echo "sudo of these tests does not know: $*" >&2
exit 1
"""


def commands(guide: str) -> list[str]:
    found = BLOCK.findall((ROOT / guide).read_text())
    assert found, f"{guide} has no commands"
    return [
        block if language == "sh" else f"python3 - <<'PYTHON'\n{block}PYTHON"
        for language, block in found
    ]


def test_every_guide_with_commands_is_run():
    pages = [ROOT / "README.md", *(ROOT / GUIDES).iterdir()]
    found = {path for path in pages if BLOCK.search(path.read_text())}
    assert {str(path.relative_to(ROOT)) for path in found} == set(SHOWN)


@pytest.mark.parametrize("guide", SHOWN)
def test_a_guide_works_as_written(own_stack, postgres, stock_redis, guide):
    """Uses a server with a trusted superuser `postgres`, as on Debian."""
    postgres.direct("postgres", "drop database defaultdb")
    postgres.direct("postgres", "create role postgres login superuser")
    postgres.trust_all_users()
    up = own_stack.up
    prologue = [
        "set -euo pipefail",
        f'eval "$({shlex.quote(str(binary()))} env --data-dir {shlex.quote(str(up.data_dir))})"',
        f"export PG_PORT={postgres.port} REDIS_PORT={stock_redis.port}",
        "set -x",
    ]
    script = "\n".join([*prologue, *commands(guide)])
    tools = up.directory / "tools"
    tools.mkdir()
    (tools / "sudo").write_text(SUDO)
    (tools / "sudo").chmod(0o755)
    path = f"{tools}:{binary().parent}:{AVN.parent}:{programs()}"
    variables = environment(up.directory)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=up.directory,
        env=variables | {"PATH": f"{path}:{variables['PATH']}", "AIVEN_CONFIG_DIR": "avn-config"},
        capture_output=True,
        text=True,
        timeout=GUIDE_SECONDS,
        check=False,
    )
    printed = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, printed
    # In this order, each after the one before.
    rest = done.stdout
    for words in SHOWN[guide]:
        assert words in rest, f"{words} is not shown\n{printed}"
        rest = rest.split(words, 1)[1]
