"""A real MariaDB on 127.0.0.1, for the real `mysql`."""

import os
import shutil
from pathlib import Path

from daemon import Daemon
from postgres import free_port, run
from servers import first_bytes
from waiting import wait_until

USER = "avnadmin"
PASSWORD = "mariadb pw $of 'these' tests"
DATABASE = "defaultdb"
# It runs as root only with this option.
AS_WHOM = ["--user=root"] if os.geteuid() == 0 else []


def programs() -> tuple[Path, Path, Path]:
    """mariadbd, mariadb-install-db, and the client by the name that commands use."""
    found = [shutil.which(name) for name in ("mariadbd", "mariadb-install-db", "mysql")]
    if None in found:
        raise FileNotFoundError("no mariadbd; install the package `mariadb-server`")
    server, maker, client = map(Path, found)
    return server, maker, client


class MariaDb:
    """One server with one user and one database; each start may have another certificate."""

    def __init__(self, directory: Path):
        self.directory = directory / "mariadb"
        self.directory.mkdir()
        self.data = self.directory / "data"
        self.port = free_port()
        self.daemon = None
        made = run(
            programs()[1], "--no-defaults", f"--datadir={self.data}", "--skip-test-db", *AS_WHOM,
            "--auth-root-authentication-method=normal",
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr

    def start(self, certificates: Path) -> None:
        """Starts it with TLS alone, with the files that `underpass service cert` wrote."""
        setup = self.directory / "setup.sql"
        password = PASSWORD.replace("'", "''")
        setup.write_text(
            f"create database if not exists {DATABASE};\n"
            f"create user if not exists {USER} identified by '{password}';\n"
            f"grant all on {DATABASE}.* to {USER};\n"
        )
        self.daemon = Daemon(
            [
                programs()[0], "--no-defaults", *AS_WHOM,
                f"--datadir={self.data}", f"--init-file={setup}",
                "--bind-address=127.0.0.1", f"--port={self.port}", "--skip-name-resolve",
                # In the data directory, where the name is short enough for a socket.
                "--socket=socket", f"--pid-file={self.directory / 'pid'}",
                f"--ssl-ca={certificates / 'ca.pem'}",
                f"--ssl-cert={certificates / 'server.crt'}",
                f"--ssl-key={certificates / 'server.key'}", "--require-secure-transport=on",
            ],
            self.directory / "mariadb.log",
        )  # fmt: skip
        wait_until("MariaDB answers", self._answers)

    def _answers(self) -> bool:
        """Reports whether it greets: it listens when the setup is done."""
        self.daemon.check()
        return first_bytes("127.0.0.1", self.port) != b""

    def stop(self) -> None:
        if self.daemon is not None:
            self.daemon.stop()
