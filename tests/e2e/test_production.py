"""Runs the pages for production as they are written, beside emulated clouds in processes of their own."""

import pytest

import guide
from postgres import free_port
from up import ROOT

PAGES = "docs/production"
# Several programs start, and both clouds are waited for; on a busy machine.
PAGE_SECONDS = 300.0
# Directories and programs of the system, which these tests leave alone.
MOVED = ("/usr/local/bin", "/etc/underpass", "/var/lib/underpass")
SYSTEM = [
    'mkdir -p usr/local/bin && cp "$(command -v underpass)" .',
    'useradd() { echo "user $*"; }',
    # Without the group, which does not exist.
    'install() { local words=" $* "; command install ${words/ -g underpass / }; }',
]
# Texts that the commands must print, in this order.
SHOWN = {
    f"{PAGES}/install.md": ["user --system"],
    f"{PAGES}/rehearsal.md": ["active", "through the link", "PONG"],
}


def test_every_page_with_commands_is_run():
    found = {path for path in (ROOT / PAGES).iterdir() if guide.has_commands(path)}
    assert {str(path.relative_to(ROOT)) for path in found} == set(SHOWN)


@pytest.mark.parametrize("page", SHOWN)
def test_a_page_works_as_written(tmp_path, postgres, stock_redis, page):
    guide.prepare(postgres)
    prologue = [
        # What the page starts in the background.
        "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT",
        f"export PG_PORT={postgres.port} REDIS_PORT={stock_redis.port}",
        f"export KNOT_PORT={free_port()}",
    ]
    if page.endswith("install.md"):
        prologue += SYSTEM
    guide.run(page, tmp_path, prologue, SHOWN[page], PAGE_SECONDS, MOVED)
