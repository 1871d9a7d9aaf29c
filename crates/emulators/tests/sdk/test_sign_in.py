"""Ways to sign in as the provider, with the vendors' own clients."""

import base64
import datetime
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    CredentialUnavailableError,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import identity_pool, impersonated_credentials
from google.auth.exceptions import OAuthError, RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

from emulator import Principal
from google_clients import CloudClients
from google_emulator import PROJECT

ISSUER = "https://issuer.test"
SUBJECT = "system:serviceaccount:underpass:underpass"
EXCHANGE = "api://AzureADTokenExchange"
POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p"
AUDIENCE = f"{POOL}/providers/x"
ROBOT = f"robot@{PROJECT}.iam.gserviceaccount.com"
SCOPES = ["https://www.googleapis.com/auth/compute"]


class Issuer:
    """Another issuer of tokens, with one key."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def jwk(self) -> dict:
        numbers = self.key.public_key().public_numbers()

        def encoded(number: int) -> str:
            octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
            return base64.urlsafe_b64encode(octets).decode().rstrip("=")

        return {"n": encoded(numbers.n), "e": encoded(numbers.e)}

    def token(self, audience: str, **claims) -> str:
        now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
        usual = {"iss": ISSUER, "sub": SUBJECT, "aud": audience, "iat": now, "exp": now + 600}
        return jwt.encode({**usual, **claims}, self.key, algorithm="RS256")

    def certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "driver")])
        now = datetime.datetime.now(datetime.timezone.utc)
        built = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def issuer():
    return Issuer()


def azure_groups(emulator, credential) -> list:
    """The names of the resource groups that the credential shows."""
    provider = Principal(emulator, credential, emulator.ready["subscription"])
    return [group.name for group in provider.resources.resource_groups.list()]


def settings(emulator) -> dict:
    return {
        "authority": emulator.ready["url"],
        "disable_instance_discovery": True,
        "connection_verify": emulator.ready["ca"],
    }


def test_azure_accepts_the_apps_certificate_alone(emulator, issuer):
    def groups(key: Issuer, certificate: bytes) -> list:
        credential = CertificateCredential(
            emulator.ready["tenant"],
            emulator.ready["client_id"],
            certificate_data=key.pem() + certificate,
            **settings(emulator),
        )
        return azure_groups(emulator, credential)

    certificate, other = issuer.certificate(), Issuer()
    emulator.admin("PUT", "/credentials", {"certificates": certificate.decode()})
    assert groups(issuer, certificate) == []
    for key, sent in [(other, other.certificate()), (other, certificate)]:
        with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
            groups(key, sent)


def test_azure_accepts_a_token_of_an_issuer_that_the_app_trusts(emulator, issuer, tmp_path):
    file = tmp_path / "token"
    trust = {"issuer": ISSUER, "subject": SUBJECT, "audiences": [EXCHANGE], "keys": [issuer.jwk()]}
    emulator.admin("PUT", "/credentials", {"federated": [trust]})

    def groups(token: str) -> list:
        file.write_text(token)
        credential = WorkloadIdentityCredential(
            tenant_id=emulator.ready["tenant"],
            client_id=emulator.ready["client_id"],
            token_file_path=str(file),
            **settings(emulator),
        )
        return azure_groups(emulator, credential)

    assert groups(issuer.token(EXCHANGE)) == []
    for token, code in [
        (issuer.token(EXCHANGE, iss="https://else.test"), "AADSTS700211"),
        (issuer.token(EXCHANGE, sub="else"), "AADSTS700213"),
        (issuer.token("else"), "AADSTS700212"),
        (Issuer().token(EXCHANGE), "AADSTS50013"),
        (issuer.token(EXCHANGE, exp=1), "AADSTS700024"),
    ]:
        with pytest.raises(ClientAuthenticationError, match=code):
            groups(token)


def test_azure_gives_the_machines_identity_to_local_processes(emulator, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", emulator.ready["metadata"])
    assert azure_groups(emulator, ManagedIdentityCredential()) == []
    own = ManagedIdentityCredential(client_id=emulator.ready["client_id"])
    assert azure_groups(emulator, own) == []
    other = ManagedIdentityCredential(client_id="30000000-0000-4000-8000-000000000009")
    with pytest.raises((CredentialUnavailableError, ClientAuthenticationError)):
        azure_groups(emulator, other)


def trust_on_google(google, issuer, direct: bool) -> None:
    members = [f"principal:{POOL}/subject/{SUBJECT}", google.key["client_email"]]
    provider = {
        "audience": AUDIENCE,
        "issuer": ISSUER,
        "keys": [issuer.jwk()],
        "direct_access": direct,
    }
    google.admin(
        "PUT",
        "/credentials",
        {
            "service_account_keys": [google.key],
            "workload_identity_providers": [provider],
            "token_creators": [{"service_account": ROBOT, "members": members}],
        },
    )


def federated(google, source: dict, impersonate: bool) -> identity_pool.Credentials:
    url = google.ready["url"]
    info = {
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{url}/v1/token",
        "credential_source": source,
    }
    if impersonate:
        account = f"{url}/v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken"
        info["service_account_impersonation_url"] = account
    return identity_pool.Credentials.from_info(info, scopes=SCOPES)


def google_networks(google, credentials) -> list:
    credentials.refresh(Request())
    clients = CloudClients(PROJECT, Credentials(credentials.token), google.ready["url"])
    return clients.names("networks")


@pytest.mark.parametrize("impersonate", [False, True])
def test_google_exchanges_a_token_from_a_file(google, issuer, tmp_path, impersonate):
    trust_on_google(google, issuer, direct=not impersonate)
    file = tmp_path / "token"
    file.write_text(issuer.token(f"https:{AUDIENCE}"))
    assert google_networks(google, federated(google, {"file": str(file)}, impersonate)) == []
    file.write_text(Issuer().token(AUDIENCE))
    with pytest.raises(OAuthError, match="signature"):
        federated(google, {"file": str(file)}, impersonate).refresh(Request())


def test_google_exchanges_a_token_from_a_url(google, issuer):
    trust_on_google(google, issuer, direct=True)
    token = issuer.token(AUDIENCE)

    class Source(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.headers["Metadata"] == "True" else 403)
            self.end_headers()
            self.wfile.write(json.dumps({"id": token}).encode())

        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    source = {
        "url": f"http://127.0.0.1:{server.server_port}/token",
        "headers": {"Metadata": "True"},
        "format": {"type": "json", "subject_token_field_name": "id"},
    }
    assert google_networks(google, federated(google, source, False)) == []
    server.shutdown()
    server.server_close()


def test_google_lets_a_key_issue_tokens_of_another_account(google, issuer):
    trust_on_google(google, issuer, direct=False)
    info = {**google.key, "token_uri": f"{google.ready['url']}/token"}

    def robot(email: str) -> impersonated_credentials.Credentials:
        url = google.ready["url"]
        return impersonated_credentials.Credentials(
            source_credentials=service_account.Credentials.from_service_account_info(info),
            target_principal=email,
            target_scopes=SCOPES,
            iam_endpoint_override=f"{url}/v1/projects/-/serviceAccounts/{email}:generateAccessToken",
        )

    assert google_networks(google, robot(ROBOT)) == []
    with pytest.raises(RefreshError, match="getAccessToken"):
        robot(f"else@{PROJECT}.iam.gserviceaccount.com").refresh(Request())
