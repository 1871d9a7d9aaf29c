"""Replicas are restarted one after the other: no request is refused, broken or lost."""

import os

from count_clouds import compare
from replicas import Replicas
from storm import Storm
from waiting import pause

# More with `scripts/test --full`.
ROUNDS = int(os.environ.get("UNDERPASS_ROLLS", "1"))
SEED = int(os.environ.get("UNDERPASS_STORM_SEED", "20"))
LINKS = 2
# Clients ask `/readyz` before each request, as a load balancer does at an interval.
DRAIN = ("--set", "server.drain_delay=1s")


def test_a_rolling_restart_is_not_noticed(tmp_path, slow_clouds, postgres):
    replicas = Replicas(tmp_path, postgres, *slow_clouds, count=2, flags=DRAIN)
    storm = Storm(replicas, LINKS, SEED)
    for client in storm.clients:
        client.api.asks_first = True
    storm.start()
    for _ in range(ROUNDS):
        pause(0.5)
        replicas.roll()
    storm.end()
    compare(storm.clients, replicas.servers[0])
    storm.told(f"{ROUNDS} rolling restarts")
    assert storm.answers("broken") == 0
    assert storm.answers(503) == 0
    replicas.close()
    for server in replicas.servers:
        assert server.complaints() == []
