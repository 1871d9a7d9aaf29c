"""A data directory of an earlier build opens with everything in it.

`make_earlier_data.py` made the directories in `data/`, each with the program of the commit that its
name says.
"""

import json
import signal
import tarfile
from pathlib import Path

import pytest

import names
import tables
from answers.difference import walk
from clients import CommandLine
from conftest import run_stack
from earlier_data import (
    CLOUDS, COMPATIBLE_PATHS, KAFKA_NODES, PASSWORD, PORTS, PROJECT, at_the_clouds, greeters,
    shown,
)  # fmt: skip
from google_stack import GoogleStack
from servers import first_bytes
from waiting import wait_for, wait_until

ARCHIVES = sorted((Path(__file__).resolve().parent / "data").glob("*.tar.gz"))


def test_there_is_a_data_directory():
    assert ARCHIVES


@pytest.fixture(params=ARCHIVES, ids=[it.name.removesuffix(".tar.gz") for it in ARCHIVES])
def expected(request, tmp_path):
    """Answers of the earlier build; its data directory is unpacked where `stack` starts."""
    with tarfile.open(request.param) as packed:
        packed.extractall(tmp_path / "stack")
    return json.loads((tmp_path / "stack" / "expected.json").read_text())


@pytest.fixture
def stack(expected, tmp_path):
    servers = greeters(expected["settled"])
    try:
        yield from run_stack(tmp_path / "stack", **CLOUDS)
    finally:
        for server in servers:
            server.close()


def test_an_earlier_data_directory_opens_with_everything_in_it(stack, expected):
    google = GoogleStack(stack.up)
    opened = Opened(stack, google, expected)
    opened.operations_under_way_are_finished()
    opened.everything_is_shown()
    opened.clouds_have_their_objects()
    opened.endpoints_carry_bytes()
    opened.names_are_answered()
    opened.tokens_are_valid_as_before()
    opened.secrets_are_readable()
    opened.command_lines_show_it()
    stack.up.restart(signal.SIGTERM)
    opened.everything_is_shown()
    opened.endpoints_carry_bytes()
    opened.work_goes_on()


class Opened:
    """An `up` of today's build on the directory, and the answers of the earlier build."""

    def __init__(self, stack, google, expected: dict):
        self.stack = stack
        self.google = google
        self.api = stack.api
        self.expected = expected
        self.pg = stack.publication("pg-1")

    def operations_under_way_are_finished(self) -> None:
        begun = self.expected["begun"]
        self.stack.publication("opensearch-1").wait_active()
        self.google.publication("dragonfly-1").wait_active()
        leaving = self.stack.publication("valkey-1")
        wait_until("the link is gone", lambda: leaving.link() is None)
        self.pg.wait_state("pe-6", "connected")
        for vpc, state in (("vpc_created", "ACTIVE"), ("vpc_deleted", None)):
            wait_for(vpc, lambda: self.state_of_vpc(begun[vpc]), state)
        for ip, state in (("static_ip_created", "created"), ("static_ip_deleted", None)):
            wait_for(ip, lambda: self.states_of_static_ips().get(begun[ip]), state)

    def state_of_vpc(self, vpc: str) -> str | None:
        reply = self.api.call("GET", f"{PROJECT}/vpcs/{vpc}")
        return reply.body["state"] if reply.status == 200 else None

    def states_of_static_ips(self) -> dict[str, str]:
        listed = self.api.ok("GET", f"{PROJECT}/static-ips")["static_ips"]
        return {it["static_ip_address_id"]: it["state"] for it in listed}

    def everything_is_shown(self) -> None:
        before, after = self.expected["settled"], shown(self.stack)
        found: list = []
        for path in COMPATIBLE_PATHS:
            walk("GET", path, before["answers"][path], after["answers"][path], found)
        assert [str(it) for it in found if not it.is_text] == []
        # Approved while the earlier build was shut down.
        late = self.expected["connections"]["pe-6"]
        for connections in (before["connections"], after["connections"]):
            for it in connections["pg-1"]:
                if it["privatelink_connection_id"] == late:
                    it["state"] = "connected"
        assert after["connections"] == before["connections"]
        assert after["events"][: len(before["events"])] == before["events"]
        assert after["features"] == before["features"]
        assert after["kafka"] == before["kafka"]

    def clouds_have_their_objects(self) -> None:
        """Objects are the same but for deleted and created links."""
        consumer = self.stack.consumer
        objects = at_the_clouds(self.stack.provider, consumer, self.google.provider)
        for kind, before in self.expected["objects"].items():
            kept = [it for it in before if not it.startswith(tuple(self.gone()))]
            assert set(kept) <= set(objects[kind]), kind
            assert not [it for it in objects[kind] if it.startswith(tuple(self.gone()))], kind
        statuses = {"pe-1": "Approved", "pe-3": "Approved", "pe-4": "Rejected", "pe-6": "Approved"}
        assert {it: consumer.status(it) for it in statuses} == statuses
        assert consumer.status("leaving-pe") == "Disconnected"
        statuses = {"endpoint-1": "ACCEPTED", "endpoint-2": "PENDING"}
        assert {it: self.google.consumer.status(it) for it in statuses} == statuses
        # Earlier builds put it on the reject list, which the next write of the lists empties.
        assert self.google.consumer.status("endpoint-3") in ("REJECTED", "PENDING")

    def gone(self) -> list[str]:
        """Prefixes of the names of objects that were being deleted."""
        left = self.expected["begun"]["static_ip_deleted"]
        return [f"up-{left}", *self.expected["objects_of_deleted_link"]]

    def endpoints_carry_bytes(self) -> None:
        greetings = [
            (self.address("pg-1", "pe-1"), PORTS["pg"], b"pg"),
            (self.address("pg-1", "pe-2"), PORTS["pg"], b"pg"),
            # A component that is closed.
            (self.address("pg-1", "pe-1"), PORTS["pgbouncer"], b""),
            (self.address("redis-1", "endpoint-1"), PORTS["redis"], b"redis"),
            *(
                (self.address("kafka-1", "kafka-pe"), listener["port"], node.encode())
                for node, listener in self.kafka_listeners()
            ),
        ]
        for address, port, greeting in greetings:
            wait_for("the endpoint answers", lambda: first_bytes(address, port), greeting)

    def kafka_listeners(self) -> list[tuple[str, dict]]:
        """The listeners that lead to one broker each."""
        brokers = self.expected["settled"]["kafka"]["kafka_listeners"]["brokers"]
        assert {it["node_name"] for it in brokers} == set(KAFKA_NODES)
        return [
            (broker["node_name"], listener)
            for broker in brokers
            for listener in broker["listeners"]
            if listener["role"] == "broker"
        ]

    def address(self, service: str, endpoint: str) -> str:
        plc = self.expected["connections"][endpoint]
        [found] = [
            it["user_ip_address"]
            for it in self.expected["settled"]["connections"][service]
            if it["privatelink_connection_id"] == plc
        ]
        return found

    def names_are_answered(self) -> None:
        for service, connections in self.expected["settled"]["connections"].items():
            for it in connections:
                address = it["user_ip_address"] if it["state"] == "active" else None
                found = names.addresses(self.stack.up, it["name"])
                assert found == ([address] if address else []), (service, it)

    def tokens_are_valid_as_before(self) -> None:
        secrets = self.expected["secrets"]
        for secret, status in (("token", 200), ("revoked_token", 401)):
            headers = {"authorization": f"aivenv1 {secrets[secret]}"}
            assert self.api.raw("GET", "/project", None, headers).status == status

    def secrets_are_readable(self) -> None:
        """Encryption at rest: the key of the directory decrypts what the earlier build wrote."""
        users = self.api.ok("GET", f"{PROJECT}/service/pg-1/user")["users"]
        assert {it["username"]: it["password"] for it in users} == {
            "avnadmin": PASSWORD,
            "app": "of-app",
        }

    def command_lines_show_it(self) -> None:
        plc = self.expected["connections"]["pe-1"]
        words = ("service", "connection-info", "pg", "uri", "pg-1", "-p", plc)
        printed = self.stack.underpass(*words)
        assert printed == self.stack.avn(*words)
        assert f":{PORTS['pg']}/" in printed
        for program in (self.stack.avn, self.stack.underpass):
            assert self.services_of(program) == {
                "bare", "dragonfly-1", "grafana-1", "kafka-1", "opensearch-1", "pg-1", "redis-1",
                "valkey-1",
            }  # fmt: skip
        listed = self.stack.underpass.json("service", "connections", "pg-1")
        assert {it["privatelink_connection_id"]: it["label"] for it in listed} == {
            it["privatelink_connection_id"]: it["label"]
            for it in self.expected["settled"]["connections"]["pg-1"]
        }
        assert self.stack.underpass.json("events")

    @staticmethod
    def services_of(program: CommandLine) -> set[str]:
        return {row["SERVICE_NAME"] for row in tables.rows(program("service", "list"))}

    def work_goes_on(self) -> None:
        """A new endpoint is a new connection, with an ordinal that no other one has had."""
        consumer = self.stack.consumer
        plc, address = self.pg.connect(consumer, "pe-new")
        wait_for("the endpoint answers", lambda: first_bytes(address, PORTS["pg"]), b"pg")
        ordinals = {
            it["privatelink_connection_id"]: it["ordinal"] for it in self.pg.everything()
        }
        assert ordinals.pop(plc) > max(ordinals.values())
        self.pg.approve(self.expected["connections"]["pe-6"])
        link = self.google.publication("redis-1")
        link.delete()
        assert first_bytes(self.address("redis-1", "endpoint-1"), PORTS["redis"]) == b""
