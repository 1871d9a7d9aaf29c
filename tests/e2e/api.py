"""Plain HTTP requests to the API, for requests that no command line sends."""

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
    # The header, of a refusal for now.
    retry_after: str | None = None

    @property
    def message(self) -> str:
        return self.body["message"]


def opener() -> urllib.request.OpenerDirector:
    """Opens URLs without the proxies of the environment."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Api:
    """Sends requests with the operator's token of `up`; paths are below `/v1`."""

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
                retry_after = refused.headers["retry-after"]
                return Reply(refused.code, json.loads(refused.read()), retry_after)

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
        """The request id of an answer, by which the log line is found."""
        request = urllib.request.Request(
            f"{self.up.ready['api']}/v1{path}",
            method=method,
            headers={"authorization": f"aivenv1 {self.up.token}"},
        )
        with opener().open(request, timeout=REQUEST_SECONDS) as reply:
            return reply.headers["x-request-id"]

    def ok(self, method: str, path: str, body: dict | None = None) -> dict:
        """Sends a request that must succeed."""
        reply = self.call(method, path, body)
        assert reply.status in (200, 201), f"{method} {path}: {reply.status} {reply.body}"
        return reply.body

    def refused(self, status: int, method: str, path: str, body: dict | None = None) -> str:
        """Sends a request that must be refused with `status`; returns the message."""
        reply = self.call(method, path, body)
        assert reply.status == status, f"{method} {path}: {reply.status} {reply.body}"
        assert reply.body["errors"][0]["status"] == status
        assert reply.body["errors"][0]["message"] == reply.message
        return reply.message
