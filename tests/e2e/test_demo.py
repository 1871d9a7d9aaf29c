"""`underpass demo`, and `underpass emulate azure` and `google` alone."""

import contextlib
import json
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from azure.identity import ClientSecretCredential
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials
from google_clients import CLIENTS

from up import READY_SECONDS, STOP_SECONDS, binary, environment

DEMO_SECONDS = 120.0


def test_the_demo_passes_every_check_and_leaves_nothing(tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        [str(binary()), "demo"],
        capture_output=True,
        text=True,
        env=environment(tmp_path) | {"TMPDIR": str(temporary)},
        timeout=DEMO_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks passed" in done.stdout
    # PostgreSQL is here, so the demo must have found it.
    for cloud in ("Azure", "Google"):
        assert f"Publish PostgreSQL privately on {cloud}" in done.stdout
    assert list(temporary.iterdir()) == []


@contextlib.contextmanager
def emulated(cloud: str, tmp_path, *arguments: str):
    """Runs one emulated cloud as a process; yields its ready line."""
    process = subprocess.Popen(
        [str(binary()), "emulate", cloud, "--state", str(tmp_path / "state"),
         "--listen", "127.0.0.1:0", "--cloud-delay", "0s", *arguments],
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
    )  # fmt: skip
    try:
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 0
    finally:
        process.kill()
        process.wait(READY_SECONDS)
        process.stdout.close()


def test_emulated_azure_runs_alone_and_issues_tokens(tmp_path):
    with emulated("azure", tmp_path) as ready:
        credential = ClientSecretCredential(
            "20000000-0000-4000-8000-000000000001",
            "any client",
            "anything",
            authority=ready["url"],
            disable_instance_discovery=True,
            connection_verify=ready["ca"],
        )
        assert credential.get_token(f"{ready['url']}/.default").token


def status(request: urllib.request.Request, ca: str | None = None) -> int:
    context = ssl.create_default_context(cafile=ca) if ca else None
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(("allowed", "expected"), [((), 400), (("newregion",), 201)])
def test_emulated_azure_knows_the_regions_that_are_allowed(tmp_path, allowed, expected):
    flags = [it for region in allowed for it in ("--allow-region", f"azure-{region}")]
    with emulated("azure", tmp_path, *flags) as ready:
        credential = ClientSecretCredential(
            ready["tenant"], ready["client_id"], Path(ready["secret_file"]).read_text().strip(),
            authority=ready["url"], disable_instance_discovery=True,
            connection_verify=ready["ca"],
        )  # fmt: skip
        token = credential.get_token(f"{ready['url']}/.default").token
        request = urllib.request.Request(
            f"{ready['url']}/subscriptions/{ready['subscription']}/resourceGroups/g"
            "?api-version=2024-03-01",
            data=json.dumps({"location": "newregion"}).encode(), method="PUT",
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        )  # fmt: skip
        assert status(request, ready["ca"]) == expected


@pytest.mark.parametrize(("allowed", "expected"), [((), 400), (("newregion1",), 200)])
def test_emulated_google_knows_the_regions_that_are_allowed(tmp_path, allowed, expected):
    flags = [it for region in allowed for it in ("--allow-region", f"google-{region}")]
    with emulated("google", tmp_path, *flags) as ready:
        token = Path(ready["token_file"]).read_text().strip()
        request = urllib.request.Request(
            f"{ready['url']}/compute/v1/projects/{ready['project']}/regions/newregion1/subnetworks",
            headers={"authorization": f"Bearer {token}"},
        )
        assert status(request) == expected


@pytest.mark.parametrize("client", CLIENTS)
def test_emulated_google_runs_alone_and_knows_the_provider_by_its_token(tmp_path, client):
    body = {"name": "team", "autoCreateSubnetworks": False}
    with emulated("google", tmp_path) as ready:
        token = Path(ready["token_file"]).read_text().strip()
        provider = CLIENTS[client](ready["project"], Credentials(token), ready["url"])
        consumer = CLIENTS[client]("a-consumer", AnonymousCredentials(), ready["url"])
        for principal in (provider, consumer):
            principal.insert("networks", body)
            assert principal.names("networks") == ["team"]
    # The next process on the same directory has everything.
    with emulated("google", tmp_path) as again:
        assert (again["url"], again["project"]) == (ready["url"], ready["project"])
        assert provider.names("networks") == ["team"]
