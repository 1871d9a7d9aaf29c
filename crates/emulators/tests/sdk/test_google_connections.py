"""The life of a service attachment, with both of Google's clients on both sides."""

import pytest
from google.api_core import exceptions
from googleapiclient.errors import HttpError

import google_steps as steps
from google_clients import CLIENTS
from azure_steps import greeting


@pytest.fixture(params=CLIENTS)
def kind(request):
    return request.param


def refused(address: str, port: int) -> bool:
    try:
        greeting(address, port)
    except ConnectionRefusedError:
        return True
    return False


def test_a_link_from_publishing_to_deletion_with_bytes_in_between(google, greeter, kind):
    provider, consumer = google.provider(kind), google.consumer(kind)
    steps.publish(google, provider, greeter.port)
    steps.prepare_consumer(consumer, "127.85.1.0/24")
    first, second = [steps.make_endpoint(consumer, name) for name in ["one", "two"]]
    assert first.startswith("127.85.1.") and second.startswith("127.85.1.")

    pending = steps.connected(provider)
    assert sorted(pending) == ["one", "two"]
    for name, connection in pending.items():
        assert connection["status"] == "PENDING"
        mine = consumer.get("forwardingRules", name)
        assert mine["pscConnectionId"] == connection["pscConnectionId"]
        assert connection["endpointWithId"].endswith(f"/forwardingRules/{mine['id']}")
        # The provider does not see the endpoint's address.
        assert mine["IPAddress"] not in str(connection)
    assert refused(first, greeter.port)

    steps.decide(provider, **steps.accepting(pending["one"]))
    assert steps.connected(provider)["one"]["status"] == "ACCEPTED"
    assert greeting(first, greeter.port) == b"hello"
    assert refused(second, greeter.port)
    assert steps.endpoint_status(consumer, "one") == "ACCEPTED"
    assert steps.endpoint_status(consumer, "two") == "PENDING"

    steps.decide(provider, **steps.rejecting(pending["one"]))
    assert refused(first, greeter.port)
    assert steps.endpoint_status(consumer, "one") == "REJECTED"

    consumer.delete("forwardingRules", "one")
    assert sorted(steps.connected(provider)) == ["two"]
    provider.delete("serviceAttachments", "sa")
    assert steps.endpoint_status(consumer, "two") == "CLOSED"
    consumer.delete("forwardingRules", "two")
    for name in ["one-ip", "two-ip"]:
        consumer.delete("addresses", name)
    provider.insert("serviceAttachments", steps.attachment_body())
    steps.unpublish(provider)
    left = google.admin("GET", "/resources")["value"]
    assert not [it for it in left if it.startswith(f"projects/{provider.project}/")], left


def test_operations_that_take_their_time_are_waited_for(google, greeter):
    google.restart(delay_ms=20)
    kind = "google-api-python-client"
    provider, consumer = google.provider(kind), google.consumer(kind)
    steps.publish(google, provider, greeter.port)
    steps.prepare_consumer(consumer, "127.85.2.0/24")
    address = steps.make_endpoint(consumer, "pe")
    steps.decide(provider, **steps.accepting(steps.connected(provider)["pe"]))
    assert greeting(address, greeter.port) == b"hello"


def test_only_a_client_that_sends_empty_lists_takes_the_last_approval_back(google, greeter):
    clients = {kind: google.provider(kind) for kind in CLIENTS}
    cloud, discovery = clients.values()
    consumer = google.consumer("google-cloud-compute")
    steps.publish(google, cloud, greeter.port)
    steps.prepare_consumer(consumer, "127.85.3.0/24")
    address = steps.make_endpoint(consumer, "pe")
    steps.decide(cloud, **steps.accepting(steps.connected(cloud)["pe"]))
    # google-cloud-compute omits an empty list, so nothing changes.
    steps.decide(cloud, consumerAcceptLists=[])
    assert greeting(address, greeter.port) == b"hello"
    steps.decide(discovery, consumerAcceptLists=[])
    assert steps.endpoint_status(consumer, "pe") == "PENDING"
    assert refused(address, greeter.port)


def test_an_endpoint_outside_the_consumer_range_says_it_carries_no_bytes(google, greeter, kind):
    provider, consumer = google.provider(kind), google.consumer(kind)
    steps.publish(google, provider, greeter.port)
    steps.prepare_consumer(consumer, "10.9.0.0/24")
    steps.make_endpoint(consumer, "pe")
    steps.decide(provider, **steps.accepting(steps.connected(provider)["pe"]))
    [status] = google.admin("GET", "/endpoints")["value"]
    assert status["state"] == "elsewhere"
    assert "127.85.0.0/16" in status["reason"]


def test_lists_come_in_pages_and_are_filtered(google, kind):
    consumer = google.consumer(kind)
    names = [f"n-{number}" for number in range(7)]
    for name in names:
        consumer.insert("networks", {"name": name, "autoCreateSubnetworks": False})
    assert consumer.names("networks", page_size=2) == names
    for matching in ['name = "n-3"', "name eq n-3"]:
        assert consumer.names("networks", matching=matching) == ["n-3"]
    assert consumer.names("networks", matching='name = "none"') == []


def test_state_and_bytes_are_back_after_a_kill(google, greeter, kind):
    provider, consumer = google.provider(kind), google.consumer(kind)
    steps.publish(google, provider, greeter.port)
    steps.prepare_consumer(consumer, "127.85.4.0/24")
    address = steps.make_endpoint(consumer, "pe")
    steps.decide(provider, **steps.accepting(steps.connected(provider)["pe"]))
    before = provider.get("serviceAttachments", "sa")
    google.kill()
    google.start()

    # Without any request since the start, the listener is back.
    assert google.admin("GET", "/endpoints")["value"][0]["state"] == "listening"
    assert greeting(address, greeter.port) == b"hello"
    # The same port again, so that the client from before still works.
    assert provider.get("serviceAttachments", "sa") == before


def test_a_backend_connects_is_accepted_by_project_and_closed(google, greeter, kind):
    provider, consumer = google.provider(kind), google.consumer(kind)
    steps.publish(google, provider, greeter.port)
    steps.prepare_consumer(consumer, "127.85.6.0/24")
    collection = "regionNetworkEndpointGroups"
    body = {
        "name": "backend",
        "networkEndpointType": "PRIVATE_SERVICE_CONNECT",
        "pscTargetService": steps.ATTACHMENT,
        "network": steps.network(consumer.project),
        "subnetwork": steps.regional("subnetworks", "default", consumer.project),
        "pscData": {"producerPort": greeter.port},
    }
    consumer.insert(collection, body)
    assert consumer.names(collection) == ["backend"]
    shown = consumer.get(collection, "backend")["pscData"]
    assert shown["pscConnectionStatus"] == "PENDING"
    assert shown["consumerPscAddress"].startswith("127.85.6.")
    listed = steps.connected(provider)["backend"]
    assert listed["status"] == "PENDING"
    assert str(listed["pscConnectionId"]) == str(shown["pscConnectionId"])
    entry = {"projectIdOrNum": consumer.project, "connectionLimit": 1}
    steps.decide(provider, consumerAcceptLists=[entry])
    shown = consumer.get(collection, "backend")["pscData"]
    assert shown["pscConnectionStatus"] == "ACCEPTED"
    # Nothing listens at its address: the consumer's load balancer is not emulated.
    assert refused(shown["consumerPscAddress"], greeter.port)
    provider.delete("serviceAttachments", "sa")
    assert consumer.get(collection, "backend")["pscData"]["pscConnectionStatus"] == "CLOSED"
    consumer.delete(collection, "backend")
    assert consumer.names(collection) == []


def test_the_filters_of_clients_are_honoured_or_refused(google, kind):
    consumer = google.consumer(kind)
    for name in ["one", "two", "three"]:
        body = {"name": name, "autoCreateSubnetworks": False, "description": f"the {name}"}
        consumer.insert("networks", body)
    for matching, found in [
        ("name = t*", ["three", "two"]),
        ("name = one OR name = two", ["one", "two"]),
        ("NOT name = one AND name < two", ["three"]),
        ("description:WO", ["two"]),
        ("(name eq (one|two)) (name ne t.*)", ["one"]),
        # As gcloud sends `--filter="name~e$ AND description:the"`.
        (r'(name eq ".*(e$).*")(description eq ".*\bthe\b.*")', ["one", "three"]),
    ]:
        assert consumer.names("networks", matching=matching) == found, matching
    for matching in ["name eq one OR name eq two", "nmae = one", "one", "name[0] = o"]:
        with pytest.raises((HttpError, exceptions.BadRequest)) as caught:
            consumer.names("networks", matching=matching)
        assert "Invalid list filter expression." in str(caught.value)
