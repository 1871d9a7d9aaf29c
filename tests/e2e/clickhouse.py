"""A real ClickHouse on 127.0.0.1, for the real clickhouse-client and for curl."""

import shutil
import socket
from pathlib import Path

from daemon import Daemon
from postgres import free_port
from waiting import wait_until

USER = "avnadmin"
PASSWORD = "clickhouse-pw-of-these-tests"

CONFIGURATION = """<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <https_port>{https_port}</https_port>
  <tcp_port_secure>{port}</tcp_port_secure>
  <openSSL>
    <server>
      <certificateFile>{certificates}/server.crt</certificateFile>
      <privateKeyFile>{certificates}/server.key</privateKeyFile>
      <verificationMode>none</verificationMode>
    </server>
  </openSSL>
  <path>{at}/data/</path>
  <tmp_path>{at}/tmp/</tmp_path>
  <user_files_path>{at}/files/</user_files_path>
  <users_config>{at}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>5368709120</mark_cache_size>
</yandex>
"""
USERS = """<yandex>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <{user}>
      <password>{password}</password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </{user}>
  </users>
</yandex>
"""

# The last part is copied from the packaged file: certificates are checked against the system's CAs.
CLIENT = """<config>
  <password>{password}</password>
  <openSSL>
    <client>
      <loadDefaultCAFile>true</loadDefaultCAFile>
      <invalidCertificateHandler><name>RejectCertificateHandler</name></invalidCertificateHandler>
    </client>
  </openSSL>
</config>
"""


def programs() -> tuple[Path, Path]:
    """clickhouse-server and clickhouse-client."""
    found = [shutil.which(name) for name in ("clickhouse-server", "clickhouse-client")]
    if None in found:
        raise FileNotFoundError(
            "no clickhouse-server; install the packages `clickhouse-server`, `clickhouse-client`"
        )
    server, client = map(Path, found)
    return server, client


class ClickHouse:
    """One server with one user; each start may have another certificate."""

    def __init__(self, directory: Path):
        self.directory = directory / "clickhouse"
        for part in ("data", "tmp", "files"):
            (self.directory / part).mkdir(parents=True)
        self.port, self.https_port = free_port(), free_port()
        self.daemon = None

    def start(self, certificates: Path) -> None:
        """Starts it with TLS alone, with the files that `underpass service cert` wrote."""
        users = self.directory / "users.xml"
        users.write_text(USERS.format(user=USER, password=PASSWORD))
        configuration = self.directory / "config.xml"
        configuration.write_text(
            CONFIGURATION.format(
                port=self.port,
                https_port=self.https_port,
                certificates=certificates,
                at=self.directory,
            )
        )
        self.daemon = Daemon(
            [programs()[0], f"--config-file={configuration}"], self.directory / "clickhouse.log"
        )
        wait_until("ClickHouse listens", self._listens)

    def _listens(self) -> bool:
        self.daemon.check()
        for port in (self.port, self.https_port):
            with socket.socket() as flow:
                if flow.connect_ex(("127.0.0.1", port)) != 0:
                    return False
        return True

    def stop(self) -> None:
        if self.daemon is not None:
            self.daemon.stop()


def write_client_password(home: Path) -> None:
    """Writes the client's own configuration: Debian's client does not read CLICKHOUSE_PASSWORD."""
    file = home / ".clickhouse-client" / "config.xml"
    file.parent.mkdir()
    file.write_text(CLIENT.format(password=PASSWORD))
    file.chmod(0o600)
