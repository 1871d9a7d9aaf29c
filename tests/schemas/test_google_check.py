"""The check of Google finds what it is there to find."""

import pytest

from google_exchanges import GoogleCheck
from report import Report

REGION = "/compute/v1/projects/p-1234/regions/europe-west1"
ATTACHMENTS = f"{REGION}/serviceAttachments"
LINK = "https://www.googleapis.com/compute/v1/projects/p-1234/regions/europe-west1"
SHOWN = {
    "kind": "compute#serviceAttachment",
    "id": "1234567890123456789",
    "name": "sa",
    "creationTimestamp": "2026-11-24T02:57:50.500-08:00",
    "selfLink": f"{LINK}/serviceAttachments/sa",
    "region": LINK,
    "fingerprint": "abc=",
    "connectionPreference": "ACCEPT_MANUAL",
    "targetService": f"{LINK}/forwardingRules/fr",
    "natSubnets": [f"{LINK}/subnetworks/s"],
    "consumerAcceptLists": [{"projectIdOrNum": "p", "connectionLimit": 1}],
    "enableProxyProtocol": False,
    "pscServiceAttachmentId": {"high": "1", "low": "2"},
    "connectedEndpoints": [{"status": "PENDING", "pscConnectionId": "18446744073709551615"}],
}


def exchange(method="GET", path=f"{ATTACHMENTS}/sa", request=None, status=200, reply=None, **more):
    return {
        "cloud": "google",
        "emulator": "1 http://127.0.0.1:1",
        "client": "underpass/1",
        "method": method,
        "path": path,
        "query": "",
        "request": request,
        "status": status,
        "headers": {},
        "reply": reply,
    } | more


def found(*exchanges: dict) -> list[str]:
    check = GoogleCheck(Report("Google", ""))
    for one in exchanges:
        check.take(one)
    return sorted(check.report.found)


def test_a_document_like_the_description_is_no_finding():
    assert found(exchange(reply=SHOWN)) == []
    listed = {"kind": "compute#serviceAttachmentList", "id": "l", "items": [SHOWN]}
    assert found(exchange(path=ATTACHMENTS, reply=listed)) == []


@pytest.mark.parametrize(
    ("member", "value", "finding"),
    [
        ("natSubnet", [], "/natSubnet is no member of ServiceAttachment"),
        ("natSubnets", "s", '/natSubnets is "s", no array'),
        ("enableProxyProtocol", "true", '/enableProxyProtocol is "true", no boolean'),
        ("id", 1, "/id is 1, no string"),
        ("id", "-1", "/id is '-1', no uint64"),
        ("natIpsPerEndpoint", 2**32, "/natIpsPerEndpoint is 4294967296, no uint32"),
        ("fingerprint", "a b", "/fingerprint is 'a b', not base64"),
        ("metadata", {"a": 1}, "/metadata/a is 1, no string"),
        ("creationTimestamp", "today", "/creationTimestamp is 'today', no time of RFC 3339"),
        ("consumerAcceptLists", [{"projectId": "p"}],
         "/consumerAcceptLists/N/projectId is no member of ServiceAttachmentConsumerProjectLimit"),
        ("connectionPreference", "ACCEPT",
         "/connectionPreference is 'ACCEPT', not one of ACCEPT_AUTOMATIC, ACCEPT_MANUAL, "
         "CONNECTION_PREFERENCE_UNSPECIFIED"),
        ("name", "Not-A-Name", "/name is 'Not-A-Name', not of the form [a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"),
    ],
)  # fmt: skip
def test_what_differs_from_the_description_is_found(member, value, finding):
    reply = SHOWN | {member: value}
    assert found(exchange(reply=reply)) == [f"ServiceAttachment {finding}"]
    listed = exchange(path=ATTACHMENTS, reply={"items": [reply]})
    assert found(listed) == [f"ServiceAttachmentList /items/N{finding}"]
    if member in ("id", "creationTimestamp"):
        finding = f"/{member} is read-only"
    sent = exchange("POST", path=ATTACHMENTS, request={member: value})
    assert found(sent) == [f"body of compute.serviceAttachments.insert {finding}"]


def test_read_only_members_of_a_driver_are_found_unless_they_are_as_they_were_read():
    line = "body of compute.serviceAttachments.patch /selfLink is read-only"
    sent = exchange("PATCH", request={"selfLink": SHOWN["selfLink"], "description": None})
    assert found(sent) == [line]
    assert found(exchange(reply=SHOWN), sent) == []
    assert found(exchange(path=ATTACHMENTS, reply={"items": [SHOWN]}), sent) == []
    other = exchange("PATCH", request={"selfLink": "elsewhere"})
    assert found(exchange(reply=SHOWN), other) == [line]


def test_methods_and_parameters_are_those_of_the_description():
    assert found(exchange("PUT", reply={})) == [
        "PUT projects/…/regions/…/serviceAttachments/… is no method of compute.v1, and was answered"
    ]
    assert found(exchange(reply=SHOWN, query="showNatIps=true&alt=json")) == []
    assert found(exchange(reply=SHOWN, query="showNatIp=true")) == [
        "query of compute.serviceAttachments.get /showNatIp is no parameter"
    ]
    assert found(exchange("DELETE", request={"name": "sa"}, reply=None)) == [
        "body of compute.serviceAttachments.delete is not expected"
    ]


def test_refusals_have_googles_form():
    entry = {"message": "no", "domain": "global", "reason": "notFound"}
    error = {"code": 404, "message": "no", "errors": [entry]}
    assert found(exchange(status=404, reply={"error": error})) == []
    assert found(exchange(status=400, reply={"error": error})) == [
        "refusal /error/code is 404, not the status 400"
    ]
    assert found(exchange(status=404, reply={"error": error | {"errors": []}})) == [
        "refusal /error/errors is no list with an entry"
    ]
    assert found(exchange(status=404, reply={"error": error | {"errors": [{"reason": "x"}]}})) != []
    assert found(exchange(status=404, reply={"message": "no"})) == ["refusal is no error body"]


def test_other_apis_have_their_own_descriptions():
    path = "/v1/projects/p-1234:testIamPermissions"
    sent = {"permissions": ["compute.networks.get"]}
    assert found(exchange("POST", path=path, request=sent, reply=sent)) == []
    assert found(exchange("POST", path=path, request={"permission": []}, reply=sent)) == [
        "body of cloudresourcemanager.projects.testIamPermissions /permission is no member of "
        "TestIamPermissionsRequest"
    ]
    service = {"name": "projects/1/services/compute.googleapis.com", "state": "ENABLED"}
    path = "/v1/projects/p-1234/services/compute.googleapis.com"
    assert found(exchange(path=path, reply=service)) == []
    assert found(exchange(path=path, reply=service | {"state": "ON"})) != []
