"""`aiven_pg`, `aiven_kafka` and the others: one resource for each type of service."""

from terraform.declared import (
    HANDWRITTEN, HANDWRITTEN_SERVICE, PLAN, PRICE, SERVICE_ANSWER,
    SERVICE_ANSWER_LOOSE, STATIC_IP, STATIC_IPS, TAGS, TAGS_SET, VERSIONS,
)  # fmt: skip
from terraform.go_types import dereference
from terraform.provider import Resource, omit_not_found
from terraform.transport import ApiError
from terraform.wait import StateChange

RUNNING = "RUNNING"
PENDING = ("REBUILDING", "REBALANCING", "WAITING_FOR_SERVICES")
# The provider needs this many good polls in a row.
IN_A_ROW = 5
# Types whose creation is unfinished until a backup is listed. The last two have left the provider.
WITH_BACKUPS = ("pg", "dragonfly", "influxdb", "redis")
REDACTED = "<redacted>"
# Copied by the provider from `connection_info` without a check for nil.
URIS = (
    "clickhouse", "grafana", "influxdb", "kafka", "mysql", "opensearch", "pg", "redis", "thanos",
    "valkey",
)  # fmt: skip


class Service(Resource):
    """Config: `service_type`, `service_name`, `plan`, `cloud_name`, `project_vpc_id`,
    `user_config`, `static_ips`, `tag`, `termination_protection`, all of them given."""

    @property
    def name(self) -> str:
        return self.config["service_name"]

    @property
    def path(self) -> tuple[str, ...]:
        return self.provider.of_project("service", self.name)

    def get(self, **query: str) -> dict:
        return self.codegen.call(SERVICE_ANSWER, "GET", *self.path, **query)["service"]

    def create(self) -> None:
        self.check_version()
        self.disk_space(self.config)
        body = self.body() | {
            "service_name": self.name,
            "service_type": self.config["service_type"],
            "service_integrations": [],
            "static_ips": self.config["static_ips"],
        }
        path = self.provider.of_project("service")
        self.codegen.call(SERVICE_ANSWER_LOOSE, "POST", *path, body=body)
        self.wait_created()
        self.set_tags()

    def body(self) -> dict:
        """The common members of creations and updates."""
        return {
            "cloud": self.config["cloud_name"],
            "plan": self.config["plan"],
            "project_vpc_id": self.config["project_vpc_id"] or None,
            "tech_emails": [],
            "termination_protection": self.config["termination_protection"],
            "user_config": self.config["user_config"],
        }

    def check_version(self) -> None:
        """Checks the version, only if one is set."""
        kind = self.config["service_type"]
        version = self.config["user_config"].get(f"{kind}_version")
        if version is None:
            return
        listed = self.codegen.call(VERSIONS, "GET", "service_versions")["service_versions"]
        assert kind in [it["service_type"] for it in listed]

    def disk_space(self, of: dict) -> dict:
        """Reads the plan's disk sizes and prices; an unknown plan has none."""
        kind, plan, cloud = of["service_type"], of["plan"], of["cloud_name"]
        path = self.provider.of_project("service-types", kind, "plans", plan)
        try:
            sizes = self.handwritten.call(PLAN, "GET", *path)
            pricing = self.provider.of_project(
                "pricing", "service-types", kind, "plans", plan, "clouds", cloud
            )
            self.handwritten.call(PRICE, "GET", *pricing)
            return sizes
        except ApiError as error:
            omit_not_found(error)
            return {}

    def wait_created(self) -> None:
        def refresh():
            service = self.get()
            state = service["state"]
            if state == RUNNING and not self.is_ready(service):
                state = "WAITING_FOR_SERVICES"
            return service, state

        self.wait(PENDING, RUNNING, refresh)

    def wait_updated(self) -> None:
        def refresh():
            service = self.get()
            return service, "updated" if self.is_ready(service) else "updating"

        self.wait(("updating",), "updated", refresh)

    def wait(self, pending: tuple[str, ...], target: str, refresh) -> None:
        wait = StateChange(self.provider.clock, pending, (target,), refresh, IN_A_ROW)
        wait.wait()
        assert wait.polls >= IN_A_ROW

    def is_ready(self, service: dict) -> bool:
        has_backups = service["service_type"] not in WITH_BACKUPS or service["backups"]
        states = {it["static_ip_address_id"]: it["state"] for it in self.addresses()}
        desired = self.config["static_ips"]
        return bool(has_backups) and all(
            states.get(it) in ("available", "assigned") for it in desired
        )

    def addresses(self) -> list[dict]:
        path = self.provider.of_project("static-ips")
        return self.codegen.call(STATIC_IPS, "GET", *path)["static_ips"]

    def own_addresses(self) -> list[str]:
        return sorted(
            it["static_ip_address_id"]
            for it in self.addresses()
            if it["service_name"] == self.name
        )

    def set_tags(self) -> None:
        self.handwritten.call(
            TAGS_SET, "PUT", *self.path, "tags", body={"tags": self.config["tag"]}
        )

    def read(self) -> dict:
        service = self.get(include_secrets="true")
        assert REDACTED not in str(service["user_config"]), "unexpected redacted credentials"
        sizes = self.disk_space(service)
        params = service["service_uri_params"]
        maintenance = dereference(service, "maintenance")
        info = dereference(service, "connection_info")
        tags = self.codegen.call(TAGS, "GET", *self.path, "tags")["tags"]
        return {
            "additional_disk_space": (service["disk_space_mb"] or 0)
            - sizes.get("disk_space_mb", 0),
            "cloud_name": service["cloud_name"],
            "components": service["components"],
            "maintenance_window_dow": maintenance["dow"],
            "maintenance_window_time": maintenance["time"],
            "plan": service["plan"],
            # The provider fails on a port that is not a number.
            "params": [it | {"port": int(it["port"])} for it in info["pg_params"]],
            "project_vpc_id": service["project_vpc_id"],
            "service_host": params.get("host"),
            "service_name": service["service_name"],
            "service_password": params.get("password"),
            "service_port": int(params.get("port", 0)),
            "service_type": service["service_type"],
            "service_uri": service["service_uri"],
            "service_username": params.get("user"),
            "state": service["state"],
            "static_ips": self.own_addresses(),
            "tag": tags,
            "termination_protection": service["termination_protection"],
            "uris": info[service["service_type"]] if service["service_type"] in URIS else [],
            "user_config": service["user_config"],
        }

    def update(self) -> None:
        have, desired = self.own_addresses(), self.config["static_ips"]
        ips = self.provider.of_project("static-ips")
        # Before the update, which may switch on an option that needs them.
        for added in sorted(set(desired) - set(have)):
            self.codegen.call(
                STATIC_IP, "POST", *ips, added, "association", body={"service_name": self.name}
            )
        self.get()
        self.disk_space(self.config)
        body = self.body() | {"powered": True}
        self.codegen.call(SERVICE_ANSWER_LOOSE, "PUT", *self.path, body=body)
        self.wait_updated()
        for left in sorted(set(have) - set(desired)):
            self.codegen.call(STATIC_IP, "DELETE", *ips, left, "association")
        self.set_tags()

    def delete(self) -> None:
        try:
            self.handwritten.call(HANDWRITTEN, "DELETE", *self.path)
        except ApiError as error:
            omit_not_found(error)

        def refresh():
            try:
                self.handwritten.call(HANDWRITTEN_SERVICE, "GET", *self.path)
            except ApiError as error:
                omit_not_found(error)
            lingers = [
                it
                for it in self.addresses()
                if it["static_ip_address_id"] in self.config["static_ips"]
                and it["state"] == "assigned"
            ]
            return {}, "deleting" if lingers else "deleted"

        self.wait(("deleting",), "deleted", refresh)
