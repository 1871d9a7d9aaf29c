"""Replicas are killed while clients change links: nothing that was answered is lost or done twice."""

import os
import random

from count_clouds import compare
from replicas import Replicas
from storm import Storm
from waiting import pause

# More with `scripts/test --full`.
KILLS = int(os.environ.get("UNDERPASS_KILLS", "6"))
SEED = int(os.environ.get("UNDERPASS_STORM_SEED", "20"))
LINKS = 3


def test_killed_replicas_lose_nothing_and_do_nothing_twice(tmp_path, slow_clouds, postgres):
    replicas = Replicas(tmp_path, postgres, *slow_clouds, count=3)
    storm = Storm(replicas, LINKS, SEED)
    storm.start()
    choose = random.Random(SEED)
    for _ in range(KILLS):
        pause(choose.uniform(0.2, 3.0))
        if storm.has_failed():
            break
        replicas.kill(replicas.any(choose), down=choose.uniform(0.0, 0.5))
    storm.end()
    compare(storm.clients, replicas.servers[0])
    storm.told(f"{KILLS} kills")
    replicas.close()
