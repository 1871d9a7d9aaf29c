"""`aiven_azure_privatelink_connection_approval` and `aiven_gcp_…`: by the handwritten client.

Deleting one does nothing: a connection is deleted with its link.
"""

from terraform.declared import (
    HANDWRITTEN, HANDWRITTEN_AZURE_CONNECTIONS, HANDWRITTEN_GOOGLE_CONNECTIONS,
)  # fmt: skip
from terraform.provider import Resource
from terraform.transport import ApiError
from terraform.wait import StateChange

ANY_STATE = ("pending-user-approval", "user-approved", "connected", "active")


class NotOne(Exception):
    """The resource is for one connection."""


class Approval(Resource):
    cloud = ""
    kind = None

    @property
    def path(self) -> tuple[str, ...]:
        service = self.config["service_name"]
        return self.provider.of_project("service", service, "privatelink", self.cloud)

    def refresh(self) -> None:
        self.handwritten.call(HANDWRITTEN, "POST", *self.path, "refresh")

    def connections(self) -> list[dict]:
        listed = self.handwritten.call(self.kind, "GET", *self.path, "connections")
        return listed["connections"]

    def chosen(self) -> list[dict]:
        return self.connections()

    def wait(self, pending: tuple[str, ...], target: tuple[str, ...]) -> StateChange:
        """Waits with polls that refresh, list, and take the first connection."""

        def refresh():
            self.refresh()
            connections = self.chosen()
            if not connections:
                return None, ""
            return connections[0], connections[0]["state"]

        wait = StateChange(self.provider.clock, pending, target, refresh)
        wait.wait()
        return wait

    def the_one(self) -> dict:
        connections = self.chosen()
        if len(connections) != 1:
            raise NotOne(f"number of privatelink connections != 1 ({len(connections)})")
        return connections[0]

    def act(self, verb: tuple[str, ...], method: str, body=None) -> None:
        path = (*self.path, "connections", *verb)
        self.handwritten.call(HANDWRITTEN, method, *path, body=body)

    def create(self) -> None:
        self.update()

    def found(self) -> dict:
        """The connection of the state, or a 404 of the client's own: the API cannot get one."""
        for connection in self.connections():
            if connection["privatelink_connection_id"] == self.id:
                return connection
        raise ApiError(404, f"connection with the ID {self.id} does not exists")

    def delete(self) -> None:
        pass


class AzureApproval(Approval):
    """Config: `service_name`, `endpoint_ip_address`."""

    cloud = "azure"
    kind = HANDWRITTEN_AZURE_CONNECTIONS

    def update(self) -> None:
        self.refresh()
        self.wait(("",), ANY_STATE)
        connection = self.the_one()
        self.id = connection["privatelink_connection_id"]
        if connection["state"] == "pending-user-approval":
            self.act((self.id, "approve"), "POST")
        self.wait(("user-approved",), ("connected",))
        body = {"user_ip_address": self.config["endpoint_ip_address"]}
        self.act((self.id,), "PUT", body)
        self.wait(("connected",), ("active",))

    def read(self) -> dict:
        connection = self.found()
        return {
            "service_name": self.config["service_name"],
            "endpoint_ip_address": connection["user_ip_address"],
            "privatelink_connection_id": connection["privatelink_connection_id"],
            "state": connection["state"],
        }


class GoogleApproval(Approval):
    """Config: `service_name`, `user_ip_address`, and `psc_connection_id` to choose one."""

    cloud = "google"
    kind = HANDWRITTEN_GOOGLE_CONNECTIONS
    # Versions without a choice went on waiting while the state was user-approved.
    waits_to_be_connected = False

    def chosen(self) -> list[dict]:
        expected = self.config.get("psc_connection_id")
        return [it for it in self.connections() if expected in (None, it["psc_connection_id"])]

    def update(self) -> None:
        self.refresh()
        self.wait(("",), ANY_STATE)
        connection = self.the_one()
        self.id = connection["privatelink_connection_id"]
        if connection["state"] == "pending-user-approval":
            body = {"user_ip_address": self.config["user_ip_address"]}
            self.act((self.id, "approve"), "POST", body)
        if self.waits_to_be_connected:
            self.wait(("user-approved",), ("connected", "active"))
        else:
            self.wait(("pending-user-approval",), ANY_STATE[1:])

    def read(self) -> dict:
        connection = self.found()
        return {
            "service_name": self.config["service_name"],
            "user_ip_address": connection["user_ip_address"],
            "privatelink_connection_id": connection["privatelink_connection_id"],
            "psc_connection_id": connection["psc_connection_id"],
            "state": connection["state"],
        }
