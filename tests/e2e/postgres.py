"""A real PostgreSQL on 127.0.0.1, and the real psql."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from servers import ANSWER_SECONDS, Greeter
from waiting import wait_until

PROGRAM_SECONDS = 60.0
USER = "avnadmin"
PASSWORD = "pw-of-these-tests"
DATABASE = "defaultdb"
# PostgreSQL refuses uid 0, which is the user of a user namespace: there it runs in a nested
# namespace, where the same user has another uid.
WITH_ANOTHER_UID = ["unshare", "-U", "--map-user=1000", "--map-group=1000"]

# Length 8 and code 80877103 (PostgreSQL protocol, "SSLRequest"), the first message of a client.
SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])


def programs() -> Path:
    """The directory of initdb and pg_ctl: the newest of Debian, else the one in PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: int(path.parts[-3]))
    if newest:
        return newest[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).parent
    raise FileNotFoundError("no initdb; install the package `postgresql`")


def run(*words, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        env=os.environ | variables,
        timeout=PROGRAM_SECONDS,
        check=False,
    )


def free_port() -> int:
    """A port that is free now."""
    greeter = Greeter(b"")
    greeter.close()
    return greeter.port


class Postgres:
    """One cluster with one user and one database; without TLS until it has a certificate."""

    def __init__(self, directory: Path, *, fsync: bool = False):
        self.directory = directory
        self.data = directory / "postgres"
        self.port = free_port()
        password = directory / "postgres-password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        self.password_file = password
        self._run("initdb", "-U", USER, "-A", "scram-sha-256", "--pwfile", password, "--no-sync",
                  "--locale=C", "-E", "UTF8")  # fmt: skip
        self._settings(
            {
                "port": self.port,
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": "",
                "fsync": "on" if fsync else "off",
            }
        )
        self._run("pg_ctl", "-w", "-l", directory / "postgres.log", "start")
        self.direct("postgres", f"create database {DATABASE}")

    def _run(self, program: str, *words) -> None:
        # The server outlives pg_ctl and would keep pipes open, so its output goes to a file.
        prefix = WITH_ANOTHER_UID if os.geteuid() == 0 else []
        with (self.directory / "postgres-programs.log").open("ab") as log:
            status = subprocess.run(
                [*prefix, programs() / program, "-D", self.data, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=PROGRAM_SECONDS,
                check=False,
            ).returncode
        assert status == 0, (self.directory / "postgres-programs.log").read_text()

    def _settings(self, settings: dict) -> None:
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def use_certificate(self, certificate: Path, key: Path) -> None:
        """Switches TLS on."""
        shutil.copy(certificate, self.data / "server.crt")
        shutil.copy(key, self.data / "server.key")
        (self.data / "server.key").chmod(0o600)
        self._settings({"ssl": "on"})
        self._run("pg_ctl", "reload")
        wait_until("PostgreSQL speaks TLS", self._speaks_tls)

    def reload(self) -> None:
        """Reads the files of settings again."""
        self._run("pg_ctl", "reload")

    def trust_all_users(self) -> None:
        """Admits all users of this machine without a password."""
        users = ("all", "replication")
        lines = [f"host {it} all 127.0.0.1/32 trust\n" for it in users]
        (self.data / "pg_hba.conf").write_text("".join(lines))
        self._run("pg_ctl", "reload")

    def _speaks_tls(self) -> bool:
        return psql(self.uri("127.0.0.1", DATABASE, "require"), "select 1").returncode == 0

    def uri(self, host: str, database: str, sslmode: str) -> str:
        return f"postgres://{USER}@{host}:{self.port}/{database}?sslmode={sslmode}"

    def direct(self, database: str, statement: str) -> str:
        """Sends a query directly to the server, without TLS."""
        return self.query(self.uri("127.0.0.1", database, "disable"), statement)

    def query(self, uri: str, statement: str) -> str:
        """Sends a query that must succeed."""
        done = psql(uri, statement)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def answers(self, address: str) -> bool:
        """Reports whether an SSLRequest to an address is answered as PostgreSQL answers it."""
        try:
            with socket.create_connection((address, self.port), timeout=ANSWER_SECONDS) as flow:
                flow.sendall(SSL_REQUEST)
                return flow.recv(1) in (b"S", b"N")
        except OSError:
            return False

    def copy(self, directory: Path, *options: str) -> "Postgres":
        """A base backup of the running server, as a server that is not started, with a port of its own."""
        directory.mkdir()
        other = object.__new__(Postgres)
        other.directory, other.data = directory, directory / "postgres"
        other.port, other.password_file = free_port(), self.password_file
        other._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-X",
                   "stream", "-c", "fast", "-N", "-w", *options)  # fmt: skip
        other._settings({"port": other.port})
        return other

    def promote(self) -> None:
        """Makes a standby the server that accepts writes."""
        self._run("pg_ctl", "-w", "promote")

    def set(self, **settings: str) -> None:
        """Changes settings of a server that is started afterwards."""
        self._settings(settings)

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def start(self) -> None:
        """Starts a server that was stopped."""
        self._run("pg_ctl", "-w", "-l", self.directory / "postgres.log", "start")


def psql(uri: str, statement: str, **variables: str) -> subprocess.CompletedProcess:
    """The real client, with the password where the URI has none."""
    quiet = {"PGPASSWORD": PASSWORD, "PGCONNECT_TIMEOUT": "5"}
    return run(programs() / "psql", uri, "-X", "-A", "-t", "-c", statement, **(quiet | variables))


class Session:
    """A psql process with an open connection."""

    def __init__(self, uri: str, **variables: str):
        self.process = subprocess.Popen(
            [programs() / "psql", uri, "-X", "-A", "-t", "-q"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PGPASSWORD": PASSWORD, "PGCONNECT_TIMEOUT": "5"} | variables,
        )

    def says(self, statement: str) -> str:
        """Runs a statement; returns the line that it prints, a value or an error."""
        try:
            self.process.stdin.write(f"{statement}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(PROGRAM_SECONDS) == 0
        self.process.stdout.close()
