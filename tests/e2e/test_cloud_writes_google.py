"""The number of writes to Google for each step: the fewest possible, and none for reads."""

import pytest

from servers import first_bytes
from waiting import wait_for

# A range, two firewall rules, health check, backend service, forwarding rule, attachment.
OF_A_LINK = 7
# A group and its members.
OF_A_ZONE = 2


class Writes:
    """Counts the writes for a link since the last count."""

    def __init__(self, stack, link):
        self.stack = stack
        self.link = link
        self.seen = stack.cloud_writes()

    def are(self, expected: int) -> None:
        """Expects this number of writes, and no more after a refresh."""
        wait_for("the writes are counted", self.since, expected)
        if self.link.link():
            self.link.refresh()
        assert self.since() == expected
        self.seen += expected

    def since(self) -> int:
        return self.stack.cloud_writes() - self.seen


def registered(stack, nodes: int):
    """A service on `nodes` machines in as many zones, with its component open."""
    greeter = stack.greeter()
    name = stack.name()
    body = stack.service_body(name, {stack.kind: greeter.port}) | stack.needs()
    body["underpass"]["nodes"] = [
        {"name": f"n{number}", "address": f"127.0.0.{number}"} for number in range(1, nodes + 1)
    ]
    stack.api.ok("POST", stack.api.project("service"), body)
    link = stack.publication(name)
    link.toggle(**{stack.kind: True})
    link.wait_interface()
    return link, greeter.port


@pytest.mark.parametrize("zones", [1, 2])
def test_a_link_is_seven_writes_and_two_for_each_zone(google, zones):
    link, _ = registered(google, zones)
    writes = Writes(google, link)
    link.create()
    link.wait_active()
    writes.are(OF_A_LINK + OF_A_ZONE * zones)
    link.delete()
    writes.are(OF_A_LINK + OF_A_ZONE * zones)


def test_each_decision_and_each_toggle_is_one_write_and_a_refresh_is_none(google):
    link, port = registered(google, 1)
    link.create()
    link.wait_active()
    writes = Writes(google, link)
    endpoint = f"{link.name}-pe"
    plc, address = link.ask(google.consumer, endpoint)
    writes.are(0)

    link.approve(plc, address)
    link.wait_state(endpoint, "active")
    wait_for("bytes pass", lambda: first_bytes(address, port), b"hello")
    writes.are(1)

    link.toggle(**{google.kind: False})
    wait_for("it is shut", lambda: first_bytes(address, port), b"")
    writes.are(1)
    link.toggle(**{google.kind: True})
    wait_for("it is open", lambda: first_bytes(address, port), b"hello")
    writes.are(1)

    link.decide(plc, "reject")
    wait_for("it is out", lambda: google.consumer.status(endpoint), "PENDING")
    writes.are(1)
    link.decide(plc, "restore")
    link.wait_state(endpoint, "active")
    writes.are(1)

    link.approve(plc, address)
    writes.are(0)
