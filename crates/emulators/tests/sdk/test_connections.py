"""The life of a private link, with the real SDK on both sides."""

import pytest
from azure.core.exceptions import ResourceNotFoundError

import azure_steps as steps
from emulator import CONSUMER_SUBSCRIPTION
from azure_steps import GROUP


def test_a_link_from_publishing_to_deletion_with_bytes_in_between(emulator, greeter):
    provider, consumer = emulator.provider(), emulator.consumer()
    published = steps.publish(emulator, provider, greeter.port, [CONSUMER_SUBSCRIPTION])
    assert published.alias.endswith(".westeurope.azure.privatelinkservice")
    subnet = steps.prepare_consumer(consumer, "127.83.1.0/24")

    address = steps.make_endpoint(consumer, "by-alias", subnet, published.alias)
    other = steps.make_endpoint(consumer, "by-id", subnet, published.service_id)
    assert [address, other] == ["127.83.1.4", "127.83.1.5"]
    pending = steps.connections(provider)
    assert sorted(pending) == ["by-alias", "by-id"]
    for connection in pending.values():
        state = connection.properties.private_link_service_connection_state
        assert (state.status, state.description) == ("Pending", "please")
        assert 0 <= int(connection.properties.link_identifier) < 2**32
    with pytest.raises(ConnectionRefusedError):
        steps.greeting(address, greeter.port)

    approved = steps.decide(provider, pending["by-alias"], "Approved")
    assert approved.properties.private_link_service_connection_state.status == "Approved"
    assert steps.greeting(address, greeter.port) == b"hello"
    with pytest.raises(ConnectionRefusedError):
        steps.greeting(other, greeter.port)
    assert steps.endpoint_status(consumer, "by-alias") == "Approved"
    assert steps.endpoint_status(consumer, "by-id") == "Pending"

    steps.decide(provider, pending["by-alias"], "Rejected")
    with pytest.raises(ConnectionRefusedError):
        steps.greeting(address, greeter.port)
    assert steps.endpoint_status(consumer, "by-alias") == "Rejected"

    services = provider.network.private_link_services
    services.begin_delete_private_endpoint_connection(
        GROUP, "pls", pending["by-alias"].name
    ).result()
    assert sorted(steps.connections(provider)) == ["by-id"]
    assert steps.endpoint_status(consumer, "by-alias") == "Disconnected"

    for name in ["by-alias", "by-id"]:
        consumer.network.private_endpoints.begin_delete(GROUP, name).result()
    assert steps.connections(provider) == {}
    services.begin_delete(GROUP, "pls").result()
    with pytest.raises(ResourceNotFoundError):
        services.get(GROUP, "pls")
    provider.network.network_interfaces.begin_delete(GROUP, "n1").result()
    provider.network.load_balancers.begin_delete(GROUP, "lb").result()
    provider.network.virtual_networks.begin_delete(GROUP, "v").result()
    left = emulator.admin("GET", "/resources")["value"]
    assert not [it for it in left if provider.subscription in it and "Microsoft.Network" in it]


def test_an_endpoint_outside_the_consumer_range_says_it_carries_no_bytes(emulator, greeter):
    provider, consumer = emulator.provider(), emulator.consumer()
    published = steps.publish(emulator, provider, greeter.port, [CONSUMER_SUBSCRIPTION])
    subnet = steps.prepare_consumer(consumer, "10.9.0.0/24")
    assert steps.make_endpoint(consumer, "pe", subnet, published.alias) == "10.9.0.4"
    steps.decide(provider, steps.connections(provider)["pe"], "Approved")
    [status] = emulator.admin("GET", "/endpoints")["value"]
    assert status["state"] == "elsewhere"
    assert "127.83.0.0/16" in status["reason"]


def test_the_service_is_listed_per_group_and_per_subscription(emulator, greeter):
    provider = emulator.provider()
    published = steps.publish(emulator, provider, greeter.port, [CONSUMER_SUBSCRIPTION])
    services = provider.network.private_link_services
    for listed in [services.list(GROUP), services.list_by_subscription()]:
        assert [it.id for it in listed] == [published.service_id]
