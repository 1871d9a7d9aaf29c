"""Refusals of the console, and the harmlessness of texts from other parties."""

import re
from pathlib import Path

import requests
from playwright.sync_api import expect

from browser import inline

SECONDS = 20.0


def token_of(up) -> str:
    return Path(up.ready["token_file"]).read_text().strip()


def word_of(text: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', text).group(1)


class Session:
    """A signed-in visitor without a browser, who can send what no browser would."""

    def __init__(self, up):
        self.base = up.ready["api"]
        self.home = f"{up.ready['console']}/project/demo"
        self.http = requests.Session()
        self.post("/console/sign-in", {"token": token_of(up)})

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.http.get(self.base + path, headers=headers, timeout=SECONDS)

    def post(self, path: str, fields: dict, **headers: str) -> requests.Response:
        return self.http.post(self.base + path, data=fields, headers=headers, timeout=SECONDS)


def test_without_a_session_every_page_asks_for_a_sign_in_and_leads_back(stack):
    place = f"{stack.up.ready['api']}/console/project/demo/network"
    reply = requests.get(place, timeout=SECONDS, allow_redirects=False)
    assert reply.status_code == 303
    assert reply.headers["location"].startswith("/console/sign-in?next=")
    shown = requests.get(place, timeout=SECONDS)
    assert 'value="/console/project/demo/network"' in shown.text


def test_a_wrong_token_opens_nothing_and_is_not_shown_again(stack):
    url = f"{stack.up.ready['console']}/sign-in"
    reply = requests.post(url, data={"token": "wrong-token"}, timeout=SECONDS)
    assert reply.status_code == 401
    assert "The token is unknown" in reply.text
    assert "wrong-token" not in reply.text
    assert reply.cookies.get_dict() == {}


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(stack):
    url = f"{stack.up.ready['console']}/sign-in"
    token = token_of(stack.up)
    reply = requests.post(url, data={"token": token}, timeout=SECONDS, allow_redirects=False)
    cookie = reply.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/console"):
        assert part in cookie
    assert token not in cookie, "the session has a token of its own"


def test_foreign_pages_and_forms_without_the_word_change_nothing(own_stack):
    session = Session(own_stack.up)
    path = "/console/project/demo/network"
    word = word_of(session.get("/console/project/demo").text)
    fields = {"do": "create-vpc", "vpc_cloud": "azure-westeurope", "network_cidr": "10.99.0.0/24"}
    before = own_stack.api.ok("GET", own_stack.api.project("vpcs"))
    for refused in (
        session.post(path, fields),
        session.post(path, fields | {"csrf_token": word[:-1]}),
        session.post(path, fields | {"csrf_token": word}, Origin="https://evil.example"),
        session.post(path, fields | {"csrf_token": word}, Origin="null"),
    ):
        assert refused.status_code == 403, refused.text
    misdirected = session.post(path, fields | {"csrf_token": word}, Host="evil.example")
    assert misdirected.status_code == 421
    assert own_stack.api.ok("GET", own_stack.api.project("vpcs")) == before
    signed_out = session.post("/console/sign-out", {})
    assert signed_out.status_code == 403, "a page of another site cannot sign a visitor out"


def test_another_site_cannot_sign_a_visitor_in(stack):
    token = token_of(stack.up)
    url = f"{stack.up.ready['console']}/sign-in"
    headers = {"Sec-Fetch-Site": "cross-site"}
    reply = requests.post(url, data={"token": token}, headers=headers, timeout=SECONDS)
    assert reply.status_code == 403
    assert reply.cookies.get_dict() == {}


def test_a_session_ends_with_the_token_it_came_from(own_stack, browser):
    made = own_stack.api.ok("POST", "/access_token", {"description": "for one visitor"})
    with browser.visitor(own_stack.up, token=made["full_token"]) as page:
        own_stack.api.ok("DELETE", f"/access_token/{made['token_prefix']}")
        own_stack.static_ips(1)
        expect(page.get_by_label("Access token")).to_be_visible()


def test_a_session_of_a_visitor_who_signed_out_is_over(stack, browser):
    with browser.visitor(stack.up) as page:
        [cookie] = [it for it in page.context.cookies() if "session" in it["name"]]
        page.get_by_text("operator@underpass.test").first.click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Access token")).to_be_visible()
        kept = {cookie["name"]: cookie["value"]}
        home = f"{stack.up.ready['console']}/project/demo"
        reply = requests.get(home, cookies=kept, timeout=SECONDS, allow_redirects=False)
        assert reply.status_code == 303


def test_an_access_token_itself_is_no_session(stack):
    token = token_of(stack.up)
    port = stack.up.ready["api"].rsplit(":", 1)[1]
    home = f"{stack.up.ready['console']}/project/demo"
    reply = requests.get(
        home,
        cookies={f"underpass-session-{port}": token},
        timeout=SECONDS,
        allow_redirects=False,
    )
    assert reply.status_code == 303


def test_text_of_others_is_shown_as_text(stack, browser):
    service, _port = stack.offer()
    hostile = "<img src=x onerror=alert(1)> \u202eevil\u202c </td><script>alert(2)</script>"
    stack.consumer.say("pe-hostile", service.target, hostile)
    service.refresh()
    plc = service.connection("pe-hostile")["privatelink_connection_id"]
    stack.api.ok(
        "PUT",
        f"/underpass{service.link_path}/connections/{plc}/label",
        {"label": "<b>bold</b> & \"quoted\" 'too'"},
    )
    alerts = []
    with browser.visitor(stack.up) as page:
        page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
        for place in ("", f"/service/{service.name}/privatelink/azure", "/connection", "/event"):
            page.goto(f"{stack.up.ready['console']}/project/demo{place}")
            assert inline(page) == []
            assert page.locator("main img, main b, main script").count() == 0
        expect(page).to_have_title(re.compile("Underpass"))
    assert alerts == []


def test_pages_are_not_kept_framed_or_sniffed(stack):
    session = Session(stack.up)
    headers = session.get("/console/project/demo").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_read_only_member_is_offered_no_form(own_stack, browser):
    service, _port = own_stack.offer()
    service.ask(own_stack.consumer, "pe-seen")
    narrow = {"description": "reader", "underpass": {"read_only": True}}
    made = own_stack.api.ok("POST", "/access_token", narrow)
    with browser.visitor(own_stack.up, token=made["full_token"]) as page:
        page.goto(
            f"{own_stack.up.ready['console']}/project/demo"
            f"/service/{service.name}/privatelink/azure"
        )
        expect(page.get_by_text("pending-user-approval").first).to_be_visible()
        forms = page.locator("main form[method=post]")
        assert forms.count() == 0
