"""Waiting for a condition, with a deadline; the only place of these tests that pauses."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Between two looks; short against everything that is waited for, long against one request.
PAUSE_SECONDS = 0.02
# What takes longer on two busy cores is broken.
DEADLINE_SECONDS = 20.0


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self, seconds: float):
        self._deadline = time.monotonic() + seconds

    def is_over(self) -> bool:
        return time.monotonic() > self._deadline


def pause(seconds: float) -> None:
    """For whoever stands in for a program that polls at its own pace."""
    time.sleep(seconds)


def wait_until(
    what: str, condition: Callable[[], T], seconds: float = DEADLINE_SECONDS
) -> T:
    """Asks until the answer is true, gives that answer, and fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s until {what}; last answer: {answer!r}")
        time.sleep(PAUSE_SECONDS)
    return answer


def wait_for(what: str, look: Callable[[], T], expected: T, seconds: float = DEADLINE_SECONDS) -> T:
    """Looks until `expected` is seen; a failure names what was seen last."""
    seen = []

    def equal() -> bool:
        seen[:] = [look()]
        return seen[0] == expected

    try:
        wait_until(what, equal, seconds)
    except AssertionError as late:
        raise AssertionError(
            f"waited {seconds:g} s until {what}; expected {expected!r}, last saw {seen[0]!r}"
        ) from late
    return expected
