"""Consumers who use the portals of the emulated clouds alone."""

from playwright.sync_api import expect

from walk import Walk


class AzureCustomer:
    """At the Private Link Center."""

    def __init__(self, walk: Walk, portal: str):
        self.walk = walk
        self.page = walk.page
        self.page.goto(portal)

    def make_endpoint(self, name: str, alias: str, message: str = "") -> str:
        """Creates an endpoint *by resource ID or alias*, and returns its address."""
        walk = self.walk
        walk.link("Create private endpoint", self.page.locator(".head"))
        walk.fill("Name", name)
        walk.fill("Resource ID or alias", alias)
        walk.fill("Request message", message)
        walk.press("Create")
        walk.open(name)
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()
        self.is_in_state("Pending")
        return walk.copied("Copy", walk.region("Network interface").locator(".copied"))

    def is_in_state(self, state: str) -> None:
        """Seen on the endpoint's page, which shows changes by itself."""
        expect(self.walk.region("Connection").locator(".state")).to_have_text(state)

    def is_in_the_list(self, name: str, state: str) -> None:
        self.walk.link("Private endpoints", self.page.get_by_role("navigation", name="Sections"))
        row = self.walk.region("Private endpoints").get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text(state)


class GoogleCustomer:
    """At Private Service Connect."""

    def __init__(self, walk: Walk, portal: str):
        self.walk = walk
        self.page = walk.page
        self.page.goto(portal)

    def make_endpoint(self, name: str, attachment: str) -> tuple[str, str]:
        """Connects to a *published service*; returns the PSC connection ID and the address."""
        walk = self.walk
        walk.link("Connect endpoint")
        walk.fill("Target service", attachment)
        walk.fill("Endpoint name", name)
        walk.press("Add endpoint")
        walk.open(name)
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()
        self.is_in_state("Pending")
        number = walk.copied("Copy", walk.region("Status").locator(".copied"))
        return number, walk.copied("Copy", walk.region("IP address").locator(".copied").first)

    def is_in_state(self, state: str) -> None:
        expect(self.walk.region("Status").locator(".state")).to_have_text(state)
