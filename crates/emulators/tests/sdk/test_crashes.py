"""State that was answered before a crash is kept after it."""

import azure_steps as steps
from emulator import CONSUMER_SUBSCRIPTION
from azure_steps import GROUP


def test_state_and_bytes_are_back_after_each_kill(emulator, greeter):
    provider, consumer = emulator.provider(), emulator.consumer()
    published = steps.publish(emulator, provider, greeter.port, [CONSUMER_SUBSCRIPTION])
    emulator.kill()
    emulator.start()

    provider, consumer = emulator.provider(), emulator.consumer()
    service = provider.network.private_link_services.get(GROUP, "pls")
    assert (service.id, service.properties.alias) == (published.service_id, published.alias)
    subnet = steps.prepare_consumer(consumer, "127.83.3.0/24")
    address = steps.make_endpoint(consumer, "pe", subnet, published.alias)
    pending = steps.connections(provider)["pe"]
    steps.decide(provider, pending, "Approved")
    emulator.kill()
    emulator.start()

    # Without any request since the start, the listener is back.
    assert emulator.admin("GET", "/endpoints")["value"][0]["state"] == "listening"
    assert steps.greeting(address, greeter.port) == b"hello"
    provider = emulator.provider()
    after = steps.connections(provider)["pe"]
    assert after.name == pending.name
    assert after.properties.link_identifier == pending.properties.link_identifier
    assert after.properties.private_link_service_connection_state.status == "Approved"


def test_an_operation_accepted_before_a_kill_finishes_after_it(emulator):
    provider = emulator.provider()
    provider.group(GROUP)
    emulator.kill()
    emulator.start(delay_ms=2000)
    provider = emulator.provider()
    body = {
        "location": steps.LOCATION,
        "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}},
    }
    poller = provider.network.virtual_networks.begin_create_or_update(GROUP, "v", body)
    emulator.kill()
    # The same port again, so that the poller's status URL still leads here.
    emulator.start(delay_ms=2000)
    assert poller.result().provisioning_state == "Succeeded"


def test_every_write_that_was_answered_before_a_kill_is_kept(emulator):
    provider = emulator.provider()
    names = [f"g-{number}" for number in range(30)]
    for name in names:
        provider.group(name)
    emulator.kill()
    emulator.start()
    kept = [it.name for it in emulator.provider().resources.resource_groups.list()]
    assert sorted(kept) == sorted(names)
