"""A link that an older store does not have, and that its operator leaves: it is listed, and removed
with its name as confirmation, with all its parts and nothing else."""

import re

import pytest

from google_stack import GoogleStack
from stack import Stack
from test_restore_drill import APPROVED, DISCOVERY, Drilled, held, offline
from up import Up
from waiting import pause, wait_for, wait_until

SWEEPS_SECONDS = 3.5
# What `up` logs about an older store, orphans, and what its provisioner meets meanwhile.
FORESEEN = (
    "the store is older than the cloud", "the store is older than it was",
    "failed to find the owner of a cloud object",
    "the removal of an orphan was requested", "removed an orphan",
    "was changed meanwhile", "AnotherOperationInProgress", "PreconditionFailed",
)  # fmt: skip


@pytest.fixture
def up(tmp_path):
    up = Up(tmp_path / "stack", discovery_interval=DISCOVERY)
    up.start()
    try:
        yield up
    finally:
        up.close()
    assert [it for it in up.complaints() if not any(known in it for known in FORESEEN)] == []


def on_azure(stack: Stack) -> set[str]:
    """The published services, load balancers, interfaces and memberships of the provider."""
    provider = stack.provider
    interfaces = list(provider.network.network_interfaces.list_all())
    found = {it.id for it in [*provider.services(), *provider.balancers(), *interfaces]}
    for interface in interfaces:
        for configuration in interface.properties.ip_configurations:
            pools = configuration.properties.load_balancer_backend_address_pools or []
            found |= {f"{interface.id} in {pool.id}" for pool in pools}
    return found


def on_google(stack: GoogleStack) -> set[str]:
    return set(stack.provider.everything())


@pytest.mark.parametrize(
    ("kind", "inventory"), [(Stack, on_azure), (GoogleStack, on_google)], ids=["azure", "google"]
)
def test_a_left_link_is_removed_with_its_name_and_nothing_else(up, kind, inventory, tmp_path):
    stack = kind(up)
    command = stack.underpass
    kept = Drilled(stack)
    kept.approve(1)
    backup = tmp_path / "backup"
    command("backup", str(backup))
    left = Drilled(stack, "left")
    left.approve(2)
    [orphan] = re.findall(r"\bup-(s[0-9a-f]+)", left.link.target)
    name, account = f"up-{orphan}", left.provider
    assert up.stop() == 0
    offline(up, "restore", str(backup))
    up.start()
    wait_until("the account is on hold", lambda: account in held(stack))

    def listed() -> list[dict]:
        return command.json("recovery", "orphans")["orphans"]

    def remove(*words: str, status: int = 1) -> str:
        return command.refused("recovery", "remove", orphan, *words, status=status)

    [found] = wait_until("it is listed", listed)
    assert (found["orphan_id"], found["name"], found["account"]) == (orphan, name, account)
    assert (found["service_name"], found["is_proven"]) == (left.link.name, True)
    assert found["approved_connections"] == 2
    assert {it["state"] for it in found["connections"]} == {"approved"}
    assert "end the hold first" in found["removal_refused"]
    assert "recovery show" in remove("--confirm", name)

    # After a restore every account is on hold.
    for other in set(held(stack)) - {account}:
        command("recovery", "resume", other)
    command("recovery", "resume", account, "--overrule", "--yes")
    flows = left.flows()
    [still] = kept.flows()
    there = inventory(stack)
    assert any(name in it for it in there)
    assert "--confirm" in remove(status=2)
    assert name in remove("--confirm", orphan)
    pause(SWEEPS_SECONDS)
    assert inventory(stack) == there
    assert all(flow.echo(b"nothing is cut") for flow in flows)
    [found] = listed()
    assert (found["state"], found["removal_refused"]) == ("found", None)

    shown = command.call("recovery", "remove", orphan, "--confirm", name)
    assert shown.returncode == 0, shown.stderr
    assert "It cuts 2 approved connection(s)" in shown.stderr
    assert "published service" in shown.stderr
    wait_for("it left the list", listed, [])
    gone = there - inventory(stack)
    assert gone == {it for it in there if name in it}
    assert inventory(stack) <= there
    assert not any(flow.echo(b"over") for flow in flows)

    pause(SWEEPS_SECONDS)
    assert (listed(), held(stack)) == ([], {})
    assert still.echo(b"still here")
    statuses = command.json("cloud", account, "endpoint", "list")
    of_kept = {it["status"] for it in statuses if it["name"] in kept.endpoints}
    assert of_kept == {APPROVED[account]}
    for greeter in stack.greeters:
        greeter.close()
