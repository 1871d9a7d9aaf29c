"""A running `up` with the clients of its API and of its clouds."""

import itertools
import re
import uuid

from api import Api
from azure_principals import Consumer, Provider
from clients import avn, underpass
from published import Published
from servers import Greeter
from up import CLOUD, Up
from waiting import wait_for, wait_until

# Third octets of the networks that tests make inside the consumer range, away from the ready ones:
# Azure's has the first half of the range, Google's the last quarter.
NETWORKS = range(128, 192)
# POST is left out: tokens are asked for by it, and on Azure nothing of a link is.
WRITES = ("PUT", "DELETE", "PATCH")


class Stack:
    """Everything is made when first asked for, because the SDK's clients are slow to make."""

    cloud = CLOUD
    # The type of services that are offered unless a test says otherwise, and its main component.
    kind = "pg"

    def __init__(self, up: Up):
        self.up = up
        self.api = Api(up)
        self.greeters: list[Greeter] = []
        self._networks = iter(NETWORKS)
        self._names = itertools.count(1)
        self._consumer = None

    @property
    def provider(self) -> Provider:
        return Provider(self.up)

    @property
    def consumer(self) -> Consumer:
        """The allowed subscription's person."""
        if self._consumer is None:
            azure = self.up.azure
            self._consumer = self.new_consumer(azure["consumer_tenant"], azure["consumer_subscription"])
        return self._consumer

    @property
    def subscription(self) -> str:
        return self.up.azure["consumer_subscription"]

    def new_consumer(self, tenant: str | None = None, subscription: str | None = None) -> Consumer:
        """A person with a network of their own; from nowhere we know, unless told otherwise."""
        return Consumer(
            self.up, tenant or str(uuid.uuid4()), subscription or str(uuid.uuid4()), self.cidr()
        )

    def cidr(self) -> str:
        """A range that carries bytes and that nobody has in this stack."""
        first, second, *_ = self.up.ready["consumer_cidr"].split(".")
        return f"{first}.{second}.{next(self._networks)}.0/24"

    @property
    def vpc(self) -> str:
        return self.up.vpc_in(self.cloud)

    @property
    def avn(self):
        return avn(self.up)

    @property
    def underpass(self):
        return underpass(self.up)

    def greeter(self, greeting: bytes = b"hello") -> Greeter:
        greeter = Greeter(greeting)
        self.greeters.append(greeter)
        return greeter

    def name(self, prefix: str | None = None) -> str:
        """A service name that this stack has not used."""
        prefix = (prefix or self.kind).replace("_", "-")
        return f"{prefix}-{next(self._names)}"

    def publication(self, name: str) -> Published:
        return Published(self, name)

    def static_ips(self, count: int = 2) -> list[str]:
        """Static IPs that are ready to be kept for a service."""
        path = self.api.project("static-ips")
        made = [self.api.ok("POST", path, {"cloud_name": CLOUD}) for _ in range(count)]
        ids = [ip["static_ip_address_id"] for ip in made]

        def ready() -> bool:
            states = {
                ip["static_ip_address_id"]: ip["state"]
                for ip in self.api.ok("GET", path)["static_ips"]
            }
            return all(states[it] == "created" for it in ids)

        wait_until("the static IPs are created", ready)
        return ids

    def service_body(
        self, name: str, ports: dict[str, int], kind: str | None = None, **ours
    ) -> dict:
        """The compatible body of a service with one node on this machine; `ours` is more of it."""
        return {
            "service_name": name,
            "service_type": kind or self.kind,
            "plan": "startup-4",
            "cloud": self.cloud,
            "project_vpc_id": self.vpc,
            "user_config": {"static_ips": True},
            "underpass": {
                "nodes": [{"name": "n1", "address": "127.0.0.1"}],
                "components": [
                    {"component": component, "port": port} for component, port in ports.items()
                ],
                "users": [{"username": "avnadmin", "password": "secret-of-the-service"}],
            }
            | ours,
        }

    def needs(self) -> dict:
        """What the cloud asks of a service besides the common body."""
        return {"static_ips": self.static_ips()}

    def register(self, ports: dict[str, int], kind: str | None = None, **ours) -> Published:
        """A service that may be published; its components are closed on any link."""
        name = self.name(kind)
        body = self.service_body(name, ports, kind, **ours) | self.needs()
        self.api.ok("POST", self.api.project("service"), body)
        return self.publication(name)

    def publish(
        self, ports: dict[str, int], kind: str | None = None, opened=(), others=(), **ours
    ) -> Published:
        """A service with an active link for the allowed subscription, and for other consumers."""
        published = self.register(ports, kind, **ours)
        published.toggle(**dict.fromkeys(opened, True))
        published.wait_interface()
        self.create_link(published, others)
        published.wait_active()
        return published

    def create_link(self, published: Published, others=()) -> None:
        """Asks for the link of a service."""
        published.create([self.subscription, *(it.subscription for it in others)])

    def offer(self, greeting: bytes = b"hello") -> tuple[Published, int]:
        """The usual case: one greeter, published and open; gives its port as well."""
        greeter = self.greeter(greeting)
        return self.publish({self.kind: greeter.port}, opened=[self.kind]), greeter.port

    def cloud_writes(self) -> int:
        """Calls to clouds so far that were not reads."""
        pattern = r'^underpass_cloud_requests_total\{[^}]*method="(\w+)"[^}]*\} (\d+)$'
        counted = re.findall(pattern, self.api.metrics(), re.MULTILINE)
        return sum(int(count) for method, count in counted if method in WRITES)

    def state_of_everything(self) -> dict:
        """What the API shows of the project; equal before and after a restart."""
        project = self.api.project
        services = self.api.ok("GET", project("service"))["services"]
        shown = {
            "vpcs": self.api.ok("GET", project("vpcs")),
            "static_ips": self.api.ok("GET", project("static-ips")),
            "services": services,
        }
        for service in services:
            link = self.publication(service["service_name"])
            shown[link.name] = {"link": link.link(), "connections": link.connections()}
        return shown

    def wait_vpc(self, state: str) -> None:
        path = self.api.project(f"vpcs/{self.vpc}")
        wait_for("the VPC settles", lambda: self.api.ok("GET", path)["state"], state)

    def close(self) -> None:
        for greeter in self.greeters:
            greeter.close()
        self.up.close()
