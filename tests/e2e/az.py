"""The real `az`, with a configuration and an identity of its own at the emulated Azure.

`scripts/test --full` installs it from PyPI in a virtual environment of its own (400 MB), because its
dependencies are not those of the newest SDK, and names it in UNDERPASS_AZ.
"""

import json
import os
from pathlib import Path

from clients import CommandLine
from up import Up, environment


class Az(CommandLine):
    """A command takes two seconds, mostly to start, and many times that on a busy machine."""

    seconds = 300.0

    def __init__(self, up: Up, name: str, tenant: str, client: str, secret: str):
        azure = up.azure
        config = up.directory / f"az-{name}"
        config.mkdir()

        def variables() -> dict[str, str]:
            return environment(up.directory) | {
                "AZURE_CONFIG_DIR": str(config),
                "AZURE_CORE_INSTANCE_DISCOVERY": "false",
                "AZURE_CORE_COLLECT_TELEMETRY": "no",
                "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
                "REQUESTS_CA_BUNDLE": azure["ca"],
            }

        super().__init__(Path(os.environ["UNDERPASS_AZ"]), variables, up.directory)
        self("cloud", "register", "-n", "emulated", "--endpoint-resource-manager", azure["url"])
        self("cloud", "set", "-n", "emulated")
        identity = ("-u", client, "-p", secret, "--tenant", tenant)
        self("login", "--service-principal", *identity)

    def json(self, *words: str):
        printed = self(*words, "-o", "json")
        return json.loads(printed) if printed.strip() else None

    def version(self) -> str:
        return self.json("version")["azure-cli"]
