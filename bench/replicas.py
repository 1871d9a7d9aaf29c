"""Prints the figures of SQLite, and of PostgreSQL with one, two and three replicas.

Uses the stacks of the end-to-end tests; see README.md beside this file.
"""

import argparse
import http.client
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "shared")]

from flow import measured, report, watch  # noqa: E402
from servers import first_bytes  # noqa: E402
from stack import Stack  # noqa: E402
from two_replicas import TwoReplicas  # noqa: E402
from up import Up, binary  # noqa: E402
from waiting import pause  # noqa: E402

CLIENTS = 32
REPLICAS = (1, 2, 3)


def waits(stack: Stack, repeats: int, name: str) -> None:
    """Times from a request to its effect."""
    active, answered = [], []
    for number in range(repeats):
        greeter = stack.greeter()
        link = stack.register({stack.kind: greeter.port})
        link.toggle(**{stack.kind: True})
        link.wait_interface()

        def create(link=link) -> None:
            stack.create_link(link)
            watch(lambda: link.link()["state"] == "active")

        active.append(measured(create))
        endpoint = f"pe-{number}"
        plc, address = link.ask(stack.consumer, endpoint)

        def approve(link=link, plc=plc, address=address, port=greeter.port) -> None:
            link.approve(plc)
            watch(lambda: first_bytes(address, port) == b"hello")

        answered.append(measured(approve))
    report(f"{name}: create to active", active)
    report(f"{name}: approve to first byte", answered)


def writes(stack: Stack, addresses: list[str], token: str, seconds: float, name: str) -> None:
    """Changes that are answered in a second: limits of projects, each changed by one of the clients
    that share the servers. Changes of one row by all of them would measure how they collide."""
    for client in range(CLIENTS):
        stack.api.ok("POST", "/project", {"project": f"bench-{client}"})
    numbers = itertools.count(1)
    done, refused = [0] * CLIENTS, [0] * CLIENTS
    end = time.monotonic() + seconds
    headers = {"authorization": f"aivenv1 {token}", "content-type": "application/json"}

    def run(client: int) -> None:
        connection = http.client.HTTPConnection(addresses[client % len(addresses)], timeout=60)
        path = f"/v1/underpass/project/bench-{client}/limits"
        while time.monotonic() < end:
            body = json.dumps({"services": next(numbers)})
            connection.request("PUT", path, body, headers)
            reply = connection.getresponse()
            reply.read()
            if reply.status == 200:
                done[client] += 1
            else:
                refused[client] += 1
        connection.close()

    threads = [threading.Thread(target=run, args=[client]) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{name}: {sum(done) / seconds:.0f} writes/s by {CLIENTS} clients, {sum(refused)} refused")


def quiet(stack: Stack, seconds: float, name: str) -> None:
    """Calls to clouds while nothing happens, at the default interval of listings."""
    servers = getattr(stack.up, "servers", [stack.up])
    count = lambda: sum(map(calls_of, servers))  # noqa: E731
    before = count()
    pause(seconds)
    print(f"{name}: {(count() - before) * 60 / seconds:.0f} calls to clouds in a quiet minute")


def calls_of(server: Up) -> int:
    text = Stack(server).api.metrics()
    lines = [it for it in text.splitlines() if it.startswith("underpass_cloud_requests_total{")]
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines)


def measure(up: Up, arguments: argparse.Namespace, name: str) -> None:
    stack = Stack(up.start())
    try:
        waits(stack, arguments.repeats, name)
        servers = getattr(up, "servers", [up])
        addresses = [server.ready["api"].removeprefix("http://") for server in servers]
        writes(stack, addresses, servers[0].token, arguments.seconds, name)
        if arguments.quiet:
            quiet(stack, arguments.quiet, name)
    finally:
        stack.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=10.0, help="of writes")
    parser.add_argument("--quiet", type=float, default=0.0, help="seconds of a quiet time")
    arguments = parser.parse_args()
    version = subprocess.run(
        [str(binary()), "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    print(f"{version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    limits = {"limit_token_requests": "100000", "limit_token_request_burst": "100000"}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        interval = "30s" if arguments.quiet else "off"
        sqlite = Up(directory / "sqlite", discovery_interval=interval, **limits)
        measure(sqlite, arguments, "SQLite")
        for count in REPLICAS:
            up = TwoReplicas(directory / f"postgres-{count}", count=count, discovery=interval,
                             fsync=True)  # fmt: skip
            measure(up, arguments, f"PostgreSQL, {count} replica(s)")


if __name__ == "__main__":
    main()
