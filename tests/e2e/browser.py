"""A real browser: Debian's Chromium, driven by Playwright."""

import shutil
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

# What Chromium would do beyond showing pages, and what a container does not have.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# Longest wait for something to be seen: several times what an emulated operation takes.
PATIENCE_MS = 20_000
PROJECT = "/project/demo"
DESK, TABLET, PHONE = 1440, 1024, 390
HEIGHT = 900

expect.set_options(timeout=PATIENCE_MS)


def program() -> str:
    found = shutil.which("chromium")
    if found is None:
        raise FileNotFoundError("no chromium; install the package chromium")
    return found


class Browser:
    """One Chromium; each visitor has a profile of their own."""

    def __init__(self, chromium):
        self.chromium = chromium

    @contextmanager
    def visitor(self, up, width: int = DESK, scheme: str = "light", token: str | None = None):
        """A signed-in user of the console of an `up`, on its first page.

        Whatever a browser complains of, a broken rule of the page's own policy included, fails the
        test, except for answers that a test asked for.
        """
        context = self.chromium.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme=scheme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complain(complaints, message))
        try:
            if up is not None:
                sign_in(page, up, token)
            yield page
        finally:
            context.close()
        assert complaints == []


def complain(complaints: list[str], message) -> None:
    """Refused requests are told by the page itself; the rest is a defect."""
    if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
        complaints.append(message.text)


@contextmanager
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        try:
            yield Browser(chromium)
        finally:
            chromium.close()


def sign_in(page: Page, up, token: str | None = None) -> None:
    page.goto(up.ready["console"])
    page.get_by_label("Access token").fill(token or Path(up.ready["token_file"]).read_text().strip())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Home", exact=True)).to_be_visible()


def violations(page: Page) -> list[str]:
    """Returns the serious and critical accessibility violations of a page, by axe-core."""
    found = Axe().run(page).response["violations"]
    return [
        f"{it['id']}: {it['help']}: {[node['html'] for node in it['nodes']]}"
        for it in found
        if it["impact"] in ("serious", "critical")
    ]


def inline(page: Page) -> list[str]:
    """Scripts, styles and handlers that are part of the page itself; there are to be none."""
    return page.evaluate(
        """() => [...document.querySelectorAll("script:not([src]), style, [style]")]
            .concat([...document.querySelectorAll("*")].filter((it) =>
                it.getAttributeNames().some((name) => name.startsWith("on"))))
            .map((it) => it.outerHTML.slice(0, 200))"""
    )


def is_too_wide(page: Page) -> bool:
    """Returns whether the page requires horizontal scrolling."""
    return page.evaluate(
        "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
