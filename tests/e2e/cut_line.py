"""A TCP relay in front of a server, which can be cut like a line."""

import socket
import threading

PIECE = 65536


class Line:
    """Relays connections to a port of this machine until it is cut."""

    def __init__(self, target: int):
        self.target = target
        self.is_cut = False
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Ends all connections, in the middle of whatever they carry, and refuses new ones."""
        with self._lock:
            self.is_cut = True
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                hang_up(end)

    def mend(self) -> None:
        with self._lock:
            self.is_cut = False

    def close(self) -> None:
        hang_up(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            hang_up(client)
            return
        pair = (client, server)
        with self._lock:
            is_cut = self.is_cut
            if not is_cut:
                self._pairs.add(pair)
        if is_cut:
            hang_up(client)
            hang_up(server)
            return
        for source, sink in (pair, pair[::-1]):
            threading.Thread(target=self._pump, args=[source, sink], daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(PIECE):
                sink.sendall(piece)
        except OSError:
            # Either end may hang up, and the line may be cut.
            pass
        finally:
            hang_up(source)
            hang_up(sink)


def hang_up(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It was closed before.
        pass
    end.close()
