"""Networks and addresses that are deleted or changed at the cloud, not by Underpass.

Every thirtieth background sweep lists everything, so sweeps are fast here.
"""

import pytest

from conftest import run_stack
from google_stack import GoogleStack
from stack import Stack
from waiting import wait_until

SWEEPS = "100ms"


@pytest.fixture
def azure(tmp_path):
    yield from run_stack(tmp_path / "stack", discovery_interval=SWEEPS)


@pytest.fixture
def google(tmp_path):
    yield from run_stack(tmp_path / "stack", GoogleStack, discovery_interval=SWEEPS)


def own(stack, *words: str) -> dict:
    return stack.api.ok("GET", "/".join([f"/underpass/project/{stack.up.project}", *words]))


def reasons(stack, *words: str) -> list[str]:
    return [it["reason"] for it in own(stack, *words)["conditions"]]


def codes(stack) -> list[str]:
    return [it["code"] for it in own(stack, "events")["events"]]


def test_a_rule_for_probes_deleted_or_disabled_elsewhere_is_put_right(google):
    compute = google.provider.compute
    name = f"underpass-vpc-{google.vpc}-probes"
    before = compute.get("firewalls", name)
    compute.delete("firewalls", name)
    wait_until("the rule is back", lambda: name in compute.names("firewalls"))
    after = compute.get("firewalls", name)
    for member in ("priority", "sourceRanges", "allowed", "direction", "disabled"):
        assert after.get(member) == before.get(member)
    wait_until(
        "it is as desired", lambda: reasons(google, "vpcs", google.vpc) == ["AsDesired"]
    )
    assert {"vpc.part_deleted", "vpc.part_restored"} <= set(codes(google))

    compute.patch("firewalls", name, {"disabled": True})
    wait_until(
        "the rule is enabled", lambda: not compute.get("firewalls", name).get("disabled")
    )


def test_a_network_policy_switched_back_elsewhere_is_off_again(azure):
    subnets = azure.provider.network.subnets
    group = f"underpass-vpc-{azure.vpc}"
    subnet = subnets.get(group, "underpass", "nat")
    subnet.properties.private_link_service_network_policies = "Enabled"
    subnets.begin_create_or_update(group, "underpass", "nat", subnet).result()

    def is_off() -> bool:
        found = subnets.get(group, "underpass", "nat").properties
        return found.private_link_service_network_policies == "Disabled"

    wait_until("the policy is off", is_off)
    wait_until("an event tells", lambda: "vpc.part_changed" in codes(azure))


def test_an_address_deleted_elsewhere_is_shown_and_not_replaced(azure):
    [ip] = azure.static_ips(1)
    details = own(azure, "static-ips", ip)
    address = details["static_ip"]["ip_address"]
    group, name = details["azure"]["public_ip_id"].split("/")[4::4]
    addresses = azure.provider.network.public_ip_addresses
    addresses.begin_delete(group, name).result()
    wait_until(
        "the loss is shown", lambda: reasons(azure, "static-ips", ip) == ["AddressDeleted"]
    )
    shown = azure.api.ok("GET", azure.api.project("static-ips"))["static_ips"]
    assert [it["ip_address"] for it in shown] == [address]
    assert name not in [it.name for it in addresses.list(group)]
    assert "static_ip.part_deleted" in codes(azure)
    said = azure.underpass.call("static-ip", "list").stderr
    assert "AddressDeleted" in said and "underpass static-ip create" in said
    assert address in azure.underpass("static-ip", "get", ip)


@pytest.mark.parametrize("kind", [Stack, GoogleStack])
def test_a_refresh_shows_what_changed_without_a_sweep(tmp_path, kind):
    for stack in run_stack(tmp_path / "stack", kind, absence_window="0s"):
        vpc = ("vpcs", stack.vpc)
        refresh = ("vpc", "refresh", "--project-vpc-id", stack.vpc)
        assert "refreshed" in stack.underpass(*refresh)
        assert reasons(stack, *vpc) == ["AsDesired"]
        change(stack)
        assert "refreshed" in stack.underpass(*refresh)
        event = "vpc.part_deleted" if kind is GoogleStack else "vpc.part_changed"
        wait_until("the change is found", lambda: event in codes(stack))
        wait_until("it is put right", lambda: reasons(stack, *vpc) == ["AsDesired"])
        assert "vpc.part_restored" in codes(stack)


def change(stack) -> None:
    """Deletes the rule for probes, or switches the network policy of a subnet on."""
    if isinstance(stack, GoogleStack):
        stack.provider.compute.delete("firewalls", f"underpass-vpc-{stack.vpc}-probes")
        return
    subnets = stack.provider.network.subnets
    group = f"underpass-vpc-{stack.vpc}"
    subnet = subnets.get(group, "underpass", "nat")
    subnet.properties.private_link_service_network_policies = "Enabled"
    subnets.begin_create_or_update(group, "underpass", "nat", subnet).result()
