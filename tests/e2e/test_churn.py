"""A consumer who makes and deletes endpoints in a loop cannot fill the store.

The limits are small here, so that they are exceeded many times.
"""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import run_stack
from google_principals import Consumer
from google_stack import GoogleStack
from servers import first_bytes
from up import GOOGLE_CLOUD
from waiting import wait_for, wait_until

ROUNDS = 5
# Endpoints that exist concurrently in each round.
ENDPOINTS = 32
CLIENTS = 4
# A discovered and an ended connection have an event each.
EVENTS = 30
ENDED = 12
# Of a request to the API meanwhile, on a machine that runs other tests, too.
SECONDS_PER_REQUEST = 2.0

LIMITS = {
    "keep_service_events": EVENTS,
    "keep_ended_connections": ENDED,
    "absence_window": "0s",
}


@pytest.fixture
def azure(tmp_path):
    yield from run_stack(tmp_path / "stack", **LIMITS)


@pytest.fixture
def google(tmp_path):
    yield from run_stack(tmp_path / "stack", GoogleStack, **LIMITS)


def rows(stack) -> dict[str, int]:
    """Numbers of rows in the store."""
    tables = ("event", "event_count", "work", "removal")
    with sqlite3.connect(f"file:{stack.up.data_dir / 'store.sqlite'}?mode=ro", uri=True) as store:
        found = {it: store.execute(f"SELECT count(*) FROM {it}").fetchone()[0] for it in tables}
        kinds = store.execute("SELECT kind, count(*) FROM record GROUP BY kind").fetchall()
    return found | dict(kinds)


def clients(stack) -> list:
    """The consumer, once for each thread: Google's client is not safe for threads."""
    if stack.cloud == GOOGLE_CLOUD:
        return [Consumer.ready(stack.up) for _ in range(CLIENTS)]
    return [stack.consumer] * CLIENTS


def churn(stack, link) -> float:
    """Makes and deletes endpoints; returns the longest time of a request to the API meanwhile."""
    consumers = clients(stack)

    def for_each(names, work) -> None:
        def run(number: int) -> None:
            for name in names[number::CLIENTS]:
                work(consumers[number], name)

        list(threads.map(run, range(CLIENTS)))

    longest = 0.0

    def shown() -> int:
        nonlocal longest
        begin = time.monotonic()
        count = len(link.connections())
        longest = max(longest, time.monotonic() - begin)
        return count

    before, target = shown(), link.target
    with ThreadPoolExecutor(CLIENTS) as threads:
        for number in range(ROUNDS):
            names = [f"{link.name}-{number}-{it}" for it in range(ENDPOINTS)]
            for_each(names, lambda consumer, name: consumer.endpoint(name, target))
            link.refresh()
            wait_for("all are discovered", shown, before + ENDPOINTS)
            for_each(names, lambda consumer, name: consumer.delete(name))
            link.refresh()
            wait_for("all have ended", shown, before)
    return longest


def check(stack) -> None:
    link, port = stack.offer()
    live, address = link.connect(stack.consumer, f"{link.name}-live")
    stack.consumer.endpoint(f"{link.name}-rejected", link.target)
    link.refresh()
    link.wait_state(f"{link.name}-rejected", "pending-user-approval")
    rejected = link.connection(f"{link.name}-rejected")["privatelink_connection_id"]
    link.decide(rejected, "reject")
    wait_until("no work is left", lambda: rows(stack)["work"] == 0)
    before = rows(stack)

    assert churn(stack, link) < SECONDS_PER_REQUEST

    def is_kept() -> bool:
        return len(link.events()) <= EVENTS

    wait_until("old events are removed", is_kept)
    wait_until("no work is left", lambda: rows(stack)["work"] == 0)
    after = rows(stack)
    assert after.pop("ended_connection") <= ENDED
    assert after.pop("event") <= before.pop("event") + EVENTS
    # Readers that follow the changes are told of removed rows: one for each event of a connection.
    assert after.pop("removal") <= before.pop("removal") + 3 * ROUNDS * ENDPOINTS
    before.pop("ended_connection", None)
    assert after == before

    decisions = {
        it["privatelink_connection_id"]: it["decision"]
        for it in link.everything()
        if it["privatelink_connection_id"] in (live, rejected)
    }
    assert decisions == {live: "approved", rejected: "rejected"}
    assert link.state(f"{link.name}-live") == "active"
    wait_for("bytes pass", lambda: first_bytes(address, port), b"hello")


def test_a_loop_of_endpoints_on_azure_fills_no_store(azure):
    check(azure)


def test_a_loop_of_endpoints_on_google_fills_no_store(google):
    check(google)
