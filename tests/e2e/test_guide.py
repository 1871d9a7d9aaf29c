"""The guides are run as they are written: every `sh` block, in order, in one shell."""

import re
import shlex
import subprocess

from clients import AVN
from postgres import programs
from up import ROOT, binary, environment

GUIDE_SECONDS = 120.0
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(guide: str) -> list[str]:
    found = BLOCK.findall((ROOT / "docs" / "guides" / guide).read_text())
    assert found, f"{guide} has no commands"
    return found


def test_the_azure_guide_works_as_written(own_world, postgres):
    """The reader's own server has a superuser `postgres` who is trusted, as on Debian."""
    postgres.direct("postgres", "drop database defaultdb")
    postgres.direct("postgres", "create role postgres login superuser")
    postgres.trust_everybody()
    up = own_world.up
    prologue = [
        "set -euo pipefail",
        f'eval "$({shlex.quote(str(binary()))} env --data-dir {shlex.quote(str(up.data_dir))})"',
        f"export PG_PORT={postgres.port}",
        "set -x",
    ]
    script = "\n".join([*prologue, *blocks("azure.md")])
    path = f"{binary().parent}:{AVN.parent}:{programs()}"
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
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "through the link" in done.stdout, f"{done.stdout}\n{done.stderr}"
    assert "pending-user-approval" in done.stdout
