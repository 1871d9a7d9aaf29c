"""Without an approval, an endpoint carries no bytes."""

from azure.core.exceptions import HttpResponseError
import pytest

import names
from servers import first_bytes
from waiting import wait_for, wait_until


def hears(address: str, port: int, greeting: bytes = b"hello") -> None:
    wait_for("the greeting arrives", lambda: first_bytes(address, port), greeting)


def silent(address: str, port: int) -> None:
    wait_for("nothing arrives", lambda: first_bytes(address, port), b"")


def test_before_approval_and_between_approval_and_address(stack):
    link, port = stack.offer()
    plc, address = link.ask(stack.consumer, f"{link.name}-pe")
    assert first_bytes(address, port) == b""
    link.approve(plc)
    link.wait_state(f"{link.name}-pe", "connected")
    # Approved without an address: bytes pass, and no name is published.
    link.set_address(plc, address)
    link.wait_state(f"{link.name}-pe", "active")
    hears(address, port)


def test_after_a_rejection_until_it_is_restored(stack):
    link, port = stack.offer()
    endpoint = f"{link.name}-pe"
    plc, address = link.connect(stack.consumer, endpoint)
    host = link.host(plc)
    hears(address, port)
    assert names.addresses(stack.up, host) == [address]

    link.decide(plc, "reject")
    silent(address, port)
    wait_for("the cloud says so", lambda: stack.consumer.status(endpoint), "Rejected")
    assert link.connection(endpoint) is None
    wait_for("the name is gone", lambda: names.rcode(names.ask(stack.up, host)), "NXDOMAIN")

    # The cloud has no way back to pending, so restoring approves.
    link.decide(plc, "restore")
    link.wait_state(endpoint, "active")
    hears(address, port)
    assert link.connection(endpoint)["privatelink_connection_id"] == plc
    wait_for("the name is back", lambda: names.addresses(stack.up, host), [address])


def test_while_the_component_is_off(stack):
    greeter = stack.greeter()
    link = stack.publish({"pg": greeter.port})
    _, address = link.connect(stack.consumer, f"{link.name}-pe")
    assert first_bytes(address, greeter.port) == b""
    link.toggle(pg=True)
    hears(address, greeter.port)
    link.toggle(pg=False)
    silent(address, greeter.port)


def test_after_the_link_is_deleted(stack):
    link, port = stack.offer()
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    host = link.host(plc)
    hears(address, port)
    link.delete()
    assert first_bytes(address, port) == b""
    assert names.rcode(names.ask(stack.up, host)) == "NXDOMAIN"
    assert stack.consumer.status(f"{link.name}-pe") == "Disconnected"


def test_after_the_consumer_deletes_the_endpoint(stack):
    link, port = stack.offer()
    endpoint = f"{link.name}-pe"
    plc, address = link.connect(stack.consumer, endpoint)
    host = link.host(plc)
    stack.consumer.delete(endpoint)
    assert first_bytes(address, port) == b""
    link.refresh()
    wait_until("the connection is gone", lambda: link.connection(endpoint) is None)
    wait_for("the name is gone", lambda: names.rcode(names.ask(stack.up, host)), "NXDOMAIN")


def test_a_foreign_subscription_is_never_listed_and_carries_nothing(stack):
    link, port = stack.offer()
    stranger = stack.new_consumer()
    service_id = link.link()["azure_service_id"]
    asked = [("by-alias", link.alias, False), ("by-id", service_id, False),
             ("automatic", service_id, True)]  # fmt: skip
    addresses = []
    for name, target, automatic in asked:
        try:
            addresses.append(stranger.endpoint(name, target, automatic))
        except HttpResponseError:
            continue
    link.refresh()
    assert link.connections() == []
    for address in addresses:
        assert first_bytes(address, port) == b""


def test_an_alias_is_not_visible_to_a_foreign_subscription(stack):
    link, _ = stack.offer()
    with pytest.raises(HttpResponseError) as refused:
        stack.new_consumer().endpoint("pe", link.alias)
    assert refused.value.error.code == "InvalidPrivateLinkServiceId"
