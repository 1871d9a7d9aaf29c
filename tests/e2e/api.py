"""Plain HTTP against the API, for what no command line can say."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from up import Up

REQUEST_SECONDS = 40.0


@dataclass
class Reply:
    status: int
    body: dict

    @property
    def message(self) -> str:
        return self.body["message"]


def opener() -> urllib.request.OpenerDirector:
    """No proxy of the environment stands between us and loopback."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Api:
    """Calls as whoever holds the token of `up`; paths are below `/v1`."""

    def __init__(self, up: Up):
        self.up = up

    def project(self, path: str) -> str:
        return f"/project/{self.up.project}/{path}"

    def raw(self, method: str, path: str, content: bytes | None, headers: dict) -> Reply:
        request = urllib.request.Request(
            f"{self.up.ready['api']}/v1{path}", data=content, method=method, headers=headers
        )
        try:
            with opener().open(request, timeout=REQUEST_SECONDS) as reply:
                return Reply(reply.status, json.loads(reply.read()))
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.code, json.loads(refused.read()))

    def open(self, path: str) -> int:
        """The status of a page that needs no token."""
        with opener().open(f"{self.up.ready['api']}{path}", timeout=REQUEST_SECONDS) as reply:
            return reply.status

    def metrics(self) -> str:
        request = urllib.request.Request(
            f"{self.up.ready['api']}/metrics",
            headers={"authorization": f"aivenv1 {self.up.token}"},
        )
        with opener().open(request, timeout=REQUEST_SECONDS) as reply:
            return reply.read().decode()

    def call(self, method: str, path: str, body: dict | None = None) -> Reply:
        headers = {"authorization": f"aivenv1 {self.up.token}", "content-type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        return self.raw(method, path, content, headers)

    def request_id(self, method: str, path: str) -> str | None:
        """The id that an answer carries, by which a person finds it in the log."""
        request = urllib.request.Request(
            f"{self.up.ready['api']}/v1{path}",
            method=method,
            headers={"authorization": f"aivenv1 {self.up.token}"},
        )
        with opener().open(request, timeout=REQUEST_SECONDS) as reply:
            return reply.headers["x-request-id"]

    def ok(self, method: str, path: str, body: dict | None = None) -> dict:
        """A call that must succeed."""
        reply = self.call(method, path, body)
        assert reply.status in (200, 201), f"{method} {path}: {reply.status} {reply.body}"
        return reply.body

    def refused(self, status: int, method: str, path: str, body: dict | None = None) -> str:
        """A call that must be refused with `status`; gives the reason."""
        reply = self.call(method, path, body)
        assert reply.status == status, f"{method} {path}: {reply.status} {reply.body}"
        assert reply.body["errors"][0]["status"] == status
        assert reply.body["errors"][0]["message"] == reply.message
        return reply.message
