"""Our own command line on Google: the words and tables of `avn`, and commands that it lacks."""

import ast

import pytest

import names
import tables
from servers import first_bytes
from up import GOOGLE_CLOUD
from waiting import wait_for

LINK = ("service", "privatelink", "google")
ENDPOINT = ("cloud", "google", "endpoint")
CONNECTION_COLUMNS = [
    "PRIVATELINK_CONNECTION_ID", "PSC_CONNECTION_ID", "STATE", "USER_IP_ADDRESS",
]  # fmt: skip
ENDPOINT_COLUMNS = ["NAME", "ADDRESS", "STATUS", "PSC_CONNECTION_ID", "ID"]


@pytest.fixture(scope="module")
def published(google):
    """A service registered, published and connected by our command line alone."""
    return PublishedByCli(google)


class PublishedByCli:
    def __init__(self, stack):
        self.stack = stack
        self.cli = stack.underpass
        self.name = stack.name()
        self.greeter = stack.greeter()
        self.register()
        self.publish()
        self.made, self.plc = self.ask(f"{self.name}-pe")
        self.cli(
            *LINK, "connection", "approve", self.name, "--privatelink-connection-id", self.plc,
            "--user-ip-address", self.made["address"], "--wait",
        )  # fmt: skip

    def register(self) -> None:
        self.cli(
            "service", "create", self.name, "-t", self.stack.kind, "--cloud", GOOGLE_CLOUD,
            "--project-vpc-id", self.stack.vpc, "--node", "n1=127.0.0.1",
            "--component", f"{self.stack.kind}={self.greeter.port}",
            "-c", f"privatelink_access.{self.stack.kind}=true", "--wait",
        )  # fmt: skip

    def publish(self) -> None:
        self.cli(*LINK, "create", self.name, "--wait")
        [self.shown] = self.cli.json(*LINK, "get", self.name)
        self.attachment = self.shown["google_service_attachment"]

    def ask(self, endpoint: str) -> tuple[dict, str]:
        """Creates and discovers an endpoint; returns it and the id of its connection."""
        made = self.cli.json(*ENDPOINT, "create", endpoint, "--target", self.attachment, "--wait")
        self.cli(*LINK, "refresh", self.name)
        [plc] = [
            it["privatelink_connection_id"]
            for it in self.cli.json(*LINK, "connection", "list", self.name)
            if it["psc_connection_id"] == made["psc_connection_id"]
        ]
        return made, plc

    def endpoint(self, name: str) -> dict:
        return self.cli.json(*ENDPOINT, "show", name)


def test_a_service_is_published_by_our_command_line_alone(google, published):
    assert published.shown["state"] == "active"
    assert {"id", "name", "address", "status", "psc_connection_id"} <= set(published.made)
    assert published.made["status"] == "PENDING"
    wait_for(
        "bytes pass",
        lambda: first_bytes(published.made["address"], published.greeter.port),
        b"hello",
    )
    assert published.endpoint(published.made["name"])["status"] == "ACCEPTED"


@pytest.mark.parametrize(
    "words",
    [
        [*LINK, "get"],
        [*LINK, "refresh"],
        ["service", "get"],
    ],
    ids=" ".join,
)
def test_tables_are_the_ones_that_avn_draws(google, published, words):
    assert published.cli(*words, published.name) == google.avn(*words, published.name)


def test_the_table_of_connections_is_what_avn_draws_after_what_it_got(google, published):
    command = [*LINK, "connection", "list", published.name]
    raw, _, table = google.avn(*command).partition("\n")
    assert published.cli(*command) == table
    assert tables.headings(table) == CONNECTION_COLUMNS
    # With --json our command line prints JSON; `avn` does not.
    assert published.cli.json(*command) == ast.literal_eval(raw)["connections"]


def test_json_is_what_avn_prints(google, published):
    command = [*LINK, "get", published.name]
    assert published.cli.json(*command) == google.avn.json(*command)


def test_both_forms_of_approve_are_understood_and_print_the_connection(google, published):
    by_flags, by_position = [
        published.ask(f"{published.name}-{form}") for form in ("flags", "position")
    ]
    approve = [*LINK, "connection", "approve", published.name]
    for (made, plc), words in [
        (by_flags, ["--privatelink-connection-id", by_flags[1],
                    "--user-ip-address", by_flags[0]["address"]]),
        (by_position, [by_position[1], by_position[0]["address"]]),
    ]:  # fmt: skip
        printed = published.cli(*approve, *words)
        assert tables.headings(printed) == CONNECTION_COLUMNS
        row = tables.row(printed)
        assert row["STATE"] in ("user-approved", "active")
        assert row["PRIVATELINK_CONNECTION_ID"] == plc
        assert row["PSC_CONNECTION_ID"] == made["psc_connection_id"]
        assert row["USER_IP_ADDRESS"] == made["address"]
        wait_for("it is in", lambda: published.endpoint(made["name"])["status"], "ACCEPTED")
        published.cli(*ENDPOINT, "delete", made["name"], "--yes")


def test_approving_without_an_address_asks_for_it(google, published):
    made, plc = published.ask(f"{published.name}-unaddressed")
    refused = published.cli.refused(*LINK, "connection", "approve", published.name, plc, status=2)
    assert plc in refused and "--user-ip-address" in refused
    assert "cloud google endpoint list" in refused
    refused = published.cli.refused(*LINK, "connection", "approve", published.name, status=2)
    assert f"{plc} (pending-user-approval)" in refused
    assert published.endpoint(made["name"])["status"] == "PENDING"
    published.cli(*ENDPOINT, "delete", made["name"], "--yes")


def test_a_rejection_and_its_way_back(google, published):
    endpoint = f"{published.name}-turned-away"
    made, plc = published.ask(endpoint)
    published.cli(*LINK, "connection", "approve", published.name, plc, made["address"], "--wait")
    [host] = [
        it["name"]
        for it in published.cli.json("service", "connections", published.name)
        if it["privatelink_connection_id"] == plc
    ]
    wait_for("the name", lambda: names.addresses(google.up, host), [made["address"]])

    published.cli(*LINK, "connection", "reject", published.name, plc, "--yes")
    wait_for("the consumer reads it", lambda: published.endpoint(endpoint)["status"], "PENDING")
    assert "rejected" in published.cli("service", "connections", published.name)
    assert plc not in published.cli(*LINK, "connection", "list", published.name)
    assert names.addresses(google.up, host) == []

    published.cli(*LINK, "connection", "restore", published.name, plc)
    wait_for("the name", lambda: names.addresses(google.up, host), [made["address"]])
    published.cli(*ENDPOINT, "delete", endpoint, "--yes")


def test_endpoints_are_made_shown_listed_and_deleted(google, published):
    name = f"{published.name}-shown"
    address = published.made["address"].rsplit(".", 1)[0] + ".77"
    printed = published.cli(*ENDPOINT, "create", name, "--target", published.attachment,
                       "--address", address)  # fmt: skip
    assert tables.headings(printed) == ENDPOINT_COLUMNS
    row = tables.row(printed)
    assert (row["NAME"], row["ADDRESS"], row["STATUS"]) == (name, address, "PENDING")
    assert published.cli(*ENDPOINT, "show", name) == printed
    listed = tables.rows(published.cli(*ENDPOINT, "list"))
    assert row in listed
    [as_json] = [it for it in published.cli.json(*ENDPOINT, "list") if it["name"] == name]
    assert as_json == published.endpoint(name)
    assert (as_json["address"], as_json["target"]) == (address, published.attachment)
    # Google's own client reads the same.
    assert google.consumer.status(name) == "PENDING"
    assert google.consumer.psc_id(name) == row["PSC_CONNECTION_ID"]

    published.cli(*ENDPOINT, "delete", name, "--yes")
    assert name not in published.cli(*ENDPOINT, "list")
    assert name not in google.consumer.compute.names("addresses")
    refused = published.cli.refused(*ENDPOINT, "show", name)
    assert name in refused and "endpoint list" in refused


@pytest.mark.parametrize(
    ("target", "status", "reason"),
    [
        ("up-s0", 2, "is not a service attachment"),
        (
            "projects/underpass-provider/regions/europe-west1/serviceAttachments/none",
            1,
            "may not exist",
        ),
    ],
    ids=["nonsense", "unknown"],
)
def test_an_endpoint_needs_a_service_attachment_and_leaves_nothing_without(
    google, published, target, status, reason
):
    name = f"{published.name}-astray"
    before = google.consumer.compute.names("addresses")
    refused = published.cli.refused(*ENDPOINT, "create", name, "--target", target, status=status)
    assert target in refused and reason in refused
    assert "service privatelink google get" in refused
    # An address without a forwarding rule would block the next attempt.
    assert google.consumer.compute.names("addresses") == before


def test_connection_info_is_what_avn_prints(google, published):
    """Uses PostgreSQL, because `avn` prints nothing for Redis any more."""
    google.feature("privatelink_google_pg", True)
    password = google.up.directory / "password"
    password.write_text("pw-from-a-file")
    name = google.name("pg")
    published.cli(
        "service", "create", name, "-t", "pg", "--cloud", GOOGLE_CLOUD,
        "--project-vpc-id", google.vpc, "--node", "n1=127.0.0.1",
        "--component", f"pg={google.greeter().port}", "--user", f"avnadmin:@{password}",
        "-c", "privatelink_access.pg=true", "--wait",
    )  # fmt: skip
    link = google.publication(name)
    link.create()
    link.wait_active()
    plc, _ = link.connect(google.consumer, f"{name}-pe")
    for options in (["-r", "privatelink"], ["-p", plc]):
        command = ["service", "connection-info", "pg", "uri", name, *options]
        printed = published.cli(*command)
        assert printed == google.avn(*command)
        assert link.host(plc) in printed


def test_deleting_says_what_it_cuts_and_asks_first(google, published):
    """Runs last, because it deletes the link."""
    published.cli(*LINK, "delete", published.name, "--yes", "--wait")
    refused = published.cli.refused(*LINK, "get", published.name)
    assert "Privatelink not found" in refused
    assert published.endpoint(published.made["name"])["status"] == "CLOSED"
