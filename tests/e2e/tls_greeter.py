"""A TLS server whose certificate can be replaced while it runs."""

import socket
import ssl
import threading
from pathlib import Path

from servers import ANSWER_SECONDS


class TlsGreeter:
    """Answers nothing after the handshake, and nothing to plain text."""

    def __init__(self):
        self.context = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def use(self, certificate: Path, key: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.context = context

    def _accept(self) -> None:
        while True:
            try:
                flow, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[flow], daemon=True).start()

    def _talk(self, flow: socket.socket) -> None:
        flow.settimeout(ANSWER_SECONDS)
        try:
            with flow, self.context.wrap_socket(flow, server_side=True) as secure:
                secure.recv(4096)
        except OSError:
            # A health probe hangs up, and a client that sends plain text is refused.
            return

    def close(self) -> None:
        # A thread inside accept() would keep the port alive past close().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
