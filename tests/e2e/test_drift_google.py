"""Changes at Google that Underpass did not make."""

import pytest

from servers import first_bytes
from waiting import wait_for, wait_until


@pytest.fixture
def offered(google):
    link, port = google.offer()
    return link, port, f"{link.name}-pe"


def test_an_endpoint_accepted_elsewhere_is_rejected_with_an_event(google, offered):
    link, port, endpoint = offered
    _, address = link.ask(google.consumer, endpoint)
    google.provider.let_in(link.object, google.consumer.psc_id(endpoint))
    # The cloud accepted the endpoint.
    assert first_bytes(address, port) == b"hello"
    link.refresh()
    wait_for("it is out", lambda: google.consumer.status(endpoint), "PENDING")
    assert link.connection(endpoint) is None
    assert first_bytes(address, port) == b""
    [known] = link.everything()
    assert known["state"] == "rejected" and known["reason"]
    assert [it for it in link.events() if "approved" in it["message"].lower()]


def test_a_project_accepted_elsewhere_is_rejected_and_an_approved_endpoint_stays(google, offered):
    """An entry for a project admits all its endpoints, also later ones."""
    link, port, endpoint = offered
    _, address = link.connect(google.consumer, endpoint)
    stranger = google.new_consumer()
    theirs = stranger.endpoint("theirs", link.target)
    entry = {"projectIdOrNum": stranger.project, "connectionLimit": 10}
    google.provider.write_lists(link.object, consumerAcceptLists=[entry])
    assert first_bytes(theirs, port) == b"hello"
    assert first_bytes(address, port) == b""

    link.refresh()
    wait_for("bytes pass again", lambda: first_bytes(address, port), b"hello")
    wait_for("the stranger is out", lambda: first_bytes(theirs, port), b"")
    assert stranger.status("theirs") == "PENDING"
    link.wait_state(endpoint, "active")


def test_a_rejection_elsewhere_of_an_approved_connection_is_repaired(google, offered):
    """A connection that Underpass approved stays approved until Underpass rejects it."""
    link, port, endpoint = offered
    plc, address = link.connect(google.consumer, endpoint)
    google.provider.write_lists(link.object, consumerAcceptLists=[])
    assert first_bytes(address, port) == b""
    link.refresh()
    wait_for("bytes pass again", lambda: first_bytes(address, port), b"hello")
    assert google.consumer.status(endpoint) == "ACCEPTED"
    assert link.connection(endpoint)["privatelink_connection_id"] == plc


@pytest.mark.parametrize("rule", ["allow", "deny"])
def test_a_firewall_rule_deleted_elsewhere_comes_back(google, offered, rule):
    link, port, endpoint = offered
    _, address = link.connect(google.consumer, endpoint)
    wait_for("bytes pass", lambda: first_bytes(address, port), b"hello")
    name = f"{link.object}-{rule}"
    before = google.provider.compute.get("firewalls", name)
    google.provider.compute.delete("firewalls", name)
    link.refresh()
    wait_until(
        "the rule is back", lambda: name in google.provider.compute.names("firewalls")
    )
    after = google.provider.compute.get("firewalls", name)
    for member in ("priority", "sourceRanges", "allowed", "denied"):
        assert after.get(member) == before.get(member)
    wait_for("bytes pass again", lambda: first_bytes(address, port), b"hello")


def test_a_port_opened_elsewhere_is_shut_again(google, offered):
    link, port, endpoint = offered
    beside = google.greeter(b"beside")
    _, address = link.connect(google.consumer, endpoint)
    wait_for("bytes pass", lambda: first_bytes(address, port), b"hello")
    more = {"allowed": [{"IPProtocol": "tcp", "ports": [str(port), str(beside.port)]}]}
    google.provider.compute.patch("firewalls", f"{link.object}-allow", more)
    assert first_bytes(address, beside.port) == b"beside"
    link.refresh()
    wait_for("it is shut", lambda: first_bytes(address, beside.port), b"")
    assert first_bytes(address, port) == b"hello"


def test_an_endpoint_made_again_is_a_new_connection_and_pending(google, offered):
    link, port, endpoint = offered
    plc, _ = link.connect(google.consumer, endpoint)
    host = link.host(plc)
    google.consumer.delete(endpoint)
    address = google.consumer.endpoint(endpoint, link.target)
    link.refresh()
    link.wait_state(endpoint, "pending-user-approval")
    again = link.connection(endpoint)["privatelink_connection_id"]
    assert again != plc
    assert link.connection(endpoint)["user_ip_address"] is None
    assert first_bytes(address, port) == b""

    link.approve(again, address)
    link.wait_state(endpoint, "active")
    # Ordinals are never reused, so names are not either.
    assert link.host(again) != host


def test_an_attachment_deleted_elsewhere_is_made_again_and_its_connections_are_over(
    google, offered
):
    link, port, endpoint = offered
    plc, address = link.connect(google.consumer, endpoint)
    wait_for("bytes pass", lambda: first_bytes(address, port), b"hello")
    name = link.object
    google.provider.compute.delete("serviceAttachments", name)
    link.refresh()
    wait_until("it is made again", lambda: name in google.provider.attachments())
    link.wait_active()
    # The old endpoint stays closed at Google, so no connection is active.
    assert google.consumer.status(endpoint) == "CLOSED"
    wait_until("it is listed no more", lambda: link.connection(endpoint) is None)
    assert first_bytes(address, port) == b""
    other = link.connect(google.consumer, f"{endpoint}-again")[1]
    wait_for("a new endpoint works", lambda: first_bytes(other, port), b"hello")
