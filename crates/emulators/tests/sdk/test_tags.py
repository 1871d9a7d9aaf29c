"""Updates of tags with the real SDK."""

import pytest
from azure.core.exceptions import HttpResponseError

import azure_steps as steps
from azure_steps import GROUP

TAGS = {"Team": "blue", "cost": "42"}


def test_tags_of_groups_networks_balancers_interfaces_and_addresses_are_updated(emulator):
    provider = emulator.provider()
    network_id = steps.prepare_network(provider)
    steps.make_balancer(provider, network_id, 15432)
    network = provider.network
    network.public_ip_addresses.begin_create_or_update(
        GROUP,
        "ip",
        {
            "location": "westeurope",
            "sku": {"name": "Standard"},
            "properties": {"publicIPAllocationMethod": "Static"},
        },
    ).result()
    for operations, name in [
        (network.virtual_networks, "v"),
        (network.load_balancers, "lb"),
        (network.network_interfaces, "n1"),
        (network.public_ip_addresses, "ip"),
    ]:
        before = operations.get(GROUP, name).as_dict()
        assert operations.update_tags(GROUP, name, {"tags": TAGS}).tags == TAGS
        after = operations.get(GROUP, name).as_dict()
        assert after["tags"] == TAGS
        assert after["etag"] != before["etag"]
        assert after["properties"].keys() == before["properties"].keys()
        operations.update_tags(GROUP, name, {"tags": {"cost": "7"}})
        assert operations.get(GROUP, name).tags == {"cost": "7"}
    groups = provider.resources.resource_groups
    assert groups.update(GROUP, {"tags": TAGS}).tags == TAGS
    assert groups.get(GROUP).tags == TAGS
    with pytest.raises(HttpResponseError) as refused:
        groups.update(GROUP, {"tags": {"a": {"b": "c"}}})
    assert refused.value.status_code == 400
