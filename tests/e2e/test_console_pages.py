"""Every page can be read by anybody: at each width, in light and dark, by keyboard, by ear."""

import pytest
from playwright.sync_api import expect

from browser import DESK, PHONE, TABLET, inline, is_too_wide, violations

VIEWS = [(DESK, "light"), (TABLET, "dark"), (PHONE, "light"), (PHONE, "dark")]
# Below a project.
PROJECT_PAGES = ["", "/service", "/register-service", "/connection", "/network", "/event"]
# Below a service.
SERVICE_PAGES = [
    "",
    "?route=privatelink",
    "/privatelink/azure",
    "/privatelink/azure/remove",
    "/nodes",
    "/nodes/change",
    "/settings",
    "/settings/certificate",
    "/settings/network-configuration?add=1",
]
# Of the installation, for operators.
INSTALLATION_PAGES = ["/recovery", "/backup"]
# For readers without a session.
DOCUMENTS = [
    "/docs/api",
    "/docs/api/post_project_project_service",
    "/docs/api/get_underpass_project_project_service_service_connection_info",
    "/docs/errors",
    "/docs/errors/would_cut_connections",
]
# What an issued certificate is made of, and where it stands.
FILES = {"server.crt": "#server-crt", "server.key": "#server-key", "ca.pem": "#ca-pem"}

# Enough to reach everything on a link's page.
MOST_TABS = 120
# What the keyboard is on, and whether that can be seen.
FOCUS = """() => {
    const on = document.activeElement;
    return {
        text: on.textContent.trim(),
        row: on.closest("tr")?.textContent ?? "",
        marked: getComputedStyle(on).outlineStyle !== "none",
    };
}"""


@pytest.fixture(scope="module")
def service(stack):
    """A published service with a connection that is active and one that waits."""
    service, _port = stack.offer()
    service.connect(stack.consumer, "pe-active")
    service.ask(stack.consumer, "pe-waiting")
    return service


def places(stack, service) -> list[str]:
    project = f"{stack.up.ready['console']}/project/demo"
    portals = [stack.up.azure["portal"], stack.up.ready["google"]["portal"]]
    return [
        *(project + page for page in PROJECT_PAGES),
        *(stack.up.ready["console"] + page for page in INSTALLATION_PAGES),
        *(f"{project}/service/{service.name}{page}" for page in SERVICE_PAGES),
        *(stack.up.ready["console"].removesuffix("/console") + page for page in DOCUMENTS),
        *portals,
    ]


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_every_page_fits_and_is_accessible(stack, service, browser, width, scheme):
    found = {}
    with browser.visitor(stack.up, width=width, scheme=scheme) as page:
        for place in places(stack, service):
            answer = page.goto(place)
            assert answer.status == 200, place
            wrong = violations(page) + inline(page)
            if is_too_wide(page):
                wrong.append("it has to be moved sideways")
            if wrong:
                found[place] = wrong
    assert found == {}


def test_the_page_checks_find_violations(browser):
    with browser.visitor(None, width=PHONE) as page:
        page.set_content(
            "<title>x</title><button></button><p style='width: 2000px' onclick=''>wide</p>"
        )
        assert any("button-name" in it for it in violations(page))
        assert inline(page) and is_too_wide(page)


def test_the_sign_in_page_is_accessible(stack, browser):
    with browser.visitor(None, width=PHONE) as page:
        page.goto(stack.up.ready["console"])
        assert violations(page) == []


def test_an_active_connection_leads_to_its_connection_information(stack, service, browser):
    plc = service.connection("pe-active")["privatelink_connection_id"]
    with browser.visitor(stack.up) as page:
        page.goto(link_page(stack, service))
        page.locator(f"#{plc}").get_by_role("link", name="Connection information").click()
        expect(page.locator("#host")).to_have_text(service.host(plc))


def test_a_refused_form_stays_as_it_was_typed_whatever_else_changes(stack, service, browser):
    with browser.visitor(stack.up) as page:
        page.goto(link_page(stack, service))
        page.get_by_label("Subscription ID").fill("not-a-subscription")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_contain_text("user_subscription_ids")
        stack.static_ips(1)
        with browser.visitor(stack.up) as other:
            other.goto(f"{stack.up.ready['console']}/project/demo/event")
            expect(other.get_by_text("Static IP").first).to_be_visible()
        expect(page.get_by_label("Subscription ID")).to_have_value("not-a-subscription")
        expect(page.get_by_role("alert")).to_be_visible()


def test_a_page_that_changes_does_not_take_the_keyboard_away(stack, service, browser):
    with browser.visitor(stack.up) as page:
        page.goto(link_page(stack, service))
        row = page.get_by_role("region", name="Connections").get_by_role("row")
        row.filter(has_text="pe-waiting").get_by_role("button", name="Approve").focus()
        service.ask(stack.consumer, "pe-later")
        expect(row.filter(has_text="pe-later")).to_be_visible()
        focused = page.evaluate("() => document.activeElement.closest('tr')?.textContent ?? ''")
        assert "pe-waiting" in focused


def test_a_decision_is_made_with_the_keyboard_alone(stack, service, browser):
    service.ask(stack.consumer, "pe-keyboard")
    unmarked = []
    with browser.visitor(stack.up) as page:
        page.goto(link_page(stack, service))
        for _ in range(MOST_TABS):
            page.keyboard.press("Tab")
            focus = page.evaluate(FOCUS)
            if not focus["marked"]:
                unmarked.append(focus["text"])
            if focus["text"] == "Approve" and "pe-keyboard" in focus["row"]:
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text="Approved plc")).to_be_visible()
    assert unmarked == [], "keyboard focus is visible"


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_an_issued_certificate_is_saved_from_its_page(stack, service, browser, width):
    with browser.visitor(stack.up, width=width) as page:
        page.goto(f"{service_page(stack, service)}/settings")
        page.get_by_role("link", name="Issue a certificate").click()
        page.get_by_role("button", name="Issue certificate").click()
        key = page.locator("#server-key")
        expect(key).to_contain_text("BEGIN PRIVATE KEY")
        assert violations(page) + inline(page) == [] and not is_too_wide(page)
        for name, place in FILES.items():
            shown = page.locator(place).text_content()
            with page.expect_download() as saved:
                page.get_by_role("button", name=f"Download {name}").click()
            assert saved.value.suggested_filename == name
            assert saved.value.path().read_text() == shown
            page.get_by_role("button", name=f"Copy {name}").click()
            assert page.evaluate("() => navigator.clipboard.readText()") == shown
        # Whatever changes meanwhile, the only page with the key stays.
        stack.static_ips(1)
        with browser.visitor(stack.up) as other:
            other.goto(f"{stack.up.ready['console']}/project/demo/event")
            expect(other.get_by_text("Static IP").first).to_be_visible()
        expect(key).to_be_visible()


def test_an_encrypted_backup_is_downloaded(stack, service, browser):
    with browser.visitor(stack.up) as page:
        page.goto(f"{stack.up.ready['console']}/backup")
        expect(page.locator("#not-included")).to_contain_text("store.key")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Download encrypted backup").click()
        assert saved.value.suggested_filename.endswith(".backup")
        content = saved.value.path().read_bytes()
        assert content and b"avnadmin" not in content and service.name.encode() not in content


def test_a_link_leads_to_the_emulated_portal_with_its_alias(stack, service, browser):
    with browser.visitor(stack.up) as page:
        page.goto(link_page(stack, service))
        alias = page.locator("#target").inner_text()
        page.get_by_role("link", name="Create an endpoint in emulated Azure").click()
        expect(page.get_by_label("Resource ID or alias")).to_have_value(alias)
        assert page.url.startswith(stack.up.azure["portal"])


def link_page(stack, service) -> str:
    return f"{service_page(stack, service)}/privatelink/azure"


def service_page(stack, service) -> str:
    return f"{stack.up.ready['console']}/project/demo/service/{service.name}"
