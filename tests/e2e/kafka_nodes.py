"""Nodes of a Kafka service: each has its own address and greets with its name on every port."""

import os
import socket

from published import Published
from servers import Greeter

# Outside the consumer ranges of `up`, 127.64 to 127.79. It differs by process, so that two runs on
# one machine, whose brokers have equal ports, do not collide.
NETWORK = f"127.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
# A service needs two static IPs for each node, up to six nodes.
STATIC_IPS_PER_NODE = 2


def address(number: int) -> str:
    return f"{NETWORK}.{number}"


def free_port() -> int:
    """A port that is free on every node, the same number on each."""
    with socket.create_server((address(1), 0)) as probe:
        return probe.getsockname()[1]


class Kafka:
    """A published Kafka service whose brokers are greeters."""

    def __init__(self, stack, count: int, methods=("sasl",), most: int | None = None):
        self.stack = stack
        self.nodes = {f"n{number}": address(number) for number in range(1, count + 1)}
        self.methods = methods
        self.greeters: dict[tuple[str, int], Greeter] = {}
        self.ports = {method: free_port() for method in methods}
        self.registry = free_port()
        self.name = stack.name("kafka")
        body = stack.service_body(self.name, {}, "kafka")
        body["underpass"] |= {"nodes": self.node_bodies(), "components": self.components()}
        body["user_config"]["privatelink_access"] = {"kafka": True, "schema_registry": True}
        body["static_ips"] = stack.static_ips(STATIC_IPS_PER_NODE * (most or count))
        stack.api.ok("POST", stack.api.project("service"), body)
        self.link = Published(stack, self.name)
        self.link.wait_interface()
        self.link.create([stack.subscription])
        self.link.wait_active()
        self.listen()

    def components(self) -> list[dict]:
        registry = {"component": "schema_registry", "port": self.registry}
        return [
            {"component": "kafka", "port": port, "kafka_authentication_method": method}
            for method, port in self.ports.items()
        ] + [registry]

    def node_bodies(self) -> list[dict]:
        return [{"name": name, "address": at} for name, at in self.nodes.items()]

    def register(self, nodes: dict[str, str]) -> None:
        """Replaces the nodes."""
        self.nodes = nodes
        body = {"underpass": {"nodes": self.node_bodies()}}
        self.stack.api.ok("PUT", self.link.path(), body)
        self.link.wait_interface()
        self.listen()

    def listeners(self) -> dict:
        return self.stack.underpass.json("service", "kafka-listeners", self.name)

    def listen(self) -> None:
        """Starts each broker on its listeners and the registry on every node; stops all others."""
        expected = {}
        for broker in self.listeners()["brokers"]:
            for listener in broker["listeners"]:
                expected[listener["bind_address"], listener["port"]] = broker["node_name"]
            expected[broker["address"], self.registry] = "registry"
        for place in self.greeters.keys() - expected.keys():
            self.greeters.pop(place).close()
        for place in expected.keys() - self.greeters.keys():
            self.greeters[place] = Greeter(expected[place].encode(), *place)

    def broker_ports(self) -> dict[str, dict[str, int]]:
        """Ports by login method and node."""
        found: dict[str, dict[str, int]] = {method: {} for method in self.methods}
        for broker in self.listeners()["brokers"]:
            for listener in broker["listeners"]:
                if listener["role"] == "broker":
                    method = listener["kafka_authentication_method"]
                    found[method][broker["node_name"]] = listener["port"]
        return found

    def close(self) -> None:
        for greeter in self.greeters.values():
            greeter.close()
