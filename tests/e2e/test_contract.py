"""The API answers requests that machines make of its description as the description says."""

import os

import pytest

from attack import Attack, operations
from waiting import wait_until

# In all, with a fixed seed; about 20 for each operation.
CASES = int(os.environ.get("UNDERPASS_CASES", "2000"))
SEED = int(os.environ.get("UNDERPASS_SEED", "20260101"))
# These end the token of their own request.
ENDING = ("post_me_logout", "post_me_expire_tokens", "delete_access_token_token")
REFUSED = {"none", "wrong"}


def refusal_fault(response) -> str | None:
    """A fault of the API's form of refusals."""
    try:
        body = response.json()
    except ValueError:
        return "no JSON"
    if not isinstance(body, dict) or set(body) != {"message", "errors"}:
        return "other members than `message` and `errors`"
    [error] = body["errors"]
    if error["status"] != response.status_code or error["message"] != body["message"]:
        return "status or message differ"
    code = error.get("error_code")
    if error["more_info"] != (f"/docs/errors/{code}" if code else ""):
        return "no link to its page"
    return None


@pytest.fixture
def target(stack):
    """A published service with connections, and callers from the operator to one without a token."""
    published, _port = stack.offer()
    active, _address = published.connect(stack.consumer, "pe-active")
    published.ask(stack.consumer, "pe-waiting")
    api, up = stack.api, stack.up
    other = stack.register({"pg": stack.greeter().port})
    connections = api.ok("GET", f"{published.link_path}/connections")["connections"]
    project = f"/project/{up.project}"
    token = up.token
    reading = api.ok("POST", "/access_token", {"underpass": {"read_only": True}})["full_token"]
    existing = {
        "project": [up.project],
        "service": [published.name, other.name],
        "provider": ["azure", "google", "aws"],
        "connection": [it["privatelink_connection_id"] for it in connections] + [active],
        "vpc": [it["project_vpc_id"] for it in api.ok("GET", f"{project}/vpcs")["vpcs"]],
        "static_ip": [
            it["static_ip_address_id"] for it in api.ok("GET", f"{project}/static-ips")["static_ips"]
        ],
        "username": ["avnadmin"],
        "type": ["pg", "kafka"],
        "plan": ["startup-4"],
        "cloud": ["azure-westeurope", "google-europe-west1"],
        "feature": ["privatelink_azure", "privatelink_google"],
        "account": ["azure", "google"],
        "tenant": ["underpass"],
    }
    callers = {
        "operator": (6, {"authorization": f"aivenv1 {token}"}),
        "bearer": (1, {"authorization": f"Bearer {token}"}),
        "reader": (1, {"authorization": f"aivenv1 {reading}"}),
        "none": (1, {}),
        "wrong": (1, {"authorization": "aivenv1 wrong"}),
    }
    return Attack(up.ready["api"].removesuffix("/v1"), callers, existing, refusal_fault)


def test_answers_are_as_described(stack, target, capsys):
    document = target.session.get(f"{target.base_url}/openapi.json", timeout=20).json()
    described = operations(document)
    each = max(CASES // len(described), 2)
    for number, operation in enumerate(described):
        ends = operation.definition.raw.get("operationId") in ENDING
        target.run(operation, each, SEED + number, REFUSED if ends else set(target.callers))
    with capsys.disabled():
        print(f"\n{target.summary()}")
    assert not target.findings, target.report()
    # Still served, and the reconcile loop still runs.
    wait_until("the server is ready", lambda: target.session.get(f"{target.base_url}/readyz").ok)
