"""Small TCP services of our own."""

import socket
import threading

# How long whoever accepts may take to say something. What must not answer refuses at once, so
# only an endpoint that accepts and stays silent costs this much.
ANSWER_SECONDS = 3.0


class Greeter:
    """Says its greeting to whoever connects, then repeats what it hears."""

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
                # A peer that hangs up is not our concern.
                return

    def close(self) -> None:
        # A thread inside accept() would keep the port alive past close().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def first_bytes(address: str, port: int) -> bytes:
    """What a server says first; empty if nothing listens, or it says nothing."""
    try:
        with socket.create_connection((address, port), timeout=ANSWER_SECONDS) as flow:
            return flow.recv(64)
    except OSError:
        return b""


class Flow:
    """A connection that stays open and is talked over."""

    def __init__(self, address: str, port: int, greeting: bytes):
        self.socket = socket.create_connection((address, port), timeout=ANSWER_SECONDS)
        assert self.socket.recv(len(greeting), socket.MSG_WAITALL) == greeting

    def echo(self, word: bytes) -> bool:
        """Whether a word comes back."""
        try:
            self.socket.sendall(word)
            return self.socket.recv(len(word), socket.MSG_WAITALL) == word
        except OSError:
            return False

    def close(self) -> None:
        self.socket.close()
