"""Replicas are killed while clients change links: nothing that was answered is lost or done twice."""

import os
import random
import threading

import pytest

from count_clouds import compare
from replicas import Replicas
from served import Emulated
from storm import on_azure, on_google, prepare
from waiting import pause

# More with `scripts/test --full`.
KILLS = int(os.environ.get("UNDERPASS_KILLS", "6"))
SEED = int(os.environ.get("UNDERPASS_STORM_SEED", "20"))
LINKS = 3


@pytest.fixture
def clouds(tmp_path):
    # Operations take time, so that a kill is often in the middle of one.
    azure = Emulated("azure", tmp_path, cloud_delay="100ms")
    google = Emulated("google", tmp_path, "--status-lag", "0s", cloud_delay="100ms")
    yield azure, google
    for cloud in (azure, google):
        cloud.stop()


def test_killed_replicas_lose_nothing_and_do_nothing_twice(tmp_path, clouds, postgres):
    replicas = Replicas(tmp_path, postgres, *clouds, count=3)
    prepare(replicas)
    stop = threading.Event()
    clients = on_azure(replicas, LINKS, stop, SEED) + on_google(replicas, LINKS, stop, SEED)
    for client in clients:
        client.start()
    choose = random.Random(SEED)
    for number in range(KILLS):
        pause(choose.uniform(0.2, 3.0))
        if stop.is_set():
            break
        replicas.kill(replicas.any(choose), down=choose.uniform(0.0, 0.5))
    stop.set()
    for client in clients:
        client.finish()
    for client in clients:
        client.settled()
    compare(clients, replicas.servers[0])
    changes = sum(it.facts.answered for it in clients)
    broken = sum(it.api.answers["broken"] for it in clients)
    refused = sum(it.api.answers[503] for it in clients)
    print(f"\n{KILLS} kills: {changes} changes answered, {broken} requests broken, {refused} refused")
    replicas.close()
