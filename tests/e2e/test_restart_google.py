"""Stops and kills `up` at every point of the flow on Google: answered changes are kept, operations
under way finish, and endpoints carry bytes again."""

import itertools
import signal

import names
from servers import first_bytes
from waiting import wait_for, wait_until

# Interruptions of the building of one link.
KILLS = 5
ENDPOINT = "pe"
BUILD_SECONDS = 40.0
# The cloud objects of a link with an open component and one node.
OF_A_LINK = 9


def test_the_flow_goes_on_however_often_it_is_interrupted(slow_google):
    flow = InterruptedFlow(slow_google)
    flow.register_the_service()
    flow.create_the_link()
    flow.make_an_endpoint()
    flow.approve_it()
    flow.open_and_close()
    flow.reject_and_restore()
    flow.delete_the_link()


class InterruptedFlow:
    """Calls `interrupt` at every point, with kills and stops in turns."""

    def __init__(self, stack):
        self.stack = stack
        self.ways = itertools.cycle([signal.SIGKILL, signal.SIGTERM])
        self.greeter = stack.greeter()

    def interrupt(self) -> None:
        self.stack.up.restart(next(self.ways))

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

    def register_the_service(self) -> None:
        self.link = self.stack.register({self.stack.kind: self.greeter.port})
        self.interrupt()
        self.link.wait_interface()
        self.without_link = self.stack.provider.everything()

    def create_the_link(self) -> None:
        self.link.create()
        self.interrupt()
        # The restart may take longer than the building.
        assert self.link.link()["state"] in ("creating", "active")
        provider = self.stack.provider
        wait_until("it is begun", lambda: provider.everything() != self.without_link)
        self.interrupt()
        wait_until("the attachment is there", provider.attachments)
        self.interrupt()
        wait_until(
            "the link is active", lambda: self.link.link()["state"] == "active", BUILD_SECONDS
        )
        assert provider.attachments() == [self.link.object]
        assert len(provider.ranges(self.link.object)) == 1
        self.interrupt_at_rest()

    def make_an_endpoint(self) -> None:
        self.address = self.stack.consumer.endpoint(ENDPOINT, self.link.target)
        self.interrupt()
        assert self.stack.consumer.status(ENDPOINT) == "PENDING"
        self.link.refresh()
        self.link.wait_state(ENDPOINT, "pending-user-approval")
        self.interrupt_at_rest()
        self.plc = self.link.connection(ENDPOINT)["privatelink_connection_id"]

    def approve_it(self) -> None:
        self.link.approve(self.plc, self.address)
        self.interrupt()
        assert self.link.state(ENDPOINT) in ("user-approved", "connected", "active")
        self.link.wait_state(ENDPOINT, "active")
        host = self.link.host(self.plc)
        wait_for("the name", lambda: names.addresses(self.stack.up, host), [self.address])
        self.interrupt_at_rest()
        assert names.addresses(self.stack.up, host) == [self.address]

    def open_and_close(self) -> None:
        component = self.stack.kind
        self.link.toggle(**{component: True})
        self.interrupt()
        self.hears(b"hello")
        self.interrupt_at_rest()
        # Without any request since the start, the listener is back.
        assert first_bytes(self.address, self.greeter.port) == b"hello"
        self.link.toggle(**{component: False})
        self.interrupt()
        self.hears(b"")
        self.link.toggle(**{component: True})
        self.hears(b"hello")

    def reject_and_restore(self) -> None:
        self.link.decide(self.plc, "reject")
        self.interrupt()
        assert names.rcode(names.ask(self.stack.up, self.link.host(self.plc))) == "NXDOMAIN"
        self.hears(b"")
        self.link.decide(self.plc, "restore")
        self.interrupt()
        self.link.wait_state(ENDPOINT, "active")
        self.hears(b"hello")

    def delete_the_link(self) -> None:
        self.stack.api.ok("DELETE", self.link.link_path)
        self.interrupt()
        wait_until("it is gone", lambda: self.link.link() is None, BUILD_SECONDS)
        assert self.stack.provider.everything() == self.without_link
        self.hears(b"")
        assert self.stack.consumer.status(ENDPOINT) == "CLOSED"


def test_a_link_is_built_once_however_often_its_building_is_killed(slow_google):
    link = slow_google.register({slow_google.kind: slow_google.greeter().port})
    link.toggle(**{slow_google.kind: True})
    link.wait_interface()
    provider = slow_google.provider
    without_link = provider.everything()
    link.create()
    for _ in range(KILLS):
        slow_google.up.restart(signal.SIGKILL)
    wait_until("the link is active", lambda: link.link()["state"] == "active", BUILD_SECONDS)
    made = set(provider.everything()) - set(without_link)
    # The members of the group are not a resource.
    assert len(made) == OF_A_LINK - 1, made
    link.api.ok("DELETE", link.link_path)
    for _ in range(KILLS):
        slow_google.up.restart(signal.SIGKILL)
    wait_until("the link is gone", lambda: link.link() is None, BUILD_SECONDS)
    assert provider.everything() == without_link
