"""The published how-to for Google, step by step, with the real clients: `avn`, both of Google's
client libraries, redis-cli and psql."""

import ast

import names
import postgres as postgresql
import redis as redis_server
import tables
from google_clients import CLIENTS
from servers import first_bytes
from up import GOOGLE_CLOUD
from waiting import wait_for, wait_until

LINK_COLUMNS = ["GOOGLE_SERVICE_ATTACHMENT", "STATE"]
CONNECTION_COLUMNS = [
    "PRIVATELINK_CONNECTION_ID", "PSC_CONNECTION_ID", "STATE", "USER_IP_ADDRESS",
]  # fmt: skip
FIRST_RANGE = "172.24.0.0/28"


def test_a_redis_from_registration_to_an_empty_cloud(own_google, redis, tmp_path):
    how_to = HowTo(own_google, OfferedRedis(redis), tmp_path)
    take_all_steps(how_to)
    how_to.make_another_link()
    how_to.leave_nothing_behind()


def test_a_postgresql_from_registration_to_an_empty_cloud(own_google, postgres, tmp_path):
    own_google.feature("privatelink_google_pg", True)
    how_to = HowTo(own_google, OfferedPostgres(postgres), tmp_path)
    take_all_steps(how_to)
    how_to.leave_nothing_behind()


def take_all_steps(how_to: "HowTo") -> None:
    how_to.register_the_service()
    how_to.create_the_link()
    how_to.ask_for_connections()
    how_to.discover_them()
    how_to.approve_the_first()
    how_to.open_the_component()
    how_to.approve_the_second()
    how_to.reject_the_second()
    how_to.delete_the_link()


class OfferedRedis:
    kind = component = "redis"
    user, password = "default", redis_server.PASSWORD

    def __init__(self, server: redis_server.Redis):
        self.server = server

    def secure(self, certificates) -> None:
        self.server.start(certificates)

    def query(self, how_to: "HowTo", address: str, host: str) -> None:
        assert self.server.ask(address, how_to.ca, "ping") == "PONG"
        flow = self.open(how_to, address, host)
        assert flow.says("ECHO through-the-link") == "$16\r\nthrough-the-link"
        flow.close()

    def open(self, how_to: "HowTo", address: str, host: str) -> redis_server.Session:
        return redis_server.Session(address, self.server.port, host, how_to.ca)

    def works(self, flow: redis_server.Session) -> bool:
        return flow.says("PING") == "+PONG"


class OfferedPostgres:
    kind = component = "pg"
    user, password = postgresql.USER, postgresql.PASSWORD

    def __init__(self, server: postgresql.Postgres):
        self.server = server

    def secure(self, certificates) -> None:
        self.server.use_certificate(certificates / "server.crt", certificates / "server.key")

    def query(self, how_to: "HowTo", address: str, host: str) -> None:
        """libc asks port 53 alone, so the address comes from our DNS, and the name stays."""
        [plc] = [plc for plc, it in how_to.host.items() if it == host]
        words = ["service", "connection-info", "pg", "uri", how_to.service, "-p", plc]
        uri = how_to.avn(*words).strip()
        port = self.server.port
        assert uri == (
            f"postgres://{self.user}:{self.password}@{host}:{port}/defaultdb?sslmode=require"
        )
        assert how_to.stack.underpass(*words).strip() == uri
        verified = uri.replace("sslmode=require", f"sslmode=verify-full&sslrootcert={how_to.ca}")
        for way in [uri, verified]:
            answer = postgresql.psql(way, "select 42", PGHOSTADDR=address)
            assert (answer.returncode, answer.stdout) == (0, "42\n"), answer.stderr

    def open(self, how_to: "HowTo", address: str, host: str) -> postgresql.Session:
        verified = self.server.uri(host, postgresql.DATABASE, "verify-full")
        return postgresql.Session(f"{verified}&sslrootcert={how_to.ca}", PGHOSTADDR=address)

    def works(self, flow: postgresql.Session) -> bool:
        return flow.says("select 42;") == "42"


class HowTo:
    """Each method is one step of the how-to with its checks."""

    link = ("service", "privatelink", "google")

    def __init__(self, stack, offered, directory):
        self.stack = stack
        self.offered = offered
        self.directory = directory
        self.service = f"{offered.kind}-1"
        self.avn = stack.avn
        # One consumer with each client library, each in its own project and network.
        self.consumers = {client: stack.new_consumer(client) for client in CLIENTS}
        self.first, self.second = CLIENTS
        self.ca = directory / "ca.pem"

    def on_link(self, verb: str, *words: str) -> str:
        return self.avn(*self.link, *verb.split(), self.service, *words)

    def register_the_service(self) -> None:
        password = self.directory / "password"
        password.write_text(self.offered.password)
        port = self.offered.server.port
        self.stack.underpass(
            "service", "create", self.service, "-t", self.offered.kind, "-p", "startup-4",
            "--cloud", GOOGLE_CLOUD, "--project-vpc-id", self.stack.vpc,
            "--node", "n1=127.0.0.1", "--component", f"{self.offered.component}={port}",
            "--user", f"{self.offered.user}:@{password}", "--wait",
        )  # fmt: skip
        shown = tables.row(self.avn("service", "get", self.service))
        assert (shown["SERVICE_NAME"], shown["SERVICE_TYPE"]) == (self.service, self.offered.kind)
        assert (shown["STATE"], shown["CLOUD_NAME"]) == ("RUNNING", GOOGLE_CLOUD)
        certificates = self.directory / "certificates"
        self.stack.underpass("service", "cert", self.service, "--out", str(certificates))
        self.avn("project", "ca-get", "--target-filepath", str(self.ca))
        self.offered.secure(certificates)
        self.stack.publication(self.service).wait_interface()
        self.without_link = self.stack.provider.everything()

    def create_the_link(self) -> None:
        offered = tables.rows(self.avn("service", "privatelink", "availability"))
        assert GOOGLE_CLOUD in [row["CLOUD_NAME"] for row in offered]
        printed = self.on_link("create")
        assert tables.headings(printed) == LINK_COLUMNS
        created = {"GOOGLE_SERVICE_ATTACHMENT": "null", "STATE": "creating"}
        assert tables.row(printed) == created
        self.attachment = self.wait_attachment()
        object_name = self.attachment.rsplit("/", 1)[1]
        provider = self.stack.provider
        assert self.attachment == provider.regional("serviceAttachments", object_name)
        assert provider.ranges(object_name) == [FIRST_RANGE]

    def wait_attachment(self) -> str:
        def active() -> dict | None:
            shown = tables.row(self.on_link("get"))
            return shown if shown["STATE"] == "active" else None

        shown = wait_until("the link is active", active)
        assert list(shown) == LINK_COLUMNS
        return shown["GOOGLE_SERVICE_ATTACHMENT"]

    def ask_for_connections(self) -> None:
        self.address = {
            client: consumer.endpoint("endpoint", self.attachment)
            for client, consumer in self.consumers.items()
        }
        self.psc_id = {client: it.psc_id("endpoint") for client, it in self.consumers.items()}
        for consumer in self.consumers.values():
            assert consumer.status("endpoint") == "PENDING"
        assert self.listed() == {}

    def listed(self) -> dict[str, dict[str, str]]:
        """The connections that `avn` lists, by their Private Service Connect ids."""
        printed = self.on_link("connection list")
        # `avn` prints the answer as a dict before the table.
        raw, _, table = printed.partition("\n")
        listed = ast.literal_eval(raw)["connections"]
        if listed:
            assert tables.headings(table) == CONNECTION_COLUMNS
        drawn = tables.rows(table)
        for row, connection in zip(drawn, listed, strict=True):
            shown = {name.upper(): value or "null" for name, value in connection.items()}
            assert row == shown
        return {row["PSC_CONNECTION_ID"]: row for row in drawn}

    def discover_them(self) -> None:
        refreshed = self.on_link("refresh")
        assert tables.row(refreshed) == {"MESSAGE": "refreshed"}
        listed = self.listed()
        assert sorted(listed) == sorted(self.psc_id.values())
        for row in listed.values():
            assert (row["STATE"], row["USER_IP_ADDRESS"]) == ("pending-user-approval", "null")
            assert row["PRIVATELINK_CONNECTION_ID"].startswith("plc")
        self.plc = {
            client: listed[psc_id]["PRIVATELINK_CONNECTION_ID"]
            for client, psc_id in self.psc_id.items()
        }
        # Connections are numbered in the order in which they are listed.
        domain, project = self.stack.up.ready["domain"], self.stack.up.project
        self.host = {
            row["PRIVATELINK_CONNECTION_ID"]: (
                f"privatelink-{number}-{self.service}-{project}.{domain}"
            )
            for number, row in enumerate(listed.values(), start=1)
        }
        self.nothing_passes()

    def nothing_passes(self) -> None:
        for client in CLIENTS:
            self.nothing_passes_of(client)

    def nothing_passes_of(self, client: str) -> None:
        address = self.address[client]
        assert first_bytes(address, self.offered.server.port) == b""
        assert not self.offered.server.answers(address), f"it answers through {address}"
        answer = names.ask(self.stack.up, self.host[self.plc[client]])
        assert names.rcode(answer) == "NXDOMAIN"

    def state(self, client: str) -> str:
        return self.listed()[self.psc_id[client]]["STATE"]

    def approve_the_first(self) -> None:
        self.approve(self.first)
        self.look_again(self.first)
        assert not self.offered.server.answers(self.address[self.first])

    def approve(self, client: str) -> None:
        printed = self.on_link(
            "connection approve",
            "--privatelink-connection-id", self.plc[client],
            "--user-ip-address", self.address[client],
        )  # fmt: skip
        assert tables.headings(printed) == CONNECTION_COLUMNS
        assert tables.row(printed) == {
            "PRIVATELINK_CONNECTION_ID": self.plc[client],
            "PSC_CONNECTION_ID": self.psc_id[client],
            "STATE": "user-approved",
            "USER_IP_ADDRESS": self.address[client],
        }

    def look_again(self, client: str) -> None:
        self.on_link("refresh")
        wait_for("it is active", lambda: self.state(client), "active")
        assert self.listed()[self.psc_id[client]]["USER_IP_ADDRESS"] == self.address[client]
        assert self.consumers[client].status("endpoint") == "ACCEPTED"
        wait_for(
            "the name leads to the endpoint",
            lambda: names.addresses(self.stack.up, self.host[self.plc[client]]),
            [self.address[client]],
        )

    def open_the_component(self) -> None:
        option = f"privatelink_access.{self.offered.component}=true"
        self.avn("service", "update", self.service, "-c", option)
        address = self.address[self.first]
        wait_until("it answers", lambda: self.offered.server.answers(address))
        self.query(self.first)
        # One approval lets in one endpoint.
        assert self.consumers[self.second].status("endpoint") == "PENDING"
        assert self.state(self.second) == "pending-user-approval"
        self.nothing_passes_of(self.second)

    def query(self, client: str) -> None:
        host = self.host[self.plc[client]]
        [address] = names.addresses(self.stack.up, host)
        self.offered.query(self, address, host)

    def approve_the_second(self) -> None:
        self.approve(self.second)
        self.look_again(self.second)
        address = self.address[self.second]
        wait_until("it answers", lambda: self.offered.server.answers(address))
        self.query(self.second)

    def reject_the_second(self) -> None:
        flow = self.offered.open(self, self.address[self.first], self.host[self.plc[self.first]])
        assert self.offered.works(flow)
        out = self.plc[self.second]
        self.stack.underpass(*self.link, "connection", "reject", self.service, out, "--yes")
        wait_for(
            "it is out", lambda: self.consumers[self.second].status("endpoint"), "PENDING"
        )
        self.nothing_passes_of(self.second)
        assert list(self.listed()) == [self.psc_id[self.first]]
        assert self.state(self.first) == "active"
        assert self.offered.works(flow)
        self.query(self.first)
        flow.close()

    def delete_the_link(self) -> None:
        printed = self.on_link("delete")
        assert tables.headings(printed) == LINK_COLUMNS
        assert tables.row(printed)["STATE"] == "deleting"

        def gone() -> bool:
            return self.avn.call(*self.link, "get", self.service).returncode == 1

        wait_until("the link is gone", gone)
        refused = self.avn.refused(*self.link, "get", self.service)
        assert "Privatelink not found" in refused and "(status 404)" in refused
        self.nothing_passes()
        for consumer in self.consumers.values():
            assert consumer.status("endpoint") == "CLOSED"
        assert self.stack.provider.everything() == self.without_link

    def make_another_link(self) -> None:
        """Reservations of the deleted link are available again."""
        self.on_link("create")
        attachment = self.wait_attachment()
        assert attachment != self.attachment
        assert self.stack.provider.ranges(attachment.rsplit("/", 1)[1]) == [FIRST_RANGE]
        self.on_link("delete")
        wait_until(
            "it is gone", lambda: self.avn.call(*self.link, "get", self.service).returncode == 1
        )

    def leave_nothing_behind(self) -> None:
        self.avn("service", "terminate", "--force", self.service)
        self.avn("vpc", "delete", "--project-vpc-id", self.stack.vpc)

        def vpcs() -> list[str]:
            listed = tables.rows(self.avn("vpc", "list"))
            return [row["PROJECT_VPC_ID"] for row in listed if row["CLOUD_NAME"] == GOOGLE_CLOUD]

        wait_for("no VPC is left", vpcs, [])
        wait_for("the provider's project is empty", self.stack.provider.everything, [])
