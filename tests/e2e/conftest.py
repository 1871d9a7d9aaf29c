"""Stacks for the tests: a fresh `up` for a module, or for one test that stops and starts it."""

import sys

import pytest

from browser import browser as started_browser
from browser import program as chromium_program
from clickhouse import programs as clickhouse_programs
from clients import AVN
from influxdb import programs as influxdb_programs
from kcat import program as kcat_program
from mariadb import programs as mariadb_programs
from redis import Redis
from redis import programs as redis_programs
from served import Emulated
from postgres import Postgres, programs
from secondaries import programs as secondary_programs
from up import ROOT, Up, binary

# Modules that the emulators' own tests share, and the vendors' descriptions.
sys.path += [str(ROOT / "tests" / "shared"), str(ROOT / "tests" / "schemas")]

from google_stack import GoogleStack  # noqa: E402
from stack import Stack  # noqa: E402


# Warnings that `up` may log: two writers changed one object, and one of them tries again.
FORESEEN = (
    "has changed since it was read", "AnotherOperationInProgress", "PreconditionFailed",
    "InterfaceOutsideNodeSubnet",
)  # fmt: skip

# By measured time; one worker runs a whole file.
LONGEST_FILES = (
    "test_weather", "test_doctor", "test_doctor_google", "test_connection_info",
    "test_published_flow_google", "test_contract", "test_contract_google",
    "test_restart", "test_every_service",
    "test_console_pages", "test_guide", "test_terraform_services", "test_namespace",
    "test_replicas_flows", "test_replicas_killed", "test_replicas_database",
)  # fmt: skip

# Each finds a program that some test needs, or names its package.
PROGRAMS = (
    binary, programs, redis_programs, mariadb_programs, clickhouse_programs, influxdb_programs,
    kcat_program, chromium_program, secondary_programs,
)  # fmt: skip


def pytest_configure():
    """A missing program is a failure of the run, never a skipped test."""
    missing = []
    for find in PROGRAMS:
        try:
            find()
        except FileNotFoundError as reason:
            missing.append(str(reason))
    if not AVN.exists():
        missing.append(f"no {AVN}; install tests/requirements.txt beside this interpreter")
    if missing:
        pytest.exit("; ".join(missing), returncode=1)


def pytest_collection_modifyitems(items):
    """Puts the longest files first, so that no worker ends long after the others."""
    rank = {name: number for number, name in enumerate(LONGEST_FILES)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


def pytest_terminal_summary(terminalreporter):
    """Prints what tests counted, also those that passed in a worker."""
    reports = [it for name in ("passed", "failed") for it in terminalreporter.getreports(name)]
    for report in reports:
        for name, value in report.user_properties:
            if name == "figures":
                terminalreporter.write_line(f"{report.nodeid}\n{value}")


def run_stack(directory, kind=Stack, up=Up, **options):
    stack = kind(up(directory, **options).start())
    try:
        yield stack
    finally:
        stack.close()
    # Nothing else that these tests do is logged above INFO.
    unforeseen = [
        line for line in stack.up.complaints() if not any(known in line for known in FORESEEN)
    ]
    assert unforeseen == []


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """One `up` for the module; each test registers services of its own in it."""
    yield from run_stack(tmp_path_factory.mktemp("stack"))


@pytest.fixture
def own_stack(tmp_path):
    """An `up` of the test's own."""
    yield from run_stack(tmp_path / "stack")


@pytest.fixture
def slow_stack(tmp_path):
    """An `up` whose cloud takes a second for each operation, so that a kill lands inside one."""
    yield from run_stack(tmp_path / "stack", cloud_delay="1s")


@pytest.fixture(scope="module")
def google(tmp_path_factory):
    """One `up` for the module, for tests about Google."""
    yield from run_stack(tmp_path_factory.mktemp("google"), GoogleStack)


@pytest.fixture
def own_google(tmp_path):
    yield from run_stack(tmp_path / "google", GoogleStack)


@pytest.fixture
def slow_google(tmp_path):
    """An `up` whose cloud takes 250 ms for each operation; links have many on Google."""
    yield from run_stack(tmp_path / "google", GoogleStack, cloud_delay="250ms")


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests of a worker, started by the first that needs it."""
    with started_browser() as started:
        yield started


@pytest.fixture
def postgres(tmp_path):
    server = Postgres(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def slow_clouds(tmp_path):
    """Both clouds in processes of their own, whose operations take 100 ms."""
    azure = Emulated("azure", tmp_path, cloud_delay="100ms")
    google = Emulated("google", tmp_path, "--status-lag", "0s", cloud_delay="100ms")
    yield azure, google
    for cloud in (azure, google):
        cloud.stop()


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def stock_redis(tmp_path):
    """A Redis as its package installs it: without password and TLS."""
    server = Redis(tmp_path, password="")
    server.start(None)
    yield server
    server.stop()
