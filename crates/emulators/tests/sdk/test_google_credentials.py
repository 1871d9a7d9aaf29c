"""Credentials of the provider: keys, tokens and the metadata server, with Google's own library."""

import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

import google_steps as steps
from google_clients import CLIENTS, CloudClients
from google_emulator import PROJECT, make_key_file

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@pytest.fixture(params=CLIENTS)
def kind(request):
    return request.param


def provider_with(google, credentials) -> CloudClients:
    return CloudClients(PROJECT, credentials, google.ready["url"])


def own_endpoint(google, key: dict) -> service_account.Credentials:
    """Credentials that exchange their claims at the emulator's address."""
    info = {**key, "token_uri": f"{google.ready['url']}/token"}
    return service_account.Credentials.from_service_account_info(info, scopes=SCOPES)


def test_a_key_is_exchanged_for_a_token_that_opens_the_providers_project(google):
    credentials = own_endpoint(google, google.key)
    credentials.refresh(Request())
    assert credentials.token.startswith("ya29.")
    steps.make_networks(provider_with(google, credentials))


def test_another_key_of_the_same_account_is_refused(google):
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        own_endpoint(google, make_key_file(PROJECT)).refresh(Request())
    with pytest.raises(RefreshError, match="account not found"):
        own_endpoint(google, make_key_file("another-project")).refresh(Request())


def test_a_client_may_use_the_key_without_asking_for_a_token(google, kind):
    """With a key and an unreachable token endpoint, clients sign each bearer token themselves."""
    credentials = service_account.Credentials.from_service_account_info(
        {**google.key, "token_uri": "http://127.0.0.1:1/token"}, scopes=SCOPES
    ).with_always_use_jwt_access(True)
    provider = CLIENTS[kind](PROJECT, credentials, google.ready["url"])
    assert provider.names("networks") == []


@pytest.mark.parametrize("script", ["cloud_client.py", "discovery_client.py"])
def test_programs_that_know_the_real_addresses_alone_work_through_the_proxy(google, script):
    google.restart(delay_ms=300)
    told = google.run_unchanged(script, google.proxied(), PROJECT, str(google.key_file))
    assert not told["done_at_once"]
    assert told["link"].endswith(f"/projects/{PROJECT}/global/networks/unchanged")
    assert told.get("left", []) == []


def test_a_program_on_the_providers_machine_finds_its_credentials(google):
    host = google.ready["metadata"].removeprefix("http://")
    surroundings = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}
    told = google.run_unchanged("default_credentials.py", surroundings)
    assert told["project"] == PROJECT
    assert told["email"] == google.key["client_email"]
    assert provider_with(google, Credentials(told["token"])).names("networks") == []


def test_a_program_with_a_key_file_finds_its_credentials(google):
    surroundings = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(google.key_file),
        **google.proxied(),
    }
    told = google.run_unchanged("default_credentials.py", surroundings)
    assert told["project"] == PROJECT
    assert told["token"].startswith("ya29.")
