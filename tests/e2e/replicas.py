"""Several `underpass serve` on one PostgreSQL, and a client that uses any of them.

The client repeats requests as docs/reference/api.md says under "Repeating a request".
"""

import http.client
import random
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path

from api import Api, Reply
from postgres import DATABASE, USER, Postgres
from served import Emulated, Serve
from waiting import Stopwatch, pause, wait_until

# Longer than any outage that a test makes, on a machine that runs other tests, too.
REPEAT_SECONDS = 120.0
PAUSE_SECONDS = 0.1
READY_SECONDS = 5.0
# The outcome of the request is not known: it was not answered.
BROKEN = (ConnectionError, TimeoutError, http.client.HTTPException, urllib.error.URLError)


class Replicas:
    """Servers that share a database, an encryption key and the clouds."""

    def __init__(
        self, directory: Path, database: Postgres, azure: Emulated, google: Emulated,
        count: int = 2, port: int | None = None, further_ports: tuple[int, ...] = (), more: str = "",
        flags: tuple[str, ...] = (), program: Path | None = None,
    ):  # fmt: skip
        # Debug builds take long for the proof of a password, once for each connection.
        database.trust_all_users()
        url = directory / "database.url"
        password = database.password_file.read_text().strip()
        ports = (port or database.port, *further_ports)
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        url.write_text(f"postgresql://{USER}:{password}@{hosts}/{DATABASE}")
        url.chmod(0o600)
        key = directory / "store.key"
        store = f'[store]\ndatabase_url_file = "{url}"\nkey_file = "{key}"\n{more}'
        self.servers = [
            Serve(directory / f"replica-{number}", azure, google, more=store)
            for number in range(count)
        ]
        for server in self.servers:
            server.flags = list(flags)
            server.program = program or server.program
            server.start()
        self._changing = threading.Lock()

    def any(self, choose: random.Random) -> Serve:
        return choose.choice(self.servers)

    def operator(self, server: Serve) -> Api:
        """A client of one server."""
        return Api(server)

    def kill(self, server: Serve, down: float) -> None:
        """Ends a server as a crash does, and starts it again after a time."""
        with self._changing:
            server.kill()
        pause(down)
        server.start()

    def roll(self) -> None:
        """Restarts all servers, one after the other, each as soon as the last one is ready."""
        for server in self.servers:
            server.restart(signal.SIGTERM)
            wait_until("the server is ready again", lambda server=server: is_ready(server))

    def close(self) -> None:
        for server in self.servers:
            server.close()


def is_ready(server: Serve) -> bool:
    """Asks as a load balancer does."""
    try:
        url = f"{server.ready['api']}/readyz"
        with urllib.request.urlopen(url, timeout=READY_SECONDS) as answer:
            return answer.status == 200
    except OSError:
        return False


class Browser:
    """A session of the operator in the console."""

    def __init__(self, server: Serve):
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({})
        )
        form = urllib.parse.urlencode({"token": server.token}).encode()
        assert self.open(server, "/console/sign-in", form).status == 200

    def open(self, server: Serve, path: str, form: bytes | None = None) -> Reply:
        """A page of a server; all servers accept the session."""
        try:
            url = f"{server.ready['api']}{path}"
            with self.opener.open(url, form, timeout=REPEAT_SECONDS) as answer:
                text = answer.read().decode()
                assert 'name="token"' not in text, "the session is not accepted"
                return Reply(answer.status, {"text": text})
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.code, {}, refused.headers["retry-after"])


class AnyReplica(Api):
    """Sends each request to a replica of its own choice, and repeats it as documented.

    `answers` counts what the replicas said; a request without an answer counts as `broken`.
    """

    def __init__(self, replicas: Replicas, seed: int, *, asks_first: bool = False):
        super().__init__(replicas.servers[0])
        self.replicas = replicas
        self.choose = random.Random(seed)
        self.asks_first = asks_first
        # Tokens are in the store, so that of one replica is good at all of them.
        self.token = replicas.servers[0].token
        self.answers: Counter = Counter()

    def once(self, method: str, path: str, body: dict | None) -> Reply | None:
        """One attempt; None if it was not answered."""
        server = self.replicas.any(self.choose)
        if self.asks_first and not is_ready(server):
            return None
        self.up = _At(server, self.token)
        try:
            reply = super().call(method, path, body)
        except BROKEN:
            self.answers["broken"] += 1
            return None
        self.answers[reply.status] += 1
        if reply.status in (429, 503):
            assert reply.retry_after, f"{method} {path}: {reply}"
        return reply

    def call(self, method: str, path: str, body: dict | None = None) -> Reply:
        """Repeats a request that was not answered, or refused for now (429, 503).

        After an attempt without an answer, a create that finds its object, and a removal that
        finds none, have succeeded.
        """
        limit, is_repeated = Stopwatch(REPEAT_SECONDS), False
        while True:
            reply = self.once(method, path, body)
            if reply is not None and reply.status not in (429, 503):
                break
            assert not limit.is_over(), f"{method} {path}: {reply}"
            is_repeated = True
            pause(PAUSE_SECONDS)
        if is_repeated and (method, reply.status) in {("POST", 409), ("DELETE", 404)}:
            return Reply(200, reply.body)
        return reply


class _At:
    """The part of a server that `Api` needs; it may be down."""

    def __init__(self, server: Serve, token: str):
        self.ready = server.ready
        self.project = server.project
        self.token = token

