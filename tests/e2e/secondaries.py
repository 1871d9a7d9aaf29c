"""Real secondaries of a zone, Knot and BIND, configured as docs/production/delegation.md shows."""

import re
import shutil
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.tsigkeyring

from daemon import Daemon
from postgres import free_port
from up import ROOT
from waiting import wait_for, wait_until

ANSWER_SECONDS = 5.0
# 30,000 names take Knot and BIND about 2 s from their start; four times as much on busy cores.
MIRROR_SECONDS = 60.0
DOCUMENTED_ZONE = "privatelink.example.com"
KEY_NAME = "secondary"
# The secret that the documents call SECRET: 32 bytes in base64.
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def programs() -> tuple[Path, Path]:
    """knotd and named."""
    found = [shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("knotd", "named")]
    if None in found:
        raise FileNotFoundError("no knotd or named; install the packages `knot` and `bind9`")
    knotd, named = map(Path, found)
    return knotd, named


def documented(language: str) -> str:
    """The configuration of a secondary in the document."""
    text = (ROOT / "docs/production/delegation.md").read_text()
    [block] = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return block


def ask(host: str, port: int, name: str, kind: str = "A") -> list[str]:
    """The records of an answer as texts; none if there is no answer."""
    query = dns.message.make_query(name, kind)
    try:
        answer = dns.query.udp(query, host, port=port, timeout=ANSWER_SECONDS)
    except (dns.exception.DNSException, OSError):
        return []
    return [record.to_text() for records in answer.answer for record in records]


def serial(host: str, port: int, zone: str) -> int:
    """The serial of a zone; 0 without an answer."""
    soa = ask(host, port, zone, "SOA")
    return int(soa[0].split()[2]) if soa else 0


class Secondary:
    """One name server that mirrors a zone of a primary."""

    def __init__(self, directory: Path, zone: str, port: int | None = None):
        self.directory = directory
        directory.mkdir()
        self.zone = zone
        # The primary notifies this port, so it may have to be known before the start.
        self.port = port or free_port()
        self.daemon: Daemon | None = None

    def said(self) -> str:
        return self.daemon.said()

    def serial(self) -> int:
        self.daemon.check()
        return serial("127.0.0.1", self.port, self.zone)

    def addresses(self, name: str) -> list[str]:
        return ask("127.0.0.1", self.port, name)

    def wait_serial(self, expected: int) -> None:
        wait_for("the secondary has the serial", self.serial, expected, MIRROR_SECONDS)

    def wait_later(self, than: int) -> int:
        wait_until("the secondary has a later serial", lambda: self.serial() > than, MIRROR_SECONDS)
        return self.serial()

    def stop(self) -> None:
        if self.daemon:
            self.daemon.stop()


class Knot(Secondary):
    def start(self, host: str, port: int, secret: str = SECRET) -> "Knot":
        text = documented("yaml").replace(DOCUMENTED_ZONE, self.zone)
        text = text.replace("10.0.0.5@53", f"{host}@{port}").replace("10.0.0.5", host)
        text = text.replace("secret: SECRET", f"secret: {secret}")
        own = (
            f'server:\n    rundir: "{self.directory}"\n    listen: 127.0.0.1@{self.port}\n'
            "    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n"
            f'database:\n    storage: "{self.directory}"\n    journal-db-max-size: 100M\n'
            f'template:\n  - id: default\n    storage: "{self.directory}"\n'
            "log:\n  - target: stdout\n    any: info\n"
        )
        file = self.directory / "knot.conf"
        file.write_text(own + text)
        self.daemon = Daemon([programs()[0], "-c", file], self.directory / "knot.log")
        return self

    def transfers(self) -> list[str]:
        """Kinds of the completed transfers, in their order."""
        return re.findall(r"(AXFR|IXFR), incoming, .* finished", self.said())

    def notifications(self) -> int:
        return self.said().count("notify, incoming")


class Bind(Secondary):
    def start(self, host: str, port: int, secret: str = SECRET) -> "Bind":
        text = documented("c").replace(DOCUMENTED_ZONE, self.zone)
        text = text.replace("10.0.0.5 port 53", f"{host} port {port}")
        text = text.replace('secret "SECRET"', f'secret "{secret}"')
        own = (
            f'options {{ directory "{self.directory}"; recursion no; dnssec-validation no;\n'
            f"listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n"
            f'pid-file none; session-keyfile "{self.directory}/session.key"; }};\n'
            "controls { };\n"
        )
        file = self.directory / "named.conf"
        file.write_text(own + text)
        words = [programs()[1], "-g", "-n", 1, "-c", file]
        self.daemon = Daemon(words, self.directory / "named.log")
        return self

    def records(self) -> list[int]:
        """Numbers of records of the completed transfers, in their order."""
        found = re.findall(r"Transfer completed: \d+ messages, (\d+) records", self.said())
        return [int(number) for number in found]

    def notifications(self) -> int:
        return self.said().count("received notify")
