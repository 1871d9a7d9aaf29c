"""Changes of the subscriptions that see a link."""

import uuid

from azure.core.exceptions import HttpResponseError
import pytest

from servers import first_bytes
from waiting import wait_for, wait_until


def can_see(consumer, link, name: str) -> bool:
    try:
        consumer.endpoint(name, link.alias)
    except HttpResponseError:
        return False
    return True


def update(link, subscriptions: list[str]) -> dict:
    return link.api.ok("PUT", link.link_path, {"user_subscription_ids": subscriptions})


def test_an_added_subscription_may_connect_and_a_dropped_one_may_not(stack):
    link, port = stack.offer()
    newcomer = stack.new_consumer()
    with pytest.raises(HttpResponseError):
        newcomer.endpoint("too-early", link.alias)

    both = [stack.subscription, newcomer.subscription]
    shown = update(link, both)
    assert sorted(shown["user_subscription_ids"]) == sorted(both)
    assert shown["state"] == "active"
    # Adding is a change at the cloud, which follows a moment after the request.
    wait_until("the newcomer sees it", lambda: can_see(newcomer, link, "newcomer"))
    link.refresh()
    link.wait_state("newcomer", "pending-user-approval")

    update(link, [stack.subscription])
    wait_until("it is pending no more", lambda: link.connection("newcomer") is None)
    wait_for("the cloud rejects it", lambda: newcomer.status("newcomer"), "Rejected")
    assert first_bytes(newcomer.address("newcomer"), port) == b""
    wait_until("it sees nothing", lambda: not can_see(newcomer, link, f"late-{uuid.uuid4()}"))


def test_the_list_keeps_its_alias_and_its_approved_connections(stack):
    link, port = stack.offer()
    before = link.link()
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    update(link, [stack.subscription, str(uuid.uuid4())])
    after = link.link()
    for stable in ("azure_service_alias", "azure_service_id", "state"):
        assert after[stable] == before[stable]
    assert link.connection(f"{link.name}-pe")["privatelink_connection_id"] == plc
    assert first_bytes(address, port) == b"hello"


def test_dropping_a_subscription_with_an_approved_connection_is_refused(stack):
    link, port = stack.offer()
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    other = str(uuid.uuid4())
    body = {"user_subscription_ids": [other]}
    reason = link.api.refused(409, "PUT", link.link_path, body)
    assert plc in reason and stack.subscription in reason
    assert link.link()["user_subscription_ids"] == [stack.subscription]
    assert first_bytes(address, port) == b"hello"

    # The remedy: after a rejection the same update succeeds.
    link.decide(plc, "reject")
    update(link, [other])
    assert link.link()["user_subscription_ids"] == [other]


def test_the_same_subscription_twice_is_listed_once(stack):
    link, _ = stack.offer()
    shown = update(link, [stack.subscription, stack.subscription.upper()])
    assert shown["user_subscription_ids"] == [stack.subscription]
