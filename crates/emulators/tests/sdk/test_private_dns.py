"""A consumer names its endpoint in a private DNS zone, with the real SDK, and connects by the name."""

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError

import azure_steps as steps
from azure_steps import GROUP
from emulator import CONSUMER_SUBSCRIPTION

ZONE = "db.internal"
PREFIX = f"/subscriptions/{CONSUMER_SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network"


def ask(emulator, name: str, kind: str = "A", over=dns.query.udp):
    host, port = emulator.ready["consumer_dns"].rsplit(":", 1)
    return over(dns.message.make_query(name, kind), host, port=int(port), timeout=10)


def addresses(emulator, name: str) -> list[str]:
    found = ask(emulator, name).answer
    return [it.address for rrset in found for it in rrset if rrset.rdtype == dns.rdatatype.A]


def make_zone(consumer, name: str = ZONE):
    zone = consumer.dns.private_zones.begin_create_or_update(GROUP, name, {"location": "global"})
    return zone.result()


def make_link(consumer, network: str, zone: str = ZONE):
    link = {
        "location": "global",
        "properties": {"registrationEnabled": False, "virtualNetwork": {"id": network}},
    }
    links = consumer.dns.virtual_network_links
    return links.begin_create_or_update(GROUP, zone, "net", link).result()


def test_a_consumer_connects_by_the_name_that_it_gave_its_endpoint(emulator, greeter):
    provider, consumer = emulator.provider(), emulator.consumer()
    published = steps.publish(emulator, provider, greeter.port, [consumer.subscription])
    subnet = steps.prepare_consumer(consumer, "127.83.1.0/24")
    address = steps.make_endpoint(consumer, "e", subnet, published.alias)
    steps.decide(provider, steps.connections(provider)["e"], "Approved")

    zone = make_zone(consumer)
    assert (zone.name, zone.properties.provisioning_state) == (ZONE, "Succeeded")
    records = consumer.dns.record_sets
    record = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": address}]}}
    made = records.create_or_update(GROUP, ZONE, "A", "pg", record)
    assert made.properties.fqdn == f"pg.{ZONE}."
    # A zone without a link is seen by no network.
    assert ask(emulator, f"pg.{ZONE}").rcode() == dns.rcode.REFUSED
    link = make_link(consumer, subnet.rsplit("/subnets/", 1)[0])
    assert link.properties.virtual_network_link_state == "Completed"

    for over in (dns.query.udp, dns.query.tcp):
        answer = ask(emulator, f"PG.{ZONE}", over=over)
        assert answer.rcode() == dns.rcode.NOERROR
        assert [str(it) for rrset in answer.answer for it in rrset] == [address]
        assert answer.answer[0].ttl == 60
    (resolved,) = addresses(emulator, f"pg.{ZONE}")
    assert steps.greeting(resolved, greeter.port) == b"hello"

    missing = ask(emulator, f"no.{ZONE}")
    assert missing.rcode() == dns.rcode.NXDOMAIN
    assert missing.authority[0].rdtype == dns.rdatatype.SOA
    assert ask(emulator, "example.com").rcode() == dns.rcode.REFUSED

    alias = {"properties": {"ttl": 5, "cnameRecord": {"cname": f"pg.{ZONE}"}}}
    records.create_or_update(GROUP, ZONE, "CNAME", "db", alias)
    assert addresses(emulator, f"db.{ZONE}") == [address]
    assert {it.name for it in records.list(GROUP, ZONE)} == {"@", "pg", "db"}
    assert [it.name for it in records.list_by_type(GROUP, ZONE, "A")] == ["pg"]

    # The zone survives a restart.
    assert emulator.stop() == 0
    emulator.start()
    assert addresses(emulator, f"db.{ZONE}") == [address]
    consumer = emulator.consumer()
    consumer.dns.virtual_network_links.begin_delete(GROUP, ZONE, "net").result()
    assert ask(emulator, f"pg.{ZONE}").rcode() == dns.rcode.REFUSED
    consumer.dns.private_zones.begin_delete(GROUP, ZONE).result()
    with pytest.raises(ResourceNotFoundError):
        consumer.dns.private_zones.get(GROUP, ZONE)


def test_a_zone_group_writes_no_records_for_a_private_link_service(emulator, greeter):
    provider, consumer = emulator.provider(), emulator.consumer()
    published = steps.publish(emulator, provider, greeter.port, [consumer.subscription])
    subnet = steps.prepare_consumer(consumer, "127.83.1.0/24")
    steps.make_endpoint(consumer, "e", subnet, published.alias)
    zone = make_zone(consumer)
    groups = consumer.network.private_dns_zone_groups
    config = {"name": "z", "properties": {"privateDnsZoneId": zone.id}}
    body = {"properties": {"privateDnsZoneConfigs": [config]}}
    made = groups.begin_create_or_update(GROUP, "e", "default", body).result()
    assert made.properties.provisioning_state == "Succeeded"
    (config,) = made.properties.private_dns_zone_configs
    assert config.properties.record_sets == []
    assert [it.name for it in groups.list("e", GROUP)] == ["default"]
    groups.begin_delete(GROUP, "e", "default").result()
    with pytest.raises(ResourceNotFoundError):
        groups.get(GROUP, "e", "default")


def test_refusals_of_private_dns_reach_the_sdk(emulator):
    consumer = emulator.consumer()
    subnet = steps.prepare_consumer(consumer, "127.83.1.0/24")
    network = subnet.rsplit("/subnets/", 1)[0]
    make_zone(consumer)
    make_link(consumer, network)
    with pytest.raises(HttpResponseError) as refused:
        consumer.dns.private_zones.begin_delete(GROUP, ZONE).result()
    assert refused.value.error.code == "CannotDeleteResource"
    with pytest.raises(ResourceNotFoundError):
        consumer.dns.record_sets.get(GROUP, ZONE, "A", "no")
    with pytest.raises(HttpResponseError) as refused:
        make_link(consumer, f"{PREFIX}/virtualNetworks/no", ZONE)
    assert refused.value.status_code == 400

    records = consumer.dns.record_sets
    record = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "127.83.1.4"}]}}
    only_new = {"match_condition": MatchConditions.IfMissing}
    made = records.create_or_update(GROUP, ZONE, "A", "pg", record, **only_new)
    with pytest.raises(HttpResponseError) as refused:
        records.create_or_update(GROUP, ZONE, "A", "pg", record, **only_new)
    assert refused.value.status_code == 412
    unchanged = {"match_condition": MatchConditions.IfNotModified, "etag": made.etag}
    records.create_or_update(GROUP, ZONE, "A", "pg", record, **unchanged)
    with pytest.raises(ResourceModifiedError):
        records.create_or_update(GROUP, ZONE, "A", "pg", record, **unchanged)
