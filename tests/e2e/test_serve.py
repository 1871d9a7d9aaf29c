"""`underpass serve` with a configuration file, beside two clouds in processes of their own."""

import os
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from azure_principals import Consumer as AzureConsumer
from azure_principals import Provider as AzureProvider
from google_principals import Consumer as GoogleConsumer
from google_principals import Provider as GoogleProvider
from google_stack import GoogleStack
from names import addresses, ask
from postgres import DATABASE, USER, free_port
from secondaries import KEY_NAME, SECRET, Bind, Knot
from secondaries import ask as ask_at
from served import ACCOUNT_GROUP, AZURE_REGION, Emulated, Serve
from stack import Stack
from up import CLOUD, GOOGLE_CLOUD, binary, environment
from waiting import wait_for, wait_until


@pytest.fixture
def clouds(tmp_path):
    azure, google = Emulated("azure", tmp_path), Emulated("google", tmp_path, "--status-lag", "0s")
    yield azure, google
    for cloud in (azure, google):
        cloud.stop()


@pytest.fixture
def serve(tmp_path, clouds):
    server = Serve(tmp_path / "serve", *clouds)
    provider = AzureProvider(server)
    groups = provider.resources.resource_groups
    groups.create_or_update(ACCOUNT_GROUP, {"location": AZURE_REGION})
    yield server.start()
    server.close()
    assert server.complaints() == []


def network(stack, cloud: str, cidr: str) -> str:
    """The ID of a new project VPC."""
    api = stack.api
    body = {"cloud_name": cloud, "network_cidr": cidr}
    vpc = api.ok("POST", api.project("vpcs"), body)["project_vpc_id"]
    path = api.project(f"vpcs/{vpc}")
    wait_for("the VPC is active", lambda: api.ok("GET", path)["state"], "ACTIVE")
    return vpc


def placement(stack, vpc: str) -> dict:
    return stack.api.ok("GET", f"/underpass{stack.api.project(f'vpcs/{vpc}')}")


def register(stack, vpc: str, address: str, handle: dict, more: dict):
    """A service on one machine inside a project VPC."""
    name = stack.name()
    body = stack.service_body(name, {stack.kind: 5432}) | {"project_vpc_id": vpc} | more
    body["underpass"]["nodes"] = [{"name": "n1", "address": address, "cloud": handle}]
    stack.api.ok("POST", stack.api.project("service"), body)
    return stack.publication(name)


def on_azure(serve):
    """An active link in Azure on a machine of the provider."""
    stack = Stack(serve)
    vpc = network(stack, CLOUD, "10.70.0.0/24")
    subnet = placement(stack, vpc)["azure"]["node_subnet"]
    configuration = {
        "name": "first",
        "properties": {
            "primary": True,
            "subnet": {"id": subnet},
            "privateIPAllocationMethod": "Static",
            "privateIPAddress": "10.70.0.10",
        },
    }
    body = {"location": AZURE_REGION, "properties": {"ipConfigurations": [configuration]}}
    interfaces = AzureProvider(serve).network.network_interfaces
    group = f"underpass-vpc-{vpc}"
    nic = interfaces.begin_create_or_update(group, "machine-1", body).result()
    handle = {"azure": {"nic_id": nic.id}}
    published = register(stack, vpc, "10.70.0.10", handle, {"static_ips": stack.static_ips()})
    published.toggle(pg=True)
    published.create([stack.subscription])
    published.wait_active()
    return published


def on_google(serve):
    """An active link in Google on a machine of the provider."""
    stack = GoogleStack(serve)
    vpc = network(stack, GOOGLE_CLOUD, "10.71.0.0/24")
    subnet = placement(stack, vpc)["google"]["node_subnet"]
    compute = GoogleProvider(serve).compute
    zone = f"{serve.google['region']}-b"
    made = compute.insert(
        "instances",
        {
            "name": "machine-1",
            "machineType": f"zones/{zone}/machineTypes/e2-micro",
            "networkInterfaces": [{"subnetwork": subnet, "networkIP": "10.71.0.10"}],
        },
    )
    assert made is None or made
    instance = f"projects/{serve.google['project']}/zones/{zone}/instances/machine-1"
    handle = {"google": {"instance": instance}}
    published = register(stack, vpc, "10.71.0.10", handle, {"user_config": {}})
    published.toggle(redis=True)
    published.create()
    published.wait_active()
    return published


def ready(serve) -> int:
    try:
        with urllib.request.urlopen(f"{serve.ready['api']}/readyz", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except (urllib.error.URLError, ConnectionError):
        return 0


def test_services_are_published_on_both_clouds_and_stay_over_a_restart(serve):
    azure, google = on_azure(serve), on_google(serve)
    consumer = AzureConsumer(
        serve, serve.azure["consumer_tenant"], azure.stack.subscription, "10.20.0.0/24"
    )
    plc, address = azure.connect(consumer, "to-pg")
    host = azure.host(plc)
    assert host.endswith(".privatelink.example.com")
    wait_for("the name is published", lambda: addresses(serve, host), [address])
    other = GoogleConsumer.in_network(serve, "consumer-1", "10.21.0.0/24")
    google_plc, google_address = google.connect(other, "to-redis")
    google_host = google.host(google_plc)
    wait_for("it is published", lambda: addresses(serve, google_host), [google_address])

    for how in (signal.SIGTERM, signal.SIGKILL):
        before = azure.stack.state_of_everything() | google.stack.state_of_everything()
        serve.restart(how)
        assert ready(serve) == 200
        after = azure.stack.state_of_everything() | google.stack.state_of_everything()
        assert after == before
        assert addresses(serve, host) == [address]
        assert addresses(serve, google_host) == [google_address]

    # The operator's command line finds the server by its data directory.
    names = azure.stack.underpass.json("service", "list")
    assert len(names) == 2 or len(names["services"]) == 2


def same_serial(*servers) -> int:
    """The serial of the zone, once every server has the same one."""

    def serials() -> set[int]:
        soa = [ask(server, server.ready["domain"], "SOA").answer for server in servers]
        return {records[0][0].serial for records in soa}

    wait_until("all servers have one serial", lambda: len(serials()) == 1)
    return serials().pop()


def test_two_servers_share_a_database(tmp_path, clouds, postgres):
    url = tmp_path / "database.url"
    password = postgres.password_file.read_text().strip()
    url.write_text(f"postgresql://{USER}:{password}@127.0.0.1:{postgres.port}/{DATABASE}")
    url.chmod(0o600)
    key = tmp_path / "one" / "data" / "store.key"
    store = f'[store]\ndatabase_url_file = "{url}"\n'
    one = Serve(tmp_path / "one", *clouds, more=store).start()
    two = Serve(tmp_path / "two", *clouds, more=f'{store}key_file = "{key}"\n').start()
    vpc = network(GoogleStack(one), GOOGLE_CLOUD, "10.71.0.0/24")
    api = Stack(two).api
    path = api.project(f"vpcs/{vpc}")
    assert api.ok("GET", path)["state"] == "ACTIVE"
    before = same_serial(one, two)
    one.kill()
    api.ok("DELETE", path)
    wait_until("the VPC is gone", lambda: api.call("GET", path).status == 404)
    one.start()
    assert Stack(one).api.call("GET", path).status == 404
    assert same_serial(one, two) > before
    for server in (one, two):
        server.close()
        assert server.complaints() == []


def test_nodes_and_endpoints_are_in_private_networks(serve):
    stack = Stack(serve)
    vpc = network(stack, CLOUD, "10.70.0.0/24")
    body = stack.service_body("pg-outside", {"pg": 5432}) | {"project_vpc_id": vpc}
    message = stack.api.refused(400, "POST", stack.api.project("service"), body)
    assert "127.0.0.1" in message


def test_readiness_ends_before_the_listener(tmp_path, clouds):
    server = Serve(tmp_path / "serve", *clouds)
    server.flags = ["--set", "server.drain_delay=3s"]
    server.start()
    assert ready(server) == 200
    server.process.send_signal(signal.SIGTERM)
    wait_for("it is not ready any more", lambda: ready(server), 503)
    assert Stack(server).api.call("GET", "/project").status == 200
    assert server.process.wait(20) == 0
    assert ready(server) == 0
    server.process.stdout.close()


def test_credentials_and_log_level_are_reloaded(serve):
    stack = Stack(serve)
    secret = serve.file.parent / "azure.secret"
    given = open(serve.azure["secret_file"]).read()
    text = serve.file.read_text()
    # Wrong credentials are read like right ones, and refused by the cloud.
    secret.write_text("wrong")
    serve.file.write_text(text.replace(serve.azure["secret_file"], str(secret)))
    log = len(serve.log_text())
    serve.process.send_signal(signal.SIGHUP)
    wait_until("it is reloaded", lambda: "configuration reloaded" in serve.log_text()[log:])
    secret.write_text(given)
    serve.file.write_text(f"{serve.file.read_text()}\n[log]\nfilter = \"debug\"\n")
    serve.process.send_signal(signal.SIGHUP)
    network(stack, CLOUD, "10.70.0.0/24")

    # What cannot be used changes nothing, and what needs a restart is told.
    serve.file.write_text("[server]\nlistn = 1\n")
    serve.process.send_signal(signal.SIGHUP)
    wait_until("it is refused", lambda: "server.listn: unknown key" in serve.log_text())
    assert ready(serve) == 200
    serve.file.write_text(text.replace("privatelink.example.com", "other.example.com"))
    serve.process.send_signal(signal.SIGHUP)
    wait_until("it is told", lambda: "dns.domain needs a restart" in serve.log_text())
    serve.log.write_text("")


def run(directory, *words: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(binary()), *words],
        capture_output=True,
        text=True,
        env=environment(directory) | variables,
        timeout=30,
        check=False,
    )


def test_a_configuration_that_cannot_be_used_is_refused_with_its_place(tmp_path):
    file = tmp_path / "underpass.toml"
    file.write_text('[dns]\ndomain = "a.example"\n[server]\nlisten = "0.0.0.0:8443"\n')
    for words in (("serve", "--config", str(file)), ("config", "check", str(file))):
        refused = run(tmp_path, *words, UNDERPASS_LIMITS_LINKS="1")
        assert refused.returncode == 1, refused
        assert f"{file}:4: server.listen: 0.0.0.0:8443 can be reached" in refused.stderr
        assert "hint: " in refused.stderr
    allowed = run(tmp_path, "config", "check", str(file), UNDERPASS_SERVER_ALLOW_PLAINTEXT="true")
    assert allowed.returncode == 0, allowed
    assert "warning: " in allowed.stderr and "no cloud account" in allowed.stderr
    missing = run(tmp_path, "serve", "--config", str(tmp_path / "nowhere"))
    assert missing.returncode == 1 and "config defaults" in missing.stderr

    defaults = run(tmp_path, "config", "defaults")
    assert defaults.returncode == 0
    file.write_text(defaults.stdout.replace('domain = ""', 'domain = "a.example"'))
    shown = run(tmp_path, "config", "show", "--origin", "--config", str(file),
                "--set", "limits.links=5", UNDERPASS_LIMITS_VPCS="6")  # fmt: skip
    assert shown.returncode == 0, shown
    assert "limits.links = 5  # flag --set" in shown.stdout
    assert "limits.vpcs = 6  # environment UNDERPASS_LIMITS_VPCS" in shown.stdout
    assert f'dns.domain = "a.example"  # {file}:' in shown.stdout
    assert os.listdir(tmp_path) == ["underpass.toml"]


def test_secondaries_answer_the_names_of_services(tmp_path, clouds):
    secret = tmp_path / "secondary.key"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    key = f'[dns.keys.{KEY_NAME}]\nsecret_file = "{secret}"\n'
    server = Serve(tmp_path / "serve", *clouds, more=key)
    provider = AzureProvider(server)
    groups = provider.resources.resource_groups
    groups.create_or_update(ACCOUNT_GROUP, {"location": AZURE_REGION})
    zone, port = "privatelink.example.com", free_port()
    knot, bind = Knot(tmp_path / "knot", zone), Bind(tmp_path / "bind", zone)
    told = ",".join(f"127.0.0.1:{it.port} key={KEY_NAME}" for it in (knot, bind))
    server.flags = [
        "--set", f"dns.listen=127.0.0.1:{port},[::1]:{port}",
        "--set", f"dns.transfer=key={KEY_NAME}",
        "--set", f"dns.notify={told}", "--set", f"dns.name_servers=ns1.{zone} 127.0.0.1",
    ]  # fmt: skip
    server.start()
    secondaries = [it.start("127.0.0.1", port) for it in (knot, bind)]
    published = on_azure(server)
    consumer = AzureConsumer(
        server, server.azure["consumer_tenant"], published.stack.subscription, "10.20.0.0/24"
    )
    plc, address = published.connect(consumer, "to-pg")
    host = published.host(plc)
    for secondary in secondaries:
        wait_for("it is mirrored", lambda it=secondary: it.addresses(host), [address])
    assert "IXFR" in knot.transfers()
    assert ask_at("::1", port, host) == [address]

    served = [secondary.serial() for secondary in secondaries]
    for how in (signal.SIGTERM, signal.SIGKILL):
        server.restart(how)
        # Later serials, whatever the way of the end.
        served = [it.wait_later(than) for it, than in zip(secondaries, served, strict=True)]
        for secondary in secondaries:
            assert secondary.addresses(host) == [address]
    published.decide(plc, "reject")
    for secondary in secondaries:
        wait_for("it is gone", lambda it=secondary: it.addresses(host), [])
        secondary.stop()
    assert "zone transferred" in server.log_text()
    server.close()
    unanswered = "failed to notify a secondary"
    assert [line for line in server.complaints() if unanswered not in line] == []
