"""Any number of replicas makes as many calls to the clouds as one, while nothing happens."""

import re

from replicas import Replicas
from storm import Storm
from waiting import pause

SEED = 20
# Many sweeps, each of which lists every scope.
INTERVAL = ("--set", "discovery.interval=1s")
SECONDS = 12.0


def calls(replicas: Replicas) -> int:
    """The calls of all replicas to clouds so far."""
    pattern = re.compile(r"^underpass_cloud_requests_total\{.*\} (\d+)$", re.MULTILINE)
    counted = 0
    for server in replicas.servers:
        text = replicas.operator(server).metrics()
        counted += sum(map(int, pattern.findall(text)))
    return counted


def quiet(replicas: Replicas, seconds: float) -> int:
    """The calls of all replicas in a time without requests."""
    before = calls(replicas)
    pause(seconds)
    return calls(replicas) - before


def test_sweeps_are_shared(tmp_path, slow_clouds, postgres):
    figures = {}
    for count in (1, 3):
        if count == 1:
            replicas = Replicas(tmp_path, postgres, *slow_clouds, count=1, flags=INTERVAL)
            storm = Storm(replicas, 1, SEED)
            for client in storm.clients:
                client.create_and_approve()
        else:
            replicas = Replicas(tmp_path, postgres, *slow_clouds, count=count, flags=INTERVAL)
        # The comparison of each account at the start, once for each replica.
        pause(3.0)
        figures[count] = quiet(replicas, SECONDS)
        replicas.close()
    print(f"\ncalls in {SECONDS:g} s at an interval of 1 s, by replicas: {figures}")
    assert figures[1] > 0
    assert figures[3] <= figures[1] * 1.5
