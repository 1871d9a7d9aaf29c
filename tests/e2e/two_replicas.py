"""Two `underpass serve` on one PostgreSQL that stand in for an `up`.

Tests of the main flows run unchanged on them: each request, DNS query and command goes to another
server than the one before.
"""

import subprocess
from pathlib import Path

from api import Api
from postgres import Postgres
from replicas import Replicas
from served import Emulated, Serve
from up import CLOUD, GOOGLE_CLOUD, READY_SECONDS, Up, binary, environment, first_line
from waiting import wait_for

NETWORKS = {CLOUD: "10.70.0.0/24", GOOGLE_CLOUD: "10.71.0.0/24"}


class TwoReplicas(Up):
    """Servers, clouds, a database and machines of the services."""

    def __init__(
        self, directory: Path, cloud_delay: str = "0s", count: int = 2, discovery: str = "off",
        *, fsync: bool = False, standby: bool = False, archive: Path | None = None,
    ):  # fmt: skip
        super().__init__(directory, cloud_delay)
        self.count = count
        self.fsync = fsync
        self.standby = standby
        self.archive = archive
        self.second: Postgres | None = None
        # Without limits, which a benchmark would reach.
        self.flags = (
            "--set", f"discovery.interval={discovery}",
            "--set", "limits.token_requests=100000", "--set", "limits.token_request_burst=100000",
        )  # fmt: skip
        self.servers: list[Serve] = []
        self._next = 0
        self._vpcs: dict[str, str] = {}

    def start(self) -> "TwoReplicas":
        delay = self.cloud_delay
        self.clouds = {
            "azure": Emulated("azure", self.directory, "--prepared", cloud_delay=delay),
            "google": Emulated(
                "google", self.directory, "--prepared", "--status-lag", "0s", cloud_delay=delay
            ),
        }
        (self.directory / "store").mkdir()
        self.database = Postgres(self.directory / "store", fsync=self.fsync)
        ports: tuple[int, ...] = ()
        if self.archive is not None:
            self.database.stop()
            command = f"cp %p {self.archive}/%f"
            self.database.set(archive_mode="on", archive_command=command)
            self.database.start()
        if self.standby:
            self.database.trust_all_users()
            self.second = self.database.copy(self.directory / "standby", "-R")
            self.second.start()
            ports = (self.second.port,)
        cidr = self.clouds["azure"].ready["consumer_cidr"]
        more = f'[emulation]\nconsumer_cidr = "{cidr}"\n'
        replicas = Replicas(
            self.directory, self.database, *self.clouds.values(), count=self.count, more=more,
            flags=self.flags, further_ports=ports,
        )  # fmt: skip
        self.servers = replicas.servers
        self.machines = self._machines()
        api = Api(self.servers[0])
        for cloud, network in NETWORKS.items():
            body = {"cloud_name": cloud, "network_cidr": network}
            vpc = api.ok("POST", api.project("vpcs"), body)["project_vpc_id"]
            path = api.project(f"vpcs/{vpc}")
            wait_for("the VPC is active", lambda path=path: api.ok("GET", path)["state"], "ACTIVE")
            self._vpcs[cloud] = vpc
        return self

    def _machines(self) -> subprocess.Popen:
        """Makes a machine for each node, as `up` does itself."""
        with (self.directory / "machines.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    str(binary()), "--data-dir", str(self.servers[0].data_dir), "emulate",
                    "machines", "--azure", str(self.clouds["azure"].state), "--google",
                    str(self.clouds["google"].state),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(self.directory),
            )  # fmt: skip
        line = first_line(process.stdout, READY_SECONDS)
        assert line, (self.directory / "machines.log").read_text()
        return process

    @property
    def ready(self) -> dict:
        """The ready line of the other server than the one before."""
        if not self.servers:
            return {}
        self._next = (self._next + 1) % len(self.servers)
        cidr = self.clouds["azure"].ready["consumer_cidr"]
        return self.servers[self._next].ready | {
            "consumer_cidr": cidr,
            "project_vpcs": self._vpcs,
            "token_file": self.servers[0].ready["token_file"],
        }

    @ready.setter
    def ready(self, _line) -> None:
        """Set by the constructor of `Up` alone."""

    @property
    def azure(self) -> dict:
        return self.clouds["azure"].ready

    @property
    def google(self) -> dict:
        return self.servers[0].google

    @property
    def google_token_file(self) -> Path:
        return Path(self.google["token_file"])

    def log_text(self) -> str:
        """The logs of both."""
        return "".join(server.log_text() for server in self.servers)

    def close(self) -> None:
        self.machines.terminate()
        assert self.machines.wait(READY_SECONDS) == 0
        self.machines.stdout.close()
        for server in self.servers:
            server.close()
        for cloud in self.clouds.values():
            cloud.stop()
        self.database.stop()
