"""Pages show what happens without being asked: new endpoints, and what others decide."""

import re
import signal

import pytest
from playwright.sync_api import expect

# The time of what a page shows.
SHOWN_AT = re.compile(r"shows the state of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


def test_an_endpoint_made_by_the_sdk_appears_in_the_queue_without_a_reload(stack, browser):
    service, _port = stack.offer()
    with browser.visitor(stack.up) as page:
        page.evaluate("() => { window.stayed = true }")
        queue = page.get_by_role("region", name="Waiting for a decision")
        expect(queue).not_to_contain_text(service.name)
        service.ask(stack.consumer, "pe-live")
        row = queue.get_by_role("row").filter(has_text="privateEndpoints/pe-live")
        expect(row).to_contain_text(service.name)
        expect(row).to_contain_text("please")
        assert page.evaluate("() => window.stayed"), "the page was not loaded again"


def test_two_browsers_see_each_others_decisions(stack, browser):
    service, _port = stack.offer()
    _plc, address = service.ask(stack.consumer, "pe-two")
    with browser.visitor(stack.up) as one, browser.visitor(stack.up) as other:
        for page in (one, other):
            page.goto(link_page(stack, service))
        seen_by_one, seen_by_other = (
            connections(page).get_by_role("row").filter(has_text="privateEndpoints/pe-two")
            for page in (one, other)
        )
        expect(seen_by_other).to_contain_text("pending-user-approval")
        seen_by_one.get_by_role("button", name="Approve").click()
        expect(one.get_by_role("status").filter(has_text="Approved plc")).to_be_visible()
        expect(seen_by_other).to_contain_text("connected")
        seen_by_other.get_by_label("Endpoint address").fill(address)
        seen_by_other.get_by_role("button", name="Update address").click()
        expect(seen_by_one).to_contain_text(address)
        expect(seen_by_one.locator(".state")).to_have_text("active")


def test_typed_text_is_not_lost_when_the_page_changes(stack, browser):
    service, _port = stack.offer()
    service.ask(stack.consumer, "pe-typed")
    with browser.visitor(stack.up) as page:
        page.goto(link_page(stack, service))
        row = connections(page).get_by_role("row").filter(has_text="privateEndpoints/pe-typed")
        row.get_by_label("Endpoint address").fill("127.0.")
        service.ask(stack.consumer, "pe-other")
        expect(page.get_by_role("region", name="Events")).to_contain_text("pe-other")
        expect(row.get_by_label("Endpoint address")).to_have_value("127.0.")


@pytest.mark.parametrize("press", ["pointer", "space"])
def test_a_press_counts_that_began_before_the_page_changed(stack, browser, press):
    service, _port = stack.offer()
    pressed, meanwhile = f"pe-pressed-{press}", f"pe-meanwhile-{press}"
    service.ask(stack.consumer, pressed)
    with browser.visitor(stack.up) as page, browser.visitor(stack.up) as other:
        for visited in (page, other):
            visited.goto(link_page(stack, service))
        row = connections(page).get_by_role("row").filter(has_text=f"privateEndpoints/{pressed}")
        button = row.get_by_role("button", name="Approve")
        button.focus()
        button.hover()
        hold, release = {
            "pointer": (page.mouse.down, page.mouse.up),
            "space": (lambda: page.keyboard.down("Space"), lambda: page.keyboard.up("Space")),
        }[press]
        hold()
        service.ask(stack.consumer, meanwhile)
        expect(connections(other)).to_contain_text(meanwhile)
        # As long as the other page would need to be updated, too.
        page.wait_for_timeout(1_000)
        expect(connections(page)).not_to_contain_text(meanwhile)
        release()
        expect(page.get_by_role("status").filter(has_text="Approved plc")).to_be_visible()
        expect(connections(page)).to_contain_text(meanwhile)


def test_a_press_of_nothing_delays_what_happens_until_it_ends(stack, browser):
    service, _port = stack.offer()
    with browser.visitor(stack.up) as page, browser.visitor(stack.up) as other:
        for visited in (page, other):
            visited.goto(link_page(stack, service))
        page.get_by_role("heading").first.hover()
        page.mouse.down()
        service.ask(stack.consumer, "pe-held")
        expect(connections(other)).to_contain_text("pe-held")
        expect(connections(page)).not_to_contain_text("pe-held")
        page.mouse.up()
        expect(connections(page)).to_contain_text("pe-held")


def test_a_page_that_lost_its_server_says_so_with_the_time_of_what_it_shows(own_stack, browser):
    process = own_stack.up.process
    with browser.visitor(own_stack.up) as page:
        lost = page.locator("#lost")
        expect(page.locator("body[data-connected]")).to_have_count(1)
        expect(lost).to_be_hidden()
        # The connection stays open, and nothing comes over it.
        process.send_signal(signal.SIGSTOP)
        try:
            expect(lost).to_be_visible(timeout=10_000)
            expect(lost).to_have_text(SHOWN_AT)
        finally:
            process.send_signal(signal.SIGCONT)
        expect(lost).to_be_hidden(timeout=20_000)
        own_stack.up.kill()
        expect(lost).to_be_visible(timeout=10_000)


def connections(page):
    return page.get_by_role("region", name="Connections")


def link_page(stack, service) -> str:
    console, cloud = stack.up.ready["console"], service.provider
    return f"{console}/project/demo/service/{service.name}/privatelink/{cloud}"
