"""The recorded sequence of requests: each documented route with successes and refusals.

Events are left out: a link's parts are built concurrently, so their order differs between runs.
"""

import uuid

from answers.recorder import Recorder
from azure_principals import Consumer as AzureConsumer
from google_stack import GoogleStack
from servers import Greeter
from stack import Stack
from up import CLOUD, GOOGLE_CLOUD
from waiting import wait_until

PROJECT = "/project/demo"
OWN = "/underpass/project/demo"
NO_VPC = "8eefec94-5d63-40c9-983c-03ab083b411d"
NO_CONNECTION = "plc000000000000"
# Below the range from which systems pick ports, so that both recordings have the same ones.
PORTS = range(21_900, 22_000)
BODY_LIMIT_BYTES = 1 << 20
# A service of each type, with its main component.
TYPES = {
    "alloydbomni": "pg", "clickhouse": "clickhouse", "dragonfly": "dragonfly", "flink": "flink",
    "grafana": "grafana", "influxdb": "influxdb", "kafka": "kafka",
    "kafka_connect": "kafka_connect", "mysql": "mysql", "opensearch": "opensearch", "pg": "pg",
    "redis": "redis", "thanos": "query_frontend", "valkey": "valkey",
}  # fmt: skip


def service(path: str, rest: str = "") -> str:
    return f"{PROJECT}/service/{path}{rest}"


class Sequence:
    """Each method is one part of the API; later parts use what earlier ones made."""

    def __init__(self, azure: Stack, google: GoogleStack, recorder: Recorder):
        self.azure = azure
        self.google = google
        self.api = recorder
        self._ports = iter(PORTS)

    def run(self) -> None:
        for part in (
            self.catalogue, self.account, self.unknown_routes, self.projects, self.tokens,
            self.vpcs, self.static_ips, self.service_types, self.services, self.users,
            self.azure_link, self.azure_connections, self.azure_updates, self.google_link,
            self.aws_link, self.kafka, self.deletions,
        ):  # fmt: skip
            self.api.step = part.__name__
            part()

    def catalogue(self) -> None:
        get = self.api.get
        for path in (
            "/clouds", f"{PROJECT}/clouds", "/service_types", f"{PROJECT}/service_types",
            f"{PROJECT}/service-types", "/service_versions", "/account/a/service_versions",
            f"{PROJECT}/privatelink-availability", "/tenants/t/privatelink-availability",
            "/tenants/aiven/privatelink-availability", f"{PROJECT}/kms/ca",
        ):  # fmt: skip
            get(path)
        for kind in (*TYPES, "oracle"):
            get(f"{PROJECT}/service-types/{kind}")
            get(f"{PROJECT}/service-types/{kind}/plans")
            get(f"{PROJECT}/service-types/{kind}/plans/startup-4")
            get(f"{PROJECT}/pricing/service-types/{kind}/plans/startup-4/clouds/{CLOUD}")

    def account(self) -> None:
        api = self.api
        api.get("/me")
        for value in ("", "aivenv1 wrong", "Basic YTpi", "aivenv1", "Bearer "):
            api.get("/me", authorization=value)
        for scheme in ("AIVENV1", "Bearer", "bearer"):
            api.get("/me", authorization=f"{scheme} {api.token}")
        api.post("/userauth", {"email": "operator@underpass.test", "password": "x"})
        api.post("/userauth", {})
        api.get("/me", host="evil.example")
        api.get("/me", origin="https://evil.example")
        api.get("/me?limit=999")

    def unknown_routes(self) -> None:
        api = self.api
        for method, path in [
            ("GET", "/v1/nowhere"), ("GET", "/v2/me"), ("DELETE", "/v1/me"),
            ("PATCH", "/v1/clouds"), ("POST", "/v1/service_types"), ("GET", "/nowhere"),
            ("GET", "/v1/underpass/nowhere"), ("PUT", f"/v1{PROJECT}/vpcs"),
            ("OPTIONS", "/v1/project"), ("HEAD", "/v1/project"),
        ]:  # fmt: skip
            api.send(method, path)

    def projects(self) -> None:
        api = self.api
        api.get("/project")
        api.get(PROJECT)
        api.get("/project/other")
        api.get("/project/Not A Project".replace(" ", "%20"))
        api.put(PROJECT, {})
        api.put(PROJECT, {"billing_currency": "EUR"})
        api.post("/project", {"project": "second"})
        api.post("/project", {"project": "second"})
        api.post("/project", {"project": "Not A Name"})
        api.post("/project", {})
        api.get("/project")
        api.delete("/project/second")
        api.delete("/project/second")
        api.get(f"{OWN}/features")
        api.get(f"{OWN}/features/privatelink_azure")
        api.put(f"{OWN}/features/no_such", {"enabled": True})
        api.put(f"{OWN}/features/privatelink_google_pg", {"enabled": True})

    def tokens(self) -> None:
        api = self.api
        made = api.post("/access_token", {"description": "for the recording"})
        api.post("/access_token", {"description": "x" * 2000})
        api.post("/access_token", {"max_age_seconds": 3600, "extend_when_used": True})
        api.get("/me", authorization=f"aivenv1 {made['full_token']}")
        prefix = made["token_prefix"]
        api.put(f"/access_token/{prefix}", {"description": "renamed"})
        api.put(f"/access_token/{prefix}", {})
        api.put("/access_token/unknown", {"description": "x"})
        listed = api.get("/access_token")["tokens"]
        api.delete("/access_token/unknown")
        for token in listed:
            if token["token_prefix"] != api.token[: len(token["token_prefix"])]:
                api.delete(f"/access_token/{token['token_prefix']}")
        api.get("/me", authorization=f"aivenv1 {made['full_token']}")

    def vpcs(self) -> None:
        api = self.api
        path = f"{PROJECT}/vpcs"
        self.vpc = self.azure.vpc
        for cidr in ("10.0.0.0/8", "10.0.0.0/28", "10.0.0.1/24", "8.8.8.0/24", "x", 7):
            api.post(path, {"cloud_name": CLOUD, "network_cidr": cidr})
        for body in (
            {}, {"cloud_name": CLOUD}, {"cloud_name": "moon", "network_cidr": "10.70.0.0/24"},
            {"cloud_name": "aws-eu-west-1", "network_cidr": "10.70.0.0/24"}, [], b"{", b"\xff",
        ):  # fmt: skip
            api.post(path, body)
        self.other_vpc = api.post(path, {"cloud_name": CLOUD, "network_cidr": "10.70.0.0/24"})[
            "project_vpc_id"
        ]
        self.wait_vpc(self.other_vpc, "ACTIVE")
        api.get(path)
        api.get(f"{path}/{self.other_vpc}")
        api.get(f"{path}/{self.vpc}")
        api.get(f"{path}/{NO_VPC}")
        api.get(f"{path}/not-an-id")
        api.get(f"{OWN}/vpcs/{self.vpc}")

    def wait_vpc(self, vpc: str, state: str | None) -> None:
        def settled() -> bool:
            reply = self.azure.api.call("GET", f"{PROJECT}/vpcs/{vpc}")
            return reply.body["state"] == state if state else reply.status == 404

        wait_until("the VPC settles", settled)

    def static_ips(self) -> None:
        api = self.api
        path = f"{PROJECT}/static-ips"
        for body in ({}, {"cloud_name": "moon"}, {"cloud_name": 7}, b"nonsense"):
            api.post(path, body)
        self.ips = []
        for _ in range(5):
            made = api.post(path, {"cloud_name": CLOUD})
            self.ips.append(made["static_ip_address_id"])
        self.wait_static_ips()
        api.get(path)
        one, *_ = self.ips
        api.patch(f"{path}/{one}", {"termination_protection": True})
        api.delete(f"{path}/{one}")
        api.patch(f"{path}/{one}", {"termination_protection": False})
        api.patch(f"{path}/{one}", {})
        api.delete(f"{path}/{one}")
        self.ips.remove(one)
        self.wait_static_ip_deleted(one)
        api.delete(f"{path}/{one}")
        api.delete(f"{path}/ip00000000000")
        api.patch(f"{path}/ip00000000000", {})

    def wait_static_ips(self) -> None:
        def ready() -> bool:
            listed = self.azure.api.ok("GET", f"{PROJECT}/static-ips")["static_ips"]
            return all(it["state"] != "creating" for it in listed)

        wait_until("the static IPs are created", ready)

    def wait_static_ip_deleted(self, ip: str) -> None:
        def deleted() -> bool:
            listed = self.azure.api.ok("GET", f"{PROJECT}/static-ips")["static_ips"]
            return all(it["static_ip_address_id"] != ip for it in listed)

        wait_until("the static IP is deleted", deleted)

    def port(self) -> int:
        return next(self._ports)

    def greeter(self) -> int:
        """The port of a server that answers."""
        greeter = Greeter(b"hello", port=self.port())
        self.azure.greeters.append(greeter)
        return greeter.port

    def body(self, name: str, kind: str = "pg", ports: dict | None = None, **changed) -> dict:
        ports = {TYPES[kind]: self.port()} if ports is None else ports
        return self.azure.service_body(name, ports, kind) | changed

    def service_types(self) -> None:
        api = self.api
        for kind in TYPES:
            name = f"{kind.replace('_', '-')}-a"
            api.post(f"{PROJECT}/service", self.body(name, kind, user_config={}))
            self.azure.publication(name).wait_interface()
            api.get(service(name))
            api.get(service(name, "/user"))
            api.get(service(name, "/tags"))
            api.delete(service(name))
        # As Terraform makes it, before anything is registered.
        bare = {"service_name": "bare", "service_type": "pg", "plan": "startup-4", "cloud": CLOUD}
        api.post(f"{PROJECT}/service", bare)
        api.get(service("bare"))
        api.get(service("bare", "/user/avnadmin"))
        api.delete(service("bare", "/user/avnadmin"))
        api.post(service("bare", "/privatelink/azure"), {"user_subscription_ids": []})
        api.delete(service("bare"))

    def services(self) -> None:
        api = self.api
        path = f"{PROJECT}/service"
        self.pg_port, self.pool_port = self.greeter(), self.greeter()
        ports = {"pg": self.pg_port, "pgbouncer": self.pool_port}
        good = self.body("pg-1", ports=ports)
        for changed in (
            {"service_name": "Not A Name"}, {"service_name": "public-x"}, {"service_name": ""},
            {"service_type": "oracle"}, {"cloud": "moon"}, {"cloud": "azure-northeurope"},
            {"project_vpc_id": "x"}, {"project_vpc_id": NO_VPC}, {"static_ips": ["ip0123456789a"]},
            {"user_config": {"nonsense": 1}}, {"user_config": {"pg": {"max_connections": 5}}},
            {"user_config": {"privatelink_access": {"pg": "yes"}}}, {"underpass": {"node": []}},
            {"underpass": {"nodes": [{"name": "n1", "address": "8.8.8.8"}]}},
            {"underpass": {"nodes": [{"name": "n1", "address": "localhost"}]}}, {"plan": 7},
        ):  # fmt: skip
            api.post(path, good | changed)
        api.post(path, {"service_name": "pg-1"})
        api.post(path, b"x" * (BODY_LIMIT_BYTES + 1))
        api.post(path, good, content_type="text/plain")
        api.post(path, good)
        api.post(path, good)
        link = self.azure.publication("pg-1")
        link.wait_interface()
        api.get(service("pg-1"))
        api.get(path)
        api.get(service("absent"))
        one = service("pg-1")
        for body in (
            {}, {"plan": "business-8"}, {"user_config": {"ip_filter": ["10.0.0.0/8"]}},
            {"user_config": {"ip_filter": ["everywhere"]}}, {"user_config": {"backup_hour": 3}},
            {"user_config": {"pg_version": "16", "service_log": True}},
            {"user_config": {"service_log": None}}, {"termination_protection": True},
            {"cloud": "azure-northeurope"}, {"project_vpc_id": self.other_vpc},
            {"project_vpc_id": self.vpc}, {"powered": False}, {"karapace": True}, b"nonsense",
            {"maintenance": {"dow": "monday", "time": "10:00:00"}},
        ):  # fmt: skip
            api.put(one, body)
        api.delete(one)
        api.put(one, {"termination_protection": False})
        api.put(f"{one}/tags", {"tags": {"team": "blue"}})
        api.put(f"{one}/tags", {"tags": {"Bad Key": "x"}})
        api.get(f"{one}/tags")

    def users(self) -> None:
        api = self.api
        path = service("pg-1", "/user")
        api.get(path)
        api.post(path, {"username": "app"})
        api.post(path, {"username": "app"})
        api.post(path, {"username": ""})
        api.post(path, {})
        api.get(f"{path}/app")
        api.put(f"{path}/app", {"operation": "reset-credentials", "new_password": "secret-2"})
        api.put(f"{path}/app", {"operation": "no-such"})
        api.put(f"{path}/app", {})
        api.put(f"{path}/avnadmin", {"operation": "reset-credentials"})
        api.get(f"{path}/absent")
        api.delete(f"{path}/app")
        api.delete(f"{path}/app")
        api.delete(f"{path}/avnadmin")

    def azure_link(self) -> None:
        api = self.api
        path = service("pg-1", "/privatelink/azure")
        allowed = {"user_subscription_ids": [self.azure.subscription]}
        for method in ("GET", "PUT", "DELETE"):
            api.send(method, f"/v1{path}", allowed if method == "PUT" else None)
        api.post(f"{path}/refresh")
        api.get(f"{path}/connections")
        api.post(path, allowed)
        for ip in self.ips[:2]:
            api.post(f"{PROJECT}/static-ips/{ip}/association", {"service_name": "pg-1"})
        api.post(f"{PROJECT}/static-ips/{self.ips[0]}/association", {"service_name": "pg-1"})
        api.post(f"{PROJECT}/static-ips/{self.ips[2]}/association", {"service_name": "absent"})
        api.post(f"{PROJECT}/static-ips/{self.ips[2]}/association", {})
        for given in (["not an id"], [""], [7], "text", None):
            api.post(path, {"user_subscription_ids": given})
        api.post(path, {})
        api.put(f"{OWN}/features/privatelink_azure", {"enabled": False})
        api.post(path, allowed)
        api.put(f"{OWN}/features/privatelink_azure", {"enabled": True})
        api.post(service("pg-1", "/privatelink/google"), {})
        api.post(service("absent", "/privatelink/azure"), allowed)
        api.post(path, allowed)
        link = self.azure.publication("pg-1")
        link.wait_active()
        api.get(f"/underpass{path}")
        api.get(f"/underpass{path}/plan")
        api.get(path)
        api.post(path, allowed)
        api.get(f"{PROJECT}/static-ips")
        api.delete(f"{PROJECT}/static-ips/{self.ips[0]}")
        api.delete(f"{PROJECT}/static-ips/{self.ips[0]}/association")
        api.put(service("pg-1"), {"user_config": {"privatelink_access": {"pg": True}}})
        api.put(service("pg-1"), {"user_config": {"static_ips": False}})

    def azure_connections(self) -> None:
        api = self.api
        path = service("pg-1", "/privatelink/azure")
        link = self.azure.publication("pg-1")
        consumer: AzureConsumer = self.azure.consumer
        api.get(f"{path}/connections")
        addresses = {}
        for name in ("pe-one", "pe-two"):
            addresses[name] = consumer.endpoint(name, link.alias)
            api.post(f"{path}/refresh")
            link.wait_state(name, "pending-user-approval")
        api.get(f"{path}/connections")
        one, two = (link.connection(it)["privatelink_connection_id"] for it in addresses)
        api.put(f"{path}/connections/{one}", {"user_ip_address": addresses["pe-one"]})
        for plc in (NO_CONNECTION, "..%2fx", "7"):
            api.post(f"{path}/connections/{plc}/approve")
            api.put(f"{path}/connections/{plc}", {"user_ip_address": "127.0.0.1"})
        api.post(f"{path}/connections/{one}/approve")
        link.wait_state("pe-one", "connected")
        api.get(f"{path}/connections")
        for given in (None, "", "here", "::1", "127.0.0.1", "8.8.8.8", 7):
            api.put(f"{path}/connections/{one}", {"user_ip_address": given})
        api.put(f"{path}/connections/{one}", {})
        api.put(f"{path}/connections/{one}", {"user_ip_address": addresses["pe-one"]})
        link.wait_state("pe-one", "active")
        api.post(f"{path}/connections/{one}/approve")
        api.get(f"{path}/connections")
        api.get(service("pg-1"))
        own = f"/underpass{path}/connections"
        api.put(f"{own}/{one}/label", {"label": "Team blue"})
        api.put(f"{own}/{one}/label", {"label": "x" * 500})
        api.get(own)
        api.get(f"/underpass{service('pg-1')}/connection-info")
        api.post(f"{own}/{two}/reject")
        wait_until("it is rejected", lambda: consumer.status("pe-two") == "Rejected")
        api.get(f"{path}/connections")
        api.post(f"{path}/connections/{two}/approve")
        api.post(f"{own}/{two}/restore")
        link.wait_state("pe-two", "connected")
        api.post(f"{own}/{two}/restore")
        api.get(f"{path}/connections")
        consumer.delete("pe-two")
        api.post(f"{path}/refresh")
        wait_until("it is gone", lambda: link.connection("pe-two") is None)
        api.get(f"{path}/connections")
        api.get(own)
        api.get(f"{OWN}/connections")

    def azure_updates(self) -> None:
        api = self.api
        path = service("pg-1", "/privatelink/azure")
        subscription = self.azure.subscription
        other = str(uuid.UUID(int=7))
        for given in ([other], [], ["x"], None, [subscription, other], [subscription] * 2):
            api.put(path, {"user_subscription_ids": given})
        api.put(path, {})
        api.get(path)
        moved = [{"component": "pg", "port": self.pg_port, "link_port": self.pg_port + 1}]
        api.put(service("pg-1"), {"underpass": {"components": moved}})
        api.delete(service("pg-1"))
        api.delete(f"{PROJECT}/vpcs/{self.vpc}")
        api.put(service("pg-1"), {"project_vpc_id": self.other_vpc})

    def google_link(self) -> None:
        api = self.api
        google = self.google
        port = self.greeter()
        body = google.service_body("redis-1", {"redis": port}) | {"user_config": {}}
        api.post(f"{PROJECT}/service", body)
        link = google.publication("redis-1")
        link.wait_interface()
        path = service("redis-1", "/privatelink/google")
        api.get(path)
        api.post(service("redis-1", "/privatelink/azure"), {"user_subscription_ids": []})
        api.post(path, {})
        link.wait_active()
        api.get(f"/underpass{path}")
        api.get(f"/underpass{path}/plan")
        api.post(path, {})
        api.get(path)
        api.get(service("redis-1"))
        api.put(path, {})
        api.get(f"{path}/connections")
        address = google.consumer.endpoint("endpoint", link.target)
        api.post(f"{path}/refresh")
        link.wait_state("endpoint", "pending-user-approval")
        api.get(f"{path}/connections")
        plc = link.connection("endpoint")["privatelink_connection_id"]
        approve = f"{path}/connections/{plc}/approve"
        for body in (None, {}, {"user_ip_address": None}, {"user_ip_address": "8.8.8.8"}):
            api.post(approve, body)
        api.post(f"{path}/connections/{NO_CONNECTION}/approve", {"user_ip_address": address})
        api.post(approve, {"user_ip_address": address})
        link.wait_state("endpoint", "active")
        api.post(approve, {"user_ip_address": address})
        api.get(f"{path}/connections")
        api.put(service("redis-1"), {"user_config": {"privatelink_access": {"redis": True}}})
        api.get(service("redis-1"))
        own = f"/underpass{path}/connections"
        api.get(own)
        api.post(f"{own}/{plc}/reject")
        # Earlier builds put it on the reject list.
        out = ("PENDING", "REJECTED")
        wait_until("it is rejected", lambda: google.consumer.status("endpoint") in out)
        api.get(f"{path}/connections")

    def aws_link(self) -> None:
        api = self.api
        path = service("pg-1", "/privatelink/aws")
        principals = {"principals": ["arn:aws:iam::123456789012:root"]}
        api.post(path, principals)
        api.get(path)
        api.put(path, principals)
        api.delete(path)
        api.post(f"{path}/refresh")
        api.get(f"{path}/connections")
        api.post(f"{path}/connections/{NO_CONNECTION}/approve")
        api.put(f"{path}/connections/{NO_CONNECTION}", {"user_ip_address": "127.0.0.1"})

    def kafka(self) -> None:
        api = self.api
        components = [
            {"component": "kafka", "port": self.port(), "kafka_authentication_method": method}
            for method in ("certificate", "sasl")
        ]
        body = self.body("kafka-1", "kafka", {}, static_ips=self.ips[2:4])
        body["underpass"]["components"] = components
        body["user_config"]["privatelink_access"] = {"kafka": True}
        api.post(f"{PROJECT}/service", body)
        link = self.azure.publication("kafka-1")
        link.wait_interface()
        api.post(link.link_path, {"user_subscription_ids": [self.azure.subscription]})
        link.wait_active()
        api.get(service("kafka-1"))
        api.get(f"/underpass{service('kafka-1')}/kafka-listeners")
        api.put(service("kafka-1"), {"underpass": {"components": components[:1]}})

    def is_settled(self) -> bool:
        services = self.azure.api.ok("GET", f"{OWN}/services")["services"]
        return all(link["settled"] for it in services for link in it["links"])

    def deletions(self) -> None:
        api = self.api
        wait_until("all links are settled", self.is_settled)
        for path in ("/overview", "/services", "/vpcs", "/static-ips"):
            api.get(f"{OWN}{path}")
        for name, cloud in (("pg-1", "azure"), ("redis-1", "google"), ("kafka-1", "azure")):
            link = service(name, f"/privatelink/{cloud}")
            stack = self.google if cloud == "google" else self.azure
            api.delete(link)
            wait_until("the link is gone", lambda: stack.publication(name).link() is None)
            api.get(link)
            api.delete(link)
            api.delete(service(name))
            api.get(service(name))
            api.delete(service(name))
        api.get(f"{PROJECT}/service")
        for ip in self.ips:
            api.delete(f"{PROJECT}/static-ips/{ip}")
        for vpc in (self.other_vpc, self.google.up.vpc_in(GOOGLE_CLOUD)):
            api.delete(f"{PROJECT}/vpcs/{vpc}")
            self.wait_vpc(vpc, None)
            api.delete(f"{PROJECT}/vpcs/{vpc}")
        api.post("/me/logout")
        api.post("/me/expire_tokens", {})
        api.get("/me")
