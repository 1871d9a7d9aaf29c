"""Requests that the emulated Google answers with success, made of the objects that are there."""

import itertools

from google_principals import Provider

LINK = "https://www.googleapis.com/compute/v1/"
# Names of parameters that are no singular of their collection.
NAMES = {
    "addresses": "address", "regionBackendServices": "backendService",
    "regionHealthChecks": "healthCheck", "regionNetworkEndpointGroups": "networkEndpointGroup",
    "regionOperations": "operation", "zoneOperations": "operation",
    "globalOperations": "operation",
}  # fmt: skip
# A change of an object that its kind allows.
CHANGES = {
    "forwardingRules": {"allowGlobalAccess": True},
    "subnetworks": {"privateIpGoogleAccess": True},
}
CHANGED = {"description": "changed"}


def parameter_of(collection: str) -> str:
    """The name of the parameter of a path that names an object of a collection."""
    return NAMES.get(collection, collection[:-1])


class GoogleRequests:
    """Parameters of the path and the body of one more request to an operation."""

    def __init__(self, provider: Provider):
        self.compute = provider.compute
        self.project, self.region = provider.project, provider.region
        self.zone = f"{provider.region}-b"
        self.numbers = itertools.count(1)
        self.network = self.path("global/networks", self.make("networks"))
        self.subnet = self.regional("subnetworks", self.make("subnetworks"))
        self.group = self.make("networkEndpointGroups")
        self.service = self.make("regionBackendServices")
        self.attachment = self.make("serviceAttachments")

    def __call__(self, operation: str) -> tuple[dict, dict | None] | None:
        """A request to an operation such as `compute.addresses.insert`; None to one that needs no help."""
        _, collection, method = operation.split(".")
        place = {"project": self.project, "region": self.region, "zone": self.zone}
        if collection.endswith("Operations"):
            if method not in ("get", "delete", "wait"):
                return None
            return place | {"operation": self.operation(collection)}, None
        if collection in ("regions", "zones"):
            return place, None
        made = getattr(self, method, None)
        if made is None or not hasattr(self, f"{collection}_body"):
            return None
        if collection == "regionNetworkEndpointGroups" and method.endswith("NetworkEndpoints"):
            # Groups of backends have no endpoints to attach or detach; a list has no body.
            if method != "listNetworkEndpoints":
                return None
            made = self.get
        name, body = made(collection)
        return place | {parameter_of(collection): name, "resource": name}, body

    # Methods of the API.

    def insert(self, collection: str) -> tuple[str, dict]:
        return "", self.body(collection)

    def list(self, _collection: str) -> tuple[str, None]:
        return "", None

    aggregatedList = list

    def get(self, collection: str) -> tuple[str, None]:
        return self.make(collection), None

    def delete(self, collection: str) -> tuple[str, None]:
        return self.make(collection), None

    def patch(self, collection: str) -> tuple[str, dict]:
        name = self.make(collection)
        return name, self.fingerprint(collection, name) | CHANGES.get(collection, CHANGED)

    def update(self, collection: str) -> tuple[str, dict]:
        name = self.make(collection)
        body = self.body(collection) | self.fingerprint(collection, name)
        return name, body | CHANGED | {"name": name}

    def setLabels(self, collection: str) -> tuple[str, dict]:
        name = self.make(collection)
        shown = self.compute.get(collection, name)
        body = {"labels": {"made": name}}
        if "labelFingerprint" in shown:
            body["labelFingerprint"] = shown["labelFingerprint"]
        return name, body

    def getHealth(self, _collection: str) -> tuple[str, dict]:
        return self.service, {"group": LINK + self.zonal("networkEndpointGroups", self.group)}

    def attachNetworkEndpoints(self, _collection: str) -> tuple[str, dict]:
        return self.group, self.members(self.make("instances"))

    def detachNetworkEndpoints(self, _collection: str) -> tuple[str, dict]:
        instance = self.zonal("instances", self.make("instances"))
        self.compute.attach(self.group, instance)
        return self.group, self.members(instance)

    def listNetworkEndpoints(self, collection: str) -> tuple[str, dict]:
        return self.make(collection), {}

    # Objects.

    def make(self, collection: str) -> str:
        """Creates an object; returns its name."""
        body = self.body(collection)
        self.compute.insert(collection, body)
        return body["name"]

    def body(self, collection: str) -> dict:
        number = next(self.numbers)
        return {"name": f"made-{number}"} | getattr(self, f"{collection}_body")(number)

    def networks_body(self, _number: int) -> dict:
        return {"autoCreateSubnetworks": False}

    def subnetworks_body(self, number: int) -> dict:
        return {"network": self.network, "ipCidrRange": self.range_of(number)}

    def firewalls_body(self, _number: int) -> dict:
        return {
            "network": self.network, "direction": "INGRESS", "sourceRanges": ["10.0.0.0/8"],
            "allowed": [{"IPProtocol": "tcp", "ports": ["80"]}],
        }  # fmt: skip

    def instances_body(self, _number: int) -> dict:
        return {"networkInterfaces": [{"subnetwork": self.subnet}]}

    def regionHealthChecks_body(self, _number: int) -> dict:
        return {"type": "TCP", "tcpHealthCheck": {"port": 8080}}

    def networkEndpointGroups_body(self, _number: int) -> dict:
        place = {"network": self.network, "subnetwork": self.subnet}
        return {"networkEndpointType": "GCE_VM_IP"} | place

    def regionBackendServices_body(self, _number: int) -> dict:
        # Without a health check, whose first result would have to be waited for.
        group = LINK + self.zonal("networkEndpointGroups", self.group)
        return {
            "loadBalancingScheme": "INTERNAL", "protocol": "TCP",
            "backends": [{"group": group, "balancingMode": "CONNECTION"}],
        }  # fmt: skip

    def addresses_body(self, _number: int) -> dict:
        return {"addressType": "INTERNAL", "subnetwork": self.subnet}

    def forwardingRules_body(self, _number: int) -> dict:
        return {
            "loadBalancingScheme": "INTERNAL", "IPProtocol": "TCP", "ports": ["80"],
            "backendService": self.regional("backendServices", self.service),
            "network": self.network, "subnetwork": self.subnet,
        }  # fmt: skip

    def serviceAttachments_body(self, number: int) -> dict:
        nat = {"name": f"made-{number}-nat", "purpose": "PRIVATE_SERVICE_CONNECT"}
        self.compute.insert("subnetworks", nat | self.subnetworks_body(number))
        rule = self.make("forwardingRules")
        return {
            "connectionPreference": "ACCEPT_MANUAL",
            "targetService": self.regional("forwardingRules", rule),
            "natSubnets": [self.regional("subnetworks", nat["name"])],
        }  # fmt: skip

    def regionNetworkEndpointGroups_body(self, _number: int) -> dict:
        return {
            "networkEndpointType": "PRIVATE_SERVICE_CONNECT",
            "pscTargetService": self.regional("serviceAttachments", self.attachment),
            "subnetwork": self.subnet,
        }  # fmt: skip

    # Parts.

    def fingerprint(self, collection: str, name: str) -> dict:
        """The fingerprint of an object, if its kind has one."""
        shown = self.compute.get(collection, name)
        return {it: shown[it] for it in ("fingerprint",) if it in shown}

    def members(self, instance: str) -> dict:
        return {"networkEndpoints": [{"instance": instance}]}

    def operation(self, collection: str) -> str:
        """The name of an operation that is done; makes one."""
        kind = {"regionOperations": "addresses", "zoneOperations": "instances"}
        self.make(kind.get(collection, "firewalls"))
        scope = {
            "regionOperations": {"region": self.region}, "zoneOperations": {"zone": self.zone},
        }.get(collection, {})  # fmt: skip
        methods = self.compute.methods(collection)
        listed = methods.list(project=self.project, filter="status = DONE", **scope).execute()
        return listed["items"][-1]["name"]

    def range_of(self, number: int) -> str:
        """A range of the own network for each number up to 16,000."""
        return f"10.{number // 250}.{number % 250}.0/24"

    def path(self, place: str, name: str) -> str:
        return f"projects/{self.project}/{place}/{name}"

    def regional(self, collection: str, name: str) -> str:
        return self.path(f"regions/{self.region}/{collection}", name)

    def zonal(self, collection: str, name: str) -> str:
        return self.path(f"zones/{self.zone}/{collection}", name)
