"""Backend pools written by themselves, and network security groups, with the real SDK."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

import azure_steps as steps
from azure_steps import GROUP, LOCATION


def test_a_pool_is_written_by_itself(emulator):
    provider = emulator.provider()
    steps.make_balancer(provider, steps.prepare_network(provider), 15432)
    pools = provider.network.load_balancer_backend_address_pools
    made = pools.begin_create_or_update(GROUP, "lb", "extra", {"properties": {}}).result()
    assert made.properties.provisioning_state == "Succeeded"
    assert {it.name for it in pools.list(GROUP, "lb")} == {"be", "extra"}
    pools.begin_delete(GROUP, "lb", "extra").result()
    with pytest.raises(ResourceNotFoundError):
        pools.get(GROUP, "lb", "extra")
    with pytest.raises(HttpResponseError):
        pools.begin_delete(GROUP, "lb", "be").result()


def test_a_subnet_has_a_security_group(emulator):
    provider = emulator.provider()
    steps.prepare_network(provider)
    groups = provider.network.network_security_groups
    rule = {
        "name": "pg",
        "properties": {
            "protocol": "Tcp",
            "access": "Allow",
            "direction": "Inbound",
            "priority": 100,
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "5432",
        },
    }
    body = {"location": LOCATION, "properties": {"securityRules": [rule]}}
    group = groups.begin_create_or_update(GROUP, "nsg", body).result()
    subnets = provider.network.subnets
    nodes = subnets.get(GROUP, "v", "nodes")
    nodes.properties.network_security_group = {"id": group.id}
    subnets.begin_create_or_update(GROUP, "v", "nodes", nodes).result()
    read = groups.get(GROUP, "nsg")
    assert [it.id for it in read.properties.subnets] == [f"{nodes.id}"]
    assert len(read.properties.default_security_rules) == 6
    with pytest.raises(HttpResponseError) as refused:
        groups.begin_delete(GROUP, "nsg").result()
    assert refused.value.error.code == "InUseNetworkSecurityGroupCannotBeDeleted"
