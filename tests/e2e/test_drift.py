"""What happens at the cloud behind our back."""

import pytest

from conftest import run_world
from servers import first_bytes
from waiting import wait_for, wait_until


@pytest.fixture
def watchful_world(tmp_path):
    yield from run_world(tmp_path / "world", discovery_interval="100ms")


@pytest.fixture
def offered(world):
    link, port = world.offer()
    return link, port, f"{link.name}-pe"


def test_an_endpoint_approved_elsewhere_is_put_to_rejected_with_an_event(world, offered):
    link, port, endpoint = offered
    _, address = link.ask(world.consumer, endpoint)
    world.provider.decide(link.link()["azure_service_id"], endpoint, "Approved")
    link.refresh()
    wait_for("it is rejected", lambda: world.consumer.status(endpoint), "Rejected")
    assert link.connection(endpoint) is None
    assert first_bytes(address, port) == b""
    [known] = link.everything()
    assert known["state"] == "rejected" and known["reason"]
    assert [it for it in link.events() if "approved" in it["message"].lower()]


def test_a_rejection_elsewhere_of_an_approved_connection_is_repaired(world, offered):
    """What Underpass approved stays approved until Underpass is asked otherwise."""
    link, port, endpoint = offered
    plc, address = link.connect(world.consumer, endpoint)
    world.provider.decide(link.link()["azure_service_id"], endpoint, "Rejected")
    assert first_bytes(address, port) == b""
    link.refresh()
    wait_for("bytes pass again", lambda: first_bytes(address, port), b"hello")
    assert world.consumer.status(endpoint) == "Approved"
    assert link.connection(endpoint)["privatelink_connection_id"] == plc


def test_a_rule_taken_away_elsewhere_comes_back(watchful_world):
    """Everything is listed by every thirtieth sweep in the background, so sweeps are fast here."""
    link, port = watchful_world.offer()
    _, address = link.connect(watchful_world.consumer, "pe")
    provider = watchful_world.provider
    link_object = link.link()["azure_service_id"].rsplit("/", 1)[1]
    [balancer] = [it for it in provider.balancers() if link_object in it.id]
    group, name = balancer.id.split("/")[4], balancer.name
    balancer.properties.load_balancing_rules = []
    provider.network.load_balancers.begin_create_or_update(group, name, balancer).result()
    wait_for("the rule is back", lambda: first_bytes(address, port), b"hello")


def test_an_endpoint_made_again_is_a_new_connection_and_pending(world, offered):
    link, port, endpoint = offered
    plc, _ = link.connect(world.consumer, endpoint)
    host = link.host(plc)
    world.consumer.delete(endpoint)
    address = world.consumer.endpoint(endpoint, link.alias)
    link.refresh()
    link.wait_state(endpoint, "pending-user-approval")
    again = link.connection(endpoint)
    assert again["privatelink_connection_id"] != plc
    assert again["user_ip_address"] is None
    assert first_bytes(address, port) == b""

    link.approve(again["privatelink_connection_id"])
    link.set_address(again["privatelink_connection_id"], address)
    link.wait_state(endpoint, "active")
    # Ordinals are never used again, so neither are names.
    assert link.host(again["privatelink_connection_id"]) != host


def test_a_connection_removed_by_the_provider_ends_there_too(world, offered):
    link, port, endpoint = offered
    _, address = link.connect(world.consumer, endpoint)
    provider = world.provider
    service = link.link()["azure_service_id"]
    group, name = service.split("/")[4], service.split("/")[-1]
    services = provider.network.private_link_services
    [connection] = services.list_private_endpoint_connections(group, name)
    services.begin_delete_private_endpoint_connection(group, name, connection.name).result()
    link.refresh()
    wait_until("it is listed no more", lambda: link.connection(endpoint) is None)
    assert first_bytes(address, port) == b""
    assert world.consumer.status(endpoint) == "Disconnected"


def test_a_refresh_repairs_what_was_taken_away_elsewhere(world, offered):
    link, port, endpoint = offered
    _, address = link.connect(world.consumer, endpoint)
    links = world.provider.network.load_balancers
    group, name = link.link()["azure_service_id"].split("/")[4::4]
    balancer = links.get(group, f"{name}-lb")
    balancer.properties.load_balancing_rules = []
    links.begin_create_or_update(group, f"{name}-lb", balancer).result()
    assert first_bytes(address, port) == b""
    link.refresh()
    wait_for("bytes pass again", lambda: first_bytes(address, port), b"hello")
