"""`aiven_project_vpc` and `aiven_static_ip`."""

from terraform.declared import STATIC_IP, STATIC_IPS, VPC, VPCS
from terraform.provider import Resource, omit_not_found
from terraform.transport import ApiError
from terraform.wait import StateChange


class ProjectVpc(Resource):
    """Config: `cloud_name`, `network_cidr`."""

    @property
    def path(self) -> tuple[str, ...]:
        return self.provider.of_project("vpcs", self.id)

    def get(self) -> dict:
        return self.codegen.call(VPC, "GET", *self.path)

    def create(self) -> None:
        body = self.config | {"peering_connections": []}
        path = self.provider.of_project("vpcs")
        self.id = self.codegen.call(VPC, "POST", *path, body=body)["project_vpc_id"]

        def refresh():
            vpc = self.get()
            return vpc, vpc["state"]

        pending = ("APPROVED", "DELETING", "DELETED")
        StateChange(self.provider.clock, pending, ("ACTIVE",), refresh).wait()

    def read(self) -> dict:
        vpc = self.get()
        assert vpc["project_vpc_id"] == self.id
        listed = self.codegen.call(VPCS, "GET", *self.provider.of_project("vpcs"))["vpcs"]
        assert self.id in [it["project_vpc_id"] for it in listed]
        return vpc

    def delete(self) -> None:
        def refresh():
            try:
                vpc = self.get()
            except ApiError as error:
                omit_not_found(error)
                return {}, "DELETED"
            if vpc["state"] not in ("DELETING", "DELETED"):
                try:
                    self.codegen.call(VPC, "DELETE", *self.path)
                except ApiError as error:
                    if error.is_not_found:
                        return vpc, "DELETED"
                    # Services may still be being deleted.
                    if error.status != 409:
                        raise
            return vpc, vpc["state"]

        pending = ("APPROVED", "DELETING", "ACTIVE")
        StateChange(self.provider.clock, pending, ("DELETED",), refresh).wait()


class StaticIp(Resource):
    """Config: `cloud_name`."""

    def listed(self) -> list[dict]:
        path = self.provider.of_project("static-ips")
        return self.codegen.call(STATIC_IPS, "GET", *path)["static_ips"]

    def find(self) -> dict | None:
        found = [it for it in self.listed() if it["static_ip_address_id"] == self.id]
        return found[0] if found else None

    def create(self) -> None:
        path = self.provider.of_project("static-ips")
        made = self.codegen.call(STATIC_IP, "POST", *path, body=self.config)
        self.id = made["static_ip_address_id"]

        def refresh():
            found = self.find()
            return found or {}, found["state"] if found else "waiting"

        # Exactly this state: `available` is not good enough.
        wait = StateChange(
            self.provider.clock, ("waiting", "creating"), ("created",), refresh, delay=0.0
        )
        wait.wait()

    def read(self) -> dict:
        found = self.find()
        if found is None:
            raise ApiError(404, "the list has no such static IP")
        return found

    def delete(self) -> None:
        found = self.find()
        if found is None:
            return
        path = self.provider.of_project("static-ips", self.id)
        try:
            if found["state"] == "available":
                self.codegen.call(STATIC_IP, "DELETE", *path, "association")
            self.codegen.call(STATIC_IP, "DELETE", *path)
        except ApiError as error:
            omit_not_found(error)
