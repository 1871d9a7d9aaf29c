"""Real Kafka clients through a private link.

`test_kafka_client.py` runs this file in a namespace where the C library asks our DNS server.
"""

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from conftest import run_stack
from kafka_broker import Broker, Relay
from kafka_cluster import Cluster, Member
from kafka_nodes import STATIC_IPS_PER_NODE, address, free_port
from published import Published
from waiting import wait_for, wait_until

SERVICE = "kafka-1"
TOPIC = "letters"
CLIENT_SECONDS = 20.0
MESSAGES = [f"letter {number}".encode() for number in range(20)]


@pytest.fixture
def stack(tmp_path):
    yield from run_stack(tmp_path / "stack", dns="127.0.0.1:53")


def publish(stack, port: int, count: int) -> Published:
    """A service with `count` nodes whose listeners name no login method."""
    body = stack.service_body(SERVICE, {"kafka": port}, "kafka")
    nodes = range(1, count + 1)
    body["underpass"]["nodes"] = [{"name": f"n{it}", "address": address(it)} for it in nodes]
    body["user_config"]["privatelink_access"] = {"kafka": True}
    body["static_ips"] = stack.static_ips(STATIC_IPS_PER_NODE * count)
    stack.api.ok("POST", stack.api.project("service"), body)
    link = Published(stack, SERVICE)
    link.wait_interface()
    link.create([stack.subscription])
    link.wait_active()
    return link


def test_a_client_learns_of_a_broker_and_reaches_it(stack, tmp_path):
    port = free_port()
    link = publish(stack, port, 1)
    listed = stack.underpass.json("service", "kafka-listeners", SERVICE)
    [broker] = listed["brokers"]
    bootstrap, own = broker["listeners"]
    advertised = f"{listed['host']}:{own['advertised_port']}"
    server = Broker(own["bind_address"], own["port"], advertised, tmp_path / "broker.log")
    relay = Relay(bootstrap["bind_address"], bootstrap["port"], server.place)
    try:
        server.create_topic(TOPIC)
        plc, _ = link.connect(stack.consumer, "pe")
        use(f"{link.host(plc)}:{port}", advertised)
        assert relay.flows > 0
    finally:
        relay.close()
        server.close()


def test_a_client_dials_every_broker_of_a_cluster_by_itself(stack):
    port = free_port()
    link = publish(stack, port, 3)
    listed = stack.underpass.json("service", "kafka-listeners", SERVICE)
    places = [broker["listeners"] for broker in listed["brokers"]]
    members = [
        Member(number, listed["host"], own["advertised_port"])
        for number, (_, own) in enumerate(places)
    ]
    cluster = Cluster(TOPIC, members)
    try:
        for member, listeners in zip(members, places, strict=True):
            for listener in listeners:
                cluster.listen(member, listener["bind_address"], listener["port"])
        plc, _ = link.connect(stack.consumer, "pe")
        produce_to_each(f"{link.host(plc)}:{port}", members)
    finally:
        cluster.close()


def produce_to_each(bootstrap: str, members: list[Member]) -> None:
    """Produces to partitions with different leaders, each reached at its own port."""
    failures: list[str] = []
    settings = {"bootstrap.servers": bootstrap, "broker.address.family": "v4"}
    producer = Producer(settings | {"error_cb": lambda error: failures.append(str(error))})
    found = wait_until("a broker answers", lambda: brokers(producer))
    assert sorted(found) == sorted(f"{member.host}:{member.port}" for member in members)
    for member in members:
        producer.produce(TOPIC, b"to " + str(member.node_id).encode(), partition=member.node_id)
    assert producer.flush(CLIENT_SECONDS) == 0
    for member in members:
        assert list(member.produced) == [member.node_id]
        assert member.flows[member.port] > 0
    assert failures == []


def use(bootstrap: str, advertised: str) -> None:
    """Takes all steps of a client: metadata, connect, produce, consume."""
    failures: list[str] = []
    settings = {
        "bootstrap.servers": bootstrap,
        "broker.address.family": "v4",
        "error_cb": lambda error: failures.append(str(error)),
    }
    delivered: list[bytes] = []

    def on_delivery(error, message) -> None:
        if error is None:
            delivered.append(message.value())
        else:
            failures.append(str(error))

    producer = Producer(settings)
    found = wait_until("a broker answers", lambda: brokers(producer))
    assert found == [advertised]
    for message in MESSAGES:
        producer.produce(TOPIC, message, on_delivery=on_delivery)
    assert producer.flush(CLIENT_SECONDS) == 0
    wait_for("everything is delivered", lambda: sorted(delivered), sorted(MESSAGES))

    consumer = Consumer(settings | {"group.id": "readers", "enable.auto.commit": False})
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    heard: list[bytes] = []

    def listen() -> list[bytes]:
        message = consumer.poll(1.0)
        if message is not None and message.error() is None:
            heard.append(message.value())
        return sorted(heard)

    wait_for("everything is heard", listen, sorted(MESSAGES))
    consumer.close()
    assert failures == []


def brokers(producer: Producer) -> list[str]:
    """The brokers in the client's metadata."""
    found = producer.list_topics(timeout=CLIENT_SECONDS).brokers.values()
    return [f"{broker.host}:{broker.port}" for broker in found]
