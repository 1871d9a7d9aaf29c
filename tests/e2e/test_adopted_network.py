"""A project VPC that is the operator's own network: one permission of one subnet is changed."""

import pytest

from published import Published
from up import CLOUD
from waiting import wait_for, wait_until

GROUP = "operators-own"
TAGS = {"owner": "network team"}


class Network:
    """A group, a network with two subnets and an interface that the operator made."""

    def __init__(self, provider):
        self.provider = provider
        self.location = provider.location
        provider.resources.resource_groups.create_or_update(
            GROUP, {"location": self.location, "tags": TAGS}
        )
        made = provider.network.virtual_networks.begin_create_or_update(
            GROUP,
            "hub",
            {
                "location": self.location,
                "tags": TAGS,
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.88.0.0/22"]},
                    "subnets": [
                        {"name": "machines", "properties": {"addressPrefix": "10.88.0.0/24"}},
                        {
                            "name": "translation",
                            "properties": {
                                "addressPrefix": "10.88.1.0/24",
                                "serviceEndpoints": [{"service": "Microsoft.Storage"}],
                            },
                        },
                    ],
                },
            },
        ).result()
        self.id = made.id
        self.nic = self.interface("machine-1", "machines")

    def interface(self, name: str, subnet: str):
        configuration = {
            "name": "first",
            "properties": {"primary": True, "subnet": {"id": f"{self.id}/subnets/{subnet}"}},
        }
        properties = {"ipConfigurations": [configuration]}
        body = {"location": self.location, "tags": TAGS, "properties": properties}
        interfaces = self.provider.network.network_interfaces
        return interfaces.begin_create_or_update(GROUP, name, body).result()

    def translation(self):
        return self.provider.network.subnets.get(GROUP, "hub", "translation").properties

    def pools(self, name: str = "machine-1") -> list[str]:
        nic = self.provider.network.network_interfaces.get(GROUP, name)
        [configuration] = nic.properties.ip_configurations
        return [it.id for it in configuration.properties.load_balancer_backend_address_pools or []]


@pytest.fixture
def network(stack):
    return Network(stack.provider)


def adopt(api, network) -> tuple[str, str]:
    """The ID and the path of a project VPC in the network."""
    adopted = {
        "resource_group": GROUP,
        "vnet_id": network.id,
        "node_subnet": "machines",
        "nat_subnet": "translation",
    }
    body = {"cloud_name": CLOUD, "network_cidr": "10.88.0.0/22", "underpass": {"azure": adopted}}
    vpc = api.ok("POST", api.project("vpcs"), body)["project_vpc_id"]
    path = api.project(f"vpcs/{vpc}")
    wait_for("the VPC is active", lambda: api.ok("GET", path)["state"], "ACTIVE")
    return vpc, path


def publish(stack, vpc: str, nic) -> Published:
    """A service on the machine of an interface, with a link."""
    name = stack.name()
    body = stack.service_body(name, {"pg": stack.greeter().port}) | {
        "project_vpc_id": vpc,
        "static_ips": stack.static_ips(),
    }
    body["underpass"]["nodes"][0]["cloud"] = {"azure": {"nic_id": nic.id}}
    stack.api.ok("POST", stack.api.project("service"), body)
    link = Published(stack, name)
    link.create([stack.subscription])
    return link


def test_a_link_in_an_adopted_network_changes_no_more_than_it_must(stack, network):
    api = stack.api
    before = network.translation()
    assert before.private_link_service_network_policies == "Enabled"
    writes = stack.cloud_writes()
    vpc, path = adopt(api, network)
    assert stack.cloud_writes() - writes == 1
    after = network.translation()
    assert after.private_link_service_network_policies == "Disabled"
    assert after.address_prefix == before.address_prefix
    assert [it.service for it in after.service_endpoints] == ["Microsoft.Storage"]

    link = publish(stack, vpc, network.nic)
    shown = link.wait_active()
    assert f"/resourceGroups/{GROUP}/" in shown["azure_service_id"]
    [pool] = network.pools()
    assert shown["azure_service_id"].rsplit("/", 1)[1] in pool

    link.delete()
    assert network.pools() == []
    api.ok("DELETE", link.path())
    api.ok("DELETE", path)
    wait_until("the VPC is gone", lambda: api.call("GET", path).status == 404)
    nic = stack.provider.network.network_interfaces.get(GROUP, "machine-1")
    assert (nic.tags, nic.properties.provisioning_state) == (TAGS, "Succeeded")
    # Other services may be published from the subnet, so the permission stays.
    assert network.translation().private_link_service_network_policies == "Disabled"


def test_an_interface_outside_the_node_subnet_joins_no_link(stack, network):
    api = stack.api
    vpc, path = adopt(api, network)
    link = publish(stack, vpc, network.interface("machine-2", "translation"))

    def reasons() -> list[str]:
        shown = api.ok("GET", f"/underpass{link.link_path}")
        return [it["reason"] for it in shown["conditions"]]

    wait_until("the condition says so", lambda: "InterfaceOutsideNodeSubnet" in reasons())
    assert network.pools("machine-2") == []
    link.delete()
    api.ok("DELETE", link.path())
    api.ok("DELETE", path)
    wait_until("the VPC is gone", lambda: api.call("GET", path).status == 404)
