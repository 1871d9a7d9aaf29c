"""A published service and a consumer's endpoints, made with the real SDK."""

import socket
import threading
from dataclasses import dataclass

from emulator import Emulator, Principal

GROUP = "g"
LOCATION = "westeurope"


class Greeter:
    """A TCP service on a free loopback port that greets its clients."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                flow, _ = self.listener.accept()
            except OSError:
                return
            flow.sendall(b"hello")
            flow.close()

    def close(self) -> None:
        self.listener.close()


def greeting(address: str, port: int) -> bytes:
    """The greeting that a consumer reads; raises ConnectionRefusedError without a listener."""
    with socket.create_connection((address, port), timeout=10) as flow:
        return flow.recv(5)


@dataclass
class Published:
    service_id: str
    alias: str


def prepare_network(provider: Principal) -> str:
    """A group and a network with subnets for nodes and for NAT; returns the id of the network."""
    provider.group(GROUP)
    network = provider.network.virtual_networks.begin_create_or_update(
        GROUP,
        "v",
        {
            "location": LOCATION,
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
                "subnets": [
                    {"name": "nodes", "properties": {"addressPrefix": "10.1.0.0/24"}},
                    {"name": "nat", "properties": {"addressPrefix": "10.1.1.0/24"}},
                ],
            },
        },
    ).result()
    return network.id


def disable_nat_policies(provider: Principal) -> None:
    """Reads the whole subnet, changes one field, and writes it back, as a driver must."""
    subnets = provider.network.subnets
    nat = subnets.get(GROUP, "v", "nat")
    nat.properties.private_link_service_network_policies = "Disabled"
    subnets.begin_create_or_update(GROUP, "v", "nat", nat).result()


def make_balancer(provider: Principal, network_id: str, port: int) -> str:
    """A load balancer with one rule, and a NIC in its pool; returns the id of the NIC."""
    subscription = provider.subscription
    prefix = f"/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/Microsoft.Network"
    balancer = f"{prefix}/loadBalancers/lb"
    rule = {
        "frontendIPConfiguration": {"id": f"{balancer}/frontendIPConfigurations/fe"},
        "backendAddressPool": {"id": f"{balancer}/backendAddressPools/be"},
        "probe": {"id": f"{balancer}/probes/p"},
        "protocol": "Tcp",
        "frontendPort": port,
        "backendPort": port,
        "enableFloatingIP": False,
        "disableOutboundSnat": True,
    }
    nodes = {"id": f"{network_id}/subnets/nodes"}
    provider.network.load_balancers.begin_create_or_update(
        GROUP,
        "lb",
        {
            "location": LOCATION,
            "sku": {"name": "Standard"},
            "properties": {
                "frontendIPConfigurations": [{"name": "fe", "properties": {"subnet": nodes}}],
                "backendAddressPools": [{"name": "be"}],
                "probes": [
                    {
                        "name": "p",
                        "properties": {"protocol": "Tcp", "port": port, "intervalInSeconds": 5},
                    }
                ],
                "loadBalancingRules": [{"name": "pg", "properties": rule}],
            },
        },
    ).result()
    interface = provider.network.network_interfaces.begin_create_or_update(
        GROUP,
        "n1",
        {
            "location": LOCATION,
            "properties": {
                "ipConfigurations": [
                    {
                        "name": "ipconfig1",
                        "properties": {
                            "subnet": nodes,
                            "loadBalancerBackendAddressPools": [rule["backendAddressPool"]],
                        },
                    }
                ]
            },
        },
    ).result()
    return interface.id


def service_body(provider: Principal, network_id: str, visible_to: list[str]) -> dict:
    prefix = network_id.rsplit("/virtualNetworks/", 1)[0]
    frontend = f"{prefix}/loadBalancers/lb/frontendIPConfigurations/fe"
    return {
        "location": LOCATION,
        "properties": {
            "loadBalancerFrontendIpConfigurations": [{"id": frontend}],
            "ipConfigurations": [
                {
                    "name": "nat-0",
                    "properties": {"primary": True, "subnet": {"id": f"{network_id}/subnets/nat"}},
                }
            ],
            "visibility": {"subscriptions": visible_to},
        },
    }


def publish(
    emulator: Emulator, provider: Principal, port: int, visible_to: list[str]
) -> Published:
    network_id = prepare_network(provider)
    disable_nat_policies(provider)
    nic = make_balancer(provider, network_id, port)
    emulator.admin("PUT", "/hosts", {"nic": nic, "host": "127.0.0.1"})
    service = provider.network.private_link_services.begin_create_or_update(
        GROUP, "pls", service_body(provider, network_id, visible_to)
    ).result()
    return Published(service.id, service.properties.alias)


def prepare_consumer(consumer: Principal, cidr: str) -> str:
    """A group and a network; returns the id of its subnet."""
    consumer.group(GROUP)
    network = consumer.network.virtual_networks.begin_create_or_update(
        GROUP,
        "v",
        {
            "location": LOCATION,
            "properties": {
                "addressSpace": {"addressPrefixes": [cidr]},
                "subnets": [{"name": "default", "properties": {"addressPrefix": cidr}}],
            },
        },
    ).result()
    return f"{network.id}/subnets/default"


def endpoint_body(subnet_id: str, target: str) -> dict:
    connection = {
        "name": "c",
        "properties": {"privateLinkServiceId": target, "requestMessage": "please"},
    }
    return {
        "location": LOCATION,
        "properties": {
            "subnet": {"id": subnet_id},
            "manualPrivateLinkServiceConnections": [connection],
        },
    }


def make_endpoint(consumer: Principal, name: str, subnet_id: str, target: str) -> str:
    """Creates an endpoint and returns its address."""
    endpoint = consumer.network.private_endpoints.begin_create_or_update(
        GROUP, name, endpoint_body(subnet_id, target)
    ).result()
    nic_name = endpoint.properties.network_interfaces[0].id.rsplit("/", 1)[1]
    interface = consumer.network.network_interfaces.get(GROUP, nic_name)
    return interface.properties.ip_configurations[0].properties.private_ip_address


def endpoint_status(consumer: Principal, name: str) -> str:
    endpoint = consumer.network.private_endpoints.get(GROUP, name)
    connection = endpoint.properties.manual_private_link_service_connections[0]
    return connection.properties.private_link_service_connection_state.status


def connections(provider: Principal) -> dict:
    """The service's connections by the name of the consumer's endpoint."""
    services = provider.network.private_link_services
    listed = services.list_private_endpoint_connections(GROUP, "pls")
    return {it.properties.private_endpoint.id.rsplit("/", 1)[1]: it for it in listed}


def decide(provider: Principal, connection, status: str):
    """Approves or rejects a connection."""
    return provider.network.private_link_services.update_private_endpoint_connection(
        GROUP,
        "pls",
        connection.name,
        {
            "name": connection.name,
            "properties": {
                "privateLinkServiceConnectionState": {"status": status, "description": "decided"}
            },
        },
    )
