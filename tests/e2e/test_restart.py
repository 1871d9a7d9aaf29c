"""Stops and kills `up` at every point of the flow: answered changes are kept, operations under way
finish, and endpoints carry bytes again."""

import signal

import pytest

import names
from published import Published
from servers import first_bytes
from up import CLOUD
from waiting import wait_for, wait_until

# Interruptions of the building of one link.
KILLS = 8
ENDPOINT = "pe"
BUILD_SECONDS = 40.0

both_ways = pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stop", "kill"])


@both_ways
def test_the_flow_goes_on_however_often_it_is_interrupted(slow_stack, how):
    flow = InterruptedFlow(slow_stack, how)
    flow.make_a_vpc()
    flow.register_the_service()
    flow.create_the_link()
    flow.make_an_endpoint()
    flow.approve_it()
    flow.open_and_close()
    flow.change_the_subscriptions()
    flow.delete_the_link()


class InterruptedFlow:
    """Calls `interrupt` at twelve points and more."""

    def __init__(self, stack, how: signal.Signals):
        self.stack = stack
        self.api = stack.api
        self.how = how
        self.greeter = stack.greeter()

    def interrupt(self) -> None:
        self.stack.up.restart(self.how)

    def interrupt_at_rest(self) -> None:
        before = self.stack.state_of_everything()
        self.interrupt()
        assert self.stack.state_of_everything() == before

    def hears(self, expected: bytes) -> None:
        wait_for(
            f"{expected!r} is heard",
            lambda: first_bytes(self.address, self.greeter.port),
            expected,
        )

    def make_a_vpc(self) -> None:
        body = {"cloud_name": CLOUD, "network_cidr": "10.77.0.0/24"}
        vpc = self.api.ok("POST", self.api.project("vpcs"), body)["project_vpc_id"]
        self.interrupt()
        path = self.api.project(f"vpcs/{vpc}")
        wait_for("the VPC is active", lambda: self.api.ok("GET", path)["state"], "ACTIVE")
        self.api.ok("DELETE", path)
        self.interrupt()

        def gone() -> bool:
            reply = self.api.call("GET", path)
            return reply.status == 404 or reply.body["state"] == "DELETED"

        wait_until("the VPC is gone", gone)

    def register_the_service(self) -> None:
        path = self.api.project("static-ips")
        for _ in range(2):
            self.api.ok("POST", path, {"cloud_name": CLOUD})
        self.interrupt()

        def states() -> list[str]:
            return [it["state"] for it in self.api.ok("GET", path)["static_ips"]]

        wait_for("the static IPs are created", states, ["created", "created"])
        ids = [it["static_ip_address_id"] for it in self.api.ok("GET", path)["static_ips"]]
        name = self.stack.name()
        body = self.stack.service_body(name, {"pg": self.greeter.port}) | {"static_ips": ids}
        self.api.ok("POST", self.api.project("service"), body)
        self.interrupt()
        self.link = Published(self.stack, name)
        assert self.api.ok("GET", self.link.path())["service"]["state"] == "RUNNING"

    def create_the_link(self) -> None:
        self.link.create([self.stack.subscription])
        self.interrupt()
        # The restart may take longer than the building.
        assert self.link.link()["state"] in ("creating", "active")
        wait_until("the balancer is there", self.stack.provider.balancers)
        self.interrupt()
        wait_until("the link service is there", self.stack.provider.services)
        self.interrupt()
        wait_until(
            "the link is active", lambda: self.link.link()["state"] == "active", BUILD_SECONDS
        )
        assert len(self.stack.provider.balancers()) == len(self.stack.provider.services()) == 1
        self.interrupt_at_rest()

    def make_an_endpoint(self) -> None:
        poller = self.stack.consumer.begin_endpoint(ENDPOINT, self.link.alias)
        self.interrupt()
        assert poller.result().provisioning_state == "Succeeded"
        self.address = self.stack.consumer.address(ENDPOINT)
        self.link.refresh()
        self.link.wait_state(ENDPOINT, "pending-user-approval")
        self.interrupt_at_rest()
        self.plc = self.link.connection(ENDPOINT)["privatelink_connection_id"]

    def approve_it(self) -> None:
        self.link.approve(self.plc)
        self.interrupt()
        assert self.link.state(ENDPOINT) in ("user-approved", "connected")
        self.link.wait_state(ENDPOINT, "connected")
        self.link.set_address(self.plc, self.address)
        self.interrupt()
        self.link.wait_state(ENDPOINT, "active")
        host = self.link.host(self.plc)
        wait_for("the name", lambda: names.addresses(self.stack.up, host), [self.address])
        self.interrupt_at_rest()
        assert names.addresses(self.stack.up, host) == [self.address]

    def open_and_close(self) -> None:
        self.link.toggle(pg=True)
        self.interrupt()
        self.hears(b"hello")
        self.interrupt_at_rest()
        # Without any request since the start, the listener is back.
        assert first_bytes(self.address, self.greeter.port) == b"hello"
        self.link.toggle(pg=False)
        self.interrupt()
        self.hears(b"")
        self.link.toggle(pg=True)
        self.hears(b"hello")

    def change_the_subscriptions(self) -> None:
        other = "8eefec94-5d63-40c9-983c-03ab083b411d"
        body = {"user_subscription_ids": [self.stack.subscription, other]}
        self.api.ok("PUT", self.link.link_path, body)
        self.interrupt()
        assert sorted(self.link.link()["user_subscription_ids"]) == sorted(
            body["user_subscription_ids"]
        )
        provider = self.stack.provider

        def visible() -> int:
            [service] = provider.services()
            return len(service.properties.visibility.subscriptions)

        wait_for("both may see it at the cloud", visible, 2)
        self.hears(b"hello")

    def delete_the_link(self) -> None:
        self.api.ok("DELETE", self.link.link_path)
        self.interrupt()
        wait_until("it is gone", lambda: self.link.link() is None, BUILD_SECONDS)
        provider = self.stack.provider
        assert (provider.services(), provider.balancers()) == ([], [])
        self.hears(b"")
        assert self.stack.consumer.status(ENDPOINT) == "Disconnected"


def test_a_link_is_built_once_however_often_its_building_is_killed(slow_stack):
    link = slow_stack.register({"pg": slow_stack.greeter().port})
    link.create([slow_stack.subscription])
    for _ in range(KILLS):
        slow_stack.up.restart(signal.SIGKILL)
    wait_until("the link is active", lambda: link.link()["state"] == "active", BUILD_SECONDS)
    provider = slow_stack.provider
    assert len(provider.services()) == len(provider.balancers()) == 1
    # One of the node, and one of the link service itself.
    interfaces = list(provider.network.network_interfaces.list_all())
    assert len([it for it in interfaces if it.private_link_service is None]) == 1
    link.api.ok("DELETE", link.link_path)
    for _ in range(KILLS):
        slow_stack.up.restart(signal.SIGKILL)
    wait_until("the link is gone", lambda: link.link() is None, BUILD_SECONDS)
    assert (provider.services(), provider.balancers()) == ([], [])
