"""Takes the screenshots of README.md and of the guides, for `scripts/screenshots`.

It fills an `up` of its own with typical services and takes the pictures in a real browser.
"""

import base64
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from azure_principals import GROUP
from browser import DESK, HEIGHT, PHONE, PROJECT, TABLET, browser
from google_stack import GoogleStack
from published import Published
from stack import Stack
from up import ROOT, Up

# Each page is taken at these widths and colour schemes.
WIDTHS = (DESK, TABLET, PHONE)
SCHEMES = ("light", "dark")
# The tallest picture, in pixels; longer pages are cut.
TALLEST = 1200
# WebP at this quality has no artefacts around letters and a tenth of the size of a PNG.
QUALITY = 82


class Scene:
    """Services on both clouds, with active, pending and rejected connections."""

    def __init__(self, up: Up):
        self.azure = Stack(up)
        self.google = GoogleStack(up)
        # The team that uses the services of others.
        team = self.azure.consumer
        self.orders = offered(self.azure, "orders-db", "pg")
        for endpoint, label in (("billing", "Billing"), ("warehouse", "Warehouse")):
            plc, _ = self.orders.connect(team, endpoint)
            name_it(self.orders, plc, label)
        plc, _ = self.orders.ask(team, "former-partner")
        self.orders.decide(plc, "reject")
        self.orders.ask(team, "reporting")

        self.metrics = offered(self.azure, "metrics", "grafana")
        plc, _ = self.metrics.ask(team, "control-room")
        self.metrics.approve(plc)

        self.sessions = offered(self.google, "sessions", "redis")
        self.sessions.connect(self.google.consumer, "shop")
        self.sessions.ask(self.google.consumer, "shop-staging")
        self.settled()

    def settled(self) -> None:
        for service, endpoint in ((self.orders, "warehouse"), (self.sessions, "shop")):
            service.wait_state(endpoint, "active")

    def pages(self) -> dict[str, str]:
        """Names and URLs of pictures."""
        ready = self.azure.up.ready
        project = ready["console"] + PROJECT
        orders = f"{project}/service/{self.orders.name}"
        plc = self.orders.connection("billing")["privatelink_connection_id"]
        azure = ready["azure"]
        subscription = f"{azure['consumer_tenant']}/subscription/{azure['consumer_subscription']}"
        return {
            "home": project,
            "link": f"{orders}/privatelink/azure",
            "connection-information": f"{orders}?route=privatelink&connection={plc}"
            "#connection-information",
            "network-configuration": f"{orders}/settings/network-configuration",
            "azure-portal": f"{azure['portal']}/directory/{subscription}/group/{GROUP}"
            "/endpoint/billing",
            "google-portal": ready["google"]["portal"],
        }

    def close(self) -> None:
        self.azure.close()
        self.google.close()


def offered(stack: Stack, name: str, kind: str) -> Published:
    """A service with an active link, open for its main component."""
    stack.kind = kind
    body = stack.service_body(name, {kind: stack.greeter().port}) | stack.needs()
    stack.api.ok("POST", stack.api.project("service"), body)
    service = stack.publication(name)
    service.toggle(**{kind: True})
    service.wait_interface()
    stack.create_link(service)
    service.wait_active()
    return service


def name_it(service: Published, plc: str, label: str) -> None:
    path = f"/underpass{service.link_path}/connections/{plc}/label"
    service.api.ok("PUT", path, {"label": label})


def draw(page: Page, width: int, to: Path) -> None:
    """Takes the whole page, from its top."""
    tall = page.evaluate("() => document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(max(tall, HEIGHT), TALLEST), "scale": 1}
    taken = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True},
    )
    to.write_bytes(base64.b64decode(taken["data"]))


def take(scene: Scene, pictures: Path) -> None:
    with browser() as chromium:
        for scheme in SCHEMES:
            for width in WIDTHS:
                with chromium.visitor(scene.azure.up, width=width, scheme=scheme) as page:
                    for name, place in scene.pages().items():
                        page.goto(place)
                        expect(page.locator("h1")).to_be_visible()
                        draw(page, width, pictures / f"{name}-{width}-{scheme}.webp")


def main() -> None:
    pictures = ROOT / "docs" / "images"
    pictures.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        up = Up(Path(directory)).start()
        scene = Scene(up)
        try:
            take(scene, pictures)
        finally:
            scene.close()
    total = sum(it.stat().st_size for it in pictures.glob("*.webp"))
    print(f"{pictures}: {len(list(pictures.glob('*.webp')))} pictures, {total // 1024} KiB")


if __name__ == "__main__":
    main()
