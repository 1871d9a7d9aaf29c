"""A service published from Google and a consumer's endpoints, made with either real client."""

from google_emulator import PROJECT, REGION, ZONE, GoogleEmulator

LINK = "https://www.googleapis.com/compute/v1"
NAT = "10.1.1.0/28"


def path(project: str, rest: str) -> str:
    return f"projects/{project}/{rest}"


def regional(collection: str, name: str, project: str = PROJECT) -> str:
    return path(project, f"regions/{REGION}/{collection}/{name}")


def network(project: str = PROJECT) -> str:
    return path(project, "global/networks/v")


ATTACHMENT = regional("serviceAttachments", "sa")


def attachment_body(**members) -> dict:
    return {
        "name": "sa",
        "connectionPreference": "ACCEPT_MANUAL",
        "targetService": regional("forwardingRules", "fr"),
        "natSubnets": [regional("subnetworks", "nat")],
        "enableProxyProtocol": False,
        "reconcileConnections": True,
        **members,
    }


def make_networks(provider) -> None:
    provider.insert("networks", {"name": "v", "autoCreateSubnetworks": False})
    nodes = {"name": "nodes", "network": network(), "ipCidrRange": "10.1.0.0/24"}
    provider.insert("subnetworks", nodes)
    nat = {"name": "nat", "network": network(), "ipCidrRange": NAT}
    provider.insert("subnetworks", {**nat, "purpose": "PRIVATE_SERVICE_CONNECT"})


def publish(emulator: GoogleEmulator, provider, port: int) -> None:
    """Creates all objects of the provider, with one instance that stands for this host."""
    make_networks(provider)
    nodes = regional("subnetworks", "nodes")
    instance = path(PROJECT, f"zones/{ZONE}/instances/n1")
    provider.insert(
        "firewalls",
        {
            "name": "from-nat",
            "network": network(),
            "direction": "INGRESS",
            "sourceRanges": [NAT],
            "allowed": [{"IPProtocol": "tcp", "ports": [str(port)]}],
        },
    )
    interface = {"network": network(), "subnetwork": nodes}
    provider.insert("instances", {"name": "n1", "networkInterfaces": [interface]})
    emulator.admin("PUT", "/hosts", {"instance": instance, "host": "127.0.0.1"})
    group = {"name": "neg", "networkEndpointType": "GCE_VM_IP", **interface}
    provider.insert("networkEndpointGroups", group)
    provider.attach("neg", instance)
    provider.insert(
        "regionHealthChecks",
        {
            "name": "hc",
            "type": "TCP",
            "tcpHealthCheck": {"portSpecification": "USE_FIXED_PORT", "port": port},
        },
    )
    link = f"{LINK}/{path(PROJECT, f'zones/{ZONE}/networkEndpointGroups/neg')}"
    provider.insert(
        "regionBackendServices",
        {
            "name": "be",
            "loadBalancingScheme": "INTERNAL",
            "protocol": "TCP",
            "healthChecks": [regional("healthChecks", "hc")],
            "backends": [{"group": link, "balancingMode": "CONNECTION"}],
        },
    )
    provider.insert(
        "forwardingRules",
        {
            "name": "fr",
            "loadBalancingScheme": "INTERNAL",
            "IPProtocol": "TCP",
            "allPorts": True,
            "allowGlobalAccess": True,
            "backendService": regional("backendServices", "be"),
            **interface,
        },
    )
    provider.insert("serviceAttachments", attachment_body())


def unpublish(provider) -> None:
    """Deletes all objects, in reverse order."""
    for collection, name in [
        ("serviceAttachments", "sa"),
        ("forwardingRules", "fr"),
        ("regionBackendServices", "be"),
        ("regionHealthChecks", "hc"),
        ("networkEndpointGroups", "neg"),
        ("instances", "n1"),
        ("firewalls", "from-nat"),
        ("subnetworks", "nat"),
        ("subnetworks", "nodes"),
        ("networks", "v"),
    ]:
        provider.delete(collection, name)


def prepare_consumer(consumer, cidr: str) -> None:
    project = consumer.project
    consumer.insert("networks", {"name": "v", "autoCreateSubnetworks": False})
    subnet = {"name": "default", "network": network(project), "ipCidrRange": cidr}
    consumer.insert("subnetworks", subnet)


def make_endpoint(consumer, name: str) -> str:
    """Creates an endpoint and returns its address."""
    project = consumer.project
    subnet = regional("subnetworks", "default", project)
    body = {"name": f"{name}-ip", "addressType": "INTERNAL", "subnetwork": subnet}
    consumer.insert("addresses", body)
    consumer.insert(
        "forwardingRules",
        {
            "name": name,
            "target": ATTACHMENT,
            "network": network(project),
            "IPAddress": regional("addresses", f"{name}-ip", project),
        },
    )
    return consumer.get("addresses", f"{name}-ip")["address"]


def endpoint_status(consumer, name: str) -> str:
    return consumer.get("forwardingRules", name)["pscConnectionStatus"]


def connected(provider) -> dict:
    """The attachment's connections by the name of the consumer's endpoint."""
    shown = provider.get("serviceAttachments", "sa").get("connectedEndpoints", [])
    return {it["endpoint"].rsplit("/", 1)[1]: it for it in shown}


def entry(connection: dict) -> str:
    """The name of an endpoint in the lists: by number, without the prefix of the API."""
    return "projects/" + connection["endpointWithId"].split("/projects/", 1)[1]


def decide(provider, **lists) -> None:
    """Replaces lists of the attachment, with its current fingerprint."""
    before = provider.get("serviceAttachments", "sa")
    provider.patch("serviceAttachments", "sa", {"fingerprint": before["fingerprint"], **lists})


def accepting(*connections: dict) -> dict:
    entries = [{"endpointUrl": entry(it), "connectionLimit": 1} for it in connections]
    return {"consumerAcceptLists": entries}


def rejecting(*connections: dict) -> dict:
    return {"consumerRejectLists": [entry(it) for it in connections]}
