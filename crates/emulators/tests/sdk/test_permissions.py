"""Roles and permissions, read by the vendors' own clients."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.network import NetworkManagementClient
from google.oauth2 import service_account
from googleapiclient.discovery import build

from google_clients import CLIENTS
from google_emulator import PROJECT

APPLICATION = "30000000-0000-4000-8000-000000000001"
SECRET = "a secret of the application"
LINK = "Microsoft.Network/privateLinkServices/read"


def test_azure_lists_and_enforces_the_actions_of_an_application(emulator):
    ready = emulator.ready
    scope = f"/subscriptions/{ready['subscription']}"
    application = {"client_id": APPLICATION, "secrets": [SECRET]}
    emulator.admin("PUT", "/credentials", {"secrets": ["other"], "applications": [application]})
    role = {"Name": "reader", "Actions": ["Microsoft.Network/*/read", "Microsoft.Authorization/*"],
            "NotActions": [LINK], "AssignableScopes": [scope]}  # fmt: skip
    assignment = {"principal": APPLICATION, "scope": scope, "role": role}
    emulator.admin("PUT", "/role-assignments", {"assignments": [assignment]})
    credential = emulator.credential(ready["tenant"], APPLICATION, SECRET)
    settings = {
        "base_url": ready["url"],
        "credential_scopes": [f"{ready['url']}/.default"],
        "connection_verify": ready["ca"],
    }
    rights = AuthorizationManagementClient(credential, ready["subscription"], **settings)
    listed = rights.permissions.list_for_resource_group("any")
    assert [(it.actions, it.not_actions) for it in listed] == [
        (role["Actions"], role["NotActions"])
    ]
    network = NetworkManagementClient(credential, ready["subscription"], **settings)
    assert list(network.load_balancers.list_all()) == []
    used = {it.name.value: (it.current_value, it.limit) for it in network.usages.list("westeurope")}
    assert used["PrivateLinkServices"] == (0, 800)
    with pytest.raises(HttpResponseError) as refused:
        list(network.private_link_services.list_by_subscription())
    assert (refused.value.status_code, refused.value.error.code) == (403, "AuthorizationFailed")
    assert f"perform action '{LINK}' over scope '{scope}'" in refused.value.message


def test_google_tests_and_enforces_the_permissions_of_an_account(google):
    url = google.ready["url"]
    info = {**google.key, "token_uri": f"{url}/token"}

    def credentials(scope: str):
        scopes = [f"https://www.googleapis.com/auth/{scope}"]
        return service_account.Credentials.from_service_account_info(info, scopes=scopes)

    role = {"includedPermissions": ["compute.networks.list", "compute.regions.get"]}
    members = [f"serviceAccount:{info['client_email']}"]
    google.admin("PUT", "/iam-policy", {"bindings": [{"role": role, "members": members}]})
    manager = build(
        "cloudresourcemanager",
        "v1",
        credentials=credentials("cloud-platform.read-only"),
        client_options={"api_endpoint": f"{url}/"},
    )
    asked = {"permissions": ["compute.networks.list", "compute.networks.create"]}
    granted = manager.projects().testIamPermissions(resource=PROJECT, body=asked).execute()
    assert granted == {"permissions": ["compute.networks.list"]}
    compute = CLIENTS["google-api-python-client"](PROJECT, credentials("compute"), url)
    assert compute.names("networks") == []
    with pytest.raises(Exception, match="Required 'compute.networks.create' permission for"):
        compute.insert("networks", {"name": "n", "autoCreateSubnetworks": False})
