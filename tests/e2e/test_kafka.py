"""Kafka: bootstrap reaches any broker, then clients connect to each broker."""

import itertools
import signal

import pytest

import names
from kafka_nodes import Kafka, address, free_port
from servers import Flow, Greeter, first_bytes
from waiting import wait_for, wait_until

# Enough connections that all three brokers are reached.
QUESTIONS = 60
# The greeting of a closed port.
CLOSED = b""


@pytest.fixture
def kafka(stack):
    yield from published(stack, 3)


@pytest.fixture
def own_kafka(own_stack):
    yield from published(own_stack, 3, methods=("certificate", "sasl"))


def published(stack, count, **options):
    service = Kafka(stack, count, **options)
    try:
        yield service
    finally:
        service.close()


def connect(kafka) -> str:
    """The address of a new endpoint that is active and open."""
    _, endpoint = kafka.link.connect(kafka.stack.consumer, f"{kafka.name}-pe")
    all_brokers_answer(kafka, endpoint)
    return endpoint


def all_brokers_answer(kafka, endpoint: str) -> None:
    """Waits until each broker answers on its own port, and no other one does."""
    expected = {
        (port, node.encode())
        for ports in kafka.broker_ports().values()
        for node, port in ports.items()
    }
    wait_for(
        "every broker answers on its own port",
        lambda: {(port, first_bytes(endpoint, port)) for port, _ in expected},
        expected,
    )


def bootstrap_greetings(kafka, endpoint: str, method: str) -> set[bytes]:
    """The greetings at the bootstrap port."""
    port = kafka.ports[method]
    return {first_bytes(endpoint, port) for _ in range(QUESTIONS)}


def test_each_port_leads_to_its_own_broker_and_the_first_one_to_any(own_kafka):
    endpoint = connect(own_kafka)
    brokers = own_kafka.broker_ports()
    ports = [port for by_node in brokers.values() for port in by_node.values()]
    assert len(set(ports)) == 6 and all(10_000 <= port <= 31_000 for port in ports)
    all_nodes = {b"n1", b"n2", b"n3"}
    for by_node in brokers.values():
        for node, port in by_node.items():
            assert {first_bytes(endpoint, port) for _ in range(5)} == {node.encode()}
    for method in own_kafka.methods:
        assert bootstrap_greetings(own_kafka, endpoint, method) == all_nodes


def test_closing_the_component_closes_every_broker_and_no_other_flow(stack, kafka):
    endpoint = connect(kafka)
    [ports] = kafka.broker_ports().values()
    registry = Flow(endpoint, kafka.registry, b"registry")
    before = stack.cloud_writes()
    kafka.link.toggle(kafka=False)
    for port in [*ports.values(), *kafka.ports.values()]:
        wait_for(f"{port} is shut", lambda port=port: first_bytes(endpoint, port), CLOSED)
    assert registry.echo(b"still here")
    assert stack.cloud_writes() - before == 1
    kafka.link.toggle(kafka=True)
    all_brokers_answer(kafka, endpoint)
    assert registry.echo(b"and now")
    assert stack.cloud_writes() - before == 2
    registry.close()


def test_a_broker_keeps_its_port_wherever_it_goes(stack):
    for kafka in published(stack, 3, most=4):
        endpoint = connect(kafka)
        [before] = kafka.broker_ports().values()
        flow = Flow(endpoint, before["n1"], b"n1")

        left = {name: at for name, at in kafka.nodes.items() if name != "n2"}
        kafka.register(left)
        shut = before["n2"]
        wait_for("the removed broker is closed", lambda: first_bytes(endpoint, shut), CLOSED)
        all_brokers_answer(kafka, endpoint)

        kafka.register(left | {"n2": address(22), "n4": address(4)})
        all_brokers_answer(kafka, endpoint)
        [after] = kafka.broker_ports().values()
        assert {name: after[name] for name in before} == before
        assert after["n4"] not in before.values()
        assert flow.echo(b"untouched")
        flow.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stop", "kill"])
def test_ports_outlive_a_restart(own_kafka, how):
    endpoint = connect(own_kafka)
    before = own_kafka.listeners()
    own_kafka.stack.up.restart(how)
    assert own_kafka.listeners() == before
    all_brokers_answer(own_kafka, endpoint)


def test_the_name_that_brokers_advertise_leads_to_the_first_connection(stack, kafka):
    name = kafka.listeners()["host"]
    assert names.addresses(stack.up, name) == []
    first = connect(kafka)
    wait_for("it leads to the first", lambda: names.addresses(stack.up, name), [first])
    _, second = kafka.link.connect(stack.consumer, f"{kafka.name}-two")
    all_brokers_answer(kafka, second)
    assert names.addresses(stack.up, name) == [first]
    printed = stack.underpass("service", "kafka-listeners", kafka.name)
    assert f"resolves to {first}" in printed
    assert f"must resolve to {second} in that network" in printed


def test_a_component_in_the_service_for_each_way_to_log_in(own_kafka):
    plc, _ = own_kafka.link.connect(own_kafka.stack.consumer, "pe")
    shown = own_kafka.stack.api.ok("GET", own_kafka.link.path())["service"]["components"]
    on_link = [it for it in shown if it.get("privatelink_connection_id") == plc]
    said = {
        it["kafka_authentication_method"]: (it["host"], it["port"], it.get("kafka_ssl_ca"))
        for it in on_link
        if it["component"] == "kafka"
    }
    host = own_kafka.link.host(plc)
    assert said == {
        "certificate": (host, own_kafka.ports["certificate"], None),
        "sasl": (host, own_kafka.ports["sasl"], "project_ca"),
    }


def test_lines_for_every_brokers_configuration(stack, kafka):
    lines = stack.underpass("service", "kafka-listeners", kafka.name).splitlines()
    host = kafka.listeners()["host"]
    [ports] = kafka.broker_ports().values()
    [first] = kafka.ports.values()
    for (node, at), start in zip(kafka.nodes.items(), itertools.count(0, 5)):
        own = ports[node]
        assert lines[start : start + 4] == [
            f"# Broker {node} ({at}): add these entries to its server.properties",
            f"listeners=PRIVATELINK_SASL://{at}:{first},PRIVATELINK_SASL_BROKER://{at}:{own}",
            f"advertised.listeners=PRIVATELINK_SASL://{host}:{own},"
            f"PRIVATELINK_SASL_BROKER://{host}:{own}",
            "listener.security.protocol.map=PRIVATELINK_SASL:SASL_SSL,"
            "PRIVATELINK_SASL_BROKER:SASL_SSL",
        ]
    command = wait_until("there is a rule", lambda: [it for it in lines if it.startswith("az ")])
    assert command[0].endswith(f"--destination-port-ranges {first} 10000-31000")


def test_services_without_brokers_are_refused(stack):
    service = stack.register({"pg": stack.greeter().port})
    service.wait_interface()
    service.create([stack.subscription])
    printed = stack.underpass.refused("service", "kafka-listeners", service.name)
    assert "has no component `kafka`" in printed


def test_on_google_a_single_broker_is_reached_at_its_own_port(stack):
    """Every port leads to any node on Google, so a service may have one node."""
    name, port, at = stack.name("kafka"), free_port(), address(1)
    run = stack.underpass
    nodes = ["--node", f"n1={at}", "--node", f"n2={address(2)}"]
    vpc = stack.up.ready["project_vpcs"]["google-europe-west1"]
    place = ["--cloud", "google-europe-west1", "--project-vpc-id", vpc]
    what = ["--component", f"kafka={port},auth=sasl", "-c", "privatelink_access.kafka=true"]
    run("service", "create", name, "-t", "kafka", *place, *nodes, *what)
    link = ["service", "privatelink", "google"]
    printed = run.refused(*link, "create", name)
    assert "forwards every port to any node" in printed

    run("service", "update", name, "--remove-node", "n2", "--yes")
    run(*link, "create", name, "--wait")
    [broker] = run.json("service", "kafka-listeners", name)["brokers"]
    greeters = [Greeter(b"n1", at, listener["port"]) for listener in broker["listeners"]]
    try:
        target = run(*link, "get", name, "--format", "{google_service_attachment}").strip()
        made = run.json("cloud", "google", "endpoint", "create", f"{name}-pe", "--target", target)
        run(*link, "refresh", name)
        [listed] = run.json(*link, "connection", "list", name)
        plc, endpoint = listed["privatelink_connection_id"], made["address"]
        run(*link, "connection", "approve", name, plc, endpoint, "--wait")
        for listener in broker["listeners"]:
            own = listener["port"]
            wait_for("it answers", lambda own=own: first_bytes(endpoint, own), b"n1")
        assert run.refused("service", "update", name, *nodes).count("2 Kafka brokers") == 1
        assert "--yes" in run.refused(
            "service", "update", name, "-c", "privatelink_access.kafka=false", status=2
        )
        run("service", "update", name, "-c", "privatelink_access.kafka=false", "--yes")
        for listener in broker["listeners"]:
            own = listener["port"]
            wait_for("it is shut", lambda own=own: first_bytes(endpoint, own), CLOSED)
    finally:
        for greeter in greeters:
            greeter.close()
