"""Runs the emulated Google as a process of its own and makes real clients for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials

from google_clients import CLIENTS
from process import Process, binary

PROJECT = "underpass-provider"
CONSUMER = "a-consumer"
REGION = "europe-west1"
ZONE = "europe-west1-b"
TOKEN = "a token of these tests"


def make_key_file(project: str) -> dict:
    """A service account's key file in the form of the console, with a new key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": f"driver@{project}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


class GoogleEmulator(Process):
    """One data directory, and at most one process on it."""

    def __init__(self, directory: Path, consumer_cidr: str):
        super().__init__(binary("google"))
        self.directory = directory
        self.consumer_cidr = consumer_cidr
        self.token_file = directory / "provider.token"
        self.token_file.write_text(TOKEN)
        self.key_file = directory / "service-account.json"
        self.key = make_key_file(PROJECT)
        self.key_file.write_text(json.dumps(self.key))

    def start(self, delay_ms: int = 0, lag_ms: int = 0) -> None:
        self.start_with(
            {
                "--data-dir": self.directory / "google",
                "--token-file": self.token_file,
                "--project": PROJECT,
                "--service-account-file": self.key_file,
                "--proxy": "127.0.0.1:0",
                "--metadata": "127.0.0.1:0",
                "--consumer-cidr": self.consumer_cidr,
                "--delay-ms": delay_ms,
                "--lag-ms": lag_ms,
            }
        )

    def restart(self, **settings) -> None:
        """Stops it and starts it with other settings."""
        assert self.stop() == 0
        self.start(**settings)

    def provider(self, kind: str):
        return CLIENTS[kind](PROJECT, Credentials(TOKEN), self.ready["url"])

    def consumer(self, kind: str, project: str = CONSUMER):
        return CLIENTS[kind](project, AnonymousCredentials(), self.ready["url"])

    def proxied(self) -> dict:
        """The environment that leads a client with the real addresses to the emulator."""
        ca = self.ready["ca"]
        return {
            "HTTPS_PROXY": self.ready["proxy"],
            "REQUESTS_CA_BUNDLE": ca,
            "HTTPLIB2_CA_CERTS": ca,
        }

    def run_unchanged(self, script: str, environment: dict, *words: str) -> dict:
        """Runs a script that does not know the emulator; returns the JSON that it prints."""
        path = Path(__file__).parent / "unchanged" / script
        done = subprocess.run(
            [sys.executable, path, *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.directory), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
