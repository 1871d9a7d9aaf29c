"""The part of a Kafka cluster that a producer needs.

Each broker lists all brokers, leads one partition and records what is produced. Each has the two
listeners that a private link needs.

Formats: https://kafka.apache.org/protocol.html, versions as in `VERSIONS`.
"""

import socket
import struct
import threading
from dataclasses import dataclass, field

PRODUCE, FETCH, METADATA, API_VERSIONS = 0, 1, 3, 18
# Fetch is named because clients take the newer record format only where both are there.
VERSIONS = {PRODUCE: (3, 3), FETCH: (4, 4), METADATA: (1, 1), API_VERSIONS: (0, 0)}
UNSUPPORTED_VERSION, NOT_LEADER = 35, 6


class Reader:
    """Reads a request piece by piece."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        assert len(piece) == count, "a request ended early"
        self.at += count
        return piece

    def number(self, form: str) -> int:
        return struct.unpack(f">{form}", self.take(struct.calcsize(form)))[0]

    def text(self) -> str:
        length = self.number("h")
        return self.take(length).decode() if length > 0 else ""


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def many(items: list[bytes]) -> bytes:
    return struct.pack(">i", len(items)) + b"".join(items)


@dataclass
class Member:
    """One broker: its advertised host and port, and the connections to its listeners."""

    node_id: int
    host: str
    port: int
    listeners: list[socket.socket] = field(default_factory=list)
    # Connections by port.
    flows: dict[int, int] = field(default_factory=dict)
    # Bytes produced, by partition.
    produced: dict[int, int] = field(default_factory=dict)


class Cluster:
    """Brokers with one topic; each leads the partition with its own number."""

    def __init__(self, topic: str, members: list[Member]):
        self.topic = topic
        self.members = members

    def listen(self, member: Member, address: str, port: int) -> None:
        listener = socket.create_server((address, port))
        member.listeners.append(listener)
        threading.Thread(target=self._accept, args=[member, listener, port], daemon=True).start()

    def _accept(self, member: Member, listener: socket.socket, port: int) -> None:
        while True:
            try:
                flow, _ = listener.accept()
            except OSError:
                return
            member.flows[port] = member.flows.get(port, 0) + 1
            threading.Thread(target=self._serve, args=[member, flow], daemon=True).start()

    def _serve(self, member: Member, flow: socket.socket) -> None:
        with flow, flow.makefile("rb") as requests:
            try:
                while size := requests.read(4):
                    answer = self._answer(member, requests.read(struct.unpack(">i", size)[0]))
                    flow.sendall(struct.pack(">i", len(answer)) + answer)
            except OSError:
                # A client may hang up.
                return

    def _answer(self, member: Member, request: bytes) -> bytes:
        reader = Reader(request)
        kind, version, correlation = (reader.number(form) for form in ("h", "h", "i"))
        reader.text()
        head = struct.pack(">i", correlation)
        if kind == API_VERSIONS:
            return head + self._api_versions(version)
        if kind == METADATA:
            return head + self._metadata()
        assert kind == PRODUCE, f"a producer asked for {kind}"
        return head + self._produce(member, reader)

    @staticmethod
    def _api_versions(version: int) -> bytes:
        error = 0 if version == 0 else UNSUPPORTED_VERSION
        rows = [struct.pack(">hhh", kind, *span) for kind, span in VERSIONS.items()]
        return struct.pack(">h", error) + many(rows)

    def _metadata(self) -> bytes:
        brokers = [
            struct.pack(">i", it.node_id) + text(it.host) + struct.pack(">ih", it.port, -1)
            for it in self.members
        ]
        partitions = [
            struct.pack(">hii", 0, it.node_id, it.node_id)
            + many([struct.pack(">i", it.node_id)]) * 2
            for it in self.members
        ]
        topic = struct.pack(">h", 0) + text(self.topic) + b"\0" + many(partitions)
        return many(brokers) + struct.pack(">i", self.members[0].node_id) + many([topic])

    def _produce(self, member: Member, reader: Reader) -> bytes:
        reader.text()
        reader.take(6)
        topics = []
        for _ in range(reader.number("i")):
            name = reader.text()
            partitions = []
            for _ in range(reader.number("i")):
                partition = reader.number("i")
                records = reader.take(reader.number("i"))
                is_ours = partition == member.node_id
                if is_ours:
                    had = member.produced.get(partition, 0)
                    member.produced[partition] = had + len(records)
                error = 0 if is_ours else NOT_LEADER
                partitions.append(struct.pack(">ihqq", partition, error, 0, -1))
            topics.append(text(name) + many(partitions))
        return many(topics) + struct.pack(">i", 0)

    def close(self) -> None:
        for listener in (it for member in self.members for it in member.listeners):
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
