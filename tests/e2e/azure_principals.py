"""Principals at the emulated Azure, each with the real Azure SDK for Python."""

from pathlib import Path

from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from up import Up

GROUP = "team"


class Principal:
    """An identity at the emulated Azure, and the clients of one subscription."""

    def __init__(self, up: Up, tenant: str, client: str, secret: str, subscription: str):
        azure = up.azure
        self.location = azure["consumer_location"]
        self.subscription = subscription
        credential = ClientSecretCredential(
            tenant,
            client,
            secret,
            authority=azure["url"],
            disable_instance_discovery=True,
            connection_verify=azure["ca"],
        )
        settings = {
            "base_url": azure["url"],
            "credential_scopes": [f"{azure['url']}/.default"],
            "connection_verify": azure["ca"],
        }
        self.network = NetworkManagementClient(credential, subscription, **settings)
        self.resources = ResourceManagementClient(credential, subscription, **settings)
        self.dns = PrivateDnsManagementClient(credential, subscription, **settings)


class Provider(Principal):
    """The provider's own identity, for changes at the cloud that Underpass did not make."""

    def __init__(self, up: Up):
        azure = up.azure
        secret = Path(azure["secret_file"]).read_text().strip()
        super().__init__(
            up, azure["tenant"], azure["client_id"], secret, azure["subscription"]
        )

    def services(self) -> list:
        return list(self.network.private_link_services.list_by_subscription())

    def balancers(self) -> list:
        return list(self.network.load_balancers.list_all())

    def decide(self, service_id: str, endpoint_name: str, status: str) -> None:
        """Approves or rejects an endpoint's connection without asking Underpass."""
        group, service = service_id.split("/")[4], service_id.split("/")[-1]
        links = self.network.private_link_services
        [connection] = [
            it
            for it in links.list_private_endpoint_connections(group, service)
            if it.properties.private_endpoint.id.endswith(f"/{endpoint_name}")
        ]
        state = {"status": status, "description": "decided elsewhere"}
        body = {
            "name": connection.name,
            "properties": {"privateLinkServiceConnectionState": state},
        }
        links.update_private_endpoint_connection(group, service, connection.name, body)


class Consumer(Principal):
    """A consumer with a subscription and a network whose addresses carry bytes."""

    def __init__(self, up: Up, tenant: str, subscription: str, cidr: str):
        super().__init__(up, tenant, "any client", "any secret", subscription)
        self.resources.resource_groups.create_or_update(GROUP, {"location": self.location})
        network = self.network.virtual_networks.begin_create_or_update(
            GROUP,
            "network",
            {
                "location": self.location,
                "properties": {
                    "addressSpace": {"addressPrefixes": [cidr]},
                    "subnets": [{"name": "default", "properties": {"addressPrefix": cidr}}],
                },
            },
        ).result()
        self.subnet = f"{network.id}/subnets/default"

    def endpoint_id(self, name: str) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{GROUP}"
            f"/providers/Microsoft.Network/privateEndpoints/{name}"
        )

    def begin_endpoint(
        self, name: str, target: str, automatic: bool = False, message: str = "please"
    ):
        """Begins an endpoint that connects to an alias or a resource id."""
        connection = {"name": "connection", "properties": {"privateLinkServiceId": target}}
        if automatic:
            asked = {"privateLinkServiceConnections": [connection]}
        else:
            connection["properties"]["requestMessage"] = message
            asked = {"manualPrivateLinkServiceConnections": [connection]}
        body = {
            "location": self.location,
            "properties": {"subnet": {"id": self.subnet}} | asked,
        }
        return self.network.private_endpoints.begin_create_or_update(GROUP, name, body)

    def endpoint(self, name: str, target: str, automatic: bool = False) -> str:
        """Creates an endpoint and returns its address."""
        self.begin_endpoint(name, target, automatic).result()
        return self.address(name)

    def say(self, name: str, target: str, message: str) -> None:
        """Creates an endpoint with a request message."""
        self.begin_endpoint(name, target, message=message).result()

    def address(self, name: str) -> str:
        endpoint = self.network.private_endpoints.get(GROUP, name)
        interface = endpoint.properties.network_interfaces[0].id.rsplit("/", 1)[1]
        [configuration] = self.network.network_interfaces.get(
            GROUP, interface
        ).properties.ip_configurations
        return configuration.properties.private_ip_address

    def status(self, name: str) -> str:
        """The status that the consumer reads: Pending, Approved, Rejected or Disconnected."""
        endpoint = self.network.private_endpoints.get(GROUP, name).properties
        [connection] = (
            endpoint.manual_private_link_service_connections
            + endpoint.private_link_service_connections
        )
        return connection.properties.private_link_service_connection_state.status

    def delete(self, name: str) -> None:
        self.network.private_endpoints.begin_delete(GROUP, name).result()
