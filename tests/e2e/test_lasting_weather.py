"""The conditions that a user sees while a fault of a cloud lasts, and the way out of each."""

import re

import pytest

from cloud_weather import CloudWeather
from google_stack import GoogleStack
from servers import Flow, first_bytes
from stack import Stack
from up import Up
from waiting import wait_for, wait_until


class Clouds:
    """A running `up` with a stack and the weather of each cloud."""

    def __init__(self, up: Up):
        self.up = up
        self.stacks = {"azure": Stack(up), "google": GoogleStack(up)}
        self.weather = {name: CloudWeather(up.ready[name]) for name in self.stacks}

    def close(self) -> None:
        for stack in self.stacks.values():
            for greeter in stack.greeters:
                greeter.close()
        self.up.close()


@pytest.fixture(scope="module")
def clouds(tmp_path_factory):
    """Absence is proven after a minute here, so that it is suspected for the time of a test."""
    directory = tmp_path_factory.mktemp("lasting")
    up = Up(directory, absence_window="60s", discovery_interval="500ms").start()
    started = Clouds(up)
    yield started
    started.close()


@pytest.fixture(params=["azure", "google"])
def cloud(request, clouds):
    """A stack with its weather, which ends with the test."""
    weather = clouds.weather[request.param]
    yield clouds.stacks[request.param], weather
    weather.begin("calm")


def registered(stack):
    """A service whose node has an interface, with its component open."""
    greeter = stack.greeter(b"server")
    published = stack.register({stack.kind: greeter.port})
    published.toggle(**{stack.kind: True})
    published.wait_interface()
    return published, greeter.port


def reconciled(published) -> list[dict]:
    shown = published.api.ok("GET", f"/underpass{published.link_path}")["conditions"]
    return [it for it in shown if it["type"] == "reconciled"]


def wait_reason(published, reason: str) -> dict:
    """The condition with a reason that matches, once it is shown."""

    def found() -> dict | None:
        matching = [it for it in reconciled(published) if re.fullmatch(reason, it["reason"])]
        return matching[0] if matching else None

    try:
        return wait_until(f"the condition {reason} is shown", found)
    except AssertionError as late:
        raise AssertionError(f"{late}; shown: {reconciled(published)}") from late


def becomes_active(published) -> None:
    published.wait_active()
    wait_for(
        "everything is as desired",
        lambda: [it["reason"] for it in reconciled(published)],
        ["AsDesired"],
    )


def test_a_quota_is_named_and_after_it_was_raised_a_refresh_goes_on(cloud):
    stack, weather = cloud
    published, _ = registered(stack)
    weather.begin({"quota": 1.0})
    stack.create_link(published)
    condition = wait_reason(published, r"\w+CountLimitReached|quotaExceeded")
    assert (condition["status"], condition["severity"]) == ("false", "error")
    assert "raise" in str(condition["remedy"])
    link = published.link()
    assert link["state"] == "creating"

    weather.begin("calm")
    published.refresh()
    becomes_active(published)


def test_operations_that_fail_are_told_with_the_next_attempt(cloud):
    stack, weather = cloud
    published, _ = registered(stack)
    weather.begin({"failed_operation": 1.0})
    stack.create_link(published)
    condition = wait_reason(published, "Retrying")
    assert (condition["status"], condition["remedy"]) == ("unknown", None)
    assert re.search(r"ended as `Failed`|INTERNAL_ERROR", condition["message"])
    assert re.search(r"attempts failed; the next one is made at 20\d\d-", condition["message"])

    weather.begin("calm")
    becomes_active(published)


def test_throttling_is_told_with_the_next_attempt(cloud):
    stack, weather = cloud
    published, _ = registered(stack)
    weather.begin({"throttling": 1.0, "throttling_seconds": 2.0})
    stack.create_link(published)
    condition = wait_reason(published, "Retrying")
    assert re.search(
        r"SubscriptionRequestsThrottled|rateLimitExceeded", condition["message"]
    )
    account = f'underpass_cloud_account_throttled{{account="{published.provider}"}} 1'
    wait_until("the metric tells it", lambda: account in published.api.metrics())

    weather.begin("calm")
    becomes_active(published)


def test_an_operation_that_hangs_ends_by_itself(cloud):
    stack, weather = cloud
    published, _ = registered(stack)
    weather.begin({"hanging_operation": 1.0, "hanging_operation_seconds": 4.0})
    stack.create_link(published)
    condition = wait_reason(published, "Reconciling")
    assert condition["status"] == "unknown"
    assert published.link()["state"] == "creating"
    weather.begin("calm")
    becomes_active(published)


def test_reverted_writes_are_told_and_after_the_policy_is_gone_a_refresh_goes_on(cloud):
    stack, weather = cloud
    published, port = registered(stack)
    stack.create_link(published)
    published.wait_active()
    endpoint = f"{published.name}-pe"
    plc, address = published.ask(stack.consumer, endpoint)
    weather.begin({"reverted_write": 1.0, "reverts": 1000})
    if published.provider == "google":
        published.approve(plc, address)
    else:
        published.approve(plc)
        published.set_address(plc, address)
    # Google's driver reads each write back, and says so with each attempt.
    condition = wait_reason(published, "WriteNotKept|Retrying")
    assert "a policy or another program reverts" in condition["message"]
    if published.provider == "azure":
        assert (condition["status"], condition["severity"]) == ("false", "error")
        assert condition["remedy"]
    assert first_bytes(address, port) == b""

    weather.begin("calm")
    published.refresh()
    wait_for("bytes pass", lambda: first_bytes(address, port), b"server")
    published.wait_state(endpoint, "active")


def test_a_false_absence_is_told_and_cuts_nothing(cloud):
    stack, weather = cloud
    published, port = registered(stack)
    stack.create_link(published)
    published.wait_active()
    _, address = published.connect(stack.consumer, f"{published.name}-pe")
    wait_for("bytes pass", lambda: first_bytes(address, port), b"server")
    flow = Flow(address, port, b"server")
    weather.begin(
        {"false_absence": 1.0, "false_absence_seconds": 600.0, "true_answer_seconds": 0.0}
    )
    published.toggle(**{stack.kind: False})
    # Azure's driver also lists what contains it, and finds a contradiction.
    condition = wait_reason(published, "AbsenceSuspected|Retrying")
    assert condition["status"] == "unknown"
    assert re.search(r"read again|answers that it does not exist", condition["message"])
    assert published.link()["state"] == "active"
    published.toggle(**{stack.kind: True})
    assert flow.echo(b"still here")

    weather.begin("calm")
    published.refresh()
    becomes_active(published)
    assert flow.echo(b"and after it")
    flow.close()
