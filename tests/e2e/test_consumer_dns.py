"""A consumer of the emulated Azure resolves the private name in a DNS zone of its own network."""

import pytest

import names
from azure_principals import GROUP
from conftest import run_stack
from servers import first_bytes


@pytest.fixture
def stack(tmp_path):
    yield from run_stack(tmp_path / "stack", consumer_dns="127.0.0.1:0")


def test_the_private_name_leads_to_the_endpoint_in_the_consumers_own_zone(stack):
    published, port = stack.offer(b"hello")
    consumer = stack.consumer
    plc, address = published.ask(consumer, "endpoint")
    published.approve(plc)
    published.wait_state("endpoint", "connected")
    host = published.host(plc)
    # The provider was told no address, so its own name server has none.
    assert names.rcode(names.ask(stack.up, host)) == "NXDOMAIN"

    resolver = stack.up.azure["consumer_dns"]
    assert names.rcode(names.ask_at(resolver, host)) == "REFUSED"
    place = {"location": "global"}
    consumer.dns.private_zones.begin_create_or_update(GROUP, host, place).result()
    network = {"id": consumer.subnet.rsplit("/subnets/", 1)[0]}
    link = place | {"properties": {"registrationEnabled": False, "virtualNetwork": network}}
    links = consumer.dns.virtual_network_links
    links.begin_create_or_update(GROUP, host, "network", link).result()
    record = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": address}]}}
    consumer.dns.record_sets.create_or_update(GROUP, host, "A", "@", record)

    [answer] = names.ask_at(resolver, host).answer
    assert [it.address for it in answer] == [address]
    assert first_bytes(answer[0].address, port) == b"hello"

    # The zone is durable.
    stack.up.kill()
    stack.up.start()
    resolver = stack.up.azure["consumer_dns"]
    [answer] = names.ask_at(resolver, host).answer
    assert [it.address for it in answer] == [address]
