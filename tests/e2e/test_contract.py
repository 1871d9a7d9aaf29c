"""The API answers requests that machines make of its description as the description says."""

import itertools
import os

import pytest

from attack import Attack, Caller, Existing, operations
from google_stack import GoogleStack
from waiting import wait_until

# Drawn requests. Some 3,800 more are listed: each limit of the description, kept and broken.
CASES = int(os.environ.get("UNDERPASS_CASES", "1000"))
# Requests to one `up`, so that services and links of each exist.
ROUND = 2500
# Objects of a kind that requests name.
KEPT = 6
SEED = int(os.environ.get("UNDERPASS_SEED", "20260101"))
# Callers of requests that end the token of the request, and all tokens of the user.
CALLERS = {"post_me_logout": "spare", "post_me_expire_tokens": "wrong"}


def refusal_fault(response) -> str | None:
    """A fault of the API's form of refusals."""
    if response.request.method == "HEAD":
        return None
    try:
        body = response.json()
        if set(body) != {"message", "errors"}:
            return "other members than `message` and `errors`"
        [error] = body["errors"]
        if error["status"] != response.status_code or error["message"] != body["message"]:
            return "status or message differ"
        code = error.get("error_code")
        if error["more_info"] != (f"/docs/errors/{code}" if code else ""):
            return "no link to its page"
    except (ValueError, TypeError, KeyError) as fault:
        return repr(fault)
    return None


def may_succeed(case) -> bool:
    """Tells whether the API accepts a request that a stricter one refuses."""
    scenario = getattr(case.meta.phase.data, "scenario", None)
    # Bodies are JSON, whatever content type a request names.
    return scenario in ("malformed_content_type", "unsupported_content_type")


class Objects:
    """Reads the objects of one `up`, which requests change."""

    def __init__(self, stack):
        self.api = stack.api
        self.project = stack.up.project
        self.subscription = stack.subscription
        self.numbers = itertools.count(1)

    def __call__(self) -> Existing:
        path = f"/project/{self.project}"
        clouds = {
            it["service_name"]: it["cloud_name"]
            for it in self.api.ok("GET", f"{path}/service")["services"]
        }
        links = [
            {
                "service": it["service_name"],
                "provider": it["provider"],
                "connection": it["privatelink_connection_id"],
            }
            for it in self.api.ok("GET", f"/underpass{path}/connections")["connections"]
        ]
        links += [
            {"service": name, "provider": cloud.split("-")[0]}
            for name, cloud in list(clouds.items())[:KEPT]
        ]
        links += [{"service": name, "provider": "aws"} for name in list(clouds)[:1]]
        vpcs = self.names(f"{path}/vpcs", "project_vpc_id")
        addresses = self.names(f"{path}/static-ips", "static_ip_address_id")
        number = next(self.numbers)
        regions = ["azure-westeurope", "google-europe-west1"]
        parameters = {
            "project": [self.project],
            "vpc": vpcs,
            "static_ip": addresses,
            "username": ["avnadmin"],
            "type": ["pg", "kafka"],
            "plan": ["startup-4"],
            "cloud": regions,
            "feature": ["privatelink_azure", "privatelink_google"],
            "account": ["azure", "google"],
            "tenant": ["underpass"],
            "grant": self.names(f"/underpass{path}/grants", "grant_id"),
            "token": [self.new_token()["token_prefix"]],
        }
        members = {
            "account": ["azure"],
            "address": ["127.0.0.1"],
            "cloud": regions,
            "cloud_name": regions,
            "component": ["pg", "pgbouncer"],
            "network_cidr": [f"10.{100 + number}.0.0/24"],
            "only_projects": [[self.project]],
            "operation": ["reset-credentials"],
            "plan": ["startup-4"],
            "port": [5432, 5433],
            "private_address": ["127.0.0.1"],
            "project": [f"project-{number}"],
            "project_name": [self.project],
            "project_vpc_id": vpcs,
            "scope": [f"/subscriptions/{self.subscription}"],
            "service_name": [f"service-{number}", *clouds][:KEPT],
            "service_type": ["pg"],
            "user_ip_address": [f"127.64.200.{number}"],
            "user_subscription_ids": [[self.subscription]],
        }
        return Existing(parameters, links, members)

    def names(self, path: str, name: str) -> list[str]:
        [listed] = [it for it in self.api.ok("GET", path).values() if isinstance(it, list)]
        return [it[name] for it in listed][:KEPT]

    def new_token(self, **options) -> dict:
        return self.api.ok("POST", "/access_token", options)


class Target(Attack):
    """One `up` with published services, connections, and callers with and without tokens."""

    def __init__(self, stack, number: int):
        google = GoogleStack(stack.up)
        for it in (stack, google):
            published, _port = it.offer()
            published.connect(it.consumer, "pe-active")
            published.ask(it.consumer, "pe-waiting")
            it.register({it.kind: it.greeter().port})
        existing = Objects(stack)
        own = stack.up.token
        reading = existing.new_token(underpass={"read_only": True})["full_token"]

        def sending(value: str) -> Caller:
            return lambda: {"authorization": value}

        callers = {
            "operator": Caller(sending(f"aivenv1 {own}"), 12),
            "bearer": Caller(sending(f"Bearer {own}")),
            "reader": Caller(sending(f"aivenv1 {reading}")),
            # Each request of it has a new token.
            "spare": Caller(lambda: sending(f"aivenv1 {existing.new_token()['full_token']}")(), 0),
            "none": Caller(dict, is_refused=True),
            "wrong": Caller(sending("aivenv1 wrong"), is_refused=True),
        }
        base_url = stack.up.ready["api"].removesuffix("/v1")
        super().__init__(base_url, callers, existing, refusal_fault, may_succeed, number)

    def document(self) -> dict:
        return self.session.get(f"{self.base_url}/openapi.json", timeout=20).json()


@pytest.mark.parametrize("number", range(-(-CASES // ROUND)))
def test_answers_are_as_described(own_stack, number, record_property):
    target = Target(own_stack, SEED + number)
    described = operations(target.document())
    for operation in described:
        only = CALLERS.get(operation.definition.raw["operationId"])
        if number == 0:
            target.cover(operation, only)
        target.draw(operation, -(-min(CASES, ROUND) // len(described)), only)
    record_property("figures", target.figures())
    assert not target.findings, target.report()
    # Still served, and the reconcile loop still runs.
    wait_until("the server is ready", lambda: target.session.get(f"{target.base_url}/readyz").ok)
    own_stack.api.ok("POST", "/me/expire_tokens")
    own_stack.api.refused(401, "GET", "/me")


def test_a_wrong_description_is_found(own_stack):
    target = Target(own_stack, SEED)
    document = target.document()
    paths, schemas = document["paths"], document["components"]["schemas"]
    del paths["/v1/project/{project}"]["get"]["responses"]["404"]
    paths["/v1/clouds"]["get"]["responses"]["200"]["content"] = {"text/plain": {}}
    schemas["ProjectList"]["properties"]["projects"] = {"type": "string"}
    schemas["NewToken"]["properties"]["description"]["maxLength"] = 5
    wrong = {
        "GET /v1/project/{project}": "UndefinedStatusCode",
        "GET /v1/clouds": "UndefinedContentType",
        "GET /v1/project": "JsonSchemaError",
        "POST /v1/access_token": "AcceptedNegativeData",
    }
    for operation in operations(document):
        if operation.label in wrong:
            target.cover(operation, "operator")
    found = {label: kind.split()[0] for label, kind in target.findings}
    assert found == wrong, target.report()
