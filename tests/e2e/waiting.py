"""Waits for conditions with a deadline; the only module of these tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Between two polls; short against all that is waited for, long against one request.
PAUSE_SECONDS = 0.02
# Several times what was measured with all workers and other programs on two busy cores.
DEADLINE_SECONDS = 40.0


class Stopwatch:
    """Measures from its creation."""

    def __init__(self, seconds: float):
        self._deadline = time.monotonic() + seconds

    def is_over(self) -> bool:
        return time.monotonic() > self._deadline


def pause(seconds: float) -> None:
    """Sleeps, for stand-ins of programs that poll at their own interval."""
    time.sleep(seconds)


def wait_until(
    what: str, condition: Callable[[], T], seconds: float = DEADLINE_SECONDS
) -> T:
    """Polls until the answer is true and returns it; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s until {what}; last answer: {answer!r}")
        time.sleep(PAUSE_SECONDS)
    return answer


def wait_for(what: str, read: Callable[[], T], expected: T, seconds: float = DEADLINE_SECONDS) -> T:
    """Polls until `expected` is seen; a failure names the last value."""
    seen = []

    def equal() -> bool:
        seen[:] = [read()]
        return seen[0] == expected

    try:
        wait_until(what, equal, seconds)
    except AssertionError as late:
        raise AssertionError(
            f"waited {seconds:g} s until {what}; expected {expected!r}, last saw {seen[0]!r}"
        ) from late
    return expected
