"""The emulated Azure answers requests that machines make of Microsoft's models in its form."""

import os
from pathlib import Path

import pytest
import requests

from attack import Attack, Caller, Existing, operations
from azure_description import ELEMENTS, TYPES, azure_description

# Drawn requests; those to one `up` delete what others would find.
CASES = min(int(os.environ.get("UNDERPASS_CASES", "600")), 10_000)
ROUND = 2500
SEED = int(os.environ.get("UNDERPASS_SEED", "20260101"))
# Objects of a kind that requests name.
KEPT = 4


def refusal_fault(response) -> str | None:
    """A fault of Azure's form of errors."""
    if response.request.method == "HEAD":
        return None
    try:
        error = response.json()["error"]
        texts = isinstance(error["code"], str) and isinstance(error["message"], str)
        return None if texts and error["code"] and error["message"] else "no texts"
    except (ValueError, TypeError, KeyError) as fault:
        return repr(fault)


@pytest.fixture(autouse=True)
def unrecorded(monkeypatch):
    """Records are of clients that mean what they send."""
    monkeypatch.delenv("UNDERPASS_UP_RECORD", raising=False)


def token(azure: dict) -> str:
    reply = requests.post(
        f"{azure['url']}/{azure['tenant']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials", "client_id": azure["client_id"],
            "client_secret": Path(azure["secret_file"]).read_text().strip(),
            "scope": f"{azure['url']}/.default",
        },
        verify=azure["ca"], timeout=60,
    )  # fmt: skip
    return reply.json()["access_token"]


class Objects:
    """Names and IDs of what the provider's subscription contains."""

    def __init__(self, stack):
        self.stack = stack
        self.network = stack.provider.network

    def found(self) -> dict[str, list]:
        """The first objects of each type."""
        lists = {
            "privateEndpoints": self.network.private_endpoints.list_by_subscription,
            "privateLinkServices": self.network.private_link_services.list_by_subscription,
            "networkInterfaces": self.network.network_interfaces.list_all,
            "loadBalancers": self.network.load_balancers.list_all,
            "publicIPAddresses": self.network.public_ip_addresses.list_all,
            "virtualNetworks": self.network.virtual_networks.list_all,
        }
        assert set(lists) == {it for it, _, _ in TYPES}
        return {name: list(call())[:KEPT] for name, call in lists.items()}

    def existing(self) -> Existing:
        azure = self.stack.up.azure
        found = self.found()
        groups = {it.id.split("/")[4] for kind in found.values() for it in kind}
        names = {name: [it.name for it in kind] for name, kind in found.items()}
        subnets = [it for net in found["virtualNetworks"] for it in net.properties.subnets or []]
        names["subnets"] = [it.name for it in subnets]
        for _, collection, _ in ELEMENTS:
            names[collection] = []
        for balancer in found["loadBalancers"]:
            properties = balancer.properties
            for collection, elements in (
                ("loadBalancingRules", properties.load_balancing_rules),
                ("probes", properties.probes),
                ("frontendIPConfigurations", properties.frontend_ip_configurations),
            ):
                names[collection] += [it.name for it in elements or []]
        names["privateEndpointConnections"] = [
            it.name
            for service in found["privateLinkServices"]
            for it in service.properties.private_endpoint_connections or []
        ]
        names |= {
            "subscriptionId": [azure["subscription"]],
            "group": sorted(groups),
            "location": [azure["consumer_location"]],
        }
        ids = [it.id for it in subnets]
        return Existing(names, [], {"location": [azure["consumer_location"]], "id": ids})


@pytest.mark.parametrize("number", range(-(-CASES // ROUND)))
def test_answers_are_of_azures_form(own_stack, number, record_property):
    published, _port = own_stack.offer()
    published.connect(own_stack.consumer, "pe-active")
    azure = own_stack.up.azure
    bearer = token(azure)
    callers = {
        "provider": Caller(lambda: {"authorization": f"Bearer {bearer}"}, 8),
        "wrong": Caller(lambda: {"authorization": "Bearer wrong"}, is_refused=True),
    }
    # The emulator reads less than Azure describes, so what it accepts is no finding.
    target = Attack(
        azure["url"], callers, Objects(own_stack).existing, refusal_fault, lambda _case: True,
        SEED + number, authority=azure["ca"],
    )  # fmt: skip
    described = operations(azure_description())
    for operation in described:
        target.draw(operation, -(-min(CASES, ROUND) // len(described)))
    record_property("figures", target.figures())
    assert not target.findings, target.report()
