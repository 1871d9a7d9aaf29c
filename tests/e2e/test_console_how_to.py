"""Both how-tos by browser alone, on the provider's side and on the consumer's, until psql answers.

The guide says the same in words: the labels it names are the ones that are used here.
"""

import re

import pytest
from playwright.sync_api import expect

from console_publisher import Publisher, connection_in
from portal_consumers import AzureCustomer, GoogleCustomer
from postgres import PASSWORD, USER
from servers import first_bytes
from shell import Shell
from up import CLOUD, GOOGLE_CLOUD, ROOT
from waiting import wait_for
from walk import Walk

GUIDE = ROOT / "docs" / "guides" / "console.md"
# Files that perform its steps.
WALKED = ("console_publisher.py", "portal_consumers.py", "test_console_how_to.py")
QUESTION = " -XAtc \"select 'through the link'\""
ANSWER = "through the link\n"


@pytest.fixture
def walkers(browser):
    """A provider at the console and a consumer at a portal, who both follow the guide."""
    with browser.visitor(None) as page, browser.visitor(None) as elsewhere:
        both = Walk(page), Walk(elsewhere)
        yield both
    for walk in both:
        assert walk.labels <= labels_of_the_guide()


@pytest.fixture
def home(tmp_path):
    """A consumer's directory."""
    made = tmp_path / "consumer"
    made.mkdir()
    return made


def test_azure_from_registration_to_psql(stack, walkers, postgres, home):
    name, endpoint = "pg-azure", "team-blue"
    walk, elsewhere = walkers
    publisher = Publisher(walk, stack.up)
    publisher.register_postgres(name, CLOUD, postgres.port, USER, PASSWORD, tls=True)
    publisher.certificate(name, home)
    postgres.use_certificate(home / "server.crt", home / "server.key")
    alias = publisher.publish(name, stack.subscription)
    assert alias.endswith(".azure.privatelinkservice")

    customer = AzureCustomer(elsewhere, stack.up.azure["portal"])
    address = customer.make_endpoint(endpoint, alias, "team blue")

    row = publisher.discover(endpoint)
    expect(row).to_contain_text("team blue")
    publisher.approve(row)
    customer.is_in_state("Approved")
    publisher.tell_address(row, address)
    publisher.is_active(row)
    plc = connection_in(row)

    publisher.toggle(name, "privatelink_access.pg", on=True)
    command = publisher.psql_command(name)
    shell = Shell(stack, home)
    assert shell.run(command + QUESTION) == ANSWER
    strict = command.replace("sslmode=require", "sslmode=verify-full")
    assert strict != command
    assert shell.run(strict + QUESTION, PGSSLROOTCERT="ca.pem") == ANSWER

    publisher.tab(name, "Private link")
    publisher.reject(publisher.row(plc))
    customer.is_in_state("Rejected")
    assert shell.call(command + QUESTION).returncode != 0

    publisher.restore(publisher.row(plc))
    publisher.is_active(publisher.row(plc))
    assert shell.run(command + QUESTION) == ANSWER
    publisher.check_path(publisher.row(plc))


def test_google_from_registration_to_psql(own_google, walkers, postgres, home):
    google, name, endpoint = own_google, "pg-google", "team-green"
    google.feature("privatelink_google_pg", True)
    walk, elsewhere = walkers
    publisher = Publisher(walk, google.up)
    publisher.register_postgres(name, GOOGLE_CLOUD, postgres.port, USER, PASSWORD, tls=False)
    attachment = publisher.publish(name)
    assert "/serviceAttachments/" in attachment

    customer = GoogleCustomer(elsewhere, google.up.google["portal"])
    number, address = customer.make_endpoint(endpoint, attachment)

    row = publisher.discover(endpoint)
    expect(row).to_contain_text(number)
    publisher.approve(row, address)
    customer.is_in_state("Accepted")
    publisher.is_active(row)

    publisher.toggle(name, "privatelink_access.pg", on=True)
    command = publisher.psql_command(name)
    assert Shell(google, home).run(command + QUESTION) == ANSWER


def test_the_documented_way_to_the_toggles(stack, walkers):
    service, port = stack.offer(b"open")
    plc, address = service.connect(stack.consumer, "pe-toggled")
    assert first_bytes(address, port) == b"open"
    walk, _ = walkers
    publisher = Publisher(walk, stack.up)

    publisher.toggle(service.name, "privatelink_access.pg", on=False)
    review = walk.region("Network configuration")
    expect(review.get_by_role("alert")).to_contain_text(plc)
    assert first_bytes(address, port) == b"open", "nothing is cut before it is confirmed"
    walk.press("Confirm", review)
    expect(walk.region("Cloud and network")).to_contain_text("no component")
    wait_for("the port is closed", lambda: first_bytes(address, port), b"")

    publisher.toggle(service.name, "privatelink_access.pg", on=True)
    expect(walk.region("Cloud and network")).to_contain_text("pg")
    wait_for("the port is open", lambda: first_bytes(address, port), b"open")


def test_no_step_of_the_guide_is_left_out():
    steps = "".join((ROOT / "tests" / "e2e" / name).read_text() for name in WALKED)
    assert [label for label in labels_of_the_guide() if f'"{label}"' not in steps] == []


def labels_of_the_guide() -> set[str]:
    """Labels that its steps mention."""
    _, _, steps = GUIDE.read_text().partition("## Step by step")
    return {label.replace("`", "") for label in re.findall(r"\*\*(.+?)\*\*", steps)}
