"""Sends requests to the API of an `up` and keeps every answer."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from api import REQUEST_SECONDS, opener

# Headers that differ between any two answers, or follow from the length of a text.
IGNORED_HEADERS = ("content-length", "date", "x-request-id")


@dataclass
class Exchange:
    """One request and its answer; the body is JSON where it can be read as such."""

    step: str
    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: object

    @property
    def is_compatible(self) -> bool:
        """Reports whether the route is one of the compatible API."""
        return not self.path.startswith("/v1/underpass/")


def parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


class Recorder:
    """Keeps exchanges in the order of the requests; `step` names what the next ones are about."""

    def __init__(self, url: str, token: str):
        self.url = url
        self.token = token
        self.step = ""
        self.exchanges: list[Exchange] = []

    def send(self, method: str, path: str, body=None, **headers: str) -> dict:
        """Sends a body as JSON, or bytes as they are; returns the body of the answer."""
        named = {
            "authorization": f"aivenv1 {self.token}",
            "content-type": "application/json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, named, method=method)
        try:
            with opener().open(request, timeout=REQUEST_SECONDS) as reply:
                return self._keep(method, path, reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return self._keep(method, path, refused.code, refused.headers, refused.read())

    def _keep(self, method: str, path: str, status: int, headers, content: bytes):
        kept = {
            name.lower(): value
            for name, value in headers.items()
            if name.lower() not in IGNORED_HEADERS
        }
        exchange = Exchange(self.step, method, path, status, kept, parsed(content))
        self.exchanges.append(exchange)
        return exchange.body

    def get(self, path: str, **headers: str):
        return self.send("GET", f"/v1{path}", **headers)

    def post(self, path: str, body=None, **headers: str):
        return self.send("POST", f"/v1{path}", body, **headers)

    def put(self, path: str, body=None, **headers: str):
        return self.send("PUT", f"/v1{path}", body, **headers)

    def patch(self, path: str, body=None, **headers: str):
        return self.send("PATCH", f"/v1{path}", body, **headers)

    def delete(self, path: str, body=None, **headers: str):
        return self.send("DELETE", f"/v1{path}", body, **headers)
