"""The published how-to, step by step, with the real clients: `avn`, the Azure SDK and psql.

`namespace.sh` runs this same file where DNS has port 53 and psql resolves the name by libc.
"""

import os

import pytest
from azure.core.exceptions import HttpResponseError

import names
import tables
from azure_principals import Consumer
from conftest import run_stack
from postgres import PASSWORD, USER, psql
from servers import first_bytes
from up import CLOUD
from waiting import wait_for, wait_until

LINK_COLUMNS = ["AZURE_SERVICE_ALIAS", "AZURE_SERVICE_ID", "STATE", "USER_SUBSCRIPTION_IDS"]
LISTED_COLUMNS = ["PRIVATELINK_CONNECTION_ID", "PRIVATE_ENDPOINT_ID", "STATE", "USER_IP_ADDRESS"]
DECIDED_COLUMNS = ["PRIVATE_ENDPOINT_ID", "PRIVATELINK_CONNECTION_ID", "STATE", "USER_IP_ADDRESS"]
SERVICE = "pg-1"
OTHER_SUBSCRIPTION = "8eefec94-5d63-40c9-983c-03ab083b411d"
# Set where the C library asks our DNS server.
BY_LIBC = os.environ.get("UNDERPASS_E2E_RESOLVER") == "libc"


@pytest.fixture
def stack(tmp_path):
    dns = {"dns": "127.0.0.1:53"} if BY_LIBC else {}
    yield from run_stack(tmp_path / "stack", **dns)


@pytest.fixture
def how_to(stack, postgres, tmp_path):
    return HowTo(stack, postgres, tmp_path)


def test_the_published_flow_from_static_ips_to_an_empty_cloud(how_to):
    take_all_steps(how_to)


def take_all_steps(how_to: "HowTo") -> None:
    how_to.make_static_ips()
    how_to.register_the_service()
    how_to.create_the_link()
    how_to.ask_for_connections()
    how_to.discover_them()
    how_to.approve_one()
    how_to.give_its_address()
    how_to.open_the_component()
    how_to.query_through_the_endpoint()
    how_to.change_the_subscriptions()
    how_to.delete_the_link()
    how_to.leave_nothing_behind()


class HowTo:
    """Each method is one step of the how-to with its checks."""

    def __init__(self, stack, postgres, directory):
        self.stack = stack
        self.postgres = postgres
        self.directory = directory
        self.avn = stack.avn
        self.link = ("service", "privatelink", "azure")

    def on_link(self, verb: str, *words: str) -> str:
        return self.avn(*self.link, *verb.split(), SERVICE, *words)

    def make_static_ips(self) -> None:
        printed = [self.avn("static-ip", "create", "--cloud", CLOUD) for _ in range(2)]
        self.static_ips = [tables.row(text)["STATIC_IP_ADDRESS_ID"] for text in printed]

        def states() -> list[str]:
            return [row["STATE"] for row in tables.rows(self.avn("static-ip", "list"))]

        wait_for("both static IPs are created", states, ["created", "created"])

    def register_the_service(self) -> None:
        password = self.directory / "password"
        password.write_text(PASSWORD)
        words = [word for it in self.static_ips for word in ("--static-ip", it)]
        self.stack.underpass(
            "service", "create", SERVICE, "-t", "pg", "-p", "startup-4", "--cloud", CLOUD,
            "--project-vpc-id", self.stack.up.vpc, *words, "-c", "static_ips=true",
            "--node", "n1=127.0.0.1", "--component", f"pg={self.postgres.port}",
            "--user", f"{USER}:@{password}", "--wait",
        )  # fmt: skip
        shown = tables.row(self.avn("service", "get", SERVICE))
        assert (shown["SERVICE_NAME"], shown["SERVICE_TYPE"]) == (SERVICE, "pg")
        assert (shown["STATE"], shown["CLOUD_NAME"]) == ("RUNNING", CLOUD)
        certificates = self.directory / "certificates"
        self.stack.underpass("service", "cert", SERVICE, "--out", str(certificates))
        self.postgres.use_certificate(certificates / "server.crt", certificates / "server.key")

    def create_the_link(self) -> None:
        offered = tables.rows(self.avn("service", "privatelink", "availability"))
        assert CLOUD in [row["CLOUD_NAME"] for row in offered]
        subscription = self.stack.subscription
        printed = self.on_link("create", "--user-subscription-id", subscription)
        assert tables.headings(printed) == LINK_COLUMNS
        created = tables.row(printed)
        assert created["STATE"] == "creating"
        assert (created["AZURE_SERVICE_ALIAS"], created["AZURE_SERVICE_ID"]) == ("null", "null")
        assert created["USER_SUBSCRIPTION_IDS"] == subscription

        def active() -> dict | None:
            shown = tables.row(self.on_link("get"))
            return shown if shown["STATE"] == "active" else None

        self.shown = wait_until("the link is active", active)
        assert list(self.shown) == LINK_COLUMNS
        self.alias = self.shown["AZURE_SERVICE_ALIAS"]
        self.service_id = self.shown["AZURE_SERVICE_ID"]
        assert self.alias.endswith(".westeurope.azure.privatelinkservice")
        assert self.service_id.startswith(f"/subscriptions/{self.stack.up.azure['subscription']}/")

    def ask_for_connections(self) -> None:
        """Creates endpoints by alias and by resource id, from allowed and foreign subscriptions."""
        consumer = self.stack.consumer
        self.address = consumer.endpoint("by-alias", self.alias)
        self.other_address = consumer.endpoint("by-id", self.service_id)
        stranger = self.stack.new_consumer()
        self.foreign_addresses = [
            address
            for name, target, automatic in [
                ("foreign-alias", self.alias, False),
                ("foreign-id", self.service_id, False),
                ("foreign-automatic", self.service_id, True),
            ]
            if (address := self.try_endpoint(stranger, name, target, automatic))
        ]
        assert self.on_link("connection list") == ""

    @staticmethod
    def try_endpoint(consumer: Consumer, name: str, target: str, automatic: bool) -> str | None:
        """The address of an endpoint, or None if the cloud refuses it."""
        try:
            return consumer.endpoint(name, target, automatic)
        except HttpResponseError:
            return None

    def discover_them(self) -> None:
        assert self.on_link("refresh") == ""
        printed = self.on_link("connection list")
        assert tables.headings(printed) == LISTED_COLUMNS
        listed = {row["PRIVATE_ENDPOINT_ID"]: row for row in tables.rows(printed)}
        consumer = self.stack.consumer
        assert sorted(listed) == [consumer.endpoint_id("by-alias"), consumer.endpoint_id("by-id")]
        for row in listed.values():
            assert (row["STATE"], row["USER_IP_ADDRESS"]) == ("pending-user-approval", "null")
            assert row["PRIVATELINK_CONNECTION_ID"].startswith("plc")
        chosen = listed[consumer.endpoint_id("by-alias")]
        self.plc = chosen["PRIVATELINK_CONNECTION_ID"]
        domain = self.stack.up.ready["domain"]
        self.host = f"privatelink-1-{SERVICE}-{self.stack.up.project}.{domain}"
        self.nothing_passes()

    def nothing_passes(self) -> None:
        for address in [self.address, self.other_address, *self.foreign_addresses]:
            assert first_bytes(address, self.postgres.port) == b""
            assert not self.postgres.answers(address), f"PostgreSQL answers through {address}"
        assert names.rcode(names.ask(self.stack.up, self.host)) == "NXDOMAIN"

    def connection(self) -> dict:
        printed = self.on_link("connection list")
        [row] = [
            row for row in tables.rows(printed) if row["PRIVATELINK_CONNECTION_ID"] == self.plc
        ]
        return row

    def approve_one(self) -> None:
        printed = self.on_link("connection approve", self.plc)
        assert tables.headings(printed) == DECIDED_COLUMNS
        approved = tables.row(printed)
        assert (approved["STATE"], approved["USER_IP_ADDRESS"]) == ("user-approved", "null")
        wait_for("it is connected", lambda: self.connection()["STATE"], "connected")
        assert self.stack.consumer.status("by-alias") == "Approved"
        assert self.stack.consumer.status("by-id") == "Pending"

    def give_its_address(self) -> None:
        printed = self.on_link("connection update", self.plc, "--endpoint-ip-address", self.address)
        assert tables.headings(printed) == DECIDED_COLUMNS
        assert tables.row(printed)["USER_IP_ADDRESS"] == self.address
        wait_for("it is active", lambda: self.connection()["STATE"], "active")
        self.postgres_is_closed()
        wait_for(
            "the name leads to the endpoint",
            lambda: names.addresses(self.stack.up, self.host),
            [self.address],
        )

    def postgres_is_closed(self) -> None:
        assert not self.postgres.answers(self.address)

    def open_the_component(self) -> None:
        self.avn("service", "update", SERVICE, "-c", "privatelink_access.pg=true")
        wait_until("PostgreSQL answers", lambda: self.postgres.answers(self.address))

    def query_through_the_endpoint(self) -> None:
        words = ["service", "connection-info", "pg", "uri", SERVICE, "-p", self.plc]
        uri = self.avn(*words).strip()
        assert uri == (
            f"postgres://{USER}:{PASSWORD}@{self.host}:{self.postgres.port}"
            "/defaultdb?sslmode=require"
        )
        assert self.stack.underpass(*words).strip() == uri
        ca = self.directory / "ca.pem"
        self.avn("project", "ca-get", "--target-filepath", str(ca))
        verified = uri.replace("sslmode=require", f"sslmode=verify-full&sslrootcert={ca}")
        for way in [uri, verified]:
            answer = self.query(way)
            assert (answer.returncode, answer.stdout) == (0, "42\n"), answer.stderr
        # The other connection is still pending, and stays closed although the component is open.
        for address in [self.other_address, *self.foreign_addresses]:
            assert not self.postgres.answers(address)

    def query(self, uri: str):
        if BY_LIBC:
            return psql(uri, "select 42")
        # libc asks port 53 alone, so the address comes from our DNS, and the name stays.
        [address] = names.addresses(self.stack.up, self.host)
        return psql(uri, "select 42", PGHOSTADDR=address)

    def change_the_subscriptions(self) -> None:
        subscription = self.stack.subscription
        both = [subscription, OTHER_SUBSCRIPTION]
        words = [word for it in both for word in ("--user-subscription-id", it)]
        printed = self.on_link("update", *words)
        assert tables.headings(printed) == LINK_COLUMNS
        assert sorted(tables.row(printed)["USER_SUBSCRIPTION_IDS"].split(", ")) == sorted(both)
        refused = self.avn.refused(
            *self.link, "update", SERVICE, "--user-subscription-id", OTHER_SUBSCRIPTION
        )
        assert "(status 409)" in refused and self.plc in refused and subscription in refused
        shown = tables.row(self.on_link("get"))
        assert sorted(shown["USER_SUBSCRIPTION_IDS"].split(", ")) == sorted(both)
        assert self.postgres.answers(self.address)

    def delete_the_link(self) -> None:
        printed = self.on_link("delete")
        assert tables.headings(printed) == LINK_COLUMNS
        assert tables.row(printed)["STATE"] == "deleting"

        def gone() -> bool:
            return self.avn.call(*self.link, "get", SERVICE).returncode == 1

        wait_until("the link is gone", gone)
        refused = self.avn.refused(*self.link, "get", SERVICE)
        assert "Privatelink not found" in refused and "(status 404)" in refused
        self.nothing_passes()
        assert self.stack.consumer.status("by-alias") == "Disconnected"

    def leave_nothing_behind(self) -> None:
        provider = self.stack.provider
        assert (provider.services(), provider.balancers()) == ([], [])
        self.avn("service", "terminate", "--force", SERVICE)
        for static_ip in self.static_ips:
            self.release(static_ip)
        self.avn("vpc", "delete", "--project-vpc-id", self.stack.up.vpc)
        # `up` has a VPC in every cloud; the one of this how-to is deleted.
        def vpcs() -> list[str]:
            listed = tables.rows(self.avn("vpc", "list"))
            return [row["PROJECT_VPC_ID"] for row in listed if row["CLOUD_NAME"] == CLOUD]

        wait_for("no VPC is left", vpcs, [])
        wait_for("no static IP is left", lambda: tables.rows(self.avn("static-ip", "list")), [])

        def resources() -> list[str]:
            return [it.id for it in provider.resources.resources.list()]

        wait_for("the provider's subscription is empty", resources, [])
        groups = [group.name for group in provider.resources.resource_groups.list()]
        # The account's group for static IPs is the operator's and exists from the start.
        assert not [name for name in groups if name.startswith("underpass-vpc-")], groups

    def release(self, static_ip: str) -> None:
        """Releases a static IP that terminating the service may have released."""
        listed = {
            row["STATIC_IP_ADDRESS_ID"]: row
            for row in tables.rows(self.avn("static-ip", "list"))
        }
        if listed[static_ip]["SERVICE_NAME"] != "null":
            self.avn("static-ip", "dissociate", static_ip)
        self.avn("static-ip", "delete", static_ip)
