"""Opening and closing one component touches no flow of another."""

import pytest

from conftest import run_stack
from google_stack import GoogleStack
from servers import Flow, first_bytes
from stack import Stack
from waiting import wait_for

TOGGLES = 3
# The second component of a type beside its main one.
BESIDE = {"pg": "pgbouncer", "redis": "prometheus"}


@pytest.fixture(scope="module", params=[Stack, GoogleStack], ids=["azure", "google"])
def stack(request, tmp_path_factory):
    yield from run_stack(tmp_path_factory.mktemp("stack"), request.param)


@pytest.fixture
def two_components(stack):
    return open_two_components(stack)


def open_two_components(stack):
    """A link with two components, each a greeter."""
    server, pooler = stack.greeter(b"server"), stack.greeter(b"pooler")
    ports = {stack.kind: server.port, BESIDE[stack.kind]: pooler.port}
    link = stack.publish(ports, opened=list(ports))
    _, address = link.connect(stack.consumer, f"{link.name}-pe")
    wait_for("the pooler answers", lambda: first_bytes(address, pooler.port), b"pooler")
    wait_for("the server answers", lambda: first_bytes(address, server.port), b"server")
    return link, address, server, pooler


def test_a_flow_through_the_second_component_outlives_toggles_of_the_first(stack, two_components):
    link, address, server, pooler = two_components
    flow = Flow(address, pooler.port, b"pooler")
    for number in range(TOGGLES):
        link.toggle(**{stack.kind: False})
        wait_for("the server is shut", lambda: first_bytes(address, server.port), b"")
        assert flow.echo(f"shut {number}".encode())
        link.toggle(**{stack.kind: True})
        wait_for("the server is open", lambda: first_bytes(address, server.port), b"server")
        assert flow.echo(f"open {number}".encode())
    flow.close()


def test_a_toggle_is_one_write_to_the_cloud(stack, two_components):
    link, address, server, _ = two_components
    before = stack.cloud_writes()
    link.toggle(**{stack.kind: False})
    wait_for("the server is shut", lambda: first_bytes(address, server.port), b"")
    wait_for("the write is counted", lambda: stack.cloud_writes() - before, 1)
    link.refresh()
    assert stack.cloud_writes() - before == 1
    assert link.link()["state"] == "active"


def test_toggling_to_the_same_state_writes_nothing(stack, two_components):
    link, address, server, _ = two_components
    before = stack.cloud_writes()
    link.toggle(**{stack.kind: True})
    link.refresh()
    assert stack.cloud_writes() == before
    assert first_bytes(address, server.port) == b"server"


def test_approving_a_second_endpoint_touches_no_flow_of_the_first(stack, two_components):
    link, address, _, pooler = two_components
    flow = Flow(address, pooler.port, b"pooler")
    _, other = link.connect(stack.consumer, f"{link.name}-second")
    wait_for("the second answers", lambda: first_bytes(other, pooler.port), b"pooler")
    assert flow.echo(b"still here")
    flow.close()
