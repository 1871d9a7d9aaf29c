"""The check of Azure finds what it is there to find."""

import copy

import pytest

from azure_exchanges import AzureCheck
from report import Report

GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network"
BALANCER = f"{GROUP}/loadBalancers/lb"
SHOWN = {
    "id": BALANCER,
    "name": "lb",
    "type": "Microsoft.Network/loadBalancers",
    "location": "westeurope",
    "tags": {"a": "b"},
    "etag": 'W/"1"',
    "sku": {"name": "Standard", "tier": "Regional"},
    "properties": {
        "provisioningState": "Succeeded",
        "resourceGuid": "10000000-0000-4000-8000-000000000001",
        "probes": [
            {"name": "a", "properties": {"port": 1, "protocol": "Tcp", "provisioningState": "Succeeded"}},
            {"name": "b", "properties": {"port": 2, "protocol": "Tcp", "provisioningState": "Updating"}},
        ],
        "loadBalancingRules": [
            {"name": "r", "properties": {"protocol": "Tcp", "frontendPort": 5432, "backendPort": 1}}
        ],
    },
}
OPERATION = f"{GROUP}/locations/westeurope/operations/1"


def exchange(method="GET", path=BALANCER, request=None, status=200, reply=None, client="underpass/1"):
    return {
        "cloud": "azure",
        "emulator": "1 https://127.0.0.1:1",
        "client": client,
        "method": method,
        "path": path,
        "query": "api-version=2024-05-01",
        "request": request,
        "status": status,
        "headers": {},
        "reply": reply,
    }


def found(*exchanges: dict) -> list[str]:
    check = AzureCheck(Report("Azure", ""))
    for one in exchanges:
        check.take(one)
    return sorted(check.report.found)


def changed(change) -> dict:
    document = copy.deepcopy(SHOWN)
    change(document)
    return document


def test_a_document_like_the_model_is_no_finding():
    assert found(exchange(reply=SHOWN)) == []
    listed = {"value": [SHOWN], "nextLink": "https://127.0.0.1/next"}
    assert found(exchange(path=f"{GROUP}/loadBalancers", reply=listed)) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda it: it["properties"].update(probez=[]), "LoadBalancer /properties/probez is no member of LoadBalancer"),
        (lambda it: it["tags"].update(a=1), "LoadBalancer /tags/a is 1, no str"),
        (lambda it: it.update(tags=["a"]), "LoadBalancer /tags is no map"),
        (lambda it: it["sku"].update(name="Best"), "LoadBalancer /sku/name is 'Best', not one of Basic, Gateway, Standard"),
        (lambda it: it["properties"].update(probes={}), "LoadBalancer /properties/probes is no list"),
        (
            lambda it: it["properties"]["probes"][1]["properties"].update(port="2"),
            "LoadBalancer /properties/probes/N/properties/port is '2', no int",
        ),
        (
            lambda it: it["properties"]["loadBalancingRules"][0]["properties"].update(frontendPorts=1),
            "LoadBalancer /properties/loadBalancingRules/N/properties/frontendPorts is no member of LoadBalancingRule",
        ),
    ],
)  # fmt: skip
def test_a_reply_unlike_the_model_is_found(change, finding):
    reply = changed(change)
    assert found(exchange(reply=reply)) == [finding]
    assert found(exchange(path=f"{GROUP}/loadBalancers", reply={"value": [reply]})) == [finding]
    body = exchange("PUT", request={"properties": reply["properties"]}, reply=None)
    if "/properties" in finding:
        read_only = [it for it in found(body) if "is read-only" in it]
        assert sorted(set(found(body)) - set(read_only)) == [f"body of PUT {finding}"]


def test_refusals_of_private_dns_are_the_error_itself():
    bare = {"code": "NotFound", "message": "The resource record 'a' does not exist."}
    path = f"{GROUP}/privateDnsZones/a.b/A/a"
    assert found(exchange(path=path, status=404, reply=bare)) == []
    wrapped = {"error": bare}
    assert found(exchange(path=path, status=404, reply=wrapped)) == []
    assert found(exchange(path=path, status=404, reply=bare | {"message": 1})) == [
        "refusal /error/message is no text"
    ]
    assert found(exchange(status=404, reply=bare)) == ["refusal is no error body"]
    # Its replies have other models.
    assert found(exchange(path=path, reply={"name": 1})) == []


def test_times_and_ranges_are_compared():
    interface = {"properties": {"ipConfigurations": [{"properties": {"privateIPAddressPrefixLength": 200}}]}}
    path = f"{GROUP}/networkInterfaces/n"
    place = "/properties/ipConfigurations/N/properties/privateIPAddressPrefixLength"
    assert found(exchange(path=path, reply=interface)) == [f"NetworkInterface {place} is 200, outside its range"]


def test_required_members_are_needed():
    usage = {"unit": "Count", "currentValue": 1, "limit": 2, "name": {"value": "a"}}
    path = "/subscriptions/s/providers/Microsoft.Network/locations/westeurope/usages"
    assert found(exchange(path=path, reply={"value": [usage]})) == []
    del usage["limit"]
    assert found(exchange(path=path, reply={"value": [usage]})) == ["Usage /limit is required"]


def test_read_only_members_of_a_driver_are_found_unless_they_are_as_they_were_read():
    body = {"properties": {"provisioningState": "Succeeded"}}
    line = "body of PUT LoadBalancer /properties/provisioningState is read-only"
    assert found(exchange("PUT", request=body)) == [line]
    assert found(exchange(reply=SHOWN), exchange("PUT", request=body)) == []
    other = {"properties": {"provisioningState": "Failed"}}
    assert found(exchange(reply=SHOWN), exchange("PUT", request=other)) == [line]
    assert found(exchange("PUT", request=body, client="another client")) == []


def test_unknown_members_may_be_sent_back_as_they_were_read():
    shown = SHOWN | {"kind": "Regular"}
    body = {"kind": "Regular", "properties": {"provisioningState": "Succeeded"}}
    undescribed = "LoadBalancer /kind is no member of LoadBalancer"
    assert found(exchange(reply=shown), exchange("PUT", request=body)) == [undescribed]
    for client in ("underpass/1", "another client"):
        invented = exchange("PUT", request={"kind": "Regular"}, client=client)
        assert found(invented) == [f"body of PUT {undescribed}"]


def test_elements_of_lists_are_compared_by_name():
    state = {"name": "b", "properties": {"port": 2, "protocol": "Tcp", "provisioningState": "Updating"}}
    body = {"properties": {"probes": [state]}}
    assert found(exchange(reply=SHOWN), exchange("PUT", request=body)) == []
    state["name"] = "a"
    assert found(exchange(reply=SHOWN), exchange("PUT", request=body)) == [
        "body of PUT LoadBalancer /properties/probes/N/properties/provisioningState is read-only"
    ]


def test_refusals_and_states_of_operations_have_their_form():
    code = {"code": "NotFound", "message": "Resource not found."}
    assert found(exchange(status=404, reply={"error": code | {"details": [code]}})) == []
    assert found(exchange(status=404, reply={"message": "no"})) == ["refusal is no error body"]
    assert found(exchange(status=404, reply={"error": {"code": 404, "message": "no"}})) == [
        "refusal /error/code is no text"
    ]
    for reply in ({"status": "Succeeded"}, {"status": "Failed", "error": code}):
        assert found(exchange(path=OPERATION, reply=reply)) == []
    assert found(exchange(path=OPERATION, reply={"status": "Done"})) != []
    assert found(exchange(path=OPERATION, reply={"status": "Failed"})) != []


def test_a_refused_body_counts_only_if_it_is_ours():
    refused = exchange("PUT", request={"propertiez": {}}, status=400)
    assert found(refused) == ["body of PUT LoadBalancer /propertiez is no member of LoadBalancer"]
    assert found(refused | {"client": "another client"}) == []


def test_nothing_validated_fails():
    check = AzureCheck(Report("Azure", ""))
    assert check.report.problems() == ["Azure: 0 bodies, 0 replies were validated"]
    check.take(exchange(reply=SHOWN))
    assert check.report.problems() == ["Azure: 0 bodies, 1 replies were validated"]
    check.take(exchange("PUT", request={"location": "westeurope"}, reply=SHOWN))
    assert check.report.problems() == []
