"""A provider who uses the console alone."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from walk import Walk


class Publisher:
    """The publisher of a service; each step that takes a service begins on any page."""

    def __init__(self, walk: Walk, up):
        self.walk = walk
        self.page = walk.page
        self.page.goto(up.ready["console"])
        walk.fill("Access token", up.token)
        walk.press("Sign in")
        expect(self.page.get_by_role("heading", name="Home", exact=True)).to_be_visible()

    def section(self, title: str) -> None:
        self.walk.link(title, self.page.get_by_role("navigation", name="Sections"))

    def tab(self, service: str, title: str) -> None:
        """A page of a service."""
        self.section("Services")
        self.walk.open(service)
        self.walk.link(title, self.page.get_by_role("navigation", name="Service", exact=True))

    def register_postgres(
        self, name: str, cloud: str, port: int, user: str, password: str, tls: bool
    ) -> None:
        """Registers a service on this machine, with its component closed on links."""
        walk = self.walk
        self.section("Services")
        walk.link("Register service")
        walk.fill("Name", name)
        walk.choose("Type", "PostgreSQL - ")
        # The form comes back with the components of the type.
        expect(self.page.get_by_label("Component 1", exact=True)).to_be_visible()
        walk.choose("Project VPC", cloud)
        walk.fill("Address of node 1", "127.0.0.1")
        walk.set_checked_option("Component 1 is enabled", True)
        walk.choose("Component 1", "PostgreSQL")
        walk.fill("Port of component 1", str(port))
        walk.set_checked_option("Component 1 uses TLS", tls)
        walk.fill("User", user)
        walk.fill("Password", password)
        walk.press("Register service")
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()

    def certificate(self, service: str, directory: Path) -> None:
        """Saves what the servers of a service need to speak TLS, and the CA."""
        self.tab(service, "Service settings")
        self.walk.link("Issue a certificate", self.walk.region("Server certificate"))
        self.walk.press("Issue certificate")
        for label in ("Download server.crt", "Download server.key", "Download ca.pem"):
            with self.page.expect_download() as saved:
                self.walk.press(label)
            saved.value.save_as(directory / saved.value.suggested_filename)

    def publish(self, service: str, subscription: str | None = None) -> str:
        """Creates the link of a service, waits for it, and returns its name for consumers."""
        self.tab(service, "Private link")
        if subscription:
            self.walk.fill("Azure subscriptions that may connect", subscription)
        self.walk.press("Create link")
        expect(self.page.locator("#link-head .state")).to_have_text("active")
        return self.walk.copied("Copy", self.walk.region("For consumers").locator("dd").first)

    # On the link's page.

    def row(self, endpoint: str) -> Locator:
        """The connection of an endpoint, by anything that is said of it."""
        return self.walk.region("Connections").get_by_role("row").filter(has_text=endpoint)

    def discover(self, endpoint: str) -> Locator:
        """Looks for new endpoints now; one that waits is listed."""
        self.walk.press("Refresh")
        row = self.row(endpoint)
        expect(row).to_contain_text("pending-user-approval")
        return row

    def approve(self, row: Locator, address: str | None = None) -> None:
        if address:
            self.walk.fill("Endpoint address", address, row)
        self.walk.press("Approve", row)
        self.walk.is_told("Approved")

    def tell_address(self, row: Locator, address: str) -> None:
        # The page asks for the address once the provider has confirmed the approval.
        expect(row.locator(".state")).to_have_text("connected")
        self.walk.fill("Endpoint address", address, row)
        self.walk.press("Update address", row)

    def reject(self, row: Locator) -> None:
        self.walk.unfold("Reject…", row)
        self.walk.press("Reject", row)
        self.walk.is_told("Rejected")

    def restore(self, row: Locator) -> None:
        self.walk.press("Restore", row)

    def is_active(self, row: Locator) -> None:
        expect(row.locator(".state")).to_have_text("active")

    def check_path(self, row: Locator) -> None:
        """Has the path of a connection checked, which finds nothing broken."""
        self.walk.link("Check the path", row)
        self.walk.is_told("Nothing is broken")

    # In the service's settings.

    def network_configuration(self, service: str) -> Locator:
        """The documented way to the window, by its visible labels."""
        self.tab(service, "Service settings")
        network = self.walk.region("Cloud and network")
        self.walk.unfold("Actions", network)
        self.walk.link("More network configurations", network)
        window = self.walk.region("Network configuration")
        expect(window).to_be_visible()
        return window

    def toggle(self, service: str, option: str, on: bool) -> None:
        """Opens or closes a component on the links; closing may have to be confirmed."""
        window = self.network_configuration(service)
        if window.locator("#options-set").get_by_label(option, exact=True).count() == 0:
            self.walk.unfold("Add configuration options", window)
            self.walk.fill("Search options", "privatelink_access", window)
        self.walk.set_checked_option(option, on, window)
        self.walk.press("Save configuration", window)

    # On the service's overview.

    def psql_command(self, service: str) -> str:
        """A command for any shell of this machine, secrets and all."""
        self.tab(service, "Overview")
        information = self.walk.region("Connection information")
        self.walk.link("privatelink", information)
        self.walk.link("Show secrets", information.locator("header"))
        return self.walk.copied("Copy psql without the resolver", information)


def connection_in(row: Locator) -> str:
    """The id of the connection that a row is about."""
    return re.search(r"plc[0-9a-f]{12}", row.inner_text())[0]
