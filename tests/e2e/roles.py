"""Accounts of `serve` with principals of their own in the emulated clouds, and their roles."""

import json
import subprocess
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from served import Serve
from up import binary, environment

APPLICATION = "30000000-0000-4000-8000-000000000001"
AZURE, GOOGLE = "azure-prod", "google-prod"


def admin(ready: dict, route: str, body: dict) -> None:
    """Replaces something by an admin route of an emulated cloud."""
    secret = Path(ready["admin_secret_file"]).read_text().strip()
    request = urllib.request.Request(
        f"{ready['admin_url']}/{route}",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {secret}", "content-type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 204


def key_file(project: str, url: str) -> dict:
    """The key of a new service account."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "1",
        "private_key": pem,
        "client_email": f"underpass@{project}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }


class Roles:
    """The accounts of a `serve` that is not started yet."""

    def __init__(self, serve: Serve):
        self.serve = serve
        self.azure, self.google = serve.azure, serve.google
        self._use_own_principals()

    def _use_own_principals(self) -> None:
        directory = self.serve.file.parent
        secret = directory / "application.secret"
        secret.write_text("the application's secret")
        owner = Path(self.azure["secret_file"]).read_text().strip()
        application = {"client_id": APPLICATION, "secrets": [secret.read_text()]}
        admin(self.azure, "credentials", {"secrets": [owner], "applications": [application]})
        key = key_file(self.google["project"], self.google["url"])
        admin(self.google, "credentials", {"service_account_keys": [key]})
        self.email = key["client_email"]
        key_path = directory / "key.json"
        key_path.write_text(json.dumps(key))
        text = self.serve.file.read_text()
        for before, after in (
            (f'client_id = "{self.azure["client_id"]}"', f'client_id = "{APPLICATION}"'),
            (self.azure["secret_file"], str(secret)),
            (
                f'access_token_file = "{self.google["token_file"]}"',
                f'credentials_file = "{key_path}"\n'
                f'resource_manager_api = "{self.google["url"]}"\n'
                f'service_usage_api = "{self.google["url"]}"',
            ),
        ):
            assert before in text
            text = text.replace(before, after)
        self.serve.file.write_text(text)

    def account(self, *words: str) -> subprocess.CompletedProcess:
        """`underpass account …` with the configuration of the server."""
        return subprocess.run(
            [str(binary()), "account", *words, "--config", str(self.serve.file)],
            capture_output=True,
            text=True,
            env=environment(self.serve.file.parent),
            timeout=60,
            check=False,
        )

    def printed(self, account: str) -> str:
        """The role of an account, as printed."""
        shown = self.account("role", account)
        assert shown.returncode == 0, shown
        return shown.stdout

    def on_azure(self, without: str | None = None) -> dict:
        """Assigns the printed role, or the role without one action."""
        role = json.loads(self.printed(AZURE))
        role["Actions"] = [it for it in role["Actions"] if it != without]
        [scope] = role["AssignableScopes"]
        assignment = {"principal": APPLICATION, "scope": scope, "role": role}
        admin(self.azure, "role-assignments", {"assignments": [assignment]})
        return role

    def on_google(self, without: str | None = None) -> list[str]:
        """Binds the printed role, or the role without one permission."""
        _, listed = self.printed(GOOGLE).split("includedPermissions:\n")
        permissions = [line.removeprefix("- ") for line in listed.splitlines()]
        self.bind([it for it in permissions if it != without])
        return permissions

    def bind(self, permissions: list[str]) -> None:
        role = {"includedPermissions": permissions}
        members = [f"serviceAccount:{self.email}"]
        admin(self.google, "iam-policy", {"bindings": [{"role": role, "members": members}]})

    def checked(self, *words: str) -> tuple[int, list[dict]]:
        """The exit code and the findings of `account check`."""
        shown = self.account("check", "--json", *words)
        return shown.returncode, json.loads(shown.stdout)
