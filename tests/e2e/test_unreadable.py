"""A stored document of a later version is set aside: the process starts, its link stays as it is in the
cloud, every other link works, and the operator and the project's members read of it."""

import sqlite3

import pytest

from api import Api
from google_stack import GoogleStack
from servers import first_bytes
from stack import Stack
from up import Up
from waiting import wait_for

# The format of a document that only a later version knows.
LATER = 1000


@pytest.fixture
def up(tmp_path):
    up = Up(tmp_path / "stack")
    up.start()
    try:
        yield up
    finally:
        up.close()
    assert [it for it in up.complaints() if "failed to read a stored document" not in it] == []


@pytest.mark.parametrize("kind", [Stack, GoogleStack], ids=["azure", "google"])
def test_a_link_of_a_later_version_stops_nothing_else(up, kind):
    stack = kind(up)
    set_aside, port = stack.offer(b"set aside")
    other, other_port = stack.offer(b"other")
    _, address = set_aside.connect(stack.consumer, "endpoint-1")
    wait_for("bytes flow", lambda: first_bytes(address, port), b"set aside")
    assert stack.underpass("recovery", "unreadable").strip() == "Every stored document can be read"

    assert up.stop() == 0
    with sqlite3.connect(up.data_dir / "store.sqlite") as store:
        found = store.execute(
            "UPDATE record SET format = ? WHERE kind = 'link' AND key LIKE ?",
            (LATER, f"%/{set_aside.name}/%"),
        )
        assert found.rowcount == 1
    store.close()
    up.start()

    key = f"{up.project}/{set_aside.name}/{set_aside.provider}"
    [listed] = stack.underpass.json("recovery", "unreadable")["documents"]
    assert listed == {"kind": "link", "key": key, "defect": "newer"}
    shown = stack.underpass.call("project", "overview")
    assert key in shown.stdout and "explain stored_document_unreadable" in shown.stderr
    assert "No problems need attention" not in shown.stderr
    reply = stack.api.call("GET", set_aside.link_path)
    assert reply.status == 409, reply
    # The other link is offered, approved and carries bytes; nothing of the first one is cut.
    # The connections of the SDK's client ended with the process.
    _, second = other.connect(kind(up).consumer, "endpoint-2")
    wait_for("bytes flow", lambda: first_bytes(second, other_port), b"other")
    wait_for("bytes still flow", lambda: first_bytes(address, port), b"set aside")


@pytest.mark.parametrize("kind", ["user", "project"])
def test_up_starts_without_a_document_of_its_own(tmp_path, kind):
    up = Up(tmp_path / "stack").start()
    name = up.project if kind == "project" else "operator%"
    assert up.stop() == 0
    with sqlite3.connect(up.data_dir / "store.sqlite") as store:
        found = store.execute(
            "UPDATE record SET format = ? WHERE kind = ? AND key LIKE ?", (LATER, kind, name)
        )
        assert found.rowcount == 1
    store.close()
    try:
        up.start()
        assert Api(up).open("/readyz") == 200
        refused = Api(up).call("GET", "/project" if kind == "user" else Api(up).project("vpcs"))
        assert refused.status == 409, refused
        assert "cannot be read" in refused.message or "unreadable" in refused.message
        assert "failed to prepare the first project" in up.log_text()
    finally:
        up.close()
