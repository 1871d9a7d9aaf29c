"""Prints the costs of the flow on each cloud: writes to the cloud, and waiting times.

Uses the stacks of the end-to-end tests; see README.md beside this file.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "shared")]

import cloud_calls  # noqa: E402
from google_stack import GoogleStack  # noqa: E402
from servers import first_bytes  # noqa: E402
from stack import Stack  # noqa: E402
from up import Up, binary  # noqa: E402
from waiting import wait_until  # noqa: E402

REPEATS = 50
# One line for each call to a cloud, and nothing else below warnings.
CALLS_LOGGED = f"warn,{cloud_calls.LOGGED}"
# The default log filter of `up`.
USUALLY_LOGGED = "info"
STACKS = {"azure": Stack, "google": GoogleStack}


def watch(condition) -> None:
    """Polls without a pause, because the pause would be measured."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 20 s"


def measured(work) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def report(what: str, milliseconds: list[float]) -> None:
    ordered = sorted(milliseconds)
    print(
        f"{what}: median {statistics.median(ordered):.1f} ms, "
        f"least {ordered[0]:.1f} ms, most {ordered[-1]:.1f} ms ({len(ordered)} times)"
    )


class Writes:
    """The driver's calls since the last count that change something, by their operation."""

    def __init__(self, stack: Stack, cloud: str):
        self.stack = stack
        self.cloud = cloud
        self.seen = 0

    def since(self, name: str) -> None:
        found = cloud_calls.writes(self.stack.up.log_text())
        counted = Counter(found[self.seen :])
        self.seen = len(found)
        parts = ", ".join(f"{number} × {name}" for name, number in sorted(counted.items()))
        print(f"{self.cloud}: cloud writes, {name}: {counted.total()} ({parts or 'none'})")


def count_writes(stack: Stack, cloud: str) -> None:
    writes = Writes(stack, cloud)
    writes.since("first start with the project VPCs of all clouds")
    greeter = stack.greeter()
    link = stack.register({stack.kind: greeter.port})
    link.toggle(**{stack.kind: True})
    link.wait_interface()
    writes.since("registration")
    stack.create_link(link)
    link.wait_active()
    writes.since("create to active")
    plc, address = link.ask(stack.consumer, "pe")
    writes.since("discovery")
    approve(stack, link, plc, address)
    hear(link, address, greeter.port, b"hello")
    writes.since("approve")
    link.set_address(plc, address)
    link.wait_state("pe", "active")
    writes.since("address and name")
    for opened in (False, True):
        link.toggle(**{stack.kind: opened})
        hear(link, address, greeter.port, b"hello" if opened else b"")
        writes.since("toggle on" if opened else "toggle off")
    link.decide(plc, "reject")
    hear(link, address, greeter.port, b"")
    writes.since("reject")
    link.delete()
    writes.since("delete")


def approve(stack: Stack, link, plc: str, address: str) -> None:
    """Approves a connection; on Google with its address, which follows later on Azure."""
    if isinstance(stack, GoogleStack):
        link.approve(plc, address)
    else:
        link.approve(plc)


def hear(link, address: str, port: int, expected: bytes) -> None:
    wait_until(f"{expected!r} is heard", lambda: first_bytes(address, port) == expected)
    # The log may follow later.
    link.refresh()


def create_to_active(stack: Stack) -> float:
    link = stack.register({stack.kind: stack.greeter().port})
    link.wait_interface()

    def create() -> None:
        stack.create_link(link)
        watch(lambda: link.link()["state"] == "active")

    took = measured(create)
    link.delete()
    return took


def approve_to_first_byte(stack: Stack) -> list[float]:
    link, port = stack.offer()
    took = []
    for number in range(REPEATS):
        endpoint = f"pe-{number}"
        plc, address = link.ask(stack.consumer, endpoint)

        def let_in() -> None:
            approve(stack, link, plc, address)
            watch(lambda: hears(address, port))

        took.append(measured(let_in))
        stack.consumer.delete(endpoint)
    return took


def hears(address: str, port: int) -> bool:
    return first_bytes(address, port) == b"hello"


def ready_again(stack: Stack) -> float:
    stack.up.stop()
    return measured(stack.up.start)


def main() -> None:
    global REPEATS
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    REPEATS = parser.parse_args().repeats
    print(f"program: {binary()}")
    print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for cloud, kind in STACKS.items():
        with tempfile.TemporaryDirectory() as directory:
            stack = kind(Up(Path(directory) / "writes", log_filter=CALLS_LOGGED).start())
            count_writes(stack, cloud)
            stack.close()
            stack = kind(Up(Path(directory) / "times", log_filter=USUALLY_LOGGED).start())
            times = [create_to_active(stack) for _ in range(REPEATS)]
            report(f"{cloud}: create to active", times)
            report(f"{cloud}: approve to first byte", approve_to_first_byte(stack))
            times = [ready_again(stack) for _ in range(REPEATS)]
            report(f"{cloud}: up ready again", times)
            stack.close()


if __name__ == "__main__":
    main()
