"""Runs the emulated Azure as a process of its own and makes real clients for it."""

from pathlib import Path

from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from process import Process, binary

PROVIDER_SECRET = "a secret of these tests"
CONSUMER_TENANT = "20000000-0000-4000-8000-000000000001"
CONSUMER_SUBSCRIPTION = "20000000-0000-4000-8000-000000000003"
STRANGER_SUBSCRIPTION = "30000000-0000-4000-8000-000000000003"


class Emulator(Process):
    """One data directory, and at most one process on it."""

    def __init__(self, directory: Path, consumer_cidr: str):
        super().__init__(binary("azure"))
        self.directory = directory
        self.consumer_cidr = consumer_cidr
        self.secret_file = directory / "provider.secret"
        self.secret_file.write_text(PROVIDER_SECRET)

    def start(self, delay_ms: int = 50) -> None:
        self.start_with(
            {
                "--data-dir": self.directory / "azure",
                "--secret-file": self.secret_file,
                "--metadata": "127.0.0.1:0",
                "--consumer-dns": "127.0.0.1:0",
                "--consumer-cidr": self.consumer_cidr,
                "--delay-ms": delay_ms,
            }
        )

    def credential(self, tenant: str, client: str, secret: str) -> ClientSecretCredential:
        return ClientSecretCredential(
            tenant,
            client,
            secret,
            authority=self.ready["url"],
            disable_instance_discovery=True,
            connection_verify=self.ready["ca"],
        )

    def provider(self) -> "Principal":
        ready = self.ready
        credential = self.credential(ready["tenant"], ready["client_id"], PROVIDER_SECRET)
        return Principal(self, credential, ready["subscription"])

    def consumer(
        self, subscription: str = CONSUMER_SUBSCRIPTION, tenant: str = CONSUMER_TENANT
    ) -> "Principal":
        return Principal(self, self.credential(tenant, "any-client", "any-secret"), subscription)


class Principal:
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
        self.dns = PrivateDnsManagementClient(credential, subscription, **settings)

    def group(self, name: str) -> None:
        self.resources.resource_groups.create_or_update(name, {"location": "westeurope"})
