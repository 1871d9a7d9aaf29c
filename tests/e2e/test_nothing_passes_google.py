"""Without an approval on Google, an endpoint carries no bytes."""

import names
from servers import first_bytes
from waiting import wait_for, wait_until


def hears(address: str, port: int, greeting: bytes = b"hello") -> None:
    wait_for("the greeting arrives", lambda: first_bytes(address, port), greeting)


def silent(address: str, port: int) -> None:
    wait_for("nothing arrives", lambda: first_bytes(address, port), b"")


def without_name(google, host: str) -> None:
    wait_for("the name is gone", lambda: names.rcode(names.ask(google.up, host)), "NXDOMAIN")


def test_before_approval_and_for_another_consumer(google):
    link, port = google.offer()
    approved, waiting = f"{link.name}-one", f"{link.name}-two"
    plc, address = link.ask(google.consumer, approved)
    _, other = link.ask(google.consumer, waiting)
    stranger = google.new_consumer()
    # Another consumer's endpoint of the same name, to the same attachment.
    strange = stranger.endpoint(approved, link.target)
    link.refresh()
    assert [first_bytes(it, port) for it in (address, other, strange)] == [b""] * 3
    assert names.rcode(names.ask(google.up, link.host(plc))) == "NXDOMAIN"

    link.approve(plc, address)
    hears(address, port)
    link.refresh()
    assert [first_bytes(it, port) for it in (other, strange)] == [b""] * 2
    assert google.consumer.status(waiting) == stranger.status(approved) == "PENDING"


def test_after_a_rejection_until_it_is_restored(google):
    link, port = google.offer()
    endpoint = f"{link.name}-pe"
    plc, address = link.connect(google.consumer, endpoint)
    host = link.host(plc)
    hears(address, port)
    wait_for("the name is there", lambda: names.addresses(google.up, host), [address])

    link.decide(plc, "reject")
    silent(address, port)
    wait_for("the cloud says so", lambda: google.consumer.status(endpoint), "PENDING")
    assert link.connection(endpoint) is None
    without_name(google, host)

    link.decide(plc, "restore")
    link.wait_state(endpoint, "active")
    hears(address, port)
    assert link.connection(endpoint)["privatelink_connection_id"] == plc
    wait_for("the name is back", lambda: names.addresses(google.up, host), [address])


def test_while_the_component_is_off(google):
    greeter = google.greeter()
    link = google.publish({google.kind: greeter.port})
    _, address = link.connect(google.consumer, f"{link.name}-pe")
    assert first_bytes(address, greeter.port) == b""
    link.toggle(**{google.kind: True})
    hears(address, greeter.port)
    link.toggle(**{google.kind: False})
    silent(address, greeter.port)


def test_a_port_that_is_no_components_is_shut_though_the_entry_takes_all(google):
    beside = google.greeter(b"beside")
    link, port = google.offer()
    _, address = link.connect(google.consumer, f"{link.name}-pe")
    hears(address, port)
    assert first_bytes("127.0.0.1", beside.port) == b"beside"
    assert first_bytes(address, beside.port) == b""


def test_after_the_link_is_deleted_and_though_it_is_made_again(google):
    link, port = google.offer()
    endpoint = f"{link.name}-pe"
    plc, address = link.connect(google.consumer, endpoint)
    host = link.host(plc)
    hears(address, port)
    link.delete()
    assert first_bytes(address, port) == b""
    without_name(google, host)
    assert google.consumer.status(endpoint) == "CLOSED"

    link.create()
    link.wait_active()
    link.refresh()
    assert link.connections() == []
    assert first_bytes(address, port) == b""
    assert google.consumer.status(endpoint) == "CLOSED"


def test_after_the_consumer_deletes_the_endpoint(google):
    link, port = google.offer()
    endpoint = f"{link.name}-pe"
    plc, address = link.connect(google.consumer, endpoint)
    host = link.host(plc)
    hears(address, port)
    google.consumer.delete(endpoint)
    assert first_bytes(address, port) == b""
    link.refresh()
    wait_until("the connection is gone", lambda: link.connection(endpoint) is None)
    without_name(google, host)
