"""Runs the emulated Azure as a process of its own and makes real clients for it."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

ROOT = Path(__file__).resolve().parents[4]
BINARY = Path(
    os.environ.get("UNDERPASS_AZURE_EMULATOR", ROOT / "target/debug/examples/azure")
)
PROVIDER_SECRET = "a secret of these tests"
CONSUMER_TENANT = "20000000-0000-4000-8000-000000000001"
CONSUMER_SUBSCRIPTION = "20000000-0000-4000-8000-000000000003"
STRANGER_SUBSCRIPTION = "30000000-0000-4000-8000-000000000003"


class Emulator:
    """One data directory, and at most one process on it."""

    def __init__(self, directory: Path, consumer_cidr: str):
        self.directory = directory
        self.consumer_cidr = consumer_cidr
        self.secret_file = directory / "provider.secret"
        self.secret_file.write_text(PROVIDER_SECRET)
        self.process = None

    def start(self, delay_ms: int = 50) -> None:
        arguments = {
            "--data-dir": self.directory / "azure",
            "--secret-file": self.secret_file,
            "--consumer-cidr": self.consumer_cidr,
            "--delay-ms": delay_ms,
        }
        words = [str(word) for pair in arguments.items() for word in pair]
        self.process = subprocess.Popen([BINARY, *words], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, f"the emulator ended with {self.process.wait()}"
        self.ready = json.loads(line)

    def kill(self) -> None:
        """Ends the process as a crash does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self) -> int:
        """Asks the process to end and gives its exit status."""
        self.process.terminate()
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        return status

    def credential(self, tenant: str, client: str, secret: str) -> ClientSecretCredential:
        return ClientSecretCredential(
            tenant,
            client,
            secret,
            authority=self.ready["url"],
            disable_instance_discovery=True,
            connection_verify=self.ready["ca"],
        )

    def provider(self) -> "Person":
        ready = self.ready
        credential = self.credential(ready["tenant"], ready["client_id"], PROVIDER_SECRET)
        return Person(self, credential, ready["subscription"])

    def consumer(
        self, subscription: str = CONSUMER_SUBSCRIPTION, tenant: str = CONSUMER_TENANT
    ) -> "Person":
        return Person(self, self.credential(tenant, "anybody", "anything"), subscription)

    def admin(self, method: str, path: str, body: dict | None = None) -> dict | None:
        secret = Path(self.ready["admin_secret_file"]).read_text().strip()
        request = urllib.request.Request(
            self.ready["admin_url"] + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {secret}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            content = reply.read()
        return json.loads(content) if content else None


class Person:
    """The SDK's clients for one subscription."""

    def __init__(self, emulator: Emulator, credential, subscription: str):
        self.subscription = subscription
        url = emulator.ready["url"]
        settings = {
            "base_url": url,
            "credential_scopes": [f"{url}/.default"],
            "connection_verify": emulator.ready["ca"],
        }
        self.network = NetworkManagementClient(credential, subscription, **settings)
        self.resources = ResourceManagementClient(credential, subscription, **settings)

    def group(self, name: str) -> None:
        self.resources.resource_groups.create_or_update(name, {"location": "westeurope"})
