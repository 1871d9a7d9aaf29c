"""Opening and closing one component touches no flow of another."""

import pytest

from conftest import run_world
from google_world import GoogleWorld
from servers import Flow, first_bytes
from waiting import wait_for
from world import World

TOGGLES = 3
# The second component of a type beside its main one.
BESIDE = {"pg": "pgbouncer", "redis": "prometheus"}


@pytest.fixture(scope="module", params=[World, GoogleWorld], ids=["azure", "google"])
def world(request, tmp_path_factory):
    yield from run_world(tmp_path_factory.mktemp("world"), request.param)


@pytest.fixture
def two_components(world):
    """A server's place and that of a component beside it, each said by a greeter."""
    server, pooler = world.greeter(b"server"), world.greeter(b"pooler")
    ports = {world.kind: server.port, BESIDE[world.kind]: pooler.port}
    link = world.publish(ports, opened=list(ports))
    _, address = link.connect(world.consumer, f"{link.name}-pe")
    wait_for("the pooler answers", lambda: first_bytes(address, pooler.port), b"pooler")
    wait_for("the server answers", lambda: first_bytes(address, server.port), b"server")
    return link, address, server, pooler


def test_a_flow_through_the_second_component_outlives_toggles_of_the_first(world, two_components):
    link, address, server, pooler = two_components
    flow = Flow(address, pooler.port, b"pooler")
    for number in range(TOGGLES):
        link.toggle(**{world.kind: False})
        wait_for("the server is shut", lambda: first_bytes(address, server.port), b"")
        assert flow.echo(f"shut {number}".encode())
        link.toggle(**{world.kind: True})
        wait_for("the server is open", lambda: first_bytes(address, server.port), b"server")
        assert flow.echo(f"open {number}".encode())
    flow.close()


def test_a_toggle_is_one_write_to_the_cloud(world, two_components):
    link, address, server, _ = two_components
    before = world.cloud_writes()
    link.toggle(**{world.kind: False})
    wait_for("the server is shut", lambda: first_bytes(address, server.port), b"")
    wait_for("it is told", lambda: world.cloud_writes() - before, 1)
    link.refresh()
    assert world.cloud_writes() - before == 1
    assert link.link()["state"] == "active"


def test_toggling_to_the_same_state_writes_nothing(world, two_components):
    link, address, server, _ = two_components
    before = world.cloud_writes()
    link.toggle(**{world.kind: True})
    link.refresh()
    assert world.cloud_writes() == before
    assert first_bytes(address, server.port) == b"server"


def test_approving_a_second_endpoint_touches_no_flow_of_the_first(world, two_components):
    link, address, _, pooler = two_components
    flow = Flow(address, pooler.port, b"pooler")
    _, other = link.connect(world.consumer, f"{link.name}-second")
    wait_for("the second answers", lambda: first_bytes(other, pooler.port), b"pooler")
    assert flow.echo(b"still here")
    flow.close()
