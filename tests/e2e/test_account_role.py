"""The printed roles: `serve` works with exactly them, and `account check` names what is missing."""

import json
import socket
import threading

import pytest

from azure_principals import Consumer as AzureConsumer
from azure_principals import Provider as AzureProvider
from google_principals import Consumer as GoogleConsumer
from google_principals import Provider as GoogleProvider
from names import addresses
from roles import AZURE, GOOGLE, Roles
from served import ACCOUNT_GROUP, AZURE_REGION, Emulated, Serve
from test_serve import on_azure, on_google
from waiting import wait_for, wait_until


@pytest.fixture
def clouds(tmp_path):
    azure, google = Emulated("azure", tmp_path), Emulated("google", tmp_path, "--status-lag", "0s")
    yield azure, google
    for cloud in (azure, google):
        cloud.stop()


@pytest.fixture
def roles(tmp_path, clouds):
    """A server that is not started, whose accounts have the printed roles."""
    server = Serve(tmp_path / "serve", *clouds)
    provider = AzureProvider(server)
    groups = provider.resources.resource_groups
    groups.create_or_update(ACCOUNT_GROUP, {"location": AZURE_REGION})
    given = Roles(server)
    given.on_azure()
    given.on_google()
    return given


@pytest.fixture
def serve(roles):
    yield roles.serve.start()
    roles.serve.close()
    assert roles.serve.complaints() == []


def test_the_server_needs_exactly_the_printed_roles(serve):
    azure, google = on_azure(serve), on_google(serve)
    consumer = AzureConsumer(
        serve, serve.azure["consumer_tenant"], azure.stack.subscription, "10.20.0.0/24"
    )
    plc, address = azure.connect(consumer, "to-pg")
    wait_for("the name is published", lambda: addresses(serve, azure.host(plc)), [address])
    other = GoogleConsumer.in_network(serve, "consumer-1", "10.21.0.0/24")
    google_plc, google_address = google.connect(other, "to-redis")
    host = google.host(google_plc)
    wait_for("it is published", lambda: addresses(serve, host), [google_address])

    # Ports are closed and opened again.
    for link, component in ((azure, "pg"), (google, "redis")):
        for is_open in (False, True):
            link.toggle(**{component: is_open})
            link.wait_active()

    # What was changed elsewhere is put right.
    balancers = AzureProvider(serve).network.load_balancers
    group, name = azure.link()["azure_service_id"].split("/")[4::4]
    balancer = balancers.get(group, f"{name}-lb")
    balancer.properties.load_balancing_rules = []
    balancers.begin_create_or_update(group, f"{name}-lb", balancer).result()
    azure.refresh()

    def is_repaired() -> bool:
        found = balancers.get(group, f"{name}-lb").properties.load_balancing_rules
        return len(found or []) == 1

    wait_until("the rule is back", is_repaired)
    compute = GoogleProvider(serve).compute
    rule = f"{google.object}-allow"
    wait_until("the rule is there", lambda: rule in compute.names("firewalls"))
    compute.delete("firewalls", rule)
    google.refresh()
    wait_until("the rule is back", lambda: rule in compute.names("firewalls"))

    # A decision is taken back, and all is deleted.
    azure.decide(plc, "reject")
    azure.wait_state("to-pg", None)
    google.decide(google_plc, "reject")
    for link in (azure, google):
        link.delete()
    for link in (azure, google):
        api = link.stack.api
        service = api.ok("GET", link.path())["service"]
        api.ok("DELETE", link.path())
        vpc = service["project_vpc_id"]
        del_machines(serve, vpc)
        for address in service["static_ips"] if "static_ips" in service else []:
            api.call("DELETE", api.project(f"static-ips/{address}"))
        path = api.project(f"vpcs/{vpc}")
        api.ok("DELETE", path)
        wait_until("the VPC is gone", lambda api=api, path=path: gone(api, path))


def gone(api, path: str) -> bool:
    return api.call("GET", path).status == 404


def del_machines(serve, vpc: str) -> None:
    """The operator deletes the machine of a project VPC, in the cloud that has it."""
    interfaces = AzureProvider(serve).network.network_interfaces
    group = f"underpass-vpc-{vpc}"
    if any(group in it.id for it in interfaces.list_all()):
        interfaces.begin_delete(group, "machine-1").result()
        return
    compute = GoogleProvider(serve).compute
    if "machine-1" in compute.names("instances"):
        compute.delete("instances", "machine-1")


def test_an_account_with_the_printed_role_is_right_in_everything(roles):
    code, found = roles.checked()
    assert code == 0, [it for it in found if it["status"] != "ok"]
    assert {it["account"] for it in found} == {AZURE, GOOGLE}
    shown = roles.account("check")
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert len(lines) == len(found)
    assert all(line.startswith("ok ") for line in lines)
    assert f"all {len(found)} checks are ok" in shown.stderr
    secrets = [(roles.serve.file.parent / name).read_text() for name in
               ("application.secret", "key.json")]  # fmt: skip
    secrets.append(json.loads(secrets[1])["private_key"])
    for secret in secrets:
        assert secret not in shown.stdout + shown.stderr


def test_each_action_that_is_taken_away_is_named_with_its_command(roles):
    for name in roles.on_azure()["Actions"]:
        roles.on_azure(without=name)
        code, found = roles.checked(AZURE)
        assert code == 1
        [finding] = [it for it in found if (it["check"], it["subject"]) == ("permission", name)]
        if name == "Microsoft.Authorization/permissions/read":
            # It cannot be known, so nothing is called right.
            states = {it["status"] for it in found if it["check"] == "permission"}
            assert states == {"unknown"}
            continue
        assert finding["status"] == "missing", finding
        command = f"underpass account role {AZURE} --config {roles.serve.file} > role.json"
        assert command in finding["remedy"]
    for name in roles.on_google():
        roles.on_google(without=name)
        code, found = roles.checked(GOOGLE)
        assert code == 1
        [finding] = [it for it in found if (it["check"], it["subject"]) == ("permission", name)]
        assert finding["status"] == "missing", finding
        assert f"--add-permissions {name}" in finding["remedy"]


def test_a_refused_sign_in_an_unreadable_file_and_an_unknown_account_are_told(roles):
    directory = roles.serve.file.parent
    (directory / "application.secret").write_text("another secret")
    (directory / "key.json").write_text("not a key")
    code, found = roles.checked()
    assert code == 1
    missing = {it["account"]: it for it in found if it["status"] == "missing"}
    assert set(missing) == {AZURE, GOOGLE}
    assert {it["check"] for it in missing.values()} == {"sign_in"}
    assert "AADSTS7000215" in missing[AZURE]["message"]
    assert "another secret" not in json.dumps(found)
    assert all(it["status"] == "unknown" for it in found if it not in missing.values())
    unknown = roles.account("check", "nowhere")
    assert unknown.returncode == 1
    assert f"accounts: {AZURE}, {GOOGLE}" in unknown.stderr


def test_an_account_whose_cloud_does_not_answer_ends_within_the_limit(roles):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kept = []

        def accept() -> None:
            while True:
                try:
                    kept.append(silent.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        text = roles.serve.file.read_text()
        url = f'api = "http://127.0.0.1:{silent.getsockname()[1]}"'
        roles.serve.file.write_text(text.replace(f'\napi = "{roles.google["url"]}"', f"\n{url}"))
        code, found = roles.checked(GOOGLE, "--time-limit", "2s")
        assert code == 1
        assert found[0]["check"] == "sign_in" and found[0]["status"] == "ok"
        [rest] = found[1:]
        assert rest["status"] == "unknown"
        assert "did not end within 2 s" in rest["message"]
        for connection in kept:
            connection.close()
