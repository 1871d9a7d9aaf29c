"""Worlds for the tests: a fresh `up` for a module, or for one test that stops and starts it."""

import pytest

from clients import AVN
from postgres import Postgres, programs
from up import Up, binary
from world import World


# What `up` may complain of: writers that met at one object, of which one tries again.
FORESEEN = ("was changed meanwhile", "AnotherOperationInProgress", "PreconditionFailed")


def pytest_configure():
    """A missing program is a failure of the run, never a skipped test."""
    missing = []
    for find in (binary, programs):
        try:
            find()
        except FileNotFoundError as reason:
            missing.append(str(reason))
    if not AVN.exists():
        missing.append(f"no {AVN}; install tests/requirements.txt beside this interpreter")
    if missing:
        pytest.exit("; ".join(missing), returncode=1)


def run_world(directory, **options):
    world = World(Up(directory, **options).start())
    try:
        yield world
    finally:
        world.close()
    # Whatever else these tests do is foreseen, so nothing else is logged above INFO.
    unforeseen = [
        line for line in world.up.complaints() if not any(known in line for known in FORESEEN)
    ]
    assert unforeseen == []


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One `up` for the module; each test registers services of its own in it."""
    yield from run_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def own_world(tmp_path):
    """An `up` of the test's own."""
    yield from run_world(tmp_path / "world")


@pytest.fixture
def slow_world(tmp_path):
    """An `up` whose cloud takes a second for each operation, so that a kill lands inside one."""
    yield from run_world(tmp_path / "world", cloud_delay="1s")


@pytest.fixture
def postgres(tmp_path):
    server = Postgres(tmp_path)
    yield server
    server.stop()
