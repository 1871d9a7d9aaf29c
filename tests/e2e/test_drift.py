"""Changes at the cloud that Underpass did not make."""

import pytest

from conftest import run_stack
from servers import first_bytes
from waiting import wait_for, wait_until


@pytest.fixture
def watchful_stack(tmp_path):
    yield from run_stack(tmp_path / "stack", discovery_interval="100ms")


@pytest.fixture
def offered(stack):
    link, port = stack.offer()
    return link, port, f"{link.name}-pe"


def test_an_endpoint_approved_elsewhere_is_put_to_rejected_with_an_event(stack, offered):
    link, port, endpoint = offered
    _, address = link.ask(stack.consumer, endpoint)
    stack.provider.decide(link.link()["azure_service_id"], endpoint, "Approved")
    link.refresh()
    wait_for("it is rejected", lambda: stack.consumer.status(endpoint), "Rejected")
    assert link.connection(endpoint) is None
    assert first_bytes(address, port) == b""
    [known] = link.everything()
    assert known["state"] == "rejected" and known["reason"]
    assert [it for it in link.events() if "approved" in it["message"].lower()]


def test_a_rejection_elsewhere_of_an_approved_connection_is_repaired(stack, offered):
    """A connection that Underpass approved stays approved until Underpass rejects it."""
    link, port, endpoint = offered
    plc, address = link.connect(stack.consumer, endpoint)
    stack.provider.decide(link.link()["azure_service_id"], endpoint, "Rejected")
    assert first_bytes(address, port) == b""
    link.refresh()
    wait_for("bytes pass again", lambda: first_bytes(address, port), b"hello")
    assert stack.consumer.status(endpoint) == "Approved"
    assert link.connection(endpoint)["privatelink_connection_id"] == plc


def test_a_rule_taken_away_elsewhere_comes_back(watchful_stack):
    """Every thirtieth background sweep lists everything, so sweeps are fast here."""
    link, port = watchful_stack.offer()
    _, address = link.connect(watchful_stack.consumer, "pe")
    provider = watchful_stack.provider
    link_object = link.link()["azure_service_id"].rsplit("/", 1)[1]
    [balancer] = [it for it in provider.balancers() if link_object in it.id]
    group, name = balancer.id.split("/")[4], balancer.name
    balancer.properties.load_balancing_rules = []
    provider.network.load_balancers.begin_create_or_update(group, name, balancer).result()
    wait_for("the rule is back", lambda: first_bytes(address, port), b"hello")


def test_an_endpoint_made_again_is_a_new_connection_and_pending(stack, offered):
    link, port, endpoint = offered
    plc, _ = link.connect(stack.consumer, endpoint)
    host = link.host(plc)
    stack.consumer.delete(endpoint)
    address = stack.consumer.endpoint(endpoint, link.alias)
    link.refresh()
    link.wait_state(endpoint, "pending-user-approval")
    again = link.connection(endpoint)
    assert again["privatelink_connection_id"] != plc
    assert again["user_ip_address"] is None
    assert first_bytes(address, port) == b""

    link.approve(again["privatelink_connection_id"])
    link.set_address(again["privatelink_connection_id"], address)
    link.wait_state(endpoint, "active")
    # Ordinals are never reused, so names are not either.
    assert link.host(again["privatelink_connection_id"]) != host


def test_a_connection_removed_by_the_provider_ends_there_too(stack, offered):
    link, port, endpoint = offered
    _, address = link.connect(stack.consumer, endpoint)
    provider = stack.provider
    service = link.link()["azure_service_id"]
    group, name = service.split("/")[4], service.split("/")[-1]
    services = provider.network.private_link_services
    [connection] = services.list_private_endpoint_connections(group, name)
    services.begin_delete_private_endpoint_connection(group, name, connection.name).result()
    link.refresh()
    wait_until("it is listed no more", lambda: link.connection(endpoint) is None)
    assert first_bytes(address, port) == b""
    assert stack.consumer.status(endpoint) == "Disconnected"


def test_a_refresh_repairs_what_was_taken_away_elsewhere(stack, offered):
    link, port, endpoint = offered
    _, address = link.connect(stack.consumer, endpoint)
    links = stack.provider.network.load_balancers
    group, name = link.link()["azure_service_id"].split("/")[4::4]
    balancer = links.get(group, f"{name}-lb")
    balancer.properties.load_balancing_rules = []
    links.begin_create_or_update(group, f"{name}-lb", balancer).result()
    assert first_bytes(address, port) == b""
    link.refresh()
    wait_for("bytes pass again", lambda: first_bytes(address, port), b"hello")
