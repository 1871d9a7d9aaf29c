"""Small TCP services of our own."""

import socket
import threading

# How long a server may take to greet. Closed ports refuse immediately, so only an endpoint that
# accepts and stays silent takes as long.
ANSWER_SECONDS = 10.0


class Greeter:
    """Sends its greeting to each client, then echoes what the client sends."""

    def __init__(self, greeting: bytes, address: str = "127.0.0.1", port: int = 0):
        self.greeting = greeting
        self.listener = socket.create_server((address, port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                flow, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[flow], daemon=True).start()

    def _talk(self, flow: socket.socket) -> None:
        with flow:
            try:
                flow.sendall(self.greeting)
                while heard := flow.recv(4096):
                    flow.sendall(heard)
            except OSError:
                # A peer may hang up.
                return

    def close(self) -> None:
        # A thread inside accept() would keep the port alive past close().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def first_bytes(address: str, port: int) -> bytes:
    """The first bytes that a server sends; empty if it refuses or stays silent."""
    try:
        with socket.create_connection((address, port), timeout=ANSWER_SECONDS) as flow:
            return flow.recv(64)
    except OSError:
        return b""


class Flow:
    """An open connection to a greeter."""

    def __init__(self, address: str, port: int, greeting: bytes):
        self.socket = socket.create_connection((address, port), timeout=ANSWER_SECONDS)
        assert self.socket.recv(len(greeting), socket.MSG_WAITALL) == greeting

    def echo(self, word: bytes) -> bool:
        """Sends a word and reports whether it comes back."""
        try:
            self.socket.sendall(word)
            return self.socket.recv(len(word), socket.MSG_WAITALL) == word
        except OSError:
            return False

    def close(self) -> None:
        self.socket.close()
