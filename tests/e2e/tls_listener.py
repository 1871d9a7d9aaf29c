"""A TLS listener that requests a client certificate and records what it receives."""

import socket
import ssl
import threading
from pathlib import Path

from postgres import free_port
from servers import ANSWER_SECONDS


class TlsListener:
    """A stand-in for a broker that answers nothing after the handshake."""

    def __init__(self):
        self.port = free_port()
        self.heard = b""
        # Of the last client, as DER; None if it sent none.
        self.certificate = None
        self.listener = None

    def start(self, certificates: Path, clients: str) -> None:
        """Accepts clients with a certificate of the CA, and clients with none."""
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=clients)
        self.context.verify_mode = ssl.CERT_OPTIONAL
        self.context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                flow, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._listen, args=[flow], daemon=True).start()

    def _listen(self, flow: socket.socket) -> None:
        flow.settimeout(ANSWER_SECONDS)
        try:
            with flow, self.context.wrap_socket(flow, server_side=True) as secure:
                self.certificate = secure.getpeercert(binary_form=True)
                while heard := secure.recv(4096):
                    self.heard += heard
        except OSError:
            # A peer may hang up.
            return

    def stop(self) -> None:
        if self.listener is not None:
            # A thread inside accept() would keep the port alive past close().
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
