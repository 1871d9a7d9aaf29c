"""One service and its Google link, through the compatible API."""

from published import Published


class PublishedOnGoogle(Published):
    provider = "google"

    def create(self) -> dict:
        return self.api.ok("POST", self.link_path, {})

    @property
    def target(self) -> str:
        return self.link()["google_service_attachment"]

    @property
    def object(self) -> str:
        """The prefix of the names of the link's cloud objects."""
        return self.target.rsplit("/", 1)[1]

    def connection(self, endpoint_name: str) -> dict | None:
        """The listed connection of an endpoint; the compatible list has its number alone."""
        listed = {it["privatelink_connection_id"]: it for it in self.connections()}
        if not listed:
            return None
        found = [
            listed[it["privatelink_connection_id"]]
            for it in self.everything()
            if it["private_endpoint_id"].endswith(f"/{endpoint_name}")
            and it["privatelink_connection_id"] in listed
        ]
        return found[0] if found else None

    def approve(self, plc: str, address: str) -> dict:
        """Approves with the endpoint's address, which Google shows to the consumer alone."""
        body = {"user_ip_address": address}
        return self.api.ok("POST", f"{self.link_path}/connections/{plc}/approve", body)

    def connect(self, consumer, endpoint_name: str) -> tuple[str, str]:
        """Creates an endpoint with an active connection; returns its id and address."""
        plc, address = self.ask(consumer, endpoint_name)
        self.approve(plc, address)
        self.wait_state(endpoint_name, "active")
        return plc, address

    def connect_in_steps(self, consumer, endpoint_name: str) -> tuple[str, str]:
        """As `connect`: an approval has the address."""
        return self.connect(consumer, endpoint_name)
