"""Answers that would end, stall or mislead some client of the compatible API, one per test."""

import json
import urllib.request

import pytest

from api import opener
from terraform import declared
from terraform.approval import AzureApproval
from terraform.go_types import decode
from terraform.privatelink import AzurePrivatelink
from terraform.provider import Provider
from terraform.service import Service
from terraform.transport import Answer, ApiError, Codegen, Request, check, over_http
from terraform_setup import configured, register, static_ips
from waiting import wait_until

OCTETS = "application/octet-stream"
LISTED_SERVICE = {
    "service_name", "service_type", "state", "cloud_name", "plan", "create_time", "update_time",
}  # fmt: skip


class Linked:
    """A service with a link on Azure and a pending connection."""

    def __init__(self, stack):
        self.stack = stack
        self.provider = Provider(stack.up)
        self.service = configured(
            stack, "pg",
            static_ips=[ip.id for ip in static_ips(stack)],
            user_config={"static_ips": True, "privatelink_access": {"pg": True, "pgbouncer": True}},
        )  # fmt: skip
        self.service.apply()
        ports = {name: stack.greeter().port for name in ("pgbouncer", "pg")}
        # The main component comes last here, and first in the answer.
        register(stack, self.service, ports)
        self.link = AzurePrivatelink(
            self.provider,
            service_name=self.service.name,
            user_subscription_ids=[stack.subscription],
        )
        self.link.apply()
        self.address = stack.consumer.endpoint(
            self.service.name, self.link.state["azure_service_alias"]
        )
        self.approval = AzureApproval(
            self.provider,
            service_name=self.service.name,
            endpoint_ip_address=self.address,
        )


@pytest.fixture(scope="module")
def linked(stack) -> Linked:
    return Linked(stack)


def raw(stack, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """Sends a request as it is, with the token unless another header replaces it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"authorization": f"aivenv1 {stack.up.token}"} | named
    return over_http(Request(method, f"{stack.up.ready['api']}/v1{path}", named, body))


def shown(stack, path: str) -> dict:
    return json.loads(raw(stack, "GET", path).body)


def joined(segments: tuple[str, ...]) -> str:
    return "/" + "/".join(segments)


# === 1 and 3: bodies ===


def test_every_answer_is_a_json_object_even_without_members(stack):
    service = configured(stack, "pg")
    service.apply()
    register(stack, service, {"pg": stack.greeter().port})
    path, project = joined(service.path), joined(service.provider.of_project())
    [ip] = static_ips(stack, 1)
    ip_path = f"{project}/static-ips/{ip.id}"
    keep = json.dumps({"service_name": service.name}).encode()
    for method, where, body in [
        ("POST", f"{ip_path}/association", keep),
        ("DELETE", f"{ip_path}/association", None),
        ("PATCH", ip_path, b"{}"),
        ("DELETE", ip_path, None),
        ("POST", f"{path}/user", b'{"username": "app"}'),
        ("DELETE", f"{path}/user/app", None),
        ("PUT", f"{path}/tags", b'{"tags": {}}'),
        ("PUT", path, b"{}"),
        ("POST", f"{path}/privatelink/azure/refresh", None),
        ("GET", f"{path}/privatelink/google", None),
        ("GET", "/nowhere", None),
        ("PATCH", "/clouds", None),
        ("DELETE", path, None),
        ("GET", path, None),
    ]:
        answer = raw(stack, method, where, body)
        check(answer)
        assert isinstance(json.loads(answer.body), dict), f"{method} {where}: {answer}"
    anonymous = raw(stack, "GET", path, authorization="")
    assert anonymous.status == 401 and json.loads(anonymous.body)["message"]


def test_a_refusal_reads_the_same_to_every_client(stack):
    service = configured(stack, "pg", plan="x")
    body = json.dumps({"service_name": "Not A Name", "service_type": "pg"}).encode()
    answer = raw(stack, "POST", joined(service.provider.of_project("service")), body)
    decoded = decode(declared.HANDWRITTEN, answer.body)
    assert answer.status == 400
    assert decoded["errors"][0]["message"] == decoded["message"]
    assert decoded["errors"][0]["status"] == 400


# === 2: tables ===


def test_every_column_of_a_table_is_there_before_it_has_a_value(stack, linked):
    path = joined(linked.link.path)
    linked.approval.refresh()
    [connection] = shown(stack, f"{path}/connections")["connections"]
    assert set(connection) == set(declared.AZURE_CONNECTION.members)
    assert connection["user_ip_address"] is None
    assert set(shown(stack, path)) == set(declared.AZURE_LINK.members)
    project = joined(linked.provider.of_project())
    made = raw(
        stack, "POST", f"{project}/static-ips", json.dumps({"cloud_name": stack.cloud}).encode()
    )
    assert set(json.loads(made.body)) == set(declared.STATIC_IP.members)
    for vpc in shown(stack, f"{project}/vpcs")["vpcs"]:
        assert set(vpc) >= set(declared.VPCS.members["vpcs"].inner.members)
    for service in shown(stack, f"{project}/service")["services"]:
        assert set(service) >= LISTED_SERVICE
        assert all(isinstance(it["progress_updates"], list) for it in service["node_states"])
    me = shown(stack, "/me")["user"]
    columns = {"user", "real_name", "state", "token_validity_begin", "projects", "auth"}
    assert set(me) >= columns
    details = shown(stack, project)["project"]
    columns = {"project_name", "default_cloud", "billing_currency", "vat_id", "billing_extra_text"}
    assert set(details) >= columns


# === 4: the main component is the first one ===


def test_the_main_component_comes_first_on_every_route(stack):
    linked = Linked(stack)
    linked.approval.apply()
    names = {}
    for component in linked.service.apply()["components"]:
        names.setdefault(component["route"], []).append(component["component"])
    assert names == {"dynamic": ["pg", "pgbouncer"], "privatelink": ["pg", "pgbouncer"]}


# === 5, 6 and 7: what Go decodes and dereferences ===


def test_a_service_with_nothing_registered_decodes_as_well_as_a_whole_one(stack, linked):
    bare = configured(stack, "pg", project_vpc_id="")
    bare.apply()
    for service in (bare, linked.service):
        sent = shown(stack, joined(service.path))["service"]
        for member in ("maintenance", "connection_info"):
            assert isinstance(sent[member], dict)
        assert len(sent["backups"]) == 1
    provider = linked.provider
    listed = provider.codegen.call(
        declared.SERVICES_ANSWER, "GET", *provider.of_project("service")
    )
    assert {bare.name, linked.service.name} <= {it["service_name"] for it in listed["services"]}


# === 8: absences that clients wait for ===


def attempts_until_given_up(client: Codegen, method: str, *path: str) -> int:
    before = len(client.attempts)
    with pytest.raises(ApiError) as missing:
        client.call(declared.HANDWRITTEN, method, *path)
    assert missing.value.is_not_found
    return len(client.attempts) - before


def test_only_a_missing_service_is_waited_for(stack, linked):
    absent = configured(stack, "pg")
    for client in (linked.provider.codegen, linked.provider.handwritten):
        again = client.retries + 1
        to_absent = (*absent.path, "privatelink", "azure")
        assert attempts_until_given_up(client, "POST", *to_absent, "refresh") == again
        assert attempts_until_given_up(client, "GET", *to_absent) == 1
        service = linked.service.path
        for rest in (
            ("google", "refresh"),
            ("aws", "refresh"),
            ("azure", "connections", "plc000000000000", "approve"),
        ):
            assert attempts_until_given_up(client, "POST", *service, "privatelink", *rest) == 1
        # Clients wait for a missing login by its own message.
        bare = configured(stack, "pg")
        bare.apply()
        for name in ("avnadmin", "root"):
            assert attempts_until_given_up(client, "GET", *bare.path, "user", name) == 1
            assert attempts_until_given_up(client, "DELETE", *bare.path, "user", name) == 1


def test_an_absent_service_that_appears_meanwhile_is_found(stack):
    """Clients wait for a service by the wording of the message."""
    service = configured(stack, "pg")
    user = (*service.path, "user")
    provider = service.provider
    pauses = []

    def appears(seconds: float) -> None:
        pauses.append(seconds)
        Service(Provider(stack.up), **service.config).create()

    provider.codegen.pause = appears
    made = provider.codegen.call(
        declared.USER_ANSWER, "POST", *user, body={"username": "avnadmin"}
    )
    assert made["user"]["username"] == "avnadmin" and len(pauses) == 1


# === 9: what clients add to their requests ===


def test_a_limit_may_come_with_every_method(stack):
    service = configured(stack, "pg")
    service.apply()
    service.apply(tag={"a": "b"})
    service.destroy()
    clients = (service.provider.codegen, service.provider.handwritten)
    sent = [request for client in clients for request in client.attempts]
    assert {it.method for it in sent} == {"GET", "POST", "PUT", "DELETE"}
    assert all("limit=999" in it.url for it in sent)


def test_an_empty_body_may_call_itself_anything(stack):
    linked = Linked(stack)
    path = joined(linked.link.path)
    for method, where in [
        ("GET", path),
        ("POST", f"{path}/refresh"),
        ("GET", f"{path}/connections"),
    ]:
        assert raw(stack, method, where, content_type=OCTETS).status == 200
    plc = linked.approval.the_one()["privatelink_connection_id"]
    approve = f"{path}/connections/{plc}/approve"
    for body in (None, b""):
        answer = raw(stack, "POST", approve, body, content_type=OCTETS)
        assert decode(declared.AZURE_CONNECTION, answer.body)["state"] != "pending-user-approval"
    # The command line sends this when no address is given.
    nothing = raw(stack, "PUT", f"{path}/connections/{plc}", b'{"user_ip_address": null}')
    assert nothing.status == 400
    assert raw(stack, "DELETE", path, content_type=OCTETS).status == 200
    wait_until("the link is gone", lambda: raw(stack, "GET", path).status == 404)


def test_a_token_may_be_sent_in_each_documented_form(stack):
    token = stack.up.token
    for shown_as in (f"aivenv1 {token}", f"AIVENV1 {token}", f"Bearer {token}", f"bearer {token}"):
        assert raw(stack, "GET", "/me", authorization=shown_as).status == 200
    for agent in ("aiven-client/4.18.0", Codegen.agent, "curl/8.0"):
        request = urllib.request.Request(
            f"{stack.up.ready['api']}/v1/me",
            headers={"authorization": f"aivenv1 {token}", "user-agent": agent},
        )
        with opener().open(request) as reply:
            assert reply.status == 200


# === Every documented route ===

SERVICE = "/project/p/service/s"
DOCUMENTED = [
    "POST /userauth", "GET /me", "POST /me/logout", "POST /me/expire_tokens",
    "POST /access_token", "GET /access_token", "PUT /access_token/x", "DELETE /access_token/x",
    "GET /project", "POST /project", "GET /project/p", "PUT /project/p", "DELETE /project/p",
    "GET /project/p/kms/ca", "GET /clouds", "GET /project/p/clouds",
    "GET /service_types", "GET /project/p/service_types", "GET /project/p/service-types/pg",
    "GET /project/p/service-types/pg/plans", "GET /project/p/service-types/pg/plans/x",
    "GET /project/p/service-types",
    "GET /project/p/pricing/service-types/pg/plans/x/clouds/y",
    "GET /service_versions", "GET /account/a/service_versions",
    "GET /project/p/service", "POST /project/p/service",
    *(f"{method} {SERVICE}" for method in ("GET", "PUT", "DELETE")),
    *(f"{method} {SERVICE}/tags" for method in ("GET", "PUT")),
    *(f"{method} {SERVICE}/user" for method in ("GET", "POST")),
    *(f"{method} {SERVICE}/user/u" for method in ("GET", "PUT", "DELETE")),
    "GET /project/p/vpcs", "POST /project/p/vpcs",
    "GET /project/p/vpcs/v", "DELETE /project/p/vpcs/v",
    "GET /project/p/static-ips", "POST /project/p/static-ips",
    "PATCH /project/p/static-ips/i", "DELETE /project/p/static-ips/i",
    "POST /project/p/static-ips/i/association", "DELETE /project/p/static-ips/i/association",
    "GET /project/p/privatelink-availability", "GET /tenants/t/privatelink-availability",
    *(
        f"{method} {SERVICE}/privatelink/{cloud}{rest}"
        for cloud in ("azure", "google", "aws")
        for method, rest in (
            ("POST", ""), ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/refresh"),
            ("GET", "/connections"),
        )
    ),
    f"POST {SERVICE}/privatelink/azure/connections/c/approve",
    f"PUT {SERVICE}/privatelink/azure/connections/c",
    f"POST {SERVICE}/privatelink/google/connections/c/approve",
]  # fmt: skip


@pytest.mark.parametrize("route", DOCUMENTED)
def test_a_documented_route_is_there(stack, route):
    """A request without a token changes nothing, and is not answered with 404."""
    method, path = route.split()
    answer = raw(stack, method, path, authorization="")
    assert answer.status not in (404, 405), answer
