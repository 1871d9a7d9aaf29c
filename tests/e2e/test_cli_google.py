"""Our own command line on Google: the same words and tables as `avn`, and what that one lacks."""

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
def told(google):
    """A service registered, published and connected by our command line alone."""
    return Told(google)


class Told:
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
        """Makes an endpoint and discovers it; gives it, and the id of its connection."""
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


def test_a_service_is_published_by_our_command_line_alone(google, told):
    assert told.shown["state"] == "active"
    assert {"id", "name", "address", "status", "psc_connection_id"} <= set(told.made)
    assert told.made["status"] == "PENDING"
    wait_for(
        "bytes pass",
        lambda: first_bytes(told.made["address"], told.greeter.port),
        b"hello",
    )
    assert told.endpoint(told.made["name"])["status"] == "ACCEPTED"


@pytest.mark.parametrize(
    "words",
    [
        [*LINK, "get"],
        [*LINK, "refresh"],
        ["service", "get"],
    ],
    ids=" ".join,
)
def test_tables_are_the_ones_that_avn_draws(google, told, words):
    assert told.cli(*words, told.name) == google.avn(*words, told.name)


def test_the_table_of_connections_is_what_avn_draws_after_what_it_got(google, told):
    command = [*LINK, "connection", "list", told.name]
    raw, _, table = google.avn(*command).partition("\n")
    assert told.cli(*command) == table
    assert tables.headings(table) == CONNECTION_COLUMNS
    # With --json `avn` prints no JSON, and we do.
    assert told.cli.json(*command) == ast.literal_eval(raw)["connections"]


def test_json_is_what_avn_prints(google, told):
    command = [*LINK, "get", told.name]
    assert told.cli.json(*command) == google.avn.json(*command)


def test_both_forms_of_approve_are_understood_and_print_the_connection(google, told):
    by_flags, by_position = [told.ask(f"{told.name}-{form}") for form in ("flags", "position")]
    approve = [*LINK, "connection", "approve", told.name]
    for (made, plc), words in [
        (by_flags, ["--privatelink-connection-id", by_flags[1],
                    "--user-ip-address", by_flags[0]["address"]]),
        (by_position, [by_position[1], by_position[0]["address"]]),
    ]:  # fmt: skip
        printed = told.cli(*approve, *words)
        assert tables.headings(printed) == CONNECTION_COLUMNS
        row = tables.row(printed)
        assert row["STATE"] in ("user-approved", "active")
        assert row["PRIVATELINK_CONNECTION_ID"] == plc
        assert row["PSC_CONNECTION_ID"] == made["psc_connection_id"]
        assert row["USER_IP_ADDRESS"] == made["address"]
        wait_for("it is in", lambda: told.endpoint(made["name"])["status"], "ACCEPTED")
        told.cli(*ENDPOINT, "delete", made["name"])


def test_approving_without_an_address_asks_for_it(google, told):
    made, plc = told.ask(f"{told.name}-unaddressed")
    refused = told.cli.refused(*LINK, "connection", "approve", told.name, plc, status=2)
    assert plc in refused and "--user-ip-address" in refused
    assert "cloud google endpoint list" in refused
    refused = told.cli.refused(*LINK, "connection", "approve", told.name, status=2)
    assert f"{plc} (pending-user-approval)" in refused
    assert told.endpoint(made["name"])["status"] == "PENDING"
    told.cli(*ENDPOINT, "delete", made["name"])


def test_a_rejection_and_its_way_back(google, told):
    endpoint = f"{told.name}-turned-away"
    made, plc = told.ask(endpoint)
    told.cli(*LINK, "connection", "approve", told.name, plc, made["address"], "--wait")
    [host] = [
        it["name"]
        for it in told.cli.json("service", "connections", told.name)
        if it["privatelink_connection_id"] == plc
    ]
    wait_for("the name", lambda: names.addresses(google.up, host), [made["address"]])

    told.cli(*LINK, "connection", "reject", told.name, plc, "--yes")
    wait_for("the consumer reads it", lambda: told.endpoint(endpoint)["status"], "REJECTED")
    assert "rejected" in told.cli("service", "connections", told.name)
    assert plc not in told.cli(*LINK, "connection", "list", told.name)
    assert names.addresses(google.up, host) == []

    told.cli(*LINK, "connection", "restore", told.name, plc)
    wait_for("the name", lambda: names.addresses(google.up, host), [made["address"]])
    told.cli(*ENDPOINT, "delete", endpoint)


def test_endpoints_are_made_shown_listed_and_deleted(google, told):
    name = f"{told.name}-shown"
    address = told.made["address"].rsplit(".", 1)[0] + ".77"
    printed = told.cli(*ENDPOINT, "create", name, "--target", told.attachment,
                       "--address", address)  # fmt: skip
    assert tables.headings(printed) == ENDPOINT_COLUMNS
    row = tables.row(printed)
    assert (row["NAME"], row["ADDRESS"], row["STATUS"]) == (name, address, "PENDING")
    assert told.cli(*ENDPOINT, "show", name) == printed
    listed = tables.rows(told.cli(*ENDPOINT, "list"))
    assert row in listed
    [as_json] = [it for it in told.cli.json(*ENDPOINT, "list") if it["name"] == name]
    assert as_json == told.endpoint(name)
    assert (as_json["address"], as_json["target"]) == (address, told.attachment)
    # What we made is what Google's own client reads.
    assert google.consumer.status(name) == "PENDING"
    assert google.consumer.psc_id(name) == row["PSC_CONNECTION_ID"]

    told.cli(*ENDPOINT, "delete", name)
    assert name not in told.cli(*ENDPOINT, "list")
    assert name not in google.consumer.compute.names("addresses")
    refused = told.cli.refused(*ENDPOINT, "show", name)
    assert name in refused and "endpoint list" in refused


@pytest.mark.parametrize(
    ("target", "status", "told_why"),
    [
        ("up-s0", 2, "is not a service attachment"),
        (
            "projects/underpass-provider/regions/europe-west1/serviceAttachments/none",
            1,
            "there is no service attachment",
        ),
    ],
    ids=["nonsense", "nobody's"],
)
def test_an_endpoint_needs_a_service_attachment_and_leaves_nothing_without(
    google, told, target, status, told_why
):
    name = f"{told.name}-astray"
    before = google.consumer.compute.names("addresses")
    refused = told.cli.refused(*ENDPOINT, "create", name, "--target", target, status=status)
    assert target in refused and told_why in refused
    assert "service privatelink google get" in refused
    # An address that leads nowhere would be in the way of the next attempt.
    assert google.consumer.compute.names("addresses") == before


def test_connection_info_is_what_avn_prints(google, told):
    """Of PostgreSQL: `avn` has forgotten how to reach a Redis."""
    google.feature("privatelink_google_pg", True)
    password = google.up.directory / "password"
    password.write_text("pw-from-a-file")
    name = google.name("pg")
    told.cli(
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
        printed = told.cli(*command)
        assert printed == google.avn(*command)
        assert link.host(plc) in printed


def test_deleting_says_what_it_cuts_and_asks_first(google, told):
    """Last, because it takes the link away."""
    told.cli(*LINK, "delete", told.name, "--yes", "--wait")
    refused = told.cli.refused(*LINK, "get", told.name)
    assert "Privatelink not found" in refused
    assert told.endpoint(told.made["name"])["status"] == "CLOSED"
