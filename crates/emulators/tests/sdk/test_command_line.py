"""A private link with the real `az`, if UNDERPASS_AZ names it.

It has 700 MB and runs for a minute, so it is not among the required packages.
Set UNDERPASS_AZ to the path of azure-cli 2.91 or later to run it.
"""

import json
import os
import subprocess
from pathlib import Path

import certifi
import pytest

from emulator import PROVIDER_SECRET

AZ = os.environ["UNDERPASS_AZ"]


@pytest.fixture
def az(emulator, tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(Path(certifi.where()).read_text() + Path(emulator.ready["ca"]).read_text())
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AZURE_CONFIG_DIR": str(tmp_path / "az"),
        "REQUESTS_CA_BUNDLE": str(bundle),
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
    }

    def run(*words: str):
        command = [AZ, *words, "--output", "json"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    run("cloud", "register", "-n", "emulated", "--endpoint-resource-manager", emulator.ready["url"])
    run("cloud", "set", "-n", "emulated")
    run(
        *("login", "--service-principal", "--tenant", emulator.ready["tenant"]),
        *("-u", emulator.ready["client_id"], "-p", PROVIDER_SECRET),
    )
    return run


def test_a_link_is_published_approved_and_removed_with_az(emulator, az, tmp_path):
    network = (
        f"/subscriptions/{emulator.ready['subscription']}/resourceGroups/g"
        "/providers/Microsoft.Network"
    )
    az("group", "create", "-n", "g", "-l", "westeurope")
    az(
        *("network", "vnet", "create", "-g", "g", "-n", "v", "--address-prefixes", "10.1.0.0/16"),
        *("--subnet-name", "nodes", "--subnet-prefixes", "10.1.0.0/24"),
    )
    nat = ("-g", "g", "--vnet-name", "v", "-n", "nat")
    az("network", "vnet", "subnet", "create", *nat, "--address-prefixes", "10.1.1.0/24")
    subnet = az(
        *("network", "vnet", "subnet", "update", *nat),
        *("--private-link-service-network-policies", "Disabled"),
    )
    assert subnet["privateLinkServiceNetworkPolicies"] == "Disabled"

    # `az network lb create` sends a deployment template, which is not emulated.
    frontend = {"subnet": {"id": f"{network}/virtualNetworks/v/subnets/nodes"}}
    balancer = {
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "properties": {"frontendIPConfigurations": [{"name": "fe", "properties": frontend}]},
    }
    url = f"{network}/loadBalancers/lb?api-version=2023-04-01"
    az("rest", "--method", "put", "--url", url, "--body", json.dumps(balancer))
    service = az(
        *("network", "private-link-service", "create", "-g", "g", "-n", "pls"),
        *("--vnet-name", "v", "--subnet", "nat", "--lb-name", "lb"),
        *("--lb-frontend-ip-configs", "fe", "-l", "westeurope", "--visibility", "*"),
    )
    az(
        *("network", "private-endpoint", "create", "-g", "g", "-n", "pe", "-l", "westeurope"),
        *("--vnet-name", "v", "--subnet", "nodes", "--connection-name", "c"),
        *("--manual-request", "true", "--request-message", "please"),
        *("--private-connection-resource-id", service["alias"]),
    )

    connections = ("network", "private-endpoint-connection")
    [pending] = az(*connections, "list", "--id", service["id"])
    state = "privateLinkServiceConnectionState"
    assert pending["properties"][state]["status"] == "Pending"
    for verb, status in [("approve", "Approved"), ("reject", "Rejected")]:
        decided = az(*connections, verb, "--id", pending["id"], "--description", "decided")
        assert decided["properties"][state]["status"] == status

    of_service = ("network", "private-link-service", "connection")
    named = ("-g", "g", "--service-name", "pls", "-n", pending["name"])
    az(*of_service, "update", *named, "--connection-status", "Approved")
    az(*of_service, "delete", *named)
    az("network", "private-endpoint", "delete", "-g", "g", "-n", "pe")
    az("network", "private-link-service", "delete", "-g", "g", "-n", "pls")
    assert az("network", "private-link-service", "list", "-g", "g") == []
