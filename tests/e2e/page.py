"""A stand-in of our own for products over HTTP that cannot be had here."""

import base64
import http.server
import ssl
import threading
from pathlib import Path

from postgres import free_port


# Nothing is there, and the answer says so with a status and a body.
MISSING = "/nowhere"


class Answer(http.server.BaseHTTPRequestHandler):
    """Says who came, by which name."""

    def do_GET(self):
        login = self.headers["authorization"].removeprefix("Basic ")
        words = f"{self.path} {self.headers['host']} {base64.b64decode(login).decode()}".encode()
        self.send_response(404 if self.path == MISSING else 200)
        self.send_header("content-length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *_):
        pass


class Page:
    """One listener on 127.0.0.1; each start may have another certificate."""

    def __init__(self):
        self.port = free_port()
        self.server = None

    def start(self, certificates: Path | None) -> None:
        """Speaks TLS with what `underpass service cert` wrote, or not at all."""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Answer)
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
