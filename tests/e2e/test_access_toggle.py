"""Opening and closing one component touches no flow of another."""

import pytest

from servers import Flow, first_bytes
from waiting import wait_for

TOGGLES = 3


@pytest.fixture
def two_components(world):
    """PostgreSQL's place and a pooler's place, each said by a greeter."""
    pg, pooler = world.greeter(b"server"), world.greeter(b"pooler")
    link = world.publish({"pg": pg.port, "pgbouncer": pooler.port}, opened=["pg", "pgbouncer"])
    _, address = link.connect(world.consumer, f"{link.name}-pe")
    wait_for("the pooler answers", lambda: first_bytes(address, pooler.port), b"pooler")
    wait_for("the server answers", lambda: first_bytes(address, pg.port), b"server")
    return link, address, pg, pooler


def test_a_flow_through_the_second_component_outlives_toggles_of_the_first(two_components):
    link, address, pg, pooler = two_components
    flow = Flow(address, pooler.port, b"pooler")
    for number in range(TOGGLES):
        link.toggle(pg=False)
        wait_for("the server is shut", lambda: first_bytes(address, pg.port), b"")
        assert flow.echo(f"shut {number}".encode())
        link.toggle(pg=True)
        wait_for("the server is open", lambda: first_bytes(address, pg.port), b"server")
        assert flow.echo(f"open {number}".encode())
    flow.close()


def test_a_toggle_is_one_write_to_the_cloud(world, two_components):
    link, address, pg, _ = two_components
    before = world.cloud_writes()
    link.toggle(pg=False)
    wait_for("the server is shut", lambda: first_bytes(address, pg.port), b"")
    assert world.cloud_writes() - before == 1
    assert link.link()["state"] == "active"


def test_toggling_to_the_same_state_writes_nothing(world, two_components):
    link, address, pg, _ = two_components
    before = world.cloud_writes()
    link.toggle(pg=True)
    link.refresh()
    assert world.cloud_writes() == before
    assert first_bytes(address, pg.port) == b"server"


def test_approving_a_second_endpoint_touches_no_flow_of_the_first(world, two_components):
    link, address, _, pooler = two_components
    flow = Flow(address, pooler.port, b"pooler")
    _, other = link.connect(world.consumer, f"{link.name}-second")
    wait_for("the second answers", lambda: first_bytes(other, pooler.port), b"pooler")
    assert flow.echo(b"still here")
    flow.close()
