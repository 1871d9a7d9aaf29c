"""The real `az` as a consumer of a link, and as a provider beside Underpass.

Only `scripts/test --full` installs `az`; without it there is no test here.
"""

import json
import os
import uuid
from pathlib import Path

from az import Az
from servers import first_bytes
from waiting import wait_for, wait_until

GROUP = ("-g", "az")
LOCATION = ("-l", "westeurope")
NETWORK = "/providers/Microsoft.Network"


def consumer(stack) -> Az:
    azure = stack.up.azure
    az = Az(stack.up, "consumer", azure["consumer_tenant"], str(uuid.uuid4()), "any secret")
    az("account", "set", "-s", stack.subscription)
    az.json("group", "create", "-n", "az", *LOCATION)
    cidr = stack.cidr()
    network = ("--address-prefixes", cidr, "--subnet-name", "default", "--subnet-prefixes", cidr)
    az.json("network", "vnet", "create", *GROUP, "-n", "vnet", *LOCATION, *network)
    return az


def provider(stack) -> Az:
    azure = stack.up.azure
    secret = Path(azure["secret_file"]).read_text().strip()
    az = Az(stack.up, "provider", azure["tenant"], azure["client_id"], secret)
    az("account", "set", "-s", azure["subscription"])
    return az


def status(endpoint: dict) -> str:
    [connection] = endpoint["manualPrivateLinkServiceConnections"]
    return connection["privateLinkServiceConnectionState"]["status"]


def address_of(az: Az, endpoint: dict) -> str:
    [interface] = endpoint["networkInterfaces"]
    [configuration] = az.json("network", "nic", "show", "--ids", interface["id"])[
        "ipConfigurations"
    ]
    return configuration["privateIPAddress"]


def endpoint(az: Az, name: str, target: str) -> dict:
    """Requests an endpoint that the provider has to approve."""
    return az.json(
        "network", "private-endpoint", "create", *GROUP, "-n", name, *LOCATION,
        "--vnet-name", "vnet", "--subnet", "default", "--connection-name", "c",
        "--private-connection-resource-id", target, "--manual-request", "true",
        "--request-message", "from az",
    )  # fmt: skip


def show(az: Az, name: str) -> dict:
    return az.json("network", "private-endpoint", "show", *GROUP, "-n", name)


def a_consumer_uses_a_link_with_az(own_stack, record_property):
    stack = own_stack
    az = consumer(stack)
    record_property("figures", f"azure-cli {az.version()}")
    link, port = stack.offer(b"through az")
    endpoint(az, "pe", link.target)
    assert status(show(az, "pe")) == "Pending"

    link.refresh()
    link.wait_state("pe", "pending-user-approval")
    known = link.connection("pe")
    link.approve(known["privatelink_connection_id"])
    wait_for("az shows the approval", lambda: status(show(az, "pe")), "Approved")
    address = address_of(az, show(az, "pe"))
    link.set_address(known["privatelink_connection_id"], address)
    link.wait_state("pe", "active")
    wait_for("bytes flow", lambda: first_bytes(address, port), b"through az")

    az("network", "private-endpoint", "delete", *GROUP, "-n", "pe")
    assert az.json("network", "private-endpoint", "list", *GROUP) == []
    link.refresh()
    link.wait_state("pe", None)
    az("group", "delete", "-n", "az", "--yes")
    assert az.json("group", "exists", "-n", "az") is False


def balancer(subscription: str, subnet: str) -> dict:
    """An internal load balancer with one rule, which `az network lb create` would send in a
    deployment."""
    own = f"/subscriptions/{subscription}/resourceGroups/az{NETWORK}/loadBalancers/lb"
    rule = {
        "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/front"},
        "backendAddressPool": {"id": f"{own}/backendAddressPools/pool"},
        "protocol": "Tcp",
        "frontendPort": 5432,
        "backendPort": 5432,
    }
    return {
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": [
                {"name": "front", "properties": {"subnet": {"id": subnet}}}
            ],
            "backendAddressPools": [{"name": "pool"}],
            "loadBalancingRules": [{"name": "pg", "properties": rule}],
        },
    }


def a_provider_publishes_and_decides_with_az(own_stack):
    """A service that Underpass has no part in, beside one that it publishes."""
    stack = own_stack
    az = provider(stack)
    subscription = stack.up.azure["subscription"]
    az.json("group", "create", "-n", "az", *LOCATION)
    ranges = ("--address-prefixes", "10.77.0.0/16", "--subnet-name", "nat")
    az.json(
        "network", "vnet", "create", *GROUP, "-n", "net", *LOCATION, *ranges,
        "--subnet-prefixes", "10.77.0.0/24",
    )  # fmt: skip
    subnet = az.json(
        "network", "vnet", "subnet", "update", *GROUP, "--vnet-name", "net", "-n", "nat",
        "--private-link-service-network-policies", "Disabled",
    )  # fmt: skip
    assert subnet["privateLinkServiceNetworkPolicies"] == "Disabled"
    base = f"/subscriptions/{subscription}/resourceGroups/az{NETWORK}"
    body = json.dumps(balancer(subscription, subnet["id"]))
    az("rest", "--method", "put", "--url", f"{base}/loadBalancers/lb?api-version=2024-05-01",
       "--body", body)  # fmt: skip

    def provisioned() -> bool:
        shown = az.json("network", "lb", "show", *GROUP, "-n", "lb")
        return shown["provisioningState"] == "Succeeded"

    wait_until("the load balancer is ready", provisioned)
    front = f"{base}/loadBalancers/lb/frontendIPConfigurations/front"
    service = az.json(
        "network", "private-link-service", "create", *GROUP, "-n", "pls", *LOCATION,
        "--vnet-name", "net", "--subnet", "nat", "--lb-frontend-ip-configs", front,
        "--visibility", stack.subscription,
    )  # fmt: skip
    listed = az.json("network", "private-link-service", "list", *GROUP)
    assert [it["alias"] for it in listed] == [service["alias"]]

    # The consumer asks by the service's alias, and is approved, rejected and removed.
    theirs = consumer(stack)
    endpoint(theirs, "pe", service["alias"])
    listing = ("network", "private-endpoint-connection", "list", "--id", service["id"])
    [connection] = az.json(*listing)
    for verb, after in (("approve", "Approved"), ("reject", "Rejected")):
        az.json(
            "network", "private-endpoint-connection", verb, "--id", connection["id"],
            "--description", "by az",
        )  # fmt: skip
        assert status(show(theirs, "pe")) == after
    named = ("--service-name", "pls", "-n", connection["name"])
    az("network", "private-link-service", "connection", "delete", *GROUP, *named)
    assert az.json(*listing) == []
    assert status(show(theirs, "pe")) == "Disconnected"

    az("network", "private-link-service", "delete", *GROUP, "-n", "pls")
    az("group", "delete", "-n", "az", "--yes")
    assert az.json("group", "exists", "-n", "az") is False


if os.environ.get("UNDERPASS_AZ"):
    test_a_consumer_uses_a_link_with_az = a_consumer_uses_a_link_with_az
    test_a_provider_publishes_and_decides_with_az = a_provider_publishes_and_decides_with_az
