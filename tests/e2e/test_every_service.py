"""Every available product, published on each cloud and reached by its own client with the command
that connection information prints, unedited.

Real servers, all with TLS: PostgreSQL, MariaDB, Redis, ClickHouse and InfluxDB. A stand-in serves a
page over HTTPS for OpenSearch, Grafana and Kafka Connect. The real Kafka client connects to a
stand-in that takes its handshake and its first request.
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
from shell import Shell, PrintedCommand, certificates
from tls_listener import TlsListener
from waiting import wait_for, wait_until

PRODUCT = "select 6 * 7 as answer"
# The file of the service's CA, as the printed commands name it.
CA = "ca.pem"
# How long kcat waits for an answer that never comes; the handshake is a small part of it.
KCAT_SECONDS = 4
# The client's name in its first request.
KAFKA_CLIENT = b"rdkafka"


@dataclass
class Question:
    """The input of a tool, and a word of the output that only a server can give."""

    tool: list[str]
    stdin: str
    answer: str


class Offered:
    """A product and its login; most have to be restarted for another certificate."""

    def secure(self, made: Path) -> None:
        self.stop()
        self.server.start(made)

    def stop(self) -> None:
        self.server.stop()

    def prepare(self, home: Path) -> None:
        """Writes files that a consumer needs before the first command."""


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
        clickhouse.write_client_password(home)


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
    """Starts each server at its first use; it serves both clouds, one after the other."""
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
    """A stack and its consumers."""

    stack: object
    consumers: list

    def publish(self, ports: dict[str, int], kind: str, opened, **ours):
        """A service with a link for all consumers."""
        others = self.consumers[1:]
        return self.stack.publish(ports, kind, opened=opened, others=others, **ours)


@pytest.fixture(scope="module", params=["stack", "google"], ids=["azure", "google"])
def cloud(request):
    """One cloud with two consumers, each in its own network."""
    stack = request.getfixturevalue(request.param)
    if request.param == "google":
        stack.feature("privatelink_google_pg", True)
    return Cloud(stack, [stack.consumer, stack.new_consumer()])


class Client:
    """A consumer with an endpoint and a shell."""

    names = itertools.count(1)

    def __init__(self, cloud: Cloud, consumer, link, directory: Path):
        self.consumer = consumer
        self.link = link
        self.endpoint = f"client-{next(self.names)}"
        self.plc, self.address = link.connect(consumer, self.endpoint)
        home = directory / self.endpoint
        home.mkdir()
        self.shell = Shell(cloud.stack, home)

    def learn(self, *tool: str) -> PrintedCommand:
        """Prints the command; its hints have the address of this client's endpoint."""
        printed = self.shell.connection_info(*tool, self.link.name, "-p", self.plc, "-W")
        assert self.address in printed.hints
        return printed

    def trust_another_ca(self) -> None:
        """Puts another CA in the place of the service's."""
        (self.shell.directory / CA).write_text(ClientCertificate("another CA").certificate)


def connect_clients(cloud: Cloud, link, directory: Path) -> list[Client]:
    both = [Client(cloud, consumer, link, directory) for consumer in cloud.consumers]
    assert len({it.address for it in both}) == len({it.plc for it in both}) == 2
    return both


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
    both = connect_clients(cloud, link, tmp_path)
    for client in both:
        product.prepare(client.shell.directory)
    asked = [
        (client, client.learn(*question.tool), question)
        for question in product.questions
        for client in both
    ]

    def ask(client: Client, printed: PrintedCommand, question: Question):
        done = client.shell.follow(printed, question.stdin)
        return done, f"{printed}\n{done}"

    def ask_restarted(*it):
        """Until a health probe succeeds again, no flow reaches the restarted server."""
        last = []

        def answered() -> bool:
            last[:] = ask(*it)
            return last[0].returncode == 0

        try:
            wait_until("the server passes its health probes", answered)
        except AssertionError as late:
            raise AssertionError(f"{late}; {last[1]}") from late
        return last

    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda it: ask_restarted(*it), asked))
    for (_, _, question), (done, shown) in zip(asked, answers, strict=True):
        assert done.returncode == 0 and question.answer in done.stdout.split(), shown

    stays, goes = both
    for client, printed, question in asked:
        if client is goes and CA in printed.command:
            client.trust_another_ca()
            done, shown = ask(client, printed, question)
            assert done.stdout == "" and "certificate" in done.stderr.lower(), shown
            # Overwrites it with the service's own.
            client.learn(*question.tool)
    link.decide(goes.plc, "reject")
    # On Google a rejected endpoint is on no list.
    out = ("REJECTED", "PENDING")
    wait_until("it is out", lambda: goes.consumer.status(goes.endpoint).upper() in out)
    for client, printed, question in asked:
        done, shown = ask(client, printed, question)
        if client is stays:
            assert done.returncode == 0 and question.answer in done.stdout.split(), shown
        else:
            # Not the exit status: redis-cli exits with 0 after failed commands from a pipe.
            assert done.stdout == "" and done.stderr != "", shown
    assert all(refuses(goes.address, port) for port in product.ports.values())


def test_kcat_logs_in_with_all_that_it_is_given(cloud, tmp_path):
    """Connects to a stand-in: no server here speaks Kafka over TLS."""
    stack = cloud.stack
    listeners = {"certificate": TlsListener(), "sasl": TlsListener()}
    certificate = ClientCertificate("avnadmin")
    login = {
        "username": "avnadmin",
        "password": "kafka-pw-of-these-tests",
        "access_cert": certificate.certificate,
        "access_key": certificate.key,
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
            listener.start(made, certificate.certificate)
        client = Client(cloud, stack.consumer, link, tmp_path)
        printed = {method: client.learn("kcat", "-a", method) for method in listeners}
        written = {it.name for it in client.shell.directory.iterdir()}
        assert written >= {CA, "service.crt", "service.key"}

        def ask(method: str):
            return client.shell.follow(printed[method], more=f"-L -m {KCAT_SECONDS}")

        with ThreadPoolExecutor(len(printed)) as pool:
            answers = dict(zip(printed, pool.map(ask, printed), strict=True))
        for method, done in answers.items():
            # Its first request must arrive. Its end does not matter: it gets no answer, and this
            # version sometimes crashes when it gives up.
            assert KAFKA_CLIENT in listeners[method].heard, done
            for complaint in ("No such file", "No such configuration property", "Invalid value"):
                assert complaint not in done.stderr, done
        shown = ssl.PEM_cert_to_DER_cert(certificate.certificate)
        assert listeners["certificate"].certificate == shown
        assert listeners["sasl"].certificate is None
    finally:
        for listener in listeners.values():
            listener.stop()
