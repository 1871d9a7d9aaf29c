"""Applies, repeated applies, updates and destroys of Terraform's provider on Azure."""

import pytest

from servers import Flow, first_bytes
from terraform import declared
from terraform.approval import AzureApproval, NotOne
from terraform.network import ProjectVpc
from terraform.privatelink import AzurePrivatelink
from terraform.provider import Gone, Provider
from terraform.service import Service
from terraform.transport import ApiError
from terraform.wait import NOT_FOUND_CHECKS, NothingFound, UnexpectedState
from terraform_setup import configured, offer, static_ips
from up import CLOUD
from waiting import wait_until

GREETING = b"hello"
OTHER_SUBSCRIPTION = "8eefec94-5d63-40c9-983c-03ab083b411d"


def test_a_configuration_is_applied_changed_and_destroyed(stack):
    lifecycle = Lifecycle(stack)
    lifecycle.apply_the_network()
    lifecycle.apply_the_service()
    lifecycle.register_where_it_runs()
    lifecycle.apply_the_link()
    lifecycle.approve_the_endpoint()
    lifecycle.apply_everything_again()
    lifecycle.change_the_service_under_a_flow()
    lifecycle.change_the_subscriptions()
    lifecycle.approving_again_fails_in_the_provider()
    lifecycle.destroy()


class Lifecycle:
    def __init__(self, stack):
        self.stack = stack
        self.provider = Provider(stack.up)

    @property
    def everything(self) -> list:
        return [self.vpc, *self.ips, self.service, self.link, self.approval]

    def apply_the_network(self) -> None:
        self.vpc = ProjectVpc(self.provider, cloud_name=CLOUD, network_cidr="10.201.0.0/24")
        assert self.vpc.apply()["state"] == "ACTIVE"
        self.vpc.settled()
        self.ips = static_ips(self.stack)
        for ip in self.ips:
            state = ip.settled()
            assert (state["state"], state["service_name"]) == ("created", "")
            assert state["ip_address"]

    def apply_the_service(self) -> None:
        self.service = configured(
            self.stack,
            "pg",
            project_vpc_id=self.vpc.id,
            static_ips=[ip.id for ip in self.ips],
            user_config={"static_ips": True, "privatelink_access": {"pg": True}},
            tag={"team": "data"},
        )
        state = self.service.apply()
        # Nothing is registered yet.
        assert (state["state"], state["service_host"], state["uris"]) == ("RUNNING", None, [])
        self.service.settled()
        assert [ip.refreshed()["state"] for ip in self.ips] == ["assigned", "assigned"]

    def register_where_it_runs(self) -> None:
        self.port = offer(self.stack, self.service, GREETING).port
        self.published = self.stack.publication(self.service.name)
        state = self.service.apply()
        assert (state["service_host"], state["service_port"]) == ("127.0.0.1", self.port)
        assert state["service_username"] == "avnadmin"
        assert state["params"][0]["port"] == self.port
        self.service.settled()

    def apply_the_link(self) -> None:
        self.link = AzurePrivatelink(
            self.provider,
            service_name=self.service.name,
            user_subscription_ids=[self.stack.subscription],
        )
        state = self.link.apply()
        assert state["state"] == "active"
        assert state["azure_service_alias"] and state["azure_service_id"]
        self.link.settled()

    def approve_the_endpoint(self) -> None:
        address = self.stack.consumer.endpoint("terraform", self.published.alias)
        self.approval = AzureApproval(
            self.provider, service_name=self.service.name, endpoint_ip_address=address
        )
        assert self.approval.apply()["state"] == "active"
        self.approval.settled()
        self.address = address
        wait_until("bytes pass", lambda: first_bytes(address, self.port) == GREETING)

    def apply_everything_again(self) -> None:
        private = [it for it in self.service.apply()["components"] if it["route"] == "privatelink"]
        [component] = private
        assert component["privatelink_connection_id"] == self.approval.id
        for resource in self.everything:
            resource.apply()
            resource.settled()

    def change_the_service_under_a_flow(self) -> None:
        """The registration stays, and open connections are not cut."""
        flow = Flow(self.address, self.port, GREETING)
        before = self.service.state["components"]
        self.service.apply(plan="business-4", tag={"team": "web", "stage": "live"})
        self.service.apply(termination_protection=True)
        self.service.apply(termination_protection=False)
        assert self.service.settled()["components"] == before
        assert self.link.settled() and self.approval.settled()
        assert flow.echo(b"still here")
        flow.close()

    def change_the_subscriptions(self) -> None:
        mine = self.stack.subscription
        self.link.apply(user_subscription_ids=[mine, OTHER_SUBSCRIPTION])
        self.link.settled()
        # The list is replaced as a whole: a removed subscription cannot connect any more.
        # Approved connections are not cut.
        with pytest.raises(ApiError) as refused:
            self.link.apply(user_subscription_ids=[OTHER_SUBSCRIPTION])
        assert refused.value.status == 409
        assert self.approval.id in refused.value.message
        self.link.apply(user_subscription_ids=[mine])
        self.link.settled()
        assert self.approval.settled()["state"] == "active"

    def approving_again_fails_in_the_provider(self) -> None:
        """A limitation of the provider, which must not cut a connection."""
        with pytest.raises(UnexpectedState, match="active"):
            self.approval.update()
        assert self.approval.settled()["state"] == "active"
        assert first_bytes(self.address, self.port) == GREETING

    def destroy(self) -> None:
        self.approval.destroy()
        # A published service cannot be deleted before its link.
        with pytest.raises(ApiError) as refused:
            self.service.delete()
        assert refused.value.status == 409
        self.link.destroy()
        for gone in (self.link, self.approval):
            with pytest.raises(Gone):
                gone.refreshed()
        self.service.destroy()
        with pytest.raises(Gone):
            self.service.refreshed()
        for ip in self.ips:
            assert ip.refreshed()["state"] == "created"
            ip.destroy()
        self.vpc.destroy()
        with pytest.raises(Gone):
            self.vpc.refreshed()
        self.stack.consumer.delete("terraform")


@pytest.fixture
def linked(stack) -> tuple[Service, AzurePrivatelink]:
    """A service with an active link, made as Terraform does."""
    ips = [ip.id for ip in static_ips(stack)]
    service = configured(stack, "pg", static_ips=ips, user_config={"static_ips": True})
    service.apply()
    offer(stack, service)
    link = AzurePrivatelink(
        Provider(stack.up),
        service_name=service.name,
        user_subscription_ids=[stack.subscription],
    )
    link.apply()
    return service, link


def test_both_clients_replace_the_list_of_subscriptions_as_a_whole(stack, linked):
    _, link = linked
    for client, kind in (
        (link.codegen, declared.AZURE_LINK),
        (link.handwritten, declared.HANDWRITTEN_AZURE_LINK),
    ):
        for expected in ([OTHER_SUBSCRIPTION], [], [OTHER_SUBSCRIPTION, stack.subscription]):
            body = {"user_subscription_ids": expected}
            for shown in (
                client.call(kind, "PUT", *link.path, body=body),
                client.call(kind, "GET", *link.path),
            ):
                assert sorted(shown["user_subscription_ids"]) == sorted(expected)
                assert shown["azure_service_alias"] == link.state["azure_service_alias"]


def test_an_approval_gives_up_when_no_endpoint_comes(stack, linked):
    service, _ = linked
    approval = AzureApproval(
        Provider(stack.up), service_name=service.name, endpoint_ip_address="127.64.0.99"
    )
    with pytest.raises(NothingFound):
        approval.create()
    refreshes = [it for it in approval.handwritten.attempts if it.method == "POST"]
    assert len(refreshes) == 1 + NOT_FOUND_CHECKS + 1


def test_an_approval_is_for_one_connection_and_approves_neither_of_two(stack, linked):
    service, link = linked
    target = link.state["azure_service_alias"]
    for name in ("first", "second"):
        address = stack.consumer.endpoint(f"{service.name}-{name}", target)
    approval = AzureApproval(
        Provider(stack.up), service_name=service.name, endpoint_ip_address=address
    )
    with pytest.raises(NotOne):
        approval.create()
    states = [it["state"] for it in stack.publication(service.name).connections()]
    assert states == ["pending-user-approval"] * 2


def test_a_connection_passes_every_state_that_the_provider_waits_for(stack, linked):
    """It never goes back, and stays connected until its address is set."""
    service, link = linked
    address = stack.consumer.endpoint(
        f"{service.name}-slow", link.state["azure_service_alias"]
    )
    approval = AzureApproval(
        Provider(stack.up), service_name=service.name, endpoint_ip_address=address
    )
    approval.refresh()
    connection = approval.the_one()
    assert (connection["state"], connection["user_ip_address"]) == ("pending-user-approval", "")
    approval.id = connection["privatelink_connection_id"]
    approval.act((approval.id, "approve"), "POST")
    # A pending state is an error from here on.
    approval.wait(("user-approved",), ("connected",))
    for _ in range(3):
        approval.refresh()
        assert approval.the_one()["state"] == "connected"
    approval.act((approval.id, "approve"), "POST")
    assert approval.the_one()["state"] == "connected"
    approval.act((approval.id,), "PUT", {"user_ip_address": address})
    approval.wait(("connected",), ("active",))
