"""A real Redis on 127.0.0.1, and the real redis-cli."""

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

from postgres import free_port, run
from servers import ANSWER_SECONDS
from waiting import wait_until

PASSWORD = "redis-pw-of-these-tests"
STOP_SECONDS = 20.0


def programs() -> tuple[Path, Path]:
    """redis-server and redis-cli."""
    found = [shutil.which(name) for name in ("redis-server", "redis-cli")]
    if None in found:
        raise FileNotFoundError("no redis-server; install the package `redis-server`")
    server, client = map(Path, found)
    return server, client


class Redis:
    """One server with one password and no persistence."""

    def __init__(self, directory: Path, password: str = PASSWORD):
        self.directory = directory / "redis"
        self.directory.mkdir()
        self.port = free_port()
        self.password = password
        self.process = None

    def start(self, certificates: Path | None) -> None:
        """Starts it with TLS alone, with files of `underpass service cert`, or without TLS."""
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": f'"{self.password}"',
            "save": '""',
            "dir": self.directory,
        }
        if certificates:
            settings |= {
                "port": 0,
                "tls-port": self.port,
                "tls-cert-file": certificates / "server.crt",
                "tls-key-file": certificates / "server.key",
                "tls-ca-cert-file": certificates / "ca.pem",
                "tls-auth-clients": "no",
            }
        configuration = self.directory / "redis.conf"
        configuration.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        configuration.chmod(0o600)
        with (self.directory / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                [programs()[0], configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        answers = self.answers if certificates else self.listens
        wait_until("Redis answers", lambda: answers("127.0.0.1"))

    def listens(self, address: str) -> bool:
        with socket.socket() as flow:
            return flow.connect_ex((address, self.port)) == 0

    def answers(self, address: str) -> bool:
        """Reports whether a TLS handshake succeeds, with any certificate."""
        unverified = ssl.create_default_context()
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        try:
            flow = socket.create_connection((address, self.port), timeout=ANSWER_SECONDS)
            with flow, unverified.wrap_socket(flow):
                return True
        except OSError:
            return False

    def ask(self, address: str, ca: Path, *words: str) -> str:
        """Runs redis-cli, which verifies the issuer of the certificate and not its name."""
        done = run(
            programs()[1], "-h", address, "-p", self.port, "--tls", "--cacert", ca, *words,
            REDISCLI_AUTH=self.password,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(STOP_SECONDS) == 0, (self.directory / "redis.log").read_text()


class Session:
    """An open connection to Redis; the certificate is verified against a name."""

    def __init__(self, address: str, port: int, name: str, ca: Path):
        flow = socket.create_connection((address, port), timeout=ANSWER_SECONDS)
        trusted = ssl.create_default_context(cafile=ca)
        self.socket = trusted.wrap_socket(flow, server_hostname=name)
        assert self.says(f"AUTH {PASSWORD}") == "+OK"

    def says(self, command: str) -> str:
        """Sends a command; returns the line of the answer, or nothing if the connection is cut."""
        try:
            self.socket.sendall(f"{command}\r\n".encode())
            return self.socket.recv(4096).decode().strip()
        except OSError:
            return ""

    def close(self) -> None:
        self.socket.close()
