"""One service and its Azure link, through the compatible API."""

from waiting import wait_for, wait_until


class Published:
    provider = "azure"

    def __init__(self, stack, name: str):
        self.stack = stack
        self.api = stack.api
        self.name = name

    def path(self, rest: str = "") -> str:
        return self.api.project(f"service/{self.name}{rest}")

    @property
    def link_path(self) -> str:
        return self.path(f"/privatelink/{self.provider}")

    def create(self, subscriptions: list[str]) -> dict:
        return self.api.ok("POST", self.link_path, {"user_subscription_ids": subscriptions})

    def link(self) -> dict | None:
        """The link as the API shows it, or None."""
        reply = self.api.call("GET", self.link_path)
        assert reply.status in (200, 404), reply
        return reply.body if reply.status == 200 else None

    def wait_interface(self) -> None:
        """Waits until the node provisioner has given each node a cloud interface."""

        def has_one() -> bool:
            nodes = self.api.ok("GET", self.path())["service"]["underpass"]["nodes"]
            return all(node.get("cloud") for node in nodes)

        wait_until(f"the node of {self.name} has an interface", has_one)

    def wait_active(self) -> dict:
        def active() -> dict | None:
            link = self.link()
            return link if link["state"] == "active" else None

        return wait_until(f"the link of {self.name} is active", active)

    @property
    def alias(self) -> str:
        return self.link()["azure_service_alias"]

    @property
    def target(self) -> str:
        """The name by which an endpoint connects."""
        return self.alias

    def delete(self) -> None:
        self.api.ok("DELETE", self.link_path)
        wait_until(f"the link of {self.name} is gone", lambda: self.link() is None)

    def toggle(self, **components: bool) -> None:
        """Opens and closes components on the link."""
        if components:
            self.api.ok("PUT", self.path(), {"user_config": {"privatelink_access": components}})

    def refresh(self) -> str:
        """Refreshes the link; returns the message of the answer."""
        return self.api.ok("POST", f"{self.link_path}/refresh")["message"]

    def connections(self) -> list[dict]:
        """The connections in documented states, in the order shown."""
        reply = self.api.call("GET", f"{self.link_path}/connections")
        return reply.body["connections"] if reply.status == 200 else []

    def everything(self) -> list[dict]:
        """All connections, rejected and deleted ones included, by our own route."""
        path = f"/underpass{self.link_path}/connections"
        return self.api.ok("GET", path)["connections"]

    def events(self) -> list[dict]:
        """Events of the link and its connections."""
        path = f"/underpass{self.api.project('events')}?limit=1000"
        return [
            event
            for event in self.api.ok("GET", path)["events"]
            if f"service/{self.name}/" in event["subject"]
        ]

    def connection(self, endpoint_name: str) -> dict | None:
        """The listed connection of an endpoint."""
        found = [
            it
            for it in self.connections()
            if it["private_endpoint_id"].endswith(f"/{endpoint_name}")
        ]
        return found[0] if found else None

    def state(self, endpoint_name: str) -> str | None:
        connection = self.connection(endpoint_name)
        return connection and connection["state"]

    def wait_state(self, endpoint_name: str, state: str | None) -> None:
        wait_for(f"{endpoint_name} is {state}", lambda: self.state(endpoint_name), state)

    def approve(self, plc: str) -> dict:
        return self.api.ok("POST", f"{self.link_path}/connections/{plc}/approve")

    def set_address(self, plc: str, address: str) -> dict:
        body = {"user_ip_address": address}
        return self.api.ok("PUT", f"{self.link_path}/connections/{plc}", body)

    def decide(self, plc: str, verb: str) -> dict:
        """Our own `reject` and `restore`."""
        return self.api.ok("POST", f"/underpass{self.link_path}/connections/{plc}/{verb}")

    def connect(self, consumer, endpoint_name: str) -> tuple[str, str]:
        """Creates an endpoint with an active connection; returns its id and address."""
        plc, address = self.ask(consumer, endpoint_name)
        self.approve(plc)
        self.set_address(plc, address)
        self.wait_state(endpoint_name, "active")
        return plc, address

    def connect_in_steps(self, consumer, endpoint_name: str) -> tuple[str, str]:
        """As `connect`, but the address is set once the approval is in the cloud, which then has no
        proof of the address."""
        plc, address = self.ask(consumer, endpoint_name)
        self.approve(plc)
        self.wait_state(endpoint_name, "connected")
        self.set_address(plc, address)
        self.wait_state(endpoint_name, "active")
        return plc, address

    def ask(self, consumer, endpoint_name: str) -> tuple[str, str]:
        """Creates an endpoint and discovers its pending connection; returns its id and address."""
        address = consumer.endpoint(endpoint_name, self.target)
        self.refresh()
        self.wait_state(endpoint_name, "pending-user-approval")
        return self.connection(endpoint_name)["privatelink_connection_id"], address

    def host(self, plc: str) -> str:
        """The private name of a connection, which may be published or not."""
        [name] = [
            it["name"] for it in self.everything() if it["privatelink_connection_id"] == plc
        ]
        return name
