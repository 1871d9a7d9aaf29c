"""Runs README and guides as they are written, beside a running `up`."""

import shlex

import pytest

import guide
from up import ROOT, binary

GUIDE_SECONDS = 180.0
GUIDES = "docs/guides"
# Texts that the commands must print.
SHOWN = {
    "README.md": ["pending-user-approval", "through the link", "PONG"],
    f"{GUIDES}/azure.md": ["pending-user-approval", "through the link", "Approval         ok"],
    f"{GUIDES}/kafka.md": ["n1 (127.0.1.1)", "PRIVATELINK_CERTIFICATE_BROKER", "n3 (127.0.1.3)"],
    f"{GUIDES}/google.md": ["pending-user-approval", "ACCEPTED", "through the link", "CLOSED"],
    f"{GUIDES}/backup.md": ["underpass.backup", "trial/store.sqlite", "No account is on hold"],
}


def test_every_guide_with_commands_is_run():
    pages = [ROOT / "README.md", *(ROOT / GUIDES).iterdir()]
    found = {path for path in pages if guide.has_commands(path)}
    assert {str(path.relative_to(ROOT)) for path in found} == set(SHOWN)


@pytest.mark.parametrize("page", SHOWN)
def test_a_guide_works_as_written(own_stack, postgres, stock_redis, page):
    guide.prepare(postgres)
    up = own_stack.up
    prologue = [
        f'eval "$({shlex.quote(str(binary()))} env --data-dir {shlex.quote(str(up.data_dir))})"',
        f"export PG_PORT={postgres.port} REDIS_PORT={stock_redis.port}",
    ]
    guide.run(page, up.directory, prologue, SHOWN[page], GUIDE_SECONDS)
