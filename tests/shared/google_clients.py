"""Both of Google's Python clients behind one interface, so that one test runs with each.

Documents are JSON as the API writes it with either client. The emulator's own tests and the
end-to-end tests use it.
"""

import json
import re

from google.api_core.client_options import ClientOptions
from google.cloud import compute_v1
from googleapiclient.discovery import build

# Each collection's client class, message and scope in google-cloud-compute.
COLLECTIONS = {
    "networks": ("NetworksClient", "Network", None),
    "firewalls": ("FirewallsClient", "Firewall", None),
    "subnetworks": ("SubnetworksClient", "Subnetwork", "region"),
    "regionHealthChecks": ("RegionHealthChecksClient", "HealthCheck", "region"),
    "regionBackendServices": ("RegionBackendServicesClient", "BackendService", "region"),
    "addresses": ("AddressesClient", "Address", "region"),
    "forwardingRules": ("ForwardingRulesClient", "ForwardingRule", "region"),
    "serviceAttachments": ("ServiceAttachmentsClient", "ServiceAttachment", "region"),
    "instances": ("InstancesClient", "Instance", "zone"),
    "regionNetworkEndpointGroups": (
        "RegionNetworkEndpointGroupsClient", "NetworkEndpointGroup", "region",
    ),  # fmt: skip
    "networkEndpointGroups": ("NetworkEndpointGroupsClient", "NetworkEndpointGroup", "zone"),
}
PLACES = {None: {}, "region": {"region": "europe-west1"}, "zone": {"zone": "europe-west1-b"}}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def plain(message) -> dict:
    """A message of google-cloud-compute as the JSON it came from."""
    return json.loads(type(message).to_json(message, always_print_fields_with_no_presence=False))


class CloudClients:
    """google-cloud-compute."""

    def __init__(self, project: str, credentials, url: str):
        self.project = project
        self.settings = {
            "credentials": credentials,
            "client_options": ClientOptions(api_endpoint=url),
        }

    def client(self, collection: str):
        return getattr(compute_v1, COLLECTIONS[collection][0])(**self.settings)

    def place(self, collection: str) -> dict:
        return {"project": self.project, **PLACES[COLLECTIONS[collection][2]]}

    def named(self, collection: str, name: str) -> dict:
        return {**self.place(collection), snake(COLLECTIONS[collection][1]): name}

    def resource(self, collection: str, body: dict) -> dict:
        kind = COLLECTIONS[collection][1]
        message = getattr(compute_v1, kind).from_json(json.dumps(body))
        return {f"{snake(kind)}_resource": message}

    def insert(self, collection: str, body: dict) -> None:
        arguments = {**self.place(collection), **self.resource(collection, body)}
        self.client(collection).insert(**arguments).result()

    def patch(self, collection: str, name: str, body: dict) -> None:
        arguments = {**self.named(collection, name), **self.resource(collection, body)}
        self.client(collection).patch(**arguments).result()

    def get(self, collection: str, name: str) -> dict:
        return plain(self.client(collection).get(**self.named(collection, name)))

    def delete(self, collection: str, name: str) -> None:
        self.client(collection).delete(**self.named(collection, name)).result()

    def names(self, collection: str, page_size: int = 500, matching: str = "") -> list[str]:
        """Names over all pages."""
        listing = {**self.place(collection), "max_results": page_size, "filter": matching}
        return [it.name for it in self.client(collection).list(request=listing)]

    def attach(self, group: str, instance: str) -> None:
        request = compute_v1.NetworkEndpointGroupsAttachEndpointsRequest(
            network_endpoints=[compute_v1.NetworkEndpoint(instance=instance)]
        )
        self.client("networkEndpointGroups").attach_network_endpoints(
            **self.named("networkEndpointGroups", group),
            network_endpoint_groups_attach_endpoints_request_resource=request,
        ).result()

    def set_labels(self, collection: str, name: str, fingerprint: str, labels: dict) -> None:
        request = compute_v1.RegionSetLabelsRequest(label_fingerprint=fingerprint, labels=labels)
        self.client(collection).set_labels(
            **self.place(collection),
            resource=name,
            region_set_labels_request_resource=request,
        ).result()

    def health(self, service: str, group: str) -> list[dict]:
        """The health of the members of a backend service's group."""
        found = self.client("regionBackendServices").get_health(
            **self.named("regionBackendServices", service),
            resource_group_reference_resource=compute_v1.ResourceGroupReference(group=group),
        )
        return [plain(it) for it in found.health_status]


class DiscoveryClient:
    """google-api-python-client."""

    def __init__(self, project: str, credentials, url: str):
        self.project = project
        self.service = build(
            "compute",
            "v1",
            credentials=credentials,
            client_options={"api_endpoint": f"{url}/compute/v1/"},
            cache_discovery=False,
        )

    def place(self, collection: str) -> dict:
        return {"project": self.project, **PLACES[COLLECTIONS[collection][2]]}

    def named(self, collection: str, name: str) -> dict:
        kind = COLLECTIONS[collection][1]
        return {**self.place(collection), kind[0].lower() + kind[1:]: name}

    def methods(self, collection: str):
        return getattr(self.service, collection)()

    def wait(self, collection: str, operation: dict) -> None:
        """Waits as the API's guide says, and raises the error of a failed operation."""
        scope = COLLECTIONS[collection][2] or "global"
        operations = getattr(self.service, f"{scope}Operations")()
        while operation["status"] != "DONE":
            place = {**self.place(collection), "operation": operation["name"]}
            operation = operations.wait(**place).execute()
        if "error" in operation:
            raise RuntimeError(operation["error"]["errors"][0]["code"])

    def insert(self, collection: str, body: dict) -> None:
        request = self.methods(collection).insert(**self.place(collection), body=body)
        self.wait(collection, request.execute())

    def patch(self, collection: str, name: str, body: dict) -> None:
        request = self.methods(collection).patch(**self.named(collection, name), body=body)
        self.wait(collection, request.execute())

    def get(self, collection: str, name: str) -> dict:
        return self.methods(collection).get(**self.named(collection, name)).execute()

    def delete(self, collection: str, name: str) -> None:
        request = self.methods(collection).delete(**self.named(collection, name))
        self.wait(collection, request.execute())

    def names(
        self, collection: str, page_size: int = 500, matching: str | None = None
    ) -> list[str]:
        """Names over all pages."""
        methods = self.methods(collection)
        request = methods.list(**self.place(collection), maxResults=page_size, filter=matching)
        names = []
        while request is not None:
            page = request.execute()
            names += [it["name"] for it in page.get("items", [])]
            request = methods.list_next(request, page)
        return names

    def attach(self, group: str, instance: str) -> None:
        request = self.methods("networkEndpointGroups").attachNetworkEndpoints(
            **self.named("networkEndpointGroups", group),
            body={"networkEndpoints": [{"instance": instance}]},
        )
        self.wait("networkEndpointGroups", request.execute())

    def set_labels(self, collection: str, name: str, fingerprint: str, labels: dict) -> None:
        body = {"labelFingerprint": fingerprint, "labels": labels}
        request = self.methods(collection).setLabels(
            **self.place(collection), resource=name, body=body
        )
        self.wait(collection, request.execute())

    def health(self, service: str, group: str) -> list[dict]:
        """The health of the members of a backend service's group."""
        request = self.methods("regionBackendServices").getHealth(
            **self.named("regionBackendServices", service), body={"group": group}
        )
        return request.execute()["healthStatus"]


# By the names of their packages.
CLIENTS = {"google-cloud-compute": CloudClients, "google-api-python-client": DiscoveryClient}
