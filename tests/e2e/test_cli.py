"""Our own command line: the words and tables of `avn`, and commands that `avn` lacks."""

import json
import ssl
import subprocess

import pytest

import names
import tables
from servers import first_bytes
from up import CLOUD, binary, environment
from waiting import wait_for

PASSWORD = "pw-from-a-file"


@pytest.fixture(scope="module")
def published(stack):
    """A service registered, published and connected by our command line alone."""
    return PublishedByCli(stack)


class PublishedByCli:
    def __init__(self, stack):
        self.stack = stack
        self.cli = stack.underpass
        self.name = stack.name()
        self.greeter = stack.greeter()
        self.register()
        self.publish()
        self.connect()

    def register(self) -> None:
        password = self.stack.up.directory / "password"
        password.write_text(PASSWORD)
        self.cli(
            "service", "create", self.name, "-t", "pg", "--cloud", CLOUD,
            "--project-vpc-id", self.stack.up.vpc, "--auto-static-ips",
            "--node", "n1=127.0.0.1", "--component", f"pg={self.greeter.port}",
            "--user", f"avnadmin:@{password}", "-c", "privatelink_access.pg=true", "--wait",
        )  # fmt: skip

    def publish(self) -> None:
        self.link = ("service", "privatelink", "azure")
        self.cli(
            *self.link, "create", self.name,
            "--user-subscription-id", self.stack.subscription, "--wait",
        )  # fmt: skip
        [self.shown] = self.cli.json(*self.link, "get", self.name)

    def connect(self) -> None:
        self.endpoint = f"{self.name}-pe"
        made = self.cli.json(
            "cloud", "azure", "endpoint", "create", self.endpoint,
            "--target", self.shown["azure_service_alias"], "--message", "from the tests", "--wait",
        )  # fmt: skip
        self.made = made[0] if isinstance(made, list) else made
        self.cli(*self.link, "refresh", self.name)
        [connection] = self.cli.json(*self.link, "connection", "list", self.name)
        self.plc = connection["privatelink_connection_id"]
        self.cli(*self.link, "connection", "approve", self.name, self.plc)
        self.cli(
            *self.link, "connection", "update", self.name, self.plc,
            "--endpoint-ip-address", self.made["address"], "--wait",
        )  # fmt: skip


def test_a_service_is_published_by_our_command_line_alone(stack, published):
    assert published.shown["state"] == "active"
    assert {"id", "name", "address", "status"} <= set(published.made)
    wait_for(
        "bytes pass",
        lambda: first_bytes(published.made["address"], published.greeter.port),
        b"hello",
    )


@pytest.mark.parametrize("words", [["psql"], ["pg", "uri"], ["pg", "string"]], ids=" ".join)
def test_connection_info_is_what_avn_prints(stack, published, words):
    by_id = ["-p", published.plc]
    for options in ([], ["-r", "privatelink"], by_id, [*by_id, "-d", "other"]):
        command = ["service", "connection-info", *words, published.name, *options]
        assert published.cli(*command) == stack.avn(*command), options


@pytest.mark.parametrize(
    "words",
    [
        ["service", "list"],
        ["service", "get", "{name}"],
        ["static-ip", "list"],
        ["vpc", "list"],
        ["vpc", "list", "-v"],
        ["project", "list"],
        ["project", "details"],
        ["service", "privatelink", "availability"],
        ["service", "privatelink", "azure", "get", "{name}"],
        ["service", "privatelink", "azure", "connection", "list", "{name}"],
    ],
    ids=" ".join,
)
def test_tables_are_the_ones_that_avn_draws(stack, published, words):
    command = [word.format(name=published.name) for word in words]
    assert published.cli(*command) == stack.avn(*command)


def test_lists_are_json_arrays(stack, published):
    for words in (["vpc", "list"], ["static-ip", "list"], ["service", "list"], ["project", "list"],
                  ["events"], ["service", "connections", published.name]):  # fmt: skip
        listed = published.cli.json(*words)
        assert isinstance(listed, list) and listed


def test_exit_codes_tell_refused_from_mistyped(stack, published):
    assert "absent" in published.cli.refused("service", "get", "absent", status=1)
    published.cli.refused("service", "get", status=2)
    published.cli.refused("no-such-command", status=2)
    done = published.cli.call("project", "list", UNDERPASS_URL="http://127.0.0.1:1")
    assert done.returncode in (1, 3) and "127.0.0.1:1" in done.stderr


def test_passwords_come_from_files_and_are_not_printed(stack, published):
    refused = published.cli.refused(
        "service", "register", published.name, "--user", "avnadmin:secret", status=2
    )
    assert "file" in refused.lower()
    assert PASSWORD not in stack.up.log_text()


def test_a_rejection_and_its_reason_are_shown(stack, published):
    name = f"{published.name}-second"
    published.cli("cloud", "azure", "endpoint", "create", name,
             "--target", published.shown["azure_service_alias"], "--wait")  # fmt: skip
    published.cli(*published.link, "refresh", published.name)
    connections = published.cli.json("service", "connections", published.name)
    [plc] = [it["privatelink_connection_id"] for it in connections
             if it["private_endpoint_id"].endswith(f"/{name}")]  # fmt: skip
    published.cli(*published.link, "connection", "reject", published.name, plc, "--yes")

    def status() -> str:
        shown = published.cli.json("cloud", "azure", "endpoint", "show", name)
        return (shown[0] if isinstance(shown, list) else shown)["status"]

    wait_for("the consumer reads it", status, "Rejected")
    assert "rejected" in published.cli("service", "connections", published.name)
    published.cli(*published.link, "connection", "restore", published.name, plc)
    published.cli("cloud", "azure", "endpoint", "delete", name, "--yes")


def test_both_forms_of_approve_and_update_are_understood(stack, published):
    link = stack.publish({"pg": stack.greeter().port})
    stack.consumer.endpoint(f"{link.name}-pe", link.alias)
    link.refresh()
    plc = link.connection(f"{link.name}-pe")["privatelink_connection_id"]
    by_flag = ("--privatelink-connection-id", plc)
    published.cli(*published.link, "connection", "approve", link.name, *by_flag)
    other = "8eefec94-5d63-40c9-983c-03ab083b411d"
    published.cli(*published.link, "update", link.name, stack.subscription, other)
    assert sorted(link.link()["user_subscription_ids"]) == sorted([stack.subscription, other])


def test_env_is_evaluated_by_a_shell(stack, published):
    script = f'eval "$({binary()} env)" && exec {stack.avn.program} service list --json'
    done = subprocess.run(
        ["sh", "-euc", script],
        capture_output=True,
        text=True,
        env=environment(stack.up.directory) | {"UNDERPASS_UP_DATA_DIR": str(stack.up.data_dir)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert published.name in [it["service_name"] for it in json.loads(done.stdout)]


def test_dns_setup_says_where_to_ask(stack, published):
    text = published.cli("dns", "setup")
    host, port = stack.up.ready["dns"].rsplit(":", 1)
    assert port in text and host in text and stack.up.ready["domain"] in text
    assert "resolved" in text and "dnsmasq" in text


def test_a_certificate_is_good_for_the_private_names(stack, published, tmp_path):
    published.cli("service", "cert", published.name, "--out", str(tmp_path))
    certificate = ssl._ssl._test_decode_cert(str(tmp_path / "server.crt"))
    alternatives = [name for kind, name in certificate["subjectAltName"] if kind == "DNS"]
    shown = stack.api.ok("GET", stack.api.project(f"service/{published.name}"))["service"]
    [host] = [it["host"] for it in shown["components"] if it["route"] == "privatelink"]
    assert host in alternatives
    assert names.addresses(stack.up, host) == [published.made["address"]]
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0


def test_tables_and_headings_survive_hostile_text(stack, published):
    """A consumer's message cannot move the cursor of a terminal."""
    hostile = "\x1b[2Jgone\n\x07"
    name = f"{published.name}-hostile"
    published.cli("cloud", "azure", "endpoint", "create", name, "--message", hostile,
             "--target", published.shown["azure_service_alias"], "--wait")  # fmt: skip
    published.cli(*published.link, "refresh", published.name)
    text = published.cli("service", "connections", published.name)
    assert "\x1b" not in text and "\x07" not in text
    assert name in text and tables.headings(text)
    published.cli("cloud", "azure", "endpoint", "delete", name, "--yes")
