"""Every product that can be had here, published on each cloud and reached by its own client with
the command that connection information prints, unedited.

Real servers, all with TLS: PostgreSQL, MariaDB, Redis, ClickHouse and InfluxDB. OpenSearch,
Grafana and Kafka Connect are a stand-in of our own, a page over HTTPS. Of Kafka there is the real
client alone, before a stand-in that takes its handshake and its first request.
"""

import errno
import itertools
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import clickhouse
import influxdb
import mariadb
import postgres as postgresql
import redis as redis_server
from client_certificate import ClientCertificate
from page import Page
from shell import Shell, Told, certificates
from tls_listener import TlsListener
from waiting import wait_for

PRODUCT = "select 6 * 7 as answer"
# The file of the service's CA, as the printed commands name it.
CA = "ca.pem"
# How long kcat waits for a broker that never answers; the handshake takes a small part of it.
KCAT_SECONDS = 4
# What a client calls itself in its first request.
KAFKA_CLIENT = b"rdkafka"


@dataclass
class Question:
    """What a tool is asked once it is connected, and a word that only a server could say to it."""

    tool: list[str]
    stdin: str
    answer: str


class Offered:
    """A product and who logs in to it; most have to be started again for another certificate."""

    def secure(self, made: Path) -> None:
        self.stop()
        self.server.start(made)

    def stop(self) -> None:
        self.server.stop()

    def prepare(self, home: Path) -> None:
        """What a consumer has at home before the first command."""


class OfferedPostgres(Offered):
    kind = "pg"
    user, password = postgresql.USER, postgresql.PASSWORD
    questions = [Question(["psql"], PRODUCT, "42")]

    def __init__(self, directory: Path):
        self.server = postgresql.Postgres(directory)
        self.ports = {"pg": self.server.port}

    def secure(self, made: Path) -> None:
        self.server.use_certificate(made / "server.crt", made / "server.key")


class OfferedMariaDb(Offered):
    kind = "mysql"
    user, password = mariadb.USER, mariadb.PASSWORD
    questions = [Question(["mysql"], PRODUCT, "42")]

    def __init__(self, directory: Path):
        self.server = mariadb.MariaDb(directory)
        self.ports = {"mysql": self.server.port}


class OfferedRedis(Offered):
    kind = "redis"
    user, password = "default", redis_server.PASSWORD
    questions = [Question(["redis", "cli"], "EVAL 'return 6 * 7' 0\n", "42")]

    def __init__(self, directory: Path):
        self.server = redis_server.Redis(directory)
        self.ports = {"redis": self.server.port}


class OfferedClickHouse(Offered):
    kind = "clickhouse"
    user, password = clickhouse.USER, clickhouse.PASSWORD
    questions = [
        Question(["clickhouse"], PRODUCT, "42"),
        # The command line carries its own query.
        Question(["clickhouse", "https"], "", "1"),
    ]

    def __init__(self, directory: Path):
        self.server = clickhouse.ClickHouse(directory)
        self.ports = {
            "clickhouse": self.server.port,
            "clickhouse_https": self.server.https_port,
        }

    def prepare(self, home: Path) -> None:
        clickhouse.tell_client_the_password(home)


class OfferedInfluxDb(Offered):
    kind = "influxdb"
    user, password = influxdb.USER, influxdb.PASSWORD
    questions = [Question(["influx"], "show databases\n", influxdb.DATABASE)]

    def __init__(self, directory: Path):
        self.server = influxdb.InfluxDb(directory)
        self.ports = {"influxdb": self.server.port}


class StandIn(Offered):
    """Answers with the path, the host name and the login of the request."""

    user, password = "avnadmin", "pw \"of\" 'these' \\tests: $HOME"

    def __init__(self, _: Path):
        self.server = Page()
        self.ports = {self.kind: self.server.port}


class StandInOpenSearch(StandIn):
    kind = "opensearch"
    questions = [Question(["opensearch"], "", "/_cluster/health")]


class StandInGrafana(StandIn):
    kind = "grafana"
    questions = [Question(["grafana"], "", "/api/health")]


class StandInKafkaConnect(StandIn):
    kind = "kafka_connect"
    questions = [Question(["kafka-connect"], "", "/connectors")]


OFFERED = [
    OfferedPostgres, OfferedMariaDb, OfferedRedis, OfferedClickHouse, OfferedInfluxDb,
    StandInOpenSearch, StandInGrafana, StandInKafkaConnect,
]  # fmt: skip


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Each is made when first asked for, and serves both clouds one after the other."""
    directory = tmp_path_factory.mktemp("servers")
    made = {}
    with ExitStack() as started:

        def server(offered):
            if offered not in made:
                made[offered] = offered(directory)
                started.callback(made[offered].stop)
            return made[offered]

        yield server


@dataclass
class Cloud:
    """A stack and those who ask for connections in it."""

    stack: object
    consumers: list

    def publish(self, ports: dict[str, int], kind: str, opened, **ours):
        """A service with a link for all consumers."""
        others = self.consumers[1:]
        return self.stack.publish(ports, kind, opened=opened, others=others, **ours)


@pytest.fixture(scope="module", params=["stack", "google"], ids=["azure", "google"])
def cloud(request):
    """One cloud with two consumers, each in a network of their own."""
    stack = request.getfixturevalue(request.param)
    if request.param == "google":
        stack.feature("privatelink_google_pg", True)
    return Cloud(stack, [stack.consumer, stack.new_consumer()])


class Seat:
    """A consumer with an endpoint and a shell of their own."""

    names = itertools.count(1)

    def __init__(self, cloud: Cloud, consumer, link, directory: Path):
        self.consumer = consumer
        self.link = link
        self.endpoint = f"seat-{next(self.names)}"
        self.plc, self.address = link.connect(consumer, self.endpoint)
        home = directory / self.endpoint
        home.mkdir()
        self.shell = Shell(cloud.stack, home)

    def learn(self, *tool: str) -> Told:
        """The printed command; the hints lead to this seat's endpoint and nowhere else."""
        told = self.shell.told(*tool, self.link.name, "-p", self.plc, "-W")
        assert self.address in told.hints
        return told

    def trust_another_ca(self) -> None:
        """Puts another CA in the place of the service's."""
        (self.shell.directory / CA).write_text(ClientCertificate("another CA").certificate)


def seats(cloud: Cloud, link, directory: Path) -> list[Seat]:
    taken = [Seat(cloud, consumer, link, directory) for consumer in cloud.consumers]
    assert len({it.address for it in taken}) == len({it.plc for it in taken}) == 2
    return taken


def refuses(address: str, port: int) -> bool:
    with socket.socket() as flow:
        return flow.connect_ex((address, port)) == errno.ECONNREFUSED


@pytest.mark.parametrize("offered", OFFERED, ids=[it.kind for it in OFFERED])
def test_two_consumers_reach_it_until_one_is_turned_away(cloud, servers, offered, tmp_path):
    product = servers(offered)
    link = cloud.publish(
        product.ports, product.kind, opened=product.ports,
        users=[{"username": product.user, "password": product.password}],
    )  # fmt: skip
    product.secure(certificates(cloud.stack, link.name, tmp_path))
    taken = seats(cloud, link, tmp_path)
    for seat in taken:
        product.prepare(seat.shell.directory)
    asked = [
        (seat, seat.learn(*question.tool), question)
        for question in product.questions
        for seat in taken
    ]

    def ask(seat: Seat, told: Told, question: Question):
        done = seat.shell.follow(told, question.stdin)
        return done, f"{told}\n{done}"

    with ThreadPoolExecutor(len(asked)) as at_once:
        answers = list(at_once.map(lambda it: ask(*it), asked))
    for (_, _, question), (done, shown) in zip(asked, answers, strict=True):
        assert done.returncode == 0 and question.answer in done.stdout.split(), shown

    stays, goes = taken
    for seat, told, question in asked:
        if seat is goes and CA in told.command:
            seat.trust_another_ca()
            done, shown = ask(seat, told, question)
            assert done.stdout == "" and "certificate" in done.stderr.lower(), shown
            # Writes the right one over it.
            seat.learn(*question.tool)
    link.decide(goes.plc, "reject")
    wait_for("it is out", lambda: goes.consumer.status(goes.endpoint).upper(), "REJECTED")
    for seat, told, question in asked:
        done, shown = ask(seat, told, question)
        if seat is stays:
            assert done.returncode == 0 and question.answer in done.stdout.split(), shown
        else:
            # Not the status: redis-cli ends well whatever became of what it was piped.
            assert done.stdout == "" and done.stderr != "", shown
    assert all(refuses(goes.address, port) for port in product.ports.values())


def test_kcat_logs_in_with_all_that_it_is_given(cloud, tmp_path):
    """A stand-in takes its handshake and its first request; nothing here speaks Kafka over TLS."""
    stack = cloud.stack
    listeners = {"certificate": TlsListener(), "sasl": TlsListener()}
    client = ClientCertificate("avnadmin")
    login = {
        "username": "avnadmin",
        "password": "kafka-pw-of-these-tests",
        "access_cert": client.certificate,
        "access_key": client.key,
    }
    try:
        link = cloud.publish(
            {}, "kafka", opened=["kafka"], users=[login],
            components=[
                {"component": "kafka", "port": it.port, "kafka_authentication_method": method}
                for method, it in listeners.items()
            ],
        )  # fmt: skip
        made = certificates(stack, link.name, tmp_path)
        for listener in listeners.values():
            listener.start(made, client.certificate)
        seat = Seat(cloud, stack.consumer, link, tmp_path)
        told = {method: seat.learn("kcat", "-a", method) for method in listeners}
        written = {it.name for it in seat.shell.directory.iterdir()}
        assert written >= {CA, "service.crt", "service.key"}

        def ask(method: str):
            return seat.shell.follow(told[method], more=f"-L -m {KCAT_SECONDS}")

        with ThreadPoolExecutor(len(told)) as at_once:
            answers = dict(zip(told, at_once.map(ask, told), strict=True))
        for method, done in answers.items():
            # What arrived counts: it was let in and made its first request. How it ends does not:
            # nobody answers it, and this kcat now and then crashes while it gives up.
            assert KAFKA_CLIENT in listeners[method].heard, done
            for complaint in ("No such file", "No such configuration property", "Invalid value"):
                assert complaint not in done.stderr, done
        shown = ssl.PEM_cert_to_DER_cert(client.certificate)
        assert listeners["certificate"].certificate == shown
        assert listeners["sasl"].certificate is None
    finally:
        for listener in listeners.values():
            listener.stop()
