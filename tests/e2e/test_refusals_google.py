"""Each refusal about Google names the reason, the rule and the next step."""

import itertools

import pytest

from servers import first_bytes

RESERVED = "172.24.0.0/16"
# Ranges of further project VPCs, which must not overlap.
RANGES = (f"10.99.{number}.0/24" for number in itertools.count())


@pytest.fixture(scope="module")
def offered(google):
    """A link with one active and one pending connection."""
    link, port = google.offer()
    link.connect(google.consumer, f"{link.name}-pe")
    waiting, address = link.ask(google.consumer, f"{link.name}-waiting")
    return link, port, waiting, address


def body(stack, kind: str | None = None, **changed) -> dict:
    kind = kind or stack.kind
    ports = {kind: stack.greeter().port}
    return stack.service_body(stack.name(kind), ports, kind) | stack.needs() | changed


def registered(stack, kind: str | None = None, **changed):
    """A service that lacks something."""
    service = body(stack, kind, **changed)
    stack.api.ok("POST", stack.api.project("service"), service)
    return stack.publication(service["service_name"])


def vpc(stack, **described) -> str:
    """Another project VPC."""
    asked = {"cloud_name": stack.cloud, "network_cidr": next(RANGES)} | described
    return stack.api.ok("POST", stack.api.project("vpcs"), asked)["project_vpc_id"]


def link_is_refused(stack, link, status: int = 400) -> str:
    return stack.api.refused(status, "POST", link.link_path, {})


class TestVpcs:
    @pytest.mark.parametrize("cidr", ["172.24.0.0/20", "172.24.255.0/24", "172.24.16.0/21"])
    def test_one_in_the_reserved_range(self, google, cidr):
        asked = {"cloud_name": google.cloud, "network_cidr": cidr}
        reason = google.api.refused(400, "POST", google.api.project("vpcs"), asked)
        assert cidr in reason and RESERVED in reason
        assert "reserved" in reason and "Choose" in reason

    def test_one_beside_it_is_none_of_our_business(self, google):
        made = [vpc(google, network_cidr=cidr) for cidr in ("172.23.240.0/20", "172.25.0.0/20")]
        for it in made:
            google.api.ok("DELETE", google.api.project(f"vpcs/{it}"))

    def test_the_range_is_free_on_azure(self, google):
        made = vpc(google, cloud_name="azure-westeurope", network_cidr="172.24.0.0/20")
        google.api.ok("DELETE", google.api.project(f"vpcs/{made}"))


class TestCreatingALink:
    def test_needs_a_project_vpc(self, google):
        link = registered(google, project_vpc_id=None)
        reason = link_is_refused(google, link)
        assert "project VPC" in reason and f"vpc create --cloud {google.cloud}" in reason

    @pytest.mark.parametrize("cloud", ["google-europe-west4", "azure-westeurope"])
    def test_needs_a_vpc_in_the_services_own_region(self, google, cloud):
        """A service in another region or cloud is refused when it is registered."""
        service = body(google, cloud=cloud)
        reason = google.api.refused(400, "POST", google.api.project("service"), service)
        assert cloud in reason and google.cloud in reason and google.vpc in reason
        assert "same cloud and region" in reason and "vpc create" in reason

    def test_moving_a_published_service_to_another_vpc(self, google, offered):
        link, *_ = offered
        other = vpc(google)
        asked = {"project_vpc_id": other}
        reason = google.api.refused(409, "PUT", link.path(), asked)
        assert "privatelink" in reason and "delete" in reason
        google.api.ok("DELETE", google.api.project(f"vpcs/{other}"))

    def test_is_not_offered_where_the_customer_hosts(self, google):
        hosted = vpc(google, underpass={"byoc": True})
        reason = link_is_refused(google, registered(google, project_vpc_id=hosted))
        assert hosted in reason and "BYOC" in reason and "project VPC" in reason
        assert "Move the service" in reason

    @pytest.mark.parametrize("provider", ["azure", "aws"])
    def test_needs_the_services_own_cloud(self, google, offered, provider):
        link, *_ = offered
        asked = {
            "azure": {"user_subscription_ids": []},
            "aws": {"principals": ["arn:aws:iam::123456789012:root"]},
        }[provider]
        reply = google.api.call("POST", link.path(f"/privatelink/{provider}"), asked)
        assert reply.status in (400, 404)
        assert "google" in reply.message

    def test_of_postgresql_needs_a_switch(self, google):
        link = registered(google, "pg")
        reason = link_is_refused(google, link, 403)
        assert "PostgreSQL" in reason and "operator" in reason
        project = google.up.project
        remedy = f"project feature set {project} privatelink_google_pg on"
        assert f"underpass {remedy}" in reason
        # The remedy works.
        google.underpass(*remedy.split())
        try:
            assert link.create()["state"] == "creating"
        finally:
            google.feature("privatelink_google_pg", False)
        # An existing link stays when the feature is switched off.
        link.wait_active()
        link.delete()

    def test_is_not_offered_by_this_project_when_switched_off(self, google):
        link = registered(google)
        google.feature("privatelink_google", False)
        try:
            reason = link_is_refused(google, link, 403)
        finally:
            google.feature("privatelink_google", True)
        assert "Google Private Service Connect" in reason and "operator" in reason
        assert f"project feature set {google.up.project} privatelink_google on" in reason

    def test_twice_is_refused(self, google, offered):
        link, *_ = offered
        reason = link_is_refused(google, link, 409)
        assert "already exists" in reason and f"privatelink google get {link.name}" in reason


class TestPorts:
    def test_unequal_ones(self, google):
        service = body(google)
        [component] = service["underpass"]["components"]
        component["link_port"] = component["port"] + 1
        reason = google.api.refused(400, "POST", google.api.project("service"), service)
        for text in (component["component"], str(component["port"]), str(component["link_port"])):
            assert text in reason
        assert "does not translate ports" in reason and "Omit `link_port`" in reason

    def test_unequal_ones_of_a_published_service(self, google, offered):
        link, port, *_ = offered
        described = google.service_body(link.name, {})["underpass"]
        described["components"] = [
            {"component": google.kind, "port": port, "link_port": port + 1}
        ]
        reply = google.api.call("PUT", link.path(), {"underpass": described})
        assert reply.status in (400, 409)
        assert str(port) in reply.message and "link_port" in reply.message


class TestApproving:
    def refused(self, google, offered, given) -> str:
        link, port, plc, address = offered
        path = f"{link.link_path}/connections/{plc}/approve"
        reason = google.api.refused(400, "POST", path, given)
        assert link.state(f"{link.name}-waiting") == "pending-user-approval"
        assert first_bytes(address, port) == b""
        assert google.consumer.status(f"{link.name}-waiting") == "PENDING"
        return reason

    @pytest.mark.parametrize(
        "given",
        [{}, {"user_ip_address": None}, {"user_ip_address": ""}, {"user_ip_address": 7}],
        ids=repr,
    )
    def test_without_an_address(self, google, offered, given):
        reason = self.refused(google, offered, given)
        assert "user_ip_address" in reason and "--user-ip-address" in reason
        assert "forwarding rule" in reason

    @pytest.mark.parametrize("given", ["here", "::1", "2001:db8::1", "127.64.0.4/32", " 10.0.0.4"])
    def test_with_what_is_no_ipv4_address(self, google, offered, given):
        reason = self.refused(google, offered, {"user_ip_address": given})
        assert given in reason and "IPv4" in reason and "forwarding rule" in reason

    @pytest.mark.parametrize(
        "given", ["8.8.8.8", "127.0.0.1", "169.254.169.254", "10.0.0.4", "0.0.0.0"]
    )
    def test_with_an_address_that_no_endpoint_has(self, google, offered, given):
        reason = self.refused(google, offered, {"user_ip_address": given})
        assert given in reason and google.up.ready["consumer_cidr"] in reason
        assert "endpoint's address" in reason
        # On Google an endpoint has no network interface with an address to read.
        assert "interface" not in reason

    def test_one_that_is_not_there(self, google, offered):
        link, *_, address = offered
        path = f"{link.link_path}/connections/plc000000000000/approve"
        reason = google.api.refused(404, "POST", path, {"user_ip_address": address})
        assert "plc000000000000" in reason and "Refresh" in reason

    def test_one_that_was_rejected(self, google):
        link, _ = google.offer()
        plc, address = link.ask(google.consumer, f"{link.name}-pe")
        link.decide(plc, "reject")
        path = f"{link.link_path}/connections/{plc}/approve"
        reason = google.api.refused(409, "POST", path, {"user_ip_address": address})
        assert plc in reason and f"google connection restore {link.name} {plc}" in reason


class TestWhatWouldCutAConnection:
    def test_deleting_the_service(self, google, offered):
        link, *_ = offered
        reason = google.api.refused(409, "DELETE", link.path())
        assert "google" in reason and f"privatelink google delete {link.name}" in reason

    def test_deleting_the_vpc(self, google, offered):
        link, *_ = offered
        path = google.api.project(f"vpcs/{google.vpc}")
        assert link.name in google.api.refused(409, "DELETE", path)
