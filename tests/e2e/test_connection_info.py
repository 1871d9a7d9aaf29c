"""Connection information: equal to that of `avn`, and usable by real clients unedited."""

import pytest

from clients import CommandLine
from page import MISSING, Page
from postgres import DATABASE, PASSWORD, USER
from redis import Redis
from shell import Shell, certificates
from waiting import wait_until

# Characters of shell, URI and connection-string syntax, without those that `avn` prints wrongly: a
# slash in a URI's password, and blanks and quotes, because kcat's words are printed unquoted.
AWKWARD = "p@ss:w%rd-~_.="
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
LOGIN = {
    "username": "avnadmin",
    "password": AWKWARD,
    "access_cert": CERTIFICATE,
    "access_key": KEY,
}
BARE = {"username": "bare"}
REDIS_PASSWORD = "pw $of 'these' tests"

PG = [["psql"], ["pg", "uri"], ["pg", "string"], ["alloydbomni", "uri"], ["alloydbomni", "string"]]
KAFKA = [["kcat"], ["kafkacat"]]
VALKEY = [["valkey", "uri"]]
UTILITIES = {"pg": PG, "kafka": KAFKA, "valkey": VALKEY}

OPTIONS = {
    "pg": [["-d", "other-db_2"], ["--sslmode", "verify-full"], ["--usage", "primary"],
           ["-u", "avnadmin", "--sslmode", "disable"]],
    "kafka": [["-a", "sasl"], ["-a", "certificate", "--ca", "a.pem", "--client-cert", "b.crt",
                                   "--client-key", "c.key"], ["-a", "sasl", "--ca", "a.pem"]],
    "valkey": [["-d", "3"], ["-u", "avnadmin"], ["--usage", "primary"]],
}  # fmt: skip
REFUSED = {
    "pg": [["-u", "unknown"], ["-u", "bare"], ["--replica"], ["-r", "public"],
           ["-p", "plc0123456789a"], ["-p", "plc0123456789a", "-r", "dynamic"]],
    "kafka": [["-u", "unknown"], ["-u", "bare"], ["-u", "bare", "-a", "sasl"], ["-r", "public"],
              ["-p", "plc0123456789a"], ["-p", "plc0123456789a", "-r", "dynamic"]],
    "valkey": [["-u", "unknown"], ["-u", "bare"], ["--replica"], ["-r", "public"],
               ["-p", "plc0123456789a"]],
}  # fmt: skip


def kafka_components(stack) -> list[dict]:
    """Two listeners without a Kafka behind them; no test connects to them."""
    return [
        {
            "component": "kafka",
            "port": stack.greeter().port,
            "kafka_authentication_method": method,
        }
        for method in ("certificate", "sasl")
    ]


def published(stack, kind: str, **ours):
    """A service of a type, with its main component open on an active link."""
    users = [LOGIN, BARE]
    if kind == "kafka":
        ours = {"components": kafka_components(stack)} | ours
    return stack.publish(
        {kind: stack.greeter().port}, kind, opened=[kind], **({"users": users} | ours)
    )


class Both:
    """The two command lines, called with the same words."""

    def __init__(self, stack):
        self.stack = stack

    def words(self, utility: list[str], name: str, options: list[str]) -> list[str]:
        return ["service", "connection-info", *utility, name, *options]

    def same(self, utility: list[str], name: str, options: list[str]) -> str:
        words = self.words(utility, name, options)
        printed = self.stack.avn(*words)
        assert self.stack.underpass(*words) == printed, words
        return printed

    def refuse(self, utility: list[str], name: str, options: list[str]) -> str:
        words = self.words(utility, name, options)
        theirs = self.stack.avn.call(*words)
        assert theirs.returncode == 1, f"{words}: avn printed {theirs.stdout}"
        ours = self.stack.underpass.call(*words)
        assert (ours.returncode, ours.stdout) == (1, ""), f"{words}: {ours}"
        assert ours.stderr.startswith("error: ")
        return ours.stderr


@pytest.fixture(scope="module")
def both(stack):
    return Both(stack)


@pytest.mark.parametrize("kind", UTILITIES)
def test_every_utility_prints_what_avn_prints(stack, both, kind):
    """With no, one and two connections; ours refuses all that `avn` refuses."""
    link = published(stack, kind)

    first = UTILITIES[kind][0]

    def each(*options: str) -> list[str]:
        return [both.same(utility, link.name, [*options]) for utility in UTILITIES[kind]]

    each()
    both.refuse(first, link.name, ["-r", "privatelink"])
    for options in REFUSED[kind]:
        both.refuse(first, link.name, options)

    one, address = link.connect(stack.consumer, f"{link.name}-one")
    by_route, by_id = each("-r", "privatelink"), each("-p", one)
    assert by_route == by_id
    assert all(link.host(one) in text for text in by_id)
    for options in OPTIONS[kind]:
        both.same(first, link.name, ["-p", one, *options])
        both.same(first, link.name, options)
    both.refuse(first, link.name, ["-p", one, "-r", "dynamic"])
    # Only ours hints how to connect before a resolver knows the name.
    printed = stack.underpass.call(*both.words(first, link.name, ["-p", one])).stderr
    way = f"PGHOSTADDR={address}" if kind == "pg" else f"/etc/hosts: {address} {link.host(one)}"
    assert way in printed

    two, _ = link.connect(stack.consumer, f"{link.name}-two")
    assert each("-p", one) == by_id
    assert all(link.host(two) in text for text in each("-p", two))
    # `avn` takes the first connection; ours asks for one, because the consumers differ.
    words = both.words(first, link.name, ["-r", "privatelink"])
    assert stack.avn(*words) == by_route[0]
    printed = stack.underpass.refused(*words, status=1)
    assert one in printed and two in printed


def test_flags_that_a_utility_has_no_use_for_are_wrong_use_to_both(stack, both):
    """Flags that `avn` accepts without effect are accepted, too."""
    pg, kafka = stack.register({"pg": stack.greeter().port}), published(stack, "kafka")
    both.same(["pg", "string"], pg.name, ["--sslmode", "prefer", "-d", "other"])
    both.same(["kcat"], kafka.name, ["-a", "sasl", "--client-cert", "c", "--client-key", "k"])
    for utility, name, options in [
        (["kcat"], kafka.name, ["-d", "other"]),
        (["psql"], pg.name, ["-a", "sasl"]),
    ]:
        words = both.words(utility, name, options)
        assert stack.avn.call(*words).returncode == 2, words
        printed = stack.underpass.refused(*words, status=2)
        assert f"`{' '.join(utility)}` does not support `--" in printed


def test_utilities_refuse_services_of_other_types(stack, both):
    services = {kind: stack.register({kind: stack.greeter().port}, kind) for kind in UTILITIES}
    for kind, service in services.items():
        for others in (it for it in UTILITIES if it != kind):
            for utility in UTILITIES[others]:
                printed = both.refuse(utility, service.name, [])
                assert f"for service type {kind}" in printed


def test_a_login_method_without_a_listener_is_refused_by_both(stack, both):
    sasl = kafka_components(stack)[1:]
    link = stack.register({}, "kafka", components=sasl, users=[LOGIN])
    printed = both.refuse(["kcat"], link.name, [])
    assert "Certificate authentication is not enabled" in printed and "-a sasl" in printed
    both.same(["kcat"], link.name, ["-a", "sasl"])


def test_both_write_the_same_files(stack, both, tmp_path):
    link = published(stack, "kafka")
    for options in (["-W"], ["-W", "-a", "sasl"], ["-W", "--ca", "x.pem", "--client-key", "y.key"]):
        left = {}
        for program in (stack.avn, stack.underpass):
            directory = tmp_path / f"{len(list(tmp_path.iterdir()))}"
            directory.mkdir()
            there = CommandLine(program.program, program.environment, directory)
            printed = there(*both.words(["kcat"], link.name, options))
            files = {it.name: it.read_text() for it in directory.iterdir()}
            left[program.program.name] = (printed, files)
        assert left["avn"] == left["underpass"], options
    files = left["avn"][1]
    assert files["y.key"] == KEY and files["service.crt"] == CERTIFICATE
    assert files["x.pem"] == stack.api.ok("GET", stack.api.project("kms/ca"))["certificate"]


def test_a_listener_without_tls_is_shown_as_the_contract_has_it(stack, both):
    greeter = stack.greeter()
    link = stack.register(
        {}, "valkey", components=[{"component": "valkey", "port": greeter.port, "tls": False}]
    )
    [component] = stack.api.ok("GET", link.path())["service"]["components"]
    assert component["ssl"] is False
    words = both.words(["valkey", "uri"], link.name, [])
    # `avn` ignores it.
    assert stack.avn(*words).startswith("rediss://")
    assert stack.underpass(*words) == stack.avn(*words).replace("rediss://", "redis://")


@pytest.fixture
def shell(stack, tmp_path):
    directory = tmp_path / "shell"
    directory.mkdir()
    return Shell(stack, directory)


def test_psql_takes_it_over(stack, postgres, shell, tmp_path):
    link = stack.publish(
        {"pg": postgres.port}, opened=["pg"], users=[{"username": USER, "password": PASSWORD}]
    )
    made = certificates(stack, link.name, tmp_path)
    postgres.use_certificate(made / "server.crt", made / "server.key")
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    wait_until("PostgreSQL answers", lambda: postgres.answers(address))
    ask = "select 6 * 7 as answer, current_database() as here"

    psql = shell.connection_info("psql", link.name, "-p", plc)
    assert psql.variables == {"PGHOSTADDR": address}
    answer = shell.run(psql.command, stdin=ask, **psql.variables)
    assert "42" in answer and DATABASE in answer

    strict = shell.connection_info("psql", link.name, "-p", plc, "--sslmode", "verify-full", "-W")
    assert "PGSSLROOTCERT" in strict.variables
    assert "42" in shell.run(strict.command, stdin=ask, **strict.variables)

    env = shell.connection_info(link.name, "-p", plc, "--output", "env")
    (shell.directory / ".env").write_text(env.command + "\n")
    assert "42" in shell.run("set -a; . ./.env; psql", stdin=ask, **env.variables)

    section = shell.connection_info(link.name, "-p", plc, "--output", "service-conf")
    (shell.directory / "services").write_text(section.command + "\n")
    asked = {"PGSERVICEFILE": "services", "PGSERVICE": link.name}
    assert "42" in shell.run("psql", stdin=ask, **section.variables, **asked)

    uri = shell.connection_info("uri", link.name, "-p", plc).command
    assert "42" in shell.run(f"psql '{uri}'", stdin=ask, **psql.variables)


def test_a_postgresql_without_tls_is_reached_by_what_is_printed(stack, postgres, shell):
    link = stack.publish(
        {}, opened=["pg"], users=[{"username": USER, "password": PASSWORD}],
        components=[{"component": "pg", "port": postgres.port, "tls": False}],
    )  # fmt: skip
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    wait_until("PostgreSQL answers", lambda: postgres.answers(address))
    printed = shell.connection_info("psql", link.name, "-p", plc)
    theirs = stack.avn("service", "connection-info", "psql", link.name, "-p", plc)
    # The command of `avn` could not connect.
    assert printed.command + "\n" == theirs.replace("sslmode=require", "sslmode=disable")
    assert "without TLS" in printed.hints
    assert "42" in shell.run(printed.command, stdin="select 6 * 7", **printed.variables)
    env = shell.connection_info(link.name, "-p", plc, "--output", "env")
    (shell.directory / ".env").write_text(env.command + "\n")
    assert "42" in shell.run("set -a; . ./.env; psql", stdin="select 6 * 7", **env.variables)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_redis_cli_takes_it_over(stack, shell, tmp_path, tls):
    link = stack.register({}, "redis", users=[{"username": "default", "password": REDIS_PASSWORD}])
    made = certificates(stack, link.name, tmp_path) if tls else None
    server = Redis(tmp_path, REDIS_PASSWORD)
    server.start(made)
    try:
        component = {"component": "redis", "port": server.port, "tls": tls}
        link.api.ok("PUT", link.path(), {"underpass": {"components": [component]}})
        link.toggle(redis=True)
        link.wait_interface()
        link.create([stack.subscription])
        link.wait_active()
        plc, address = link.connect(stack.consumer, f"{link.name}-pe")
        printed = shell.connection_info("redis", "cli", link.name, "-p", plc, "-W")
        assert ("--tls" in printed.command) == tls
        assert REDIS_PASSWORD not in printed.hints
        assert f"-h {address}" in printed.by_address
        assert shell.run(printed.by_address, stdin="PING\n").strip() == "PONG"
        beside = shell.connection_info("redis", "cli", link.name)
        assert shell.run(beside.command, stdin="ECHO hello\n").strip() == "hello"
        uri = shell.connection_info("redis", "uri", link.name).command
        flags = "--tls --cacert ca.pem" if tls else ""
        assert shell.run(f"redis-cli -u '{uri}' {flags}", stdin="PING\n").strip() == "PONG"
    finally:
        server.stop()


@pytest.fixture
def page():
    page = Page()
    yield page
    page.stop()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_curl_takes_it_over(stack, shell, page, tmp_path, tls):
    password = "pw \"of\" 'these' \\tests: $HOME"
    port = page.port
    component = {"component": "grafana", "port": port, "tls": tls}
    link = stack.publish(
        {}, "grafana", opened=["grafana"], components=[component],
        users=[{"username": "avnadmin", "password": password}],
    )  # fmt: skip
    page.start(certificates(stack, link.name, tmp_path) if tls else None)
    plc, _ = link.connect(stack.consumer, f"{link.name}-pe")
    printed = shell.connection_info("grafana", link.name, "-p", plc, "-W")
    assert password not in printed.hints
    expected = f"/api/health {link.host(plc)}:{port} avnadmin:{password}"
    healthy = shell.call(printed.by_address)
    # No progress meter without a terminal.
    assert (healthy.returncode, healthy.stdout, healthy.stderr) == (0, expected, "")
    missing = shell.call(printed.by_address.replace("/api/health", MISSING))
    assert missing.returncode == 22 and missing.stdout.startswith(MISSING), missing
    assert "404" in missing.stderr
    any_page = shell.connection_info("curl", link.name, "-p", plc)
    assert shell.run(any_page.by_address) == expected.replace("/api/health", "/")
