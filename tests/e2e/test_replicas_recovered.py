"""A standby that lagged takes over, and a database is recovered to an earlier time: both are older than
the clouds. Nothing is written and nothing is cut until an operator compared."""

import signal

import pytest

import cloud_calls
from conftest import run_stack
from postgres import DATABASE
from replicas import is_ready
from servers import Flow, first_bytes
from stack import Stack
from two_replicas import TwoReplicas
from waiting import pause, wait_for, wait_until

GREETING = b"hello"
ACCOUNT = "azure-prod"
# Several sweeps on request.
QUIET_SECONDS = 2.0


class Known:
    """A link with a connection that the older database knows, and one that it does not."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.link, self.port = stack.offer(GREETING)
        self.plcs: dict[str, str] = {}
        self.flows: list[Flow] = []
        self.connect("before")

    def connect(self, name: str) -> None:
        self.plcs[name], address = self.link.connect(self.stack.consumer, name)
        wait_for("it answers", lambda: first_bytes(address, self.port), GREETING)
        self.flows.append(Flow(address, self.port, GREETING))
        self.address = address

    def writes(self) -> int:
        return len(cloud_calls.writes(self.stack.up.log_text()))

    def nothing_is_cut(self) -> None:
        assert all(flow.echo(b"still here") for flow in self.flows)
        assert {self.stack.consumer.status(name) for name in self.plcs} == {"Approved"}

    def held(self) -> dict:
        accounts = self.stack.underpass.json("recovery", "show")["accounts"]
        return {it["account"]: it for it in accounts}

    def is_recovered(self, written: int) -> None:
        """The replicas run again on the older database."""
        wait_until("the account is on hold", lambda: ACCOUNT in self.held())
        wait_until("the cloud was read", lambda: self.held()[ACCOUNT]["links"])
        pause(QUIET_SECONDS)
        self.nothing_is_cut()
        assert self.writes() == written
        assert self.link.state("since") is None or self.link.state("since") != "active"
        adopted = self.stack.underpass.json("recovery", "adopt", ACCOUNT)
        assert len(adopted["connections"]) == 1
        self.stack.underpass("recovery", "resume", ACCOUNT)
        # An address that was set after the proof of the approval was written is lost.
        for lost in self.link.everything():
            if not lost["user_ip_address"]:
                self.link.set_address(lost["privatelink_connection_id"], self.address)
        for name in self.plcs:
            self.link.wait_state(name, "active")
        self.nothing_is_cut()
        assert self.writes() == written
        # Work goes on.
        self.connect("afterwards")
        for flow in self.flows:
            flow.close()


@pytest.fixture
def with_standby(tmp_path):
    yield from run_replicas(tmp_path, standby=True)


@pytest.fixture
def with_archive(tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    yield from run_replicas(tmp_path, archive=archive)


def run_replicas(directory, **options):
    stack = Stack(TwoReplicas(directory / "stack", **options).start())
    yield stack
    stack.close()


def test_a_standby_that_lagged_takes_over(with_standby):
    up = with_standby.up
    known = Known(with_standby)
    at = f"'{up.database.direct(DATABASE, 'select pg_current_wal_lsn()')}'::pg_lsn"
    replayed = f"select pg_last_wal_replay_lsn() >= {at}"
    wait_for("it has caught up", lambda: up.second.direct(DATABASE, replayed), "t")
    up.second.stop()
    known.connect("since")
    written = known.writes()
    up.database.stop()
    up.second.start()
    up.second.promote()
    # Each replica knows a change that this database does not have: none writes any more.
    for server in up.servers:
        told = lambda server=server: "older than it was" in server.log_text()  # noqa: E731
        wait_until("the replica found out", told, 60)
        assert not is_ready(server)
    known.nothing_is_cut()
    up.database = up.second
    for server in up.servers:
        server.restart(signal.SIGTERM)
    known.is_recovered(written)


def test_a_database_is_recovered_to_an_earlier_time(with_archive, tmp_path):
    up = with_archive.up
    known = Known(with_archive)
    backup = up.database.copy(tmp_path / "recovered")
    up.database.direct(DATABASE, "select pg_create_restore_point('before')")
    known.connect("since")
    up.database.direct(DATABASE, "select pg_switch_wal()")
    last = "select last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1) from "
    wait_for(
        "the log is archived",
        lambda: up.database.direct(DATABASE, f"{last} pg_stat_archiver"),
        "t",
    )
    written = known.writes()
    for server in up.servers:
        server.close()
    up.database.stop()
    backup.set(
        port=str(up.database.port),
        archive_mode="off",
        restore_command=f"cp {up.archive}/%f %p",
        recovery_target_name="before",
        recovery_target_action="promote",
    )
    (backup.data / "recovery.signal").touch()
    backup.port = up.database.port
    backup.start()
    up.database = backup
    in_recovery = "select pg_is_in_recovery()"
    wait_for("it is recovered", lambda: backup.direct(DATABASE, in_recovery), "f")
    for server in up.servers:
        server.start()
    known.is_recovered(written)
