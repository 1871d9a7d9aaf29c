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

# Third octets of networks that tests create in the consumer range, apart from the ready ones:
# Azure's has the first half of the range, Google's the last quarter.
NETWORKS = range(128, 192)
# Without POST: it requests tokens, and nothing of a link on Azure.
WRITES = ("PUT", "DELETE", "PATCH")


class Stack:
    """Clients are created at their first use, because those of the SDKs are slow to create."""

    cloud = CLOUD
    # The default type of services, which is the name of its main component, too.
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
        """The consumer with the allowed subscription."""
        if self._consumer is None:
            azure = self.up.azure
            self._consumer = self.new_consumer(azure["consumer_tenant"], self.subscription)
        return self._consumer

    @property
    def subscription(self) -> str:
        return self.up.azure["consumer_subscription"]

    def new_consumer(self, tenant: str | None = None, subscription: str | None = None) -> Consumer:
        """A consumer with a network of its own, by default of an unknown subscription."""
        return Consumer(
            self.up, tenant or str(uuid.uuid4()), subscription or str(uuid.uuid4()), self.cidr()
        )

    def cidr(self) -> str:
        """An unused network range whose addresses carry bytes."""
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
        """An unused service name."""
        prefix = (prefix or self.kind).replace("_", "-")
        return f"{prefix}-{next(self._names)}"

    def publication(self, name: str) -> Published:
        return Published(self, name)

    def static_ips(self, count: int = 2, *, made: bool = True) -> list[str]:
        """Creates static IPs for a service; `made` waits until the cloud has made them."""
        path = self.api.project("static-ips")
        requested = [self.api.ok("POST", path, {"cloud_name": CLOUD}) for _ in range(count)]
        ids = [ip["static_ip_address_id"] for ip in requested]
        if not made:
            return ids

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
        """The compatible body of a service with one node on this machine; `ours` extends it."""
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

    def needs(self, *, made: bool = True) -> dict:
        """Members of a service's body that the cloud requires."""
        return {"static_ips": self.static_ips(made=made)}

    def register(self, ports: dict[str, int], kind: str | None = None, **ours) -> Published:
        """Registers a service that may be published, with its components closed on links."""
        name = self.name(kind)
        body = self.service_body(name, ports, kind, **ours) | self.needs()
        self.api.ok("POST", self.api.project("service"), body)
        return self.publication(name)

    def publish(
        self, ports: dict[str, int], kind: str | None = None, opened=(), others=(), **ours
    ) -> Published:
        """Registers a service with an active link for the allowed and further subscriptions."""
        published = self.register(ports, kind, **ours)
        published.toggle(**dict.fromkeys(opened, True))
        published.wait_interface()
        self.create_link(published, others)
        published.wait_active()
        return published

    def create_link(self, published: Published, others=()) -> None:
        """Creates the link of a service."""
        published.create([self.subscription, *(it.subscription for it in others)])

    def offer(self, greeting: bytes = b"hello") -> tuple[Published, int]:
        """Publishes one greeter with its component open; returns the service and the port."""
        greeter = self.greeter(greeting)
        return self.publish({self.kind: greeter.port}, opened=[self.kind]), greeter.port

    def cloud_writes(self) -> int:
        """The number of calls to clouds so far that were not reads."""
        pattern = r'^underpass_cloud_requests_total\{[^}]*method="(\w+)"[^}]*\} (\d+)$'
        counted = re.findall(pattern, self.api.metrics(), re.MULTILINE)
        return sum(int(count) for method, count in counted if method in WRITES)

    def state_of_everything(self) -> dict:
        """All that the API shows of the project; equal before and after a restart."""
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
