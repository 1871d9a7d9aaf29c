"""Restores and losses of the store, as docs/guides/backup.md describes: nothing that is approved is
cut."""

import json
import re
import shutil
import signal
from pathlib import Path

import pytest

import cloud_calls
import names
from clients import CommandLine
from google_stack import GoogleStack
from servers import Flow, Greeter, first_bytes
from stack import Stack
from up import Up, binary, environment
from waiting import pause, wait_for, wait_until

# Endpoints in each cloud: approved before the backup, and after it.
BEFORE, AFTER = 1, 5
# Short, so that several sweeps run while an account is on hold.
DISCOVERY = "1s"
SWEEPS_SECONDS = 3.5
GREETING = b"hello"
# What `up` logs when it finds that the store is older.
FORESEEN = (
    "the store is older than the cloud", "the store is older than it was", "failed to find the owner of a cloud object",
    "was changed meanwhile", "AnotherOperationInProgress", "PreconditionFailed",
    "conflicts with existing subnetwork",
)  # fmt: skip
APPROVED = {"azure": "Approved", "google": "ACCEPTED"}


@pytest.fixture
def stack(tmp_path):
    up = Up(tmp_path / "stack", discovery_interval=DISCOVERY)
    stack = Stack(up.start())
    try:
        yield stack
    finally:
        stack.close()
    assert [it for it in up.complaints() if not any(known in it for known in FORESEEN)] == []


class Drilled:
    """A published service of one cloud with its endpoints: connection ID and address by name."""

    def __init__(self, stack: Stack, prefix: str = "endpoint"):
        self.stack = stack
        self.prefix = prefix
        self.link, self.port = stack.offer(GREETING)
        self.provider = self.link.provider
        self.endpoints: dict[str, tuple[str, str]] = {}

    def approve(self, count: int, *, afterwards: bool = False) -> None:
        """Creates endpoints and approves them with their addresses, by the command line.

        `afterwards` is the usual order of `avn`: the address is set after the approval."""
        command = self.stack.underpass
        for _ in range(count):
            name = f"{self.prefix}-{len(self.endpoints) + 1}"
            cloud = ("cloud", self.provider, "endpoint")
            command(*cloud, "create", name, "--target", self.link.target, "--wait")
            [address] = command(*cloud, "show", name, "--format", "{address}").split()
            self.link.refresh()
            self.link.wait_state(name, "pending-user-approval")
            plc = self.link.connection(name)["privatelink_connection_id"]
            connection = ("service", "privatelink", self.provider, "connection")
            of_link = (self.link.name, plc)
            if afterwards and self.provider == "azure":
                command(*connection, "approve", *of_link)
                command(*connection, "update", *of_link, "--endpoint-ip-address", address)
            else:
                command(*connection, "approve", *of_link, "--endpoint-ip-address", address)
            self.link.wait_state(name, "active")
            self.endpoints[name] = (plc, address)

    def set_lost_addresses(self) -> None:
        """Sets the addresses again that were set after the approval: no proof has them."""
        lost = {it["privatelink_connection_id"] for it in self.link.everything() if not it["user_ip_address"]}
        connections = set(self.endpoints.values())
        assert len(lost) == (AFTER if self.provider == "azure" else 0)
        for plc, address in connections:
            if plc in lost:
                self.stack.underpass(
                    "service", "privatelink", self.provider, "connection", "update",
                    self.link.name, plc, "--endpoint-ip-address", address,
                )  # fmt: skip

    def statuses(self) -> set[str]:
        """The states of the endpoints, as the cloud shows them to the consumer."""
        listed = self.stack.underpass.json("cloud", self.provider, "endpoint", "list")
        assert {it["name"] for it in listed} >= set(self.endpoints)
        return {it["status"] for it in listed}

    def flows(self) -> list[Flow]:
        """One open connection through each endpoint."""
        opened = []
        for _, address in self.endpoints.values():
            wait_for("it answers", lambda: first_bytes(address, self.port), GREETING)
            opened.append(Flow(address, self.port, GREETING))
        return opened

    def shown(self) -> dict[str, tuple]:
        """ID, state and address of each connection, and the addresses of its name, by endpoint."""
        shown = {}
        for it in self.link.everything():
            endpoint = it["private_endpoint_id"].rsplit("/", 1)[1]
            answered = names.addresses(self.stack.up, it["name"])
            shown[endpoint] = (
                it["privatelink_connection_id"], it["state"], it["user_ip_address"],
                it["name"], answered,
            )  # fmt: skip
        return shown


def offline(up: Up, *words: str) -> str:
    """A command that needs no server."""
    command = CommandLine(binary(), lambda: environment(up.directory), up.directory)
    return command(*words, "--data-dir", str(up.data_dir))


def writes(up: Up) -> int:
    return len(cloud_calls.writes(up.log_text()))


def held(stack: Stack) -> dict[str, dict]:
    accounts = stack.underpass.json("recovery", "show")["accounts"]
    return {it["account"]: it for it in accounts}


def test_ten_approvals_after_the_backup_outlive_a_restore(stack, tmp_path):
    up, command = stack.up, stack.underpass
    google = GoogleStack(up)
    drilled = [Drilled(stack), Drilled(google)]
    for it in drilled:
        it.approve(BEFORE)
    backup = tmp_path / "backup"
    made = command.call("backup", str(backup), "--json")
    assert made.returncode == 0, made.stderr
    every_file_is_named(up, json.loads(made.stdout))
    assert backup.stat().st_mode & 0o777 == 0o600
    assert "exists" in command.refused("backup", str(backup))

    for it in drilled:
        it.approve(AFTER, afterwards=True)
    before = [it.shown() for it in drilled]
    for it, shown in zip(drilled, before, strict=True):
        assert {state for _, state, *_ in shown.values()} == {"active"}
        assert it.statuses() == {APPROVED[it.provider]}
    refused = command.refused("restore", str(backup), "--data-dir", str(up.data_dir))
    assert "another `underpass up`" in refused

    assert up.stop() == 0
    offline(up, "restore", str(backup))
    [replaced] = up.data_dir.glob("store.sqlite.before-*")
    assert replaced.stat().st_size > 0
    written = writes(up)
    up.start()
    wait_for("both accounts are on hold", lambda: set(held(stack)), {"azure", "google"})
    # Consumers connect again, and nothing that the older store does cuts them.
    flows = [flow for it in drilled for flow in it.flows()]
    assert len(flows) == 2 * (BEFORE + AFTER)

    def nothing_is_cut() -> None:
        assert all(flow.echo(b"still here") for flow in flows)
        for it in drilled:
            assert it.statuses() == {APPROVED[it.provider]}

    pause(SWEEPS_SECONDS)
    nothing_is_cut()
    assert writes(up) == written
    for it in drilled:
        [link] = held(stack)[it.provider]["links"]
        assert link["in_store"] is True
        assert len(link["connections"]) == AFTER
        assert {found["cloud_decision"] for found in link["connections"]} == {"approved"}

    assert "recovery adopt azure" in command.refused("recovery", "resume", "azure")
    for it in drilled:
        adopted = command.json("recovery", "adopt", it.provider)
        assert adopted["remaining"]["links"] == []
        assert len(adopted["connections"]) == AFTER
        # Nothing is to be written, so it asks nothing.
        command("recovery", "resume", it.provider)
        it.set_lost_addresses()
    for it, shown in zip(drilled, before, strict=True):
        wait_for("everything is as before", it.shown, shown)
    pause(SWEEPS_SECONDS)
    nothing_is_cut()
    assert writes(up) == written
    assert held(stack) == {}

    # Work goes on.
    for it in drilled:
        it.approve(1)
    up.restart(signal.SIGTERM)
    assert held(stack) == {}
    for flow in flows:
        flow.close()
    for it in drilled:
        assert {state for _, state, *_ in it.shown().values()} == {"active"}


def test_what_the_end_of_a_hold_writes_is_shown_and_asked_for(stack, tmp_path):
    """After the backup: a component opened, a subscription added, a link deleted, and an approval
    whose address was set afterwards."""
    up, command = stack.up, stack.underpass
    server, second = stack.greeter(GREETING), stack.greeter(b"second")
    link = stack.publish({"pg": server.port, "pgbouncer": second.port}, opened=["pg"])
    link.connect(stack.consumer, "before")
    deleted, _ = stack.offer()
    alias = deleted.alias
    command("backup", str(tmp_path / "backup"))

    link.toggle(pgbouncer=True)
    other = stack.new_consumer()
    allowed = [stack.subscription, other.subscription]
    stack.api.ok("PUT", link.link_path, {"user_subscription_ids": allowed})
    detailed = f"/underpass{link.link_path}"
    wait_until("the list is written", lambda: stack.api.ok("GET", detailed)["settled"])
    plc, address = link.connect_in_steps(other, "since")
    wait_for("it answers", lambda: first_bytes(address, second.port), b"second")
    deleted.delete()
    assert up.stop() == 0
    offline(up, "restore", str(tmp_path / "backup"))
    written = writes(up)
    up.start()

    wait_until("the account is on hold", lambda: held(stack).get("azure", {}).get("links"))
    flow = Flow(address, second.port, b"second")
    unknown = f"connection update {link.name} {plc} --endpoint-ip-address IP"
    # Its decision is known once its link was listed.
    wait_until("its address is named", lambda: unknown in command.call("recovery", "show").stderr)
    adopted = command.call("recovery", "adopt", "azure")
    assert adopted.returncode == 0, adopted.stderr
    assert f"connection update {link.name} {plc} --endpoint-ip-address IP" in adopted.stderr
    listed = stack.api.ok("GET", link.link_path)["user_subscription_ids"]
    assert set(listed) == set(allowed), "an adopted connection's subscription is allowed"

    wait_until("the cloud was read", lambda: held(stack)["azure"]["fully_read"])
    planned = {
        (it["object"], it["action"], it["part"]): it for it in held(stack)["azure"]["writes"]
    }
    of = f"link/demo/{link.name}/azure"
    [closed] = planned[of, "update", "balancer"]["cuts"]
    assert closed.startswith("pgbouncer on port ")
    assert (of, "update", "attachment") not in planned
    again = f"link/demo/{deleted.name}/azure"
    assert (again, "create", "attachment") in planned
    refused = command.refused("recovery", "resume", "azure", status=2)
    assert "pgbouncer on port " in refused
    assert again in refused
    assert "--yes" in refused
    pause(SWEEPS_SECONDS)
    assert flow.echo(b"still here")
    assert writes(up) == written, cloud_calls.writes(up.log_text())[written:]

    command("recovery", "resume", "azure", "--yes")
    wait_for("as the store has it", lambda: first_bytes(address, second.port), b"")
    assert first_bytes(address, server.port) == GREETING
    # The state before the backup is shown until the cloud was read again.
    wait_until("published again", lambda: deleted.link()["azure_service_alias"] not in (None, alias))
    wait_until("active again", lambda: deleted.link()["state"] == "active")
    link.set_address(plc, address)
    link.wait_state("since", "active")
    flow.close()


def test_a_link_in_a_network_made_since_holds_its_account(stack, tmp_path):
    up, command = stack.up, stack.underpass
    Drilled(stack).approve(1)
    command("backup", str(tmp_path / "backup"))
    vpc = command.json(
        "vpc", "create", "--cloud", stack.cloud, "--network-cidr", "10.99.0.0/24", "--wait"
    )["project_vpc_id"]
    server = stack.greeter(GREETING)
    body = stack.service_body("since", {"pg": server.port})
    body |= stack.needs() | {"project_vpc_id": vpc}
    stack.api.ok("POST", stack.api.project("service"), body)
    link = stack.publication("since")
    link.toggle(pg=True)
    link.wait_interface()
    stack.create_link(link)
    link.wait_active()
    plc, address = link.connect(stack.consumer, "in-new-network")
    [link_id] = re.findall(r"\bup-(s[0-9a-f]+)", link.target)
    assert up.stop() == 0
    offline(up, "restore", str(tmp_path / "backup"))
    written = writes(up)
    up.start()

    [found] = wait_until(
        "the account is on hold", lambda: held(stack).get("azure", {}).get("links")
    )
    assert (found["link_id"], found["in_store"]) == (link_id, False)
    flow = Flow(address, server.port, GREETING)
    refused = command.refused("recovery", "adopt", "azure")
    assert "underpass service create since --project demo" in refused
    # Its network is made again under its ID, which writes nothing.
    command(
        "vpc", "create", "--cloud", stack.cloud, "--network-cidr", "10.99.0.0/24",
        "--project-vpc-id", vpc, "--wait",
    )  # fmt: skip
    assert writes(up) == written, cloud_calls.writes(up.log_text())[written:]
    resumed = command.call("recovery", "resume", "azure", "--overrule", "--yes")
    assert resumed.returncode == 0, resumed.stderr
    assert f"underpass recovery remove {link_id}" in resumed.stderr
    pause(SWEEPS_SECONDS)
    assert flow.echo(b"still here")
    assert "azure" not in held(stack)
    [orphan] = command.json("recovery", "orphans")["orphans"]
    assert (orphan["orphan_id"], orphan["approved_connections"]) == (link_id, 1)
    flow.close()


def restored(stack: Stack, backup) -> int:
    """Restores a backup and starts again; returns the number of writes to the clouds so far."""
    assert stack.up.stop() == 0
    offline(stack.up, "restore", str(backup))
    written = writes(stack.up)
    stack.up.start()
    return written


@pytest.mark.parametrize("kind", [Stack, GoogleStack], ids=["azure", "google"])
def test_deleted_links_are_dropped_and_those_created_again_replace_them(stack, kind, tmp_path):
    up, command = stack.up, stack.underpass
    here = kind(up)
    deleted, _ = here.offer(GREETING)
    again, port = here.offer(GREETING)
    provider = again.provider
    command("backup", str(tmp_path / "backup"))
    deleted.delete()
    again.delete()
    here.create_link(again)
    again.wait_active()
    _, address = again.connect_in_steps(here.consumer, "since")
    written = restored(stack, tmp_path / "backup")
    wait_for("it answers", lambda: first_bytes(address, port), GREETING)
    flow = Flow(address, port, GREETING)

    def absent() -> dict | None:
        account = held(stack).get(provider, {})
        links = {it["service_name"]: it for it in account.get("absent_links", [])}
        proven = [it for it in links.values() if it["is_proven"]]
        return links if len(proven) == 2 and account["links"] else None

    links = wait_until("both are proven absent", absent, 120)
    assert set(links) == {deleted.name, again.name}
    [found] = held(stack)[provider]["links"]
    assert found["stored_link"] == {
        "link_id": links[again.name]["link_id"], "presence": "absent",
    }  # fmt: skip
    refused = command.refused("recovery", "adopt", provider, status=2)
    assert "was deleted and created again after the backup" in refused
    assert "--yes" in refused
    dropping = ("recovery", "drop", provider, links[deleted.name]["link_id"])
    assert "--yes" in command.refused(*dropping, status=2)
    command(*dropping, "--yes")
    command("recovery", "adopt", provider, "--yes")
    wait_until("the cloud was read", lambda: held(stack)[provider]["fully_read"])
    planned = held(stack)[provider]["writes"]
    assert [it for it in planned if it["action"] == "create"] == [], planned
    command("recovery", "resume", provider, "--yes")
    pause(SWEEPS_SECONDS)
    assert writes(up) == written, cloud_calls.writes(up.log_text())[written:]
    assert flow.echo(b"still here")
    # On Azure the address was set after the approval, so no proof has it.
    assert again.state("since") == {"azure": "connected", "google": "active"}[provider]
    assert deleted.link() is None
    flow.close()


def test_a_restored_link_opens_no_port_to_a_range_that_another_link_has(stack, tmp_path):
    up, command = stack.up, stack.underpass
    google = GoogleStack(up)
    old, old_port = google.offer(b"old")
    command("backup", str(tmp_path / "backup"))
    old.delete()
    new, port = google.offer(GREETING)
    _, address = new.connect(google.consumer, "since")
    wait_for("it answers", lambda: first_bytes(address, port), GREETING)
    restored(stack, tmp_path / "backup")

    def failures() -> list[str]:
        planned = held(stack).get("google", {}).get("writes", [])
        return [it["expected_failure"] for it in planned if it["expected_failure"]]

    reasons = wait_until("the clash is shown", failures, 120)
    assert any("belongs to link" in reason for reason in reasons), reasons
    resumed = command.call("recovery", "resume", "google", "--overrule", "--yes")
    assert resumed.returncode == 0, resumed.stderr
    assert "belongs to link" in resumed.stderr
    pause(SWEEPS_SECONDS)
    assert first_bytes(address, port) == GREETING
    assert first_bytes(address, old_port) == b""


def every_file_is_named(up: Up, made: dict) -> None:
    """Every file of the data directory is in the backup, or is named as missing from it."""
    named = {Path(it["path"]) for it in made["not_included"]}
    for path in up.data_dir.iterdir():
        in_backup = path.name.startswith("store.sqlite")
        remade = path.name in ("lock", "schema", "client.json", "store.position")
        assert in_backup or remade or path in named, path
    assert up.data_dir / "store.key" in named


@pytest.mark.parametrize("kind", [Stack, GoogleStack], ids=["azure", "google"])
def test_a_link_of_a_lost_store_is_made_again_by_what_the_cloud_shows(stack, kind):
    up = stack.up
    drilled = Drilled(kind(up))
    drilled.approve(2)
    lost = Lost(drilled)
    assert up.stop() == 0
    for path in up.data_dir.glob("store.sqlite*"):
        path.unlink()
    up.start()
    assert up.ready["project_vpcs"] == {}
    flows = drilled.flows()

    # The cloud shows the published service, so nothing is written.
    [link] = wait_until(
        "the account is on hold",
        lambda: held(stack).get(drilled.provider, {}).get("links"),
    )
    assert (link["in_store"], link["link_id"]) == (False, lost.link_id)
    assert link["service_name"] == drilled.link.name
    before = writes(up)
    lost.register_again()
    drilled.link.wait_interface()
    drilled.stack.underpass("recovery", "adopt", drilled.provider)
    wait_until("the cloud was read", lambda: held(stack)[drilled.provider]["fully_read"])
    assert writes(up) == before, cloud_calls.writes(up.log_text())[before:]
    # The store was lost, so the accounts without links are on hold, too.
    assert set(held(stack)) == {"azure", "google"}
    planned = held(stack)[drilled.provider]["writes"]
    assert {(it["action"], it["part"]) for it in planned} == lost.new, planned
    for account in held(stack):
        drilled.stack.underpass("recovery", "resume", account, "--yes")
    adopting = before + len(planned)
    wait_for("what was shown is written", lambda: writes(up), adopting)
    drilled.link.wait_active()
    wait_for("everything is as before", drilled.shown, lost.shown)
    pause(SWEEPS_SECONDS)
    assert all(flow.echo(b"still here") for flow in flows)
    assert drilled.statuses() == {APPROVED[drilled.provider]}
    assert held(stack) == {}
    assert writes(up) == adopting, cloud_calls.writes(up.log_text())[adopting:]
    drilled.approve(1)
    for flow in flows:
        flow.close()


class Lost:
    """A published service, as a person knows it without the store."""

    def __init__(self, drilled: Drilled):
        self.drilled = drilled
        self.stack = stack = drilled.stack
        self.api = stack.api
        self.shown = drilled.shown()
        self.vpc = stack.vpc
        vpc = self.api.ok("GET", self.api.project(f"vpcs/{self.vpc}"))
        self.cidr = vpc["network_cidr"]
        # Without the cloud resources of the nodes, which the node provisioner finds.
        self.body = stack.service_body(drilled.link.name, {stack.kind: drilled.port})
        # Static IPs are new ones, which are made when work goes on.
        self.new = {("create", "address")} if drilled.provider == "azure" else set()
        # The published service has the name `up-` and the ID of the link.
        [self.link_id] = re.findall(r"\bup-(s[0-9a-f]+)", drilled.link.target)

    def register_again(self) -> None:
        """Makes the project VPC again under its ID, and registers the service as it was."""
        stack, link = self.stack, self.drilled.link
        vpc = stack.underpass.json(
            "vpc", "create", "--cloud", stack.cloud, "--network-cidr", self.cidr,
            "--project-vpc-id", self.vpc, "--wait",
        )["project_vpc_id"]  # fmt: skip
        assert vpc == self.vpc
        needs = stack.needs(made=False)
        self.api.ok("POST", self.api.project("service"), self.body | needs)
        link.toggle(**{stack.kind: True})


def put_back(up: Up, copy: Path) -> None:
    """Puts an earlier copy of the store in the place of the store."""
    for path in up.data_dir.glob("store.sqlite*"):
        path.unlink()
    shutil.copy(copy, up.data_dir / "store.sqlite")


def of_backup(up: Up, copy: Path) -> None:
    """Restores a backup of the store."""
    backup = copy.with_name("backup")
    offline(up, "restore", str(backup))


@pytest.mark.parametrize("replace", [put_back, of_backup])
@pytest.mark.parametrize("kind", [Stack, GoogleStack], ids=["azure", "google"])
def test_a_component_opened_since_stays_open_until_work_goes_on(stack, tmp_path, kind, replace):
    up, command = stack.up, stack.underpass
    of_kind = kind(up)
    server, second = of_kind.greeter(b"server"), of_kind.greeter(b"second")
    beside = {"pg": "pgbouncer", "redis": "prometheus"}[of_kind.kind]
    ports = {of_kind.kind: server.port, beside: second.port}
    link = of_kind.publish(ports, opened=[of_kind.kind])
    _, address = link.connect(of_kind.consumer, "endpoint-1")
    wait_for("the server answers", lambda: first_bytes(address, server.port), b"server")
    command("backup", str(tmp_path / "backup"))
    assert up.stop() == 0
    shutil.copy(up.data_dir / "store.sqlite", tmp_path / "copy")
    up.start()
    # Neither a stop nor a crash makes a store older.
    assert held(stack) == {}
    up.restart(signal.SIGKILL)
    assert held(stack) == {}

    link.toggle(**{beside: True})
    wait_for("the second answers", lambda: first_bytes(address, second.port), b"second")
    assert up.stop() == 0
    replace(up, tmp_path / "copy")
    written = writes(up)
    up.start()
    flow = Flow(address, second.port, b"second")
    accounts = held(stack)
    assert set(accounts) == {"azure", "google"}
    assert {it["cause"] for it in accounts.values()} == {"store_replaced"}
    shown = command.call("recovery", "show")
    assert "token revoke --all" in shown.stderr
    refused = command.refused(
        "service", "update", link.name, "-c", f"privatelink_access.{of_kind.kind}=false", "--yes"
    )
    assert "recovery show" in refused
    pause(SWEEPS_SECONDS)
    assert flow.echo(b"still here")
    assert writes(up) == written
    # The hold outlives a restart.
    up.restart(signal.SIGTERM)
    assert set(held(stack)) == {"azure", "google"}
    pause(SWEEPS_SECONDS)
    assert first_bytes(address, second.port) == b"second"
    assert writes(up) == written

    for account in accounts:
        command("recovery", "resume", account, "--yes")
    assert held(stack) == {}
    # The clouds follow the store again.
    wait_for("the second is shut", lambda: first_bytes(address, second.port), b"")
    up.restart(signal.SIGTERM)
    assert held(stack) == {}
    flow.close()


def test_a_node_replaced_since_keeps_its_flows_and_its_interface(stack, tmp_path):
    up, command = stack.up, stack.underpass
    link, port = stack.offer(b"first")
    _, address = link.connect(stack.consumer, "endpoint-1")
    wait_for("the first node answers", lambda: first_bytes(address, port), b"first")
    command("backup", str(tmp_path / "backup"))
    second = Greeter(b"second", "127.0.0.2", port)
    stack.greeters.append(second)
    nodes = [{"name": "n2", "address": "127.0.0.2"}]
    stack.api.ok("PUT", link.path(), {"underpass": {"nodes": nodes}})
    wait_for("the second node answers", lambda: first_bytes(address, port), b"second")

    def interfaces() -> set[str]:
        return {it.name for it in stack.provider.network.network_interfaces.list_all()}

    wait_until("the first node has no interface", lambda: f"{link.name}.n1" not in interfaces())
    there = interfaces()
    assert up.stop() == 0
    offline(up, "restore", str(tmp_path / "backup"))
    written = writes(up)
    up.start()
    flow = Flow(address, port, b"second")
    pause(SWEEPS_SECONDS)
    assert flow.echo(b"still here")
    assert first_bytes(address, port) == b"second"
    assert interfaces() == there
    assert writes(up) == written
    flow.close()


def test_a_network_of_a_link_that_the_store_lost_is_not_deleted(stack, tmp_path):
    up, command = stack.up, stack.underpass
    command("backup", str(tmp_path / "backup"))
    link, port = stack.offer(b"hello")
    _, address = link.connect(stack.consumer, "endpoint-1")
    wait_for("it answers", lambda: first_bytes(address, port), b"hello")

    def interfaces() -> set[str]:
        return {it.name for it in stack.provider.network.network_interfaces.list_all()}

    there = interfaces()
    assert up.stop() == 0
    offline(up, "restore", str(tmp_path / "backup"))
    up.start()
    flow = Flow(address, port, b"hello")
    refused = command.refused("vpc", "delete", "--project-vpc-id", stack.vpc, "--yes")
    assert "recovery show" in refused
    pause(SWEEPS_SECONDS)
    assert flow.echo(b"still here")
    assert interfaces() == there
    flow.close()
