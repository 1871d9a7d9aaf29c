"""A real InfluxDB 1.x on 127.0.0.1, for the real `influx`."""

import shutil
from pathlib import Path

from daemon import Daemon
from postgres import free_port, run
from waiting import wait_until

USER = "avnadmin"
PASSWORD = 'influxdb pw $of "these" tests'
DATABASE = "defaultdb"


def programs() -> tuple[Path, Path]:
    """influxd and influx."""
    found = [shutil.which(name) for name in ("influxd", "influx")]
    if None in found:
        raise FileNotFoundError("no influxd; install the packages `influxdb`, `influxdb-client`")
    server, client = map(Path, found)
    return server, client


class InfluxDb:
    """One server with one user and one database; each start may have another certificate."""

    def __init__(self, directory: Path):
        self.directory = directory / "influxdb"
        self.directory.mkdir()
        self.port = free_port()
        self.daemon = None

    def start(self, certificates: Path) -> None:
        """Starts it with TLS alone, with the files that `underpass service cert` wrote."""
        at = self.directory
        configuration = at / "influxdb.conf"
        configuration.write_text(
            f"""
reporting-enabled = false
bind-address = "127.0.0.1:{free_port()}"
[meta]
dir = "{at}/meta"
[data]
dir = "{at}/data"
wal-dir = "{at}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{self.port}"
auth-enabled = true
https-enabled = true
https-certificate = "{certificates}/server.crt"
https-private-key = "{certificates}/server.key"
"""
        )
        self.daemon = Daemon(
            [programs()[0], "-config", configuration], self.directory / "influxdb.log"
        )
        wait_until("InfluxDB answers", self._is_set_up)

    def _is_set_up(self) -> bool:
        """Creates user and database, as often as needed; the first user needs no login."""
        self.daemon.check()
        password = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
        statements = [
            f"create user {USER} with password '{password}' with all privileges",
            f"create database {DATABASE}",
        ]
        beside = ["-host", "127.0.0.1", "-port", self.port, "-ssl", "-unsafeSsl"]
        login = {"INFLUX_USERNAME": USER, "INFLUX_PASSWORD": PASSWORD}
        done = [run(programs()[1], *beside, "-execute", it, **login) for it in statements]
        return done[-1].returncode == 0

    def stop(self) -> None:
        if self.daemon is not None:
            self.daemon.stop()
