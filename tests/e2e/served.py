"""`underpass serve` on emulated clouds that are processes of their own."""

import json
import os
import subprocess
from pathlib import Path

from up import READY_SECONDS, Up, binary, environment, first_line

AZURE_REGION = "westeurope"
GOOGLE_REGION = "europe-west1"
CONSUMER_TENANT = "20000000-0000-4000-8000-000000000001"
CONSUMER_SUBSCRIPTION = "20000000-0000-4000-8000-000000000003"
ACCOUNT_GROUP = "underpass"


class Emulated:
    """One `underpass emulate`, stopped with its data kept."""

    def __init__(self, kind: str, directory: Path, *options: str, cloud_delay: str = "0s"):
        self.log = directory / f"{kind}.log"
        self.state = directory / kind
        words = [
            binary(), "emulate", kind, "--state", self.state, "--listen", "127.0.0.1:0",
            "--cloud-delay", cloud_delay, *options,
        ]  # fmt: skip
        # As `up` does with this variable.
        if record := os.environ.get("UNDERPASS_UP_RECORD"):
            words += ["--record", f"{record}/{kind}.jsonl"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(directory),
            )
        line = first_line(self.process.stdout, READY_SECONDS)
        assert line, f"`emulate {kind}` printed no ready line:\n{self.log.read_text()}"
        self.ready = json.loads(line)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(READY_SECONDS) == 0
        self.process.stdout.close()


class Serve(Up):
    """One `underpass serve`: configuration file, data directory, and at most one process."""

    def __init__(self, directory: Path, azure: Emulated, google: Emulated, more: str = ""):
        super().__init__(directory)
        self.clouds = {"azure": azure, "google": google}
        self.file = directory / "underpass.toml"
        self.flags: list[str] = []
        self.program = binary()
        at_azure, at_google = azure.ready, google.ready
        self.file.write_text(f'''
data_dir = "{self.data_dir}"
[server]
listen = "127.0.0.1:0"
[dns]
listen = "127.0.0.1:0"
domain = "privatelink.example.com"
[discovery]
interval = "off"
absence_window = "1s"
{more}
[accounts.azure-prod]
provider = "azure"
regions = ["{AZURE_REGION}"]
subscription = "{at_azure["subscription"]}"
resource_group = "{at_azure.get("resource_group") or ACCOUNT_GROUP}"
tenant = "{at_azure["tenant"]}"
client_id = "{at_azure["client_id"]}"
client_secret_file = "{at_azure["secret_file"]}"
resource_manager = "{at_azure["url"]}"
authority = "{at_azure["url"]}"
ca_file = "{at_azure["ca"]}"
[accounts.google-prod]
provider = "google"
regions = ["{GOOGLE_REGION}"]
project = "{at_google["project"]}"
access_token_file = "{at_google["token_file"]}"
api = "{at_google["url"]}"
''')

    def command(self) -> list[str]:
        return [str(self.program), "serve", "--config", str(self.file), *self.flags]

    def vpc_in(self, cloud: str) -> None:
        """`serve` creates no project VPC by itself."""
        return None

    @property
    def azure(self) -> dict:
        return self.clouds["azure"].ready | {
            "consumer_location": AZURE_REGION,
            "consumer_tenant": CONSUMER_TENANT,
            "consumer_subscription": CONSUMER_SUBSCRIPTION,
        }

    @property
    def google(self) -> dict:
        return self.clouds["google"].ready | {"region": GOOGLE_REGION}

    @property
    def google_token_file(self) -> Path:
        return Path(self.google["token_file"])
