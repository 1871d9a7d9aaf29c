"""Clients that create, approve, toggle and delete links without pause, and remember each answer.

Each client owns one service, so its last answered change is what must be there in the end: in the
API, and in the clouds.
"""

import random
import threading
from dataclasses import dataclass, field

from azure_principals import Consumer as AzureConsumer
from azure_principals import Provider as AzureProvider
from google_principals import Consumer as GoogleConsumer
from google_principals import Provider as GoogleProvider
from google_stack import GoogleStack
from published import Published
from replicas import AnyReplica, Replicas
from served import ACCOUNT_GROUP, AZURE_REGION
from stack import Stack
from waiting import wait_for, wait_until

# A replica that is killed leaves its work to the others after a time.
SETTLE_SECONDS = 120.0
APPROVED = ("user-approved", "connected", "active")


@dataclass
class Facts:
    """The content of the last answers."""

    has_link: bool = False
    is_open: bool = False
    # Connections by endpoint: those answered as approved, and their ids.
    approved: dict[str, str] = field(default_factory=dict)
    answered: int = 0


class Client(threading.Thread):
    """Changes one service until it is told to stop."""

    provider = ""

    def __init__(self, published: Published, stop: threading.Event, seed: int):
        super().__init__(daemon=True)
        self.published = published
        self.api: AnyReplica = published.api
        self.halt = stop
        self.choose = random.Random(seed)
        self.facts = Facts()
        self.rounds = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.halt.is_set():
                self._round()
        except BaseException as failure:  # noqa: BLE001 - told by `finish`
            self.failure = failure
            self.halt.set()

    def finish(self) -> None:
        if self.ident is None:
            return
        self.join(SETTLE_SECONDS * 2)
        if self.failure is not None:
            raise self.failure
        assert not self.is_alive(), f"the client of {self.published.name} does not end"

    def _round(self) -> None:
        """One life of a link; ends early, at any step, when it is told to stop."""
        self.rounds += 1
        for step in (self._create, self._approve, self._toggle, self._approve, self._toggle,
                     self._remove):  # fmt: skip
            if self.halt.is_set():
                return
            step()

    def create_and_approve(self) -> None:
        """One link that stays."""
        self.rounds += 1
        self._create()
        self._approve()

    def _create(self) -> None:
        self.create()
        self.facts.has_link = True
        self.facts.answered += 1
        assert self.published.link() is not None, "an answered link is lost"
        self._active()

    def _active(self) -> None:
        what = f"the link of {self.published.name} is active"
        wait_for(what, lambda: self.published.link()["state"], "active", SETTLE_SECONDS)

    def _approve(self) -> None:
        name = f"{self.published.name}-{self.rounds}-{len(self.facts.approved)}"
        address = self.endpoint(name)

        def found() -> dict | None:
            self.published.refresh()
            return self.published.connection(name)

        connection = wait_until(f"{name} is discovered", found, SETTLE_SECONDS)
        plc = connection["privatelink_connection_id"]
        self.approve(plc, address)
        self.facts.approved[name] = plc
        self.facts.answered += 1
        state = self.published.state(name)
        assert state in APPROVED, f"an answered approval is lost: {name} is {state}"

    def _toggle(self) -> None:
        is_open = self.choose.random() < 0.5
        kind = self.published.stack.kind
        self.published.toggle(**{kind: is_open})
        self.facts.is_open = is_open
        self.facts.answered += 1
        shown = self.api.ok("GET", self.published.path())["service"]["user_config"]
        assert shown["privatelink_access"][kind] == is_open, "an answered toggle is lost"

    def _remove(self) -> None:
        self.api.ok("DELETE", self.published.link_path)
        self.facts = Facts(is_open=self.facts.is_open, answered=self.facts.answered + 1)
        link = self.published.link()
        assert link is None or link["state"] == "deleting", "an answered removal is lost"
        what = f"the link of {self.published.name} is gone"
        wait_until(what, lambda: self.published.link() is None, SETTLE_SECONDS)

    def settled(self) -> None:
        """Waits until the API shows the last answers as done."""
        if not self.facts.has_link:
            assert self.published.link() is None
            return
        self._active()
        for name in self.facts.approved:
            state = lambda name=name: self.published.state(name)  # noqa: E731
            wait_for(f"{name} is active", state, "active", SETTLE_SECONDS)

    def create(self) -> None:
        raise NotImplementedError

    def endpoint(self, name: str) -> str:
        raise NotImplementedError

    def approve(self, plc: str, address: str) -> None:
        raise NotImplementedError


class AzureClient(Client):
    provider = "azure"

    def __init__(self, published, stop, seed, consumer: AzureConsumer):
        super().__init__(published, stop, seed)
        self.consumer = consumer

    def create(self) -> None:
        self.published.create([self.consumer.subscription])

    def endpoint(self, name: str) -> str:
        return self.consumer.endpoint(name, self.published.target)

    def approve(self, plc: str, address: str) -> None:
        self.published.approve(plc)
        self.published.set_address(plc, address)


class GoogleClient(Client):
    provider = "google"

    def __init__(self, published, stop, seed, consumer: GoogleConsumer):
        super().__init__(published, stop, seed)
        self.consumer = consumer

    def create(self) -> None:
        self.published.create()

    def endpoint(self, name: str) -> str:
        return self.consumer.endpoint(name, self.published.target)

    def approve(self, plc: str, address: str) -> None:
        self.published.approve(plc, address)


class _StackOfAll:
    """A stack whose requests go to any replica."""

    def __init__(self, kind, replicas: Replicas, seed: int):
        self.replicas = replicas
        self.stack = kind(replicas.servers[0])
        self.seed = seed

    def published(self, name: str, number: int) -> Published:
        """A service as seen by a client of its own."""
        stack = type(self.stack)(self.replicas.servers[0])
        stack.api = AnyReplica(self.replicas, self.seed + number)
        return stack.publication(name)


def network(stack: Stack, cidr: str) -> str:
    """The ID of a new project VPC in the cloud of a stack."""
    body = {"cloud_name": stack.cloud, "network_cidr": cidr}
    vpc = stack.api.ok("POST", stack.api.project("vpcs"), body)["project_vpc_id"]
    path = stack.api.project(f"vpcs/{vpc}")
    wait_for("the VPC is active", lambda: stack.api.ok("GET", path)["state"], "ACTIVE")
    return vpc


def register(stack: Stack, vpc: str, address: str, handle: dict, more: dict) -> str:
    """The name of a new service on one machine inside a project VPC."""
    name = stack.name()
    body = stack.service_body(name, {stack.kind: 5432}) | {"project_vpc_id": vpc} | more
    body["underpass"]["nodes"] = [{"name": "n1", "address": address, "cloud": handle}]
    stack.api.ok("POST", stack.api.project("service"), body)
    return name


def on_azure(replicas: Replicas, count: int, stop: threading.Event, seed: int) -> list[Client]:
    """Clients of as many services in Azure."""
    [server, *_] = replicas.servers
    stack, of_all = Stack(server), _StackOfAll(Stack, replicas, seed)
    vpc = network(stack, "10.70.0.0/24")
    placement = stack.api.ok("GET", f"/underpass{stack.api.project(f'vpcs/{vpc}')}")
    subnet = placement["azure"]["node_subnet"]
    interfaces = AzureProvider(server).network.network_interfaces
    tenant, subscription = server.azure["consumer_tenant"], stack.subscription
    clients = []
    for number in range(count):
        address = f"10.70.0.{10 + number}"
        configuration = {
            "name": "first",
            "properties": {
                "primary": True,
                "subnet": {"id": subnet},
                "privateIPAllocationMethod": "Static",
                "privateIPAddress": address,
            },
        }
        body = {"location": AZURE_REGION, "properties": {"ipConfigurations": [configuration]}}
        nic = interfaces.begin_create_or_update(
            f"underpass-vpc-{vpc}", f"machine-{number}", body
        ).result()
        handle = {"azure": {"nic_id": nic.id}}
        name = register(stack, vpc, address, handle, {"static_ips": stack.static_ips()})
        consumer = AzureConsumer(server, tenant, subscription, "10.20.0.0/16")
        published = of_all.published(name, number)
        clients.append(AzureClient(published, stop, seed + number, consumer))
    return clients


def on_google(replicas: Replicas, count: int, stop: threading.Event, seed: int) -> list[Client]:
    """Clients of as many services in Google."""
    [server, *_] = replicas.servers
    stack, of_all = GoogleStack(server), _StackOfAll(GoogleStack, replicas, seed)
    vpc = network(stack, "10.71.0.0/24")
    placement = stack.api.ok("GET", f"/underpass{stack.api.project(f'vpcs/{vpc}')}")
    subnet = placement["google"]["node_subnet"]
    provider = GoogleProvider(server)
    zone = f"{server.google['region']}-b"
    clients = []
    for number in range(count):
        address, machine = f"10.71.0.{10 + number}", f"machine-{number}"
        provider.compute.insert(
            "instances",
            {
                "name": machine,
                "machineType": f"zones/{zone}/machineTypes/e2-micro",
                "networkInterfaces": [{"subnetwork": subnet, "networkIP": address}],
            },
        )
        instance = f"projects/{server.google['project']}/zones/{zone}/instances/{machine}"
        name = register(
            stack, vpc, address, {"google": {"instance": instance}}, {"user_config": {}}
        )
        consumer = GoogleConsumer.in_network(
            server, f"consumer-{number}", f"10.{21 + number}.0.0/16"
        )
        published = of_all.published(name, number)
        clients.append(GoogleClient(published, stop, seed + number, consumer))
    return clients


class Storm:
    """Clients on both clouds that change links until the end."""

    def __init__(self, replicas: Replicas, links: int, seed: int):
        groups = AzureProvider(replicas.servers[0]).resources.resource_groups
        groups.create_or_update(ACCOUNT_GROUP, {"location": AZURE_REGION})
        self.halt = threading.Event()
        self.clients = [
            *on_azure(replicas, links, self.halt, seed),
            *on_google(replicas, links, self.halt, seed),
        ]

    def start(self) -> None:
        for client in self.clients:
            client.start()

    def has_failed(self) -> bool:
        return self.halt.is_set()

    def end(self) -> None:
        """Stops the clients, and waits until their last answers are shown as done."""
        self.halt.set()
        for client in self.clients:
            client.finish()
        for client in self.clients:
            client.settled()

    def answers(self, kind) -> int:
        return sum(it.api.answers[kind] for it in self.clients)

    def told(self, what: str) -> None:
        """Prints the figures of the run."""
        changes = sum(it.facts.answered for it in self.clients)
        print(
            f"\n{what}: {changes} changes and {self.answers(200) - changes} other requests "
            f"answered, {self.answers(503)} refused, {self.answers('broken')} broken, 0 lost"
        )

