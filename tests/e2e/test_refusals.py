"""Each refusal names the reason, the rule and the next step."""

import json
import uuid

import pytest

from published import Published
from servers import Greeter, first_bytes
from up import CLOUD

# The largest body that the API accepts.
BODY_LIMIT_BYTES = 1 << 20


@pytest.fixture(scope="module")
def offered(stack):
    """A link with one active connection, for requests that would cut it."""
    link, port = stack.offer()
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    return link, port, plc, address


def create_link(link, subscriptions) -> tuple:
    return ("POST", link.link_path, {"user_subscription_ids": subscriptions})


def registered(stack, **changed) -> Published:
    """A service that lacks something."""
    name = stack.name()
    body = stack.service_body(name, {"pg": stack.greeter().port}) | changed
    stack.api.ok("POST", stack.api.project("service"), body)
    return Published(stack, name)


class TestCreatingALink:
    def test_needs_static_ips(self, stack):
        link = registered(stack, user_config={})
        reason = stack.api.refused(400, *create_link(link, [stack.subscription]))
        assert "static IP" in reason and "static_ips" in reason and "2" in reason

    def test_needs_a_project_vpc(self, stack):
        link = registered(stack, project_vpc_id=None, user_config={})
        reason = stack.api.refused(400, *create_link(link, [stack.subscription]))
        assert "project VPC" in reason and "vpc create" in reason

    def test_needs_a_service(self, stack):
        path = stack.api.project("service/absent/privatelink/azure")
        reason = stack.api.refused(404, "POST", path, {"user_subscription_ids": []})
        assert "absent" in reason

    @pytest.mark.parametrize("provider", ["google", "aws"])
    def test_needs_the_services_own_cloud(self, stack, offered, provider):
        link, *_ = offered
        body = {"principals": ["arn:aws:iam::123456789012:root"]} if provider == "aws" else {}
        reply = stack.api.call("POST", link.path(f"/privatelink/{provider}"), body)
        assert reply.status in (400, 404)
        assert "azure" in reply.message.lower()

    @pytest.mark.parametrize("given", [["not an id"], [""], [7], "text", None], ids=repr)
    def test_needs_subscription_ids(self, stack, given):
        link = stack.register({"pg": stack.greeter().port})
        reason = stack.api.refused(400, *create_link(link, given))
        assert "user_subscription_ids" in reason or repr(given[0]).strip("'") in reason

    def test_twice_is_refused(self, stack, offered):
        link, *_ = offered
        reason = stack.api.refused(409, *create_link(link, [stack.subscription]))
        assert "already exists" in reason and "update" in reason

    def test_is_not_offered_by_this_project_when_switched_off(self, stack):
        link = stack.register({"pg": stack.greeter().port})
        feature = f"/underpass{stack.api.project('features/privatelink_azure')}"
        stack.api.ok("PUT", feature, {"enabled": False})
        try:
            reply = stack.api.call(*create_link(link, [stack.subscription]))
        finally:
            stack.api.ok("PUT", feature, {"enabled": True})
        assert reply.status in (400, 403) and "privatelink_azure" in reply.message


class TestRequestsThatWouldCutAConnection:
    def test_dropping_its_subscription(self, stack, offered):
        link, port, plc, address = offered
        body = {"user_subscription_ids": [str(uuid.uuid4())]}
        reason = stack.api.refused(409, "PUT", link.link_path, body)
        assert plc in reason and "reject" in reason
        assert first_bytes(address, port) == b"hello"

    def test_deleting_the_service(self, stack, offered):
        link, port, _, address = offered
        reason = stack.api.refused(409, "DELETE", link.path())
        assert "privatelink" in reason.lower() and "delete" in reason.lower()
        assert first_bytes(address, port) == b"hello"

    def test_deleting_the_vpc(self, stack, offered):
        link, *_ = offered
        path = stack.api.project(f"vpcs/{stack.up.vpc}")
        reason = stack.api.refused(409, "DELETE", path)
        assert link.name in reason

    def test_moving_its_ports(self, stack, offered):
        link, port, _, address = offered
        with_link_port = {"component": "pg", "port": port, "link_port": port + 1}
        underpass = stack.service_body(link.name, {})["underpass"]
        underpass["components"] = [with_link_port]
        reason = stack.api.refused(409, "PUT", link.path(), {"underpass": underpass})
        assert str(port) in reason
        assert first_bytes(address, port) == b"hello"


class TestConnections:
    def test_an_unknown_one(self, stack, offered):
        link, *_ = offered
        path = f"{link.link_path}/connections/plc000000000000/approve"
        assert "plc000000000000" in stack.api.refused(404, "POST", path)

    def test_one_that_is_no_id_at_all(self, stack, offered):
        link, *_ = offered
        reply = stack.api.call("POST", f"{link.link_path}/connections/%2e%2e%2fx/approve")
        assert reply.status in (400, 404) and reply.message

    @pytest.mark.parametrize("given", [None, "", "here", "::1", "127.0.0.1", "8.8.8.8"], ids=repr)
    def test_an_address_that_no_endpoint_has(self, stack, offered, given):
        link, _, plc, address = offered
        path = f"{link.link_path}/connections/{plc}"
        reason = stack.api.refused(400, "PUT", path, {"user_ip_address": given})
        assert reason
        assert link.connection(f"{link.name}-pe")["user_ip_address"] == address

    def test_an_address_before_approval(self, stack):
        link, _ = stack.offer()
        plc, address = link.ask(stack.consumer, f"{link.name}-pe")
        path = f"{link.link_path}/connections/{plc}"
        reply = stack.api.call("PUT", path, {"user_ip_address": address})
        assert reply.status in (400, 409) and "approve" in reply.message

    def test_approving_twice_changes_nothing(self, stack, offered):
        link, _, plc, address = offered
        assert link.approve(plc)["state"] == "active"
        assert link.connection(f"{link.name}-pe")["user_ip_address"] == address


class TestServices:
    def test_an_unknown_option_is_named(self, stack, offered):
        link, *_ = offered
        for config in ({"privatelink_access": {"kafka": True}}, {"no_such_option": 1}):
            [key] = config["privatelink_access"] if "privatelink_access" in config else config
            reason = stack.api.refused(400, "PUT", link.path(), {"user_config": config})
            assert key in reason

    def test_an_option_of_the_wrong_type_is_named(self, stack, offered):
        link, *_ = offered
        config = {"privatelink_access": {"pg": "yes"}}
        reason = stack.api.refused(400, "PUT", link.path(), {"user_config": config})
        assert "privatelink_access.pg" in reason and "must be true or false" in reason

    @pytest.mark.parametrize(
        "name", ["privatelink-1", "public-x", "private-x", "replica-x", "-x", "x" * 64, "a.b", ""]
    )
    def test_a_name_that_cannot_be_a_label(self, stack, name):
        body = stack.service_body(name, {"pg": 5432})
        reason = stack.api.refused(400, "POST", stack.api.project("service"), body)
        assert "name" in reason.lower()

    def test_a_name_that_is_taken(self, stack, offered):
        link, port, *_ = offered
        body = stack.service_body(link.name, {"pg": port})
        reason = stack.api.refused(409, "POST", stack.api.project("service"), body)
        assert link.name in reason and "exists" in reason

    def test_a_node_that_is_not_this_machine(self, stack):
        body = stack.service_body(stack.name(), {"pg": 5432})
        for address in ("169.254.169.254", "8.8.8.8", "0.0.0.0"):
            body["underpass"]["nodes"] = [{"name": "n1", "address": address}]
            reason = stack.api.refused(400, "POST", stack.api.project("service"), body)
            assert address in reason

    def test_a_node_by_name(self, stack):
        body = stack.service_body(stack.name(), {"pg": 5432})
        body["underpass"]["nodes"] = [{"name": "n1", "address": "localhost"}]
        reason = stack.api.refused(400, "POST", stack.api.project("service"), body)
        assert "nodes[0].address" in reason and "IP address" in reason

    def test_our_own_listener(self, stack):
        port = int(stack.up.ready["api"].rsplit(":", 1)[1])
        body = stack.service_body(stack.name(), {"pg": port})
        reason = stack.api.refused(400, "POST", stack.api.project("service"), body)
        assert str(port) in reason

    def test_a_server_that_answers_on_every_address(self, stack):
        everywhere = Greeter(b"hello", "0.0.0.0")
        try:
            body = stack.service_body(stack.name(), {"pg": everywhere.port})
            reply = stack.api.call("POST", stack.api.project("service"), body)
        finally:
            everywhere.close()
        assert reply.status in (400, 409), reply
        assert "127.0.0.1" in reply.message and "link_port" in reply.message

    def test_a_port_that_needs_root(self, stack):
        body = stack.service_body(stack.name(), {"pg": 1})
        reply = stack.api.call("POST", stack.api.project("service"), body)
        assert reply.status in (400, 409), reply
        assert "link_port" in reply.message

    def test_another_region_than_the_vpcs(self, stack):
        body = stack.service_body(stack.name(), {"pg": 5432}) | {"cloud": "azure-northeurope"}
        reply = stack.api.call("POST", stack.api.project("service"), body)
        assert reply.status in (400, 404) and "azure-northeurope" in reply.message


class TestTransport:
    def test_without_a_token(self, stack):
        reply = stack.api.raw("GET", "/project", None, {})
        assert reply.status == 401 and reply.message

    def test_with_a_wrong_token(self, stack):
        reply = stack.api.raw("GET", "/project", None, {"authorization": "aivenv1 wrong"})
        assert reply.status == 401 and "wrong" not in reply.message

    def test_both_schemes_are_taken_in_any_case(self, stack):
        for scheme in ("aivenv1", "AIVENV1", "Bearer", "bearer"):
            headers = {"authorization": f"{scheme} {stack.up.token}"}
            assert stack.api.raw("GET", "/project", None, headers).status == 200

    def test_another_project_is_not_ours(self, stack):
        for method, path in [("GET", "/project/other/service"), ("GET", "/project/other/vpcs")]:
            assert stack.api.call(method, path).status in (403, 404)

    def test_a_body_that_is_too_large(self, stack):
        content = json.dumps({"x": "x" * (BODY_LIMIT_BYTES + 1)}).encode()
        headers = {"authorization": f"aivenv1 {stack.up.token}"}
        reply = stack.api.raw("POST", stack.api.project("service"), content, headers)
        assert reply.status == 413 and reply.message

    @pytest.mark.parametrize("content", [b"{", b"[1", b"\xff", b"nonsense"], ids=repr)
    def test_a_body_that_is_not_json(self, stack, content):
        headers = {"authorization": f"aivenv1 {stack.up.token}"}
        reply = stack.api.raw("POST", stack.api.project("service"), content, headers)
        assert reply.status == 400 and reply.message

    def test_a_route_and_a_method_that_are_not_there(self, stack):
        assert stack.api.call("GET", "/nothing/here").status == 404
        assert stack.api.call("DELETE", "/me").status == 405

    def test_a_foreign_host_and_a_foreign_origin(self, stack):
        token = {"authorization": f"aivenv1 {stack.up.token}"}
        for foreign in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
            reply = stack.api.raw("GET", "/project", None, token | foreign)
            assert reply.status in (400, 403, 421), reply

    def test_every_answer_carries_a_request_id(self, stack):
        assert stack.api.request_id("GET", "/project")


class TestVpcs:
    @pytest.mark.parametrize(
        "cidr", ["10.0.0.0/8", "10.0.0.0/28", "10.0.0.1/24", "8.8.8.0/24", "x"]
    )
    def test_a_range_that_cannot_be(self, stack, cidr):
        body = {"cloud_name": CLOUD, "network_cidr": cidr}
        reason = stack.api.refused(400, "POST", stack.api.project("vpcs"), body)
        assert cidr in reason

    def test_a_static_ip_that_is_in_use(self, stack, offered):
        link, *_ = offered
        listed = stack.api.ok("GET", stack.api.project("static-ips"))["static_ips"]
        used = next(it for it in listed if it["service_name"] == link.name)
        path = stack.api.project(f"static-ips/{used['static_ip_address_id']}")
        assert link.name in stack.api.refused(409, "DELETE", path)
