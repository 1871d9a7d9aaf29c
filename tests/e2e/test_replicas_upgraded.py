"""Replicas of the earlier release are upgraded one after the other, under load.

`scripts/test --full` builds that release; its store has an older schema. Without `--full` there is no
such program, and so no test.
"""

import os
import signal
from pathlib import Path

from count_clouds import compare
from replicas import Replicas, is_ready
from storm import Storm
from test_replicas_restarted import DRAIN, LINKS, SEED
from up import binary
from waiting import pause, wait_until

# Time in which both releases serve one database.
TOGETHER_SECONDS = 5.0


def replace(server, program: Path) -> None:
    server.program = program
    server.restart(signal.SIGTERM)
    wait_until("the server is ready again", lambda: is_ready(server))


def an_upgrade_is_not_noticed(tmp_path, slow_clouds, postgres):
    earlier = Path(os.environ["UNDERPASS_EARLIER_BIN"])
    replicas = Replicas(tmp_path, postgres, *slow_clouds, flags=DRAIN, program=earlier)
    first, second = replicas.servers
    storm = Storm(replicas, LINKS, SEED)
    for client in storm.clients:
        client.api.asks_first = True
    storm.start()
    pause(TOGETHER_SECONDS)

    replace(first, binary())
    pause(TOGETHER_SECONDS)
    # The earlier release also starts on the migrated database.
    replace(second, earlier)
    pause(TOGETHER_SECONDS)
    replace(second, binary())
    pause(TOGETHER_SECONDS)

    storm.end()
    compare(storm.clients, first)
    storm.told("an upgrade")
    assert storm.answers("broken") == 0
    assert storm.answers(503) == 0
    replicas.close()
    assert first.complaints() == []
    # The earlier program told that the database was newer.
    (told,) = second.complaints()
    assert "a newer version of Underpass migrated" in told


if os.environ.get("UNDERPASS_FULL"):
    test_an_upgrade_is_not_noticed = an_upgrade_is_not_noticed
