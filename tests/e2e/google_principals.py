"""Principals at the emulated Google, each with one of Google's own clients for Python.

Without a cloud delay every operation is answered as done, so code that waits for `result()` does
not poll the real Google.
"""

from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials
from google_clients import CLIENTS

from up import Up

# For tests that do not depend on the client library.
USUAL_CLIENT = "google-api-python-client"
# All collections with objects of project VPCs, nodes and links.
COLLECTIONS = (
    "serviceAttachments", "forwardingRules", "addresses", "regionBackendServices",
    "regionHealthChecks", "networkEndpointGroups", "instances", "firewalls", "subnetworks",
    "networks",
)  # fmt: skip


class Principal:
    """An identity at the emulated Google, and the client of one project."""

    def __init__(self, up: Up, project: str, credentials, client: str):
        self.project = project
        self.region = up.google["region"]
        self.compute = CLIENTS[client](project, credentials, up.google["url"])

    def regional(self, collection: str, name: str) -> str:
        return f"projects/{self.project}/regions/{self.region}/{collection}/{name}"


class Provider(Principal):
    """The provider's own identity, for changes at the cloud that Underpass did not make."""

    def __init__(self, up: Up, client: str = USUAL_CLIENT):
        token = up.google_token_file.read_text().strip()
        super().__init__(up, up.google["project"], Credentials(token), client)

    def everything(self) -> list[str]:
        """All objects of the project, as `collection/name`."""
        return [
            f"{collection}/{name}"
            for collection in COLLECTIONS
            for name in self.compute.names(collection)
        ]

    def attachments(self) -> list[str]:
        return self.compute.names("serviceAttachments")

    def ranges(self, link: str) -> list[str]:
        """The NAT ranges of a link, which is named by its object."""
        named = [it for it in self.compute.names("subnetworks") if it.startswith(f"{link}-nat-")]
        subnets = [self.compute.get("subnetworks", name) for name in named]
        assert all(it["purpose"] == "PRIVATE_SERVICE_CONNECT" for it in subnets)
        return [it["ipCidrRange"] for it in subnets]

    def connected(self, link: str) -> dict[str, dict]:
        """The connections of an attachment by their Private Service Connect ids."""
        shown = self.compute.get("serviceAttachments", link).get("connectedEndpoints", [])
        return {str(it["pscConnectionId"]): it for it in shown}

    def write_lists(self, link: str, **lists: list) -> None:
        """Replaces the lists of consumers at the cloud."""
        fingerprint = self.compute.get("serviceAttachments", link)["fingerprint"]
        self.compute.patch("serviceAttachments", link, {"fingerprint": fingerprint, **lists})

    def let_in(self, link: str, psc_id: str) -> None:
        """Adds one endpoint to the consumer accept list."""
        endpoint = self.connected(link)[psc_id]["endpointWithId"]
        path = "projects/" + endpoint.split("/projects/", 1)[1]
        there = self.compute.get("serviceAttachments", link).get("consumerAcceptLists", [])
        self.write_lists(
            link, consumerAcceptLists=[*there, {"endpointUrl": path, "connectionLimit": 1}]
        )


class Consumer(Principal):
    """A consumer with a project and a network whose addresses carry bytes."""

    def __init__(self, up: Up, project: str, network: str, subnet: str, client: str):
        super().__init__(up, project, AnonymousCredentials(), client)
        self.network = network
        self.subnet = subnet

    @classmethod
    def ready(cls, up: Up, client: str = USUAL_CLIENT) -> "Consumer":
        """The consumer that `up` creates at its first start."""
        google = up.google
        network, subnet = google["consumer_network"], google["consumer_subnet"]
        return cls(up, google["consumer_project"], network, subnet, client)

    @classmethod
    def in_network(cls, up: Up, project: str, cidr: str, client: str = USUAL_CLIENT) -> "Consumer":
        """A consumer in a new network."""
        network = f"projects/{project}/global/networks/team"
        consumer = cls(up, project, network, "", client)
        consumer.subnet = consumer.regional("subnetworks", "team")
        consumer.compute.insert("networks", {"name": "team", "autoCreateSubnetworks": False})
        consumer.compute.insert(
            "subnetworks", {"name": "team", "network": network, "ipCidrRange": cidr}
        )
        return consumer

    def endpoint(self, name: str, target: str) -> str:
        """Creates an address with a forwarding rule, and returns the address."""
        self.compute.insert(
            "addresses", {"name": name, "addressType": "INTERNAL", "subnetwork": self.subnet}
        )
        self.compute.insert(
            "forwardingRules",
            {
                "name": name,
                "target": target,
                "network": self.network,
                "IPAddress": self.regional("addresses", name),
            },
        )
        return self.compute.get("addresses", name)["address"]

    def psc_id(self, name: str) -> str:
        return str(self.compute.get("forwardingRules", name)["pscConnectionId"])

    def status(self, name: str) -> str:
        """The status that the consumer reads: PENDING, ACCEPTED, REJECTED or CLOSED."""
        return self.compute.get("forwardingRules", name)["pscConnectionStatus"]

    def delete(self, name: str) -> None:
        self.compute.delete("forwardingRules", name)
        self.compute.delete("addresses", name)
