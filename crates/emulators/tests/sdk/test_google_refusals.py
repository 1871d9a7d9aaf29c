"""Refusals, and the errors of Google's clients that they become."""

import pytest
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from googleapiclient.errors import HttpError

import google_steps as steps
from google_clients import CLIENTS
from google_emulator import CONSUMER, PROJECT, TOKEN

NETWORK = {"name": "v", "autoCreateSubnetworks": False}


@pytest.fixture(params=CLIENTS)
def kind(request):
    return request.param


class Refusal:
    """A refusal in either client."""

    def __init__(self, error):
        if isinstance(error, HttpError):
            self.status = int(error.resp.status)
            self.reason = error.error_details[0]["reason"]
            self.message = error.reason
        else:
            self.status = error.code
            self.reason = error.errors[0]["reason"]
            self.message = error.message
        self.error = error


def refusal(act, *arguments) -> Refusal:
    with pytest.raises((HttpError, exceptions.GoogleAPICallError)) as caught:
        act(*arguments)
    return Refusal(caught.value)


def expect(kind: str, refused: Refusal, status: int, reason: str, error: type) -> None:
    assert (refused.status, refused.reason) == (status, reason), refused.message
    if kind == "google-cloud-compute":
        assert isinstance(refused.error, error)


def test_what_is_missing_or_there_already_is_said_so(google, kind):
    consumer = google.consumer(kind)
    missing = refusal(consumer.get, "networks", "none")
    expect(kind, missing, 404, "notFound", exceptions.NotFound)
    assert "projects/a-consumer/global/networks/none" in missing.message
    consumer.insert("networks", NETWORK)
    again = refusal(consumer.insert, "networks", NETWORK)
    expect(kind, again, 409, "alreadyExists", exceptions.Conflict)


def test_a_stale_fingerprint_is_a_failed_precondition(google, greeter, kind):
    provider = google.provider(kind)
    steps.publish(google, provider, greeter.port)
    before = provider.get("serviceAttachments", "sa")
    steps.decide(provider, description="changed")
    body = {"fingerprint": before["fingerprint"], "description": "lost"}
    stale = refusal(provider.patch, "serviceAttachments", "sa", body)
    expect(kind, stale, 412, "conditionNotMet", exceptions.PreconditionFailed)
    assert provider.get("serviceAttachments", "sa")["description"] == "changed"


def test_what_is_in_use_cannot_be_deleted(google, greeter, kind):
    provider = google.provider(kind)
    steps.publish(google, provider, greeter.port)
    used = refusal(provider.delete, "forwardingRules", "fr")
    reason = "resourceInUseByAnotherResource"
    expect(kind, used, 400, reason, exceptions.BadRequest)
    assert "is already being used by" in used.message


def test_invalid_fields_are_named(google, greeter, kind):
    provider = google.provider(kind)
    steps.publish(google, provider, greeter.port)
    provider.delete("serviceAttachments", "sa")
    entries = [{"projectIdOrNum": "another-project", "connectionLimit": 1}]
    body = steps.attachment_body(
        connectionPreference="ACCEPT_AUTOMATIC", consumerAcceptLists=entries
    )
    wrong = refusal(provider.insert, "serviceAttachments", body)
    expect(kind, wrong, 400, "invalid", exceptions.BadRequest)
    assert "'resource.connectionPreference': 'ACCEPT_AUTOMATIC'" in wrong.message


def test_the_providers_project_is_closed_to_others(google, kind):
    """After a 401 the clients first refresh their credentials, which have no token."""
    unauthorised = (GoogleAuthError, exceptions.Unauthorized)
    with pytest.raises(unauthorised):
        google.consumer(kind, PROJECT).insert("networks", NETWORK)
    wrong = CLIENTS[kind](PROJECT, Credentials("wrong"), google.ready["url"])
    with pytest.raises(unauthorised):
        wrong.names("networks")
    provider = CLIENTS[kind](CONSUMER, Credentials(TOKEN), google.ready["url"])
    foreign = refusal(provider.names, "networks")
    expect(kind, foreign, 403, "forbidden", exceptions.Forbidden)


def test_a_failure_inside_an_operation_is_raised_when_it_is_done(google, kind):
    consumer = google.consumer(kind)
    fault = {"method": "POST", "path_suffix": "/global/networks", "status": 200}
    google.admin("POST", "/faults", {**fault, "reason": "QUOTA_EXCEEDED", "message": "Too many"})
    with pytest.raises((RuntimeError, exceptions.GoogleAPICallError), match="QUOTA_EXCEEDED"):
        consumer.insert("networks", NETWORK)
    assert consumer.names("networks") == []
    consumer.insert("networks", NETWORK)


def test_a_planted_fault_reaches_the_client_once(google, kind):
    consumer = google.consumer(kind)
    fault = {"method": "POST", "path_suffix": "/global/networks", "status": 403}
    google.admin("POST", "/faults", {**fault, "reason": "rateLimitExceeded"})
    throttled = refusal(consumer.insert, "networks", NETWORK)
    expect(kind, throttled, 403, "rateLimitExceeded", exceptions.Forbidden)
    consumer.insert("networks", NETWORK)


def test_labels_need_the_current_fingerprint(google, greeter, kind):
    provider, consumer = google.provider(kind), google.consumer(kind)
    steps.publish(google, provider, greeter.port)
    steps.prepare_consumer(consumer, "127.85.5.0/24")
    steps.make_endpoint(consumer, "pe")
    for collection, name in [("forwardingRules", "pe"), ("addresses", "pe-ip")]:
        before = consumer.get(collection, name)["labelFingerprint"]
        consumer.set_labels(collection, name, before, {"team": "blue"})
        assert consumer.get(collection, name)["labels"] == {"team": "blue"}
        for fingerprint in (before, ""):
            stale = refusal(consumer.set_labels, collection, name, fingerprint, {"team": "red"})
            expect(kind, stale, 412, "conditionNotMet", exceptions.PreconditionFailed)
        assert consumer.names(collection, matching='labels.team = "blue"') == [name]
    body = {"name": "other", "target": steps.ATTACHMENT, "network": steps.network(CONSUMER)}
    labelled = refusal(consumer.insert, "forwardingRules", {**body, "labels": {"team": "blue"}})
    expect(kind, labelled, 400, "invalid", exceptions.BadRequest)
    # Without a fingerprint, as clients send it.
    consumer.patch("forwardingRules", "pe", {"allowPscGlobalAccess": True})
    assert consumer.get("forwardingRules", "pe")["allowPscGlobalAccess"] is True
