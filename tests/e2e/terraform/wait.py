"""Polling of the provider: `StateChangeConf` of Terraform's plugin SDK, on a clock of our own."""

from collections.abc import Callable
from dataclasses import dataclass

from waiting import DEADLINE_SECONDS, Stopwatch, pause

# Real seconds for each second of the provider: ten of them are 10 ms.
SCALE = 0.001
# The provider's own settings.
DELAY_SECONDS = 10.0
MIN_SECONDS = 5.0
FIRST_SECONDS = 0.1
MAX_SECONDS = 10.0
# The SDK's default for polls in a row that find nothing.
NOT_FOUND_CHECKS = 20


class Clock:
    """Counts the provider's seconds and sleeps for a small part of each."""

    def __init__(self):
        self.seconds = 0.0

    def pause(self, seconds: float) -> None:
        self.seconds += seconds
        pause(seconds * SCALE)


class UnexpectedState(Exception):
    pass


class NothingFound(Exception):
    pass


class TimedOut(Exception):
    pass


@dataclass
class StateChange:
    """Calls `refresh` for a result and its state until `target` is seen `in_a_row` times.

    A result of None means that nothing was found. A state that is neither pending nor target
    fails immediately if any pending state is named.
    """

    clock: Clock
    pending: tuple[str, ...]
    target: tuple[str, ...]
    refresh: Callable[[], tuple[object, str]]
    in_a_row: int = 1
    delay: float = DELAY_SECONDS
    min_seconds: float = MIN_SECONDS
    polls: int = 0

    def wait(self):
        self.clock.pause(self.delay)
        # A refresh waits for the next listing of its scope, at most one each second.
        stopwatch = Stopwatch(DEADLINE_SECONDS + 2 * NOT_FOUND_CHECKS)
        seconds, nothing, reached = FIRST_SECONDS, 0, 0
        while not stopwatch.is_over():
            self.polls += 1
            result, state = self.refresh()
            if result is None:
                nothing += 1
                if nothing > NOT_FOUND_CHECKS:
                    raise NothingFound(f"couldn't find resource ({nothing} retries)")
            else:
                nothing = 0
                if state in self.target:
                    reached += 1
                    if reached == self.in_a_row:
                        return result
                elif state in self.pending:
                    reached = 0
                elif self.pending:
                    raise UnexpectedState(
                        f"unexpected state {state!r}, wanted target {', '.join(self.target)}"
                    )
            if not reached:
                seconds *= 2
            seconds = min(max(seconds, self.min_seconds), MAX_SECONDS)
            self.clock.pause(seconds)
        raise TimedOut(f"timeout while waiting for state to become {', '.join(self.target)}")
