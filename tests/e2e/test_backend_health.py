"""A server that ends, and a node where nothing listens: what each surface shows."""

import re

import pytest

from conftest import run_stack
from google_stack import GoogleStack
from postgres import free_port
from redis import Redis
from stack import Stack
from waiting import wait_for


@pytest.fixture(scope="module", params=[Stack, GoogleStack], ids=["azure", "google"])
def stack(request, tmp_path_factory):
    yield from run_stack(tmp_path_factory.mktemp("stack"), request.param)


def own_path(stack, published) -> str:
    return "/underpass" + published.link_path


def shown(stack, published) -> dict:
    return stack.api.ok("GET", own_path(stack, published))


def healths(stack, published) -> list[tuple[str, str]]:
    backends = shown(stack, published)["backends"]
    return [(it["node_name"], it["health"]) for it in backends]


def condition(stack, published) -> tuple[str, str, str] | None:
    found = [it for it in shown(stack, published)["conditions"] if it["type"] == "backends_healthy"]
    return (found[0]["status"], found[0]["reason"], found[0]["message"]) if found else None


def test_a_killed_redis_is_seen_on_each_surface_and_again_when_it_is_back(stack, tmp_path):
    redis = Redis(tmp_path)
    redis.start(None)
    try:
        published = stack.publish({"redis": redis.port}, kind="redis", opened=["redis"])
        wait_for("it is healthy", lambda: healths(stack, published), [("n1", "healthy")])
        assert condition(stack, published)[:2] == ("true", "ProbesSucceed")
        assert "backends: 1 healthy, 0 unhealthy" in printed(stack, published)

        redis.process.kill()
        redis.process.wait()
        wait_for("it is unhealthy", lambda: healths(stack, published), [("n1", "unhealthy")])
        [backend] = shown(stack, published)["backends"]
        assert backend["since"] and backend["checked_at"] and backend["port"] == redis.port
        status, reason, message = condition(stack, published)
        assert (status, reason) == ("false", "BackendsDown")
        assert f"node `n1` on port {redis.port}" in message
        # The state is what was built.
        assert shown(stack, published)["state"] == "active"
        assert f"backend n1 on port {redis.port} (redis): unhealthy" in printed(stack, published)
        overview_path = f"/underpass/project/{stack.up.project}/overview"
        overview = stack.api.ok("GET", overview_path)
        reasons = {it["reason"] for it in overview["conditions"]}
        assert "BackendsDown" in reasons, overview
        assert re.search(
            r'^underpass_backends\{account="[^"]*",health="unhealthy"\} 1$',
            stack.api.metrics(),
            re.MULTILINE,
        )

        redis.process = None
        redis.start(None)
        wait_for("it is healthy again", lambda: healths(stack, published), [("n1", "healthy")])
    finally:
        if redis.process is not None:
            redis.stop()


def test_a_node_where_nothing_listens_is_down_from_the_first_answer(stack):
    published = stack.publish({stack.kind: free_port()}, opened=[stack.kind])
    wait_for("it is unhealthy", lambda: healths(stack, published), [("n1", "unhealthy")])
    assert condition(stack, published)[1] == "BackendsDown"


def printed(stack, published) -> str:
    """The text of `underpass service get`, the remarks below the service included."""
    done = stack.underpass.call("service", "get", published.name)
    return done.stdout + done.stderr
