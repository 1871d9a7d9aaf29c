"""The database is cut off and stopped under load: requests are refused or answered, none is lost."""

import os
import random

import pytest

from count_clouds import compare
from cut_line import Line
from names import addresses
from replicas import AnyReplica, Browser, Replicas, is_ready
from storm import Storm
from waiting import Stopwatch, pause, wait_until

# More with `scripts/test --full`.
CUTS = int(os.environ.get("UNDERPASS_CUTS", "4"))
SEED = int(os.environ.get("UNDERPASS_STORM_SEED", "20"))
LINKS = 2
# Longer than the time that a change waits for the database.
LONG_SECONDS = 7.0
SERVICES = "/console/project/default"
# Reads and changes of both APIs.
REQUESTS = (
    ("GET", "/project", None),
    ("GET", "/underpass/recovery", None),
    ("PUT", "/project/default", {"project_name": "default"}),
    ("POST", "/underpass/recovery/azure-prod/resume", {"plan": "0"}),
)


@pytest.fixture
def line(postgres):
    """The line between the replicas and the database."""
    cut = Line(postgres.port)
    yield cut
    cut.close()


def named(storm: Storm, replicas: Replicas) -> dict[str, list[str]]:
    """Names of a link that is not changed, with the addresses that every replica answers."""
    client = storm.clients[0]
    [(_, plc)] = client.facts.approved.items()
    host = client.published.host(plc)
    for server in replicas.servers:
        wait_until("the name is answered", lambda server=server: addresses(server, host))
    return {host: addresses(replicas.servers[0], host)}


def test_a_database_that_is_cut_off_loses_nothing(tmp_path, slow_clouds, postgres, line):
    replicas = Replicas(tmp_path, postgres, *slow_clouds, count=2, port=line.port)
    storm = Storm(replicas, LINKS, SEED)
    # One client rests with a published name.
    [resting, *clients] = storm.clients
    resting.create_and_approve()
    names = named(storm, replicas)
    for client in clients:
        client.start()
    choose = random.Random(SEED)
    for number in range(CUTS):
        pause(choose.uniform(0.5, 2.0))
        if storm.has_failed():
            break
        is_long = number % 4 == 3
        over = Stopwatch(LONG_SECONDS if is_long else choose.uniform(0.2, 3.0))
        by_line = choose.random() < 0.5
        if by_line:
            line.cut()
        else:
            postgres.stop()
        while not over.is_over():
            for server in replicas.servers:
                for host, known in names.items():
                    assert addresses(server, host) == known
            pause(0.1)
        if by_line:
            line.mend()
        else:
            postgres.start()
        for server in replicas.servers:
            wait_until("the server is ready again", lambda server=server: is_ready(server))
    storm.end()
    compare(storm.clients, replicas.servers[0])
    storm.told(f"{CUTS} cuts")
    assert storm.answers("broken") == 0
    replicas.close()


def test_requests_in_an_outage_are_refused_for_now(tmp_path, slow_clouds, postgres, line):
    replicas = Replicas(tmp_path, postgres, *slow_clouds, count=1, port=line.port)
    [server] = replicas.servers
    api = AnyReplica(replicas, SEED)
    browser = Browser(server)
    assert browser.open(server, SERVICES).status == 200
    line.cut()
    # `once` checks that a refusal for now says when to repeat.
    for method, path, body in REQUESTS:
        assert api.once(method, path, body).status == 503, path
    refused = browser.open(server, SERVICES)
    assert (refused.status, refused.retry_after is not None) == (503, True)
    assert not is_ready(server)
    line.mend()
    wait_until("the server is ready again", lambda: is_ready(server))
    assert api.call("GET", "/project").status == 200
    assert browser.open(server, SERVICES).status == 200
    replicas.close()
