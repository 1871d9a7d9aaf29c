"""Contents of a data directory of an earlier build, and how they are read.

`make_earlier_data.py` fills one with `Filled`; `test_earlier_data.py` opens it with today's build.
"""

from azure_principals import Consumer as AzureConsumer
from azure_principals import Provider as AzureProvider
from google_stack import GoogleStack
from servers import Greeter
from stack import Stack
from up import CLOUD, GOOGLE_CLOUD
from waiting import wait_for, wait_until

# The directory opens on any machine: `up` does not choose this range by itself, and systems do not
# choose these ports. The clouds keep theirs, because operations under way are polled by URL.
CONSUMERS = "127.90.0.0/16"
KAFKA_NODES = {f"n{number}": f"127.95.0.{number}" for number in (1, 2, 3)}
PORTS = {
    "pg": 21801, "pgbouncer": 21802, "certificate": 21803, "sasl": 21804, "redis": 21805,
    "grafana": 21806, "opensearch": 21807, "valkey": 21808, "dragonfly": 21809, "mysql": 21810,
}  # fmt: skip
CLOUDS = {"azure": "127.0.0.1:21823", "google": "127.0.0.1:21824"}
# With a port of its own, none is remembered in the directory.
PROCESS_PORTS = CLOUDS | {
    "api": "127.0.0.1:21821", "dns": "127.0.0.1:21822", "azure_portal": "127.0.0.1:21825",
    "google_portal": "127.0.0.1:21826",
}  # fmt: skip
PASSWORD = "p@ss w%rd of 'pg-1'"
# Operations that begin with this delay are under way when `up` ends a moment later.
SLOW = "30s"
PROJECT = "/project/demo"
OWN = "/underpass/project/demo"


class Filled:
    """Fills the data directory of a running `up`."""

    def __init__(self, azure: Stack, google: GoogleStack):
        self.azure = azure
        self.google = google
        self.api = azure.api
        # Ids of connections by endpoint, and what else the test has to know.
        self.connections: dict[str, str] = {}
        self.secrets: dict[str, str] = {}

    def fill(self) -> None:
        """Makes everything that has no operation under way at the end."""
        self.accounts()
        self.azure_service()
        self.azure_connections()
        self.kafka_service()
        self.google_service()
        self.services_without_links()
        self.links_to_change()

    def accounts(self) -> None:
        api = self.api
        made = api.ok("POST", "/access_token", {"description": "of a client"})
        self.secrets["token"] = made["full_token"]
        revoked = api.ok("POST", "/access_token", {"description": "revoked"})
        self.secrets["revoked_token"] = revoked["full_token"]
        api.ok("DELETE", f"/access_token/{revoked['token_prefix']}")
        api.ok("POST", "/project", {"project": "second"})
        api.ok("PUT", f"{OWN}/features/privatelink_google_pg", {"enabled": True})
        vpc = {"cloud_name": CLOUD, "network_cidr": "10.70.0.0/24"}
        self.spare_vpc = api.ok("POST", f"{PROJECT}/vpcs", vpc)["project_vpc_id"]
        wait_for(
            "the spare VPC is active",
            lambda: api.ok("GET", f"{PROJECT}/vpcs/{self.spare_vpc}")["state"],
            "ACTIVE",
        )
        kept, self.spare_ip = self.azure.static_ips(2)
        api.ok("PATCH", f"{PROJECT}/static-ips/{kept}", {"termination_protection": True})

    def register(self, stack: Stack, name: str, kind: str, components: list[str], **ours):
        ports = {component: PORTS[component] for component in components}
        body = stack.service_body(name, ports, kind, **ours) | stack.needs()
        body["user_config"]["privatelink_access"] = {components[0]: True}
        self.api.ok("POST", f"{PROJECT}/service", body)
        link = stack.publication(name)
        link.wait_interface()
        return link

    def azure_service(self) -> None:
        users = [
            {"username": "avnadmin", "password": PASSWORD},
            {"username": "app", "password": "of-app"},
        ]
        self.pg = self.register(self.azure, "pg-1", "pg", ["pg", "pgbouncer"], users=users)
        self.api.ok("PUT", f"{PROJECT}/service/pg-1/tags", {"tags": {"team": "blue"}})
        config = {"ip_filter": ["10.0.0.0/8"], "pg_version": "16", "service_log": True}
        self.api.ok("PUT", f"{PROJECT}/service/pg-1", {"user_config": config})
        self.azure.create_link(self.pg)
        self.pg.wait_active()

    def azure_connections(self) -> None:
        """One connection in each state; one of the deleted ones had an ordinal of its own."""
        link, consumer = self.pg, self.azure.consumer
        for number in range(1, 7):
            plc, address = link.ask(consumer, f"pe-{number}")
            self.connections[f"pe-{number}"] = plc
            if number in (1, 2):
                link.approve(plc)
                link.set_address(plc, address)
                link.wait_state(f"pe-{number}", "active")
        self.label(link, "pe-1", "Billing – Grüße")
        link.approve(self.connections["pe-3"])
        link.wait_state("pe-3", "connected")
        link.decide(self.connections["pe-4"], "reject")
        wait_for("it is rejected", lambda: consumer.status("pe-4"), "Rejected")
        self.label(link, "pe-4", "Former partner")
        consumer.delete("pe-5")
        link.refresh()
        wait_until("it is gone", lambda: link.connection("pe-5") is None)

    def label(self, link, endpoint: str, label: str) -> None:
        path = f"/underpass{link.link_path}/connections/{self.connections[endpoint]}/label"
        self.api.ok("PUT", path, {"label": label})

    def kafka_service(self) -> None:
        """Three brokers with two ways to log in; a fourth one left and its ports stay taken."""
        components = [
            {"component": "kafka", "port": PORTS[method], "kafka_authentication_method": method}
            for method in ("certificate", "sasl")
        ]
        body = self.azure.service_body("kafka-1", {}, "kafka", components=components)
        nodes = [{"name": name, "address": at} for name, at in KAFKA_NODES.items()]
        body["underpass"]["nodes"] = [*nodes, {"name": "n4", "address": "127.95.0.4"}]
        body["user_config"]["privatelink_access"] = {"kafka": True}
        body["static_ips"] = self.azure.static_ips(8)
        self.api.ok("POST", f"{PROJECT}/service", body)
        link = self.azure.publication("kafka-1")
        link.wait_interface()
        self.azure.create_link(link)
        link.wait_active()
        self.api.ok("PUT", f"{PROJECT}/service/kafka-1", {"underpass": {"nodes": nodes}})
        self.connections["kafka-pe"], _ = link.connect(self.azure.consumer, "kafka-pe")

    def google_service(self) -> None:
        link = self.register(self.google, "redis-1", "redis", ["redis"])
        self.google.create_link(link)
        link.wait_active()
        consumer = self.google.consumer
        for name in ("endpoint-1", "endpoint-2", "endpoint-3"):
            plc, address = link.ask(consumer, name)
            self.connections[name] = plc
            if name != "endpoint-2":
                link.approve(plc, address)
                link.wait_state(name, "active")
        self.label(link, "endpoint-1", "Shop")
        link.decide(self.connections["endpoint-3"], "reject")
        # Earlier builds put it on the reject list.
        out = ("PENDING", "REJECTED")
        wait_until("it is rejected", lambda: consumer.status("endpoint-3") in out)

    def services_without_links(self) -> None:
        self.register(self.azure, "grafana-1", "grafana", ["grafana"])
        protected = {"termination_protection": True, "plan": "business-8"}
        self.api.ok("PUT", f"{PROJECT}/service/grafana-1", protected)
        bare = {"service_name": "bare", "service_type": "mysql", "plan": "x", "cloud": CLOUD}
        self.api.ok("POST", f"{PROJECT}/service", bare)
        self.api.ok("POST", "/project/second/service", bare)

    def links_to_change(self) -> None:
        """Services and a link for the operations of `begin`."""
        self.register(self.azure, "opensearch-1", "opensearch", ["opensearch"])
        self.register(self.google, "dragonfly-1", "dragonfly", ["dragonfly"])
        leaving = self.register(self.azure, "valkey-1", "valkey", ["valkey"])
        self.azure.create_link(leaving)
        leaving.wait_active()
        self.connections["leaving-pe"], _ = leaving.connect(self.azure.consumer, "leaving-pe")

    def begin(self) -> dict:
        """Begins operations, with clouds that do not finish them; returns what they are about."""
        api = self.api
        self.azure.create_link(self.azure.publication("opensearch-1"))
        self.google.create_link(self.google.publication("dragonfly-1"))
        leaving = self.azure.publication("valkey-1")
        api.ok("DELETE", leaving.link_path)
        self.pg.approve(self.connections["pe-6"])
        vpc = {"cloud_name": GOOGLE_CLOUD, "network_cidr": "10.71.0.0/24"}
        made = api.ok("POST", f"{PROJECT}/vpcs", vpc)["project_vpc_id"]
        api.ok("DELETE", f"{PROJECT}/vpcs/{self.spare_vpc}")
        ip = api.ok("POST", f"{PROJECT}/static-ips", {"cloud_name": CLOUD})
        api.ok("DELETE", f"{PROJECT}/static-ips/{self.spare_ip}")

        def under_way() -> bool:
            """Reports whether the cloud has accepted an operation of each link."""
            return self.accepted("opensearch-1", "azure") and self.accepted("dragonfly-1", "google")

        wait_until("the clouds have accepted operations", under_way)
        return {
            "vpc_created": made,
            "vpc_deleted": self.spare_vpc,
            "static_ip_created": ip["static_ip_address_id"],
            "static_ip_deleted": self.spare_ip,
        }

    def accepted(self, service: str, provider: str) -> bool:
        path = f"/underpass{PROJECT}/service/{service}/privatelink/{provider}"
        return any(it["phase"] != "absent" for it in self.api.ok("GET", path)["parts"])


# Services without an operation under way, so that their answers stay as they are.
SETTLED_SERVICES = ("bare", "grafana-1", "kafka-1", "redis-1")
SETTLED_LINKS = {"kafka-1": "azure", "redis-1": "google"}
COMPATIBLE_PATHS = (
    "/me", "/project", PROJECT, "/project/second", f"{PROJECT}/kms/ca", "/access_token",
    "/project/second/service", "/project/second/service/bare", "/project/second/vpcs",
    *(f"{PROJECT}/service/{name}" for name in SETTLED_SERVICES),
    *(f"{PROJECT}/service/{name}/privatelink/{it}" for name, it in SETTLED_LINKS.items()),
    *(f"{PROJECT}/service/{name}/privatelink/{it}/connections"
      for name, it in SETTLED_LINKS.items()),
    f"{PROJECT}/service/pg-1/user", f"{PROJECT}/service/pg-1/tags",
    f"{PROJECT}/service/pg-1/privatelink/azure",
)  # fmt: skip
# Members of a connection in our own API that say which one it is and what was decided.
CONNECTION_MEMBERS = (
    "privatelink_connection_id", "ordinal", "label", "state", "name", "user_ip_address",
    "private_endpoint_id", "message", "subscription_id",
)  # fmt: skip
EVENT_MEMBERS = ("seq", "at", "subject", "actor", "code")


def shown(azure: Stack) -> dict:
    """Answers of the API about everything without an operation under way."""
    api = azure.api
    links = SETTLED_LINKS | {"pg-1": "azure"}
    events = api.ok("GET", f"{OWN}/events?limit=1000")["events"]
    return {
        "answers": {path: api.ok("GET", path) for path in COMPATIBLE_PATHS},
        "connections": {
            name: [
                {member: it[member] for member in CONNECTION_MEMBERS}
                for it in api.ok(
                    "GET", f"/underpass{PROJECT}/service/{name}/privatelink/{provider}/connections"
                )["connections"]
            ]
            for name, provider in links.items()
        },
        "events": [{member: it[member] for member in EVENT_MEMBERS} for it in events],
        "features": api.ok("GET", f"{OWN}/features"),
        "kafka": api.ok("GET", f"/underpass{PROJECT}/service/kafka-1/kafka-listeners"),
    }


def at_the_clouds(azure: AzureProvider, consumer: AzureConsumer, google) -> dict:
    """Names of the emulated clouds' objects."""
    network = azure.network
    listed = {
        "private_link_services": network.private_link_services.list_by_subscription(),
        "load_balancers": network.load_balancers.list_all(),
        "network_interfaces": network.network_interfaces.list_all(),
        "public_ips": network.public_ip_addresses.list_all(),
        "virtual_networks": network.virtual_networks.list_all(),
        "endpoints": consumer.network.private_endpoints.list_by_subscription(),
    }
    return {kind: sorted(it.name for it in items) for kind, items in listed.items()} | {
        "google": sorted(google.everything())
    }


def greeters(settled: dict) -> list[Greeter]:
    """The servers of the services, where they are registered; brokers say their node's name."""
    brokers = [
        Greeter(broker["node_name"].encode(), listener["bind_address"], listener["port"])
        for broker in settled["kafka"]["kafka_listeners"]["brokers"]
        for listener in broker["listeners"]
    ]
    return [*brokers, *(Greeter(name.encode(), port=PORTS[name]) for name in ("pg", "redis"))]
