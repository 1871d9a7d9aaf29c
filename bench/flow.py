"""Prints what the flow costs: writes to the cloud, and how long a person waits.

Uses the worlds of the end-to-end tests; see README.md beside this file.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "e2e"))

from servers import first_bytes  # noqa: E402
from up import Up, binary  # noqa: E402
from waiting import wait_until  # noqa: E402
from world import World  # noqa: E402

REPEATS = 50
# One line for each call to a cloud, and nothing else below warnings.
CALLS_LOGGED = "warn,underpass_clouds=debug"
WRITE = re.compile(r"client: (?P<doing>\w[^`=]*?) `.*http\.method=(?P<method>PUT|DELETE)")


def watch(condition) -> None:
    """Asks without a pause, because the pause would be measured."""
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
    """The calls of the driver that change something, by what they do, since the last look."""

    def __init__(self, world: World):
        self.world = world
        self.seen = 0

    def since(self, name: str) -> None:
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.world.up.log_text())
        found = [it["doing"] for it in map(WRITE.search, text.splitlines()) if it]
        counted = Counter(found[self.seen :])
        self.seen = len(found)
        parts = ", ".join(f"{number} × {doing}" for doing, number in sorted(counted.items()))
        print(f"cloud writes, {name}: {counted.total()} ({parts or 'none'})")


def count_writes(directory: Path) -> None:
    world = World(Up(directory, log_filter=CALLS_LOGGED).start())
    writes = Writes(world)
    writes.since("first start with its project VPC")
    greeter = world.greeter()
    link = world.register({"pg": greeter.port})
    writes.since("two static IPs")
    link.create([world.subscription])
    link.wait_active()
    writes.since("create to active")
    plc, address = link.ask(world.consumer, "pe")
    writes.since("discovery")
    link.approve(plc)
    link.wait_state("pe", "connected")
    writes.since("approve")
    link.set_address(plc, address)
    link.wait_state("pe", "active")
    writes.since("address and name")
    for opened in (True, False):
        link.toggle(pg=opened)
        expected = b"hello" if opened else b""
        wait_until("the toggle holds", lambda: first_bytes(address, greeter.port) == expected)
        writes.since("toggle on" if opened else "toggle off")
    link.delete()
    writes.since("delete")
    world.close()


def create_to_active(world: World) -> float:
    link = world.register({"pg": world.greeter().port})
    link.wait_interface()

    def create() -> None:
        link.create([world.subscription])
        watch(lambda: link.link()["state"] == "active")

    took = measured(create)
    link.delete()
    return took


def approve_to_first_byte(world: World) -> list[float]:
    link, port = world.offer()
    took = []
    for number in range(REPEATS):
        endpoint = f"pe-{number}"
        plc, address = link.ask(world.consumer, endpoint)

        def approve() -> None:
            link.approve(plc)
            watch(lambda: hears(address, port))

        took.append(measured(approve))
        world.consumer.delete(endpoint)
    return took


def hears(address: str, port: int) -> bool:
    return first_bytes(address, port) == b"hello"


def ready_again(world: World) -> float:
    world.up.stop()
    return measured(world.up.start)


def main() -> None:
    global REPEATS
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    REPEATS = parser.parse_args().repeats
    print(f"program: {binary()}")
    print(f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as directory:
        count_writes(Path(directory) / "writes")
        world = World(Up(Path(directory) / "times").start())
        report("create to active", [create_to_active(world) for _ in range(REPEATS)])
        report("approve to first byte", approve_to_first_byte(world))
        report("up ready again", [ready_again(world) for _ in range(REPEATS)])
        world.close()


if __name__ == "__main__":
    main()
