"""The two Go clients: their requests, their retries and their errors.

The provider has both: one is generated from the API's description, one is written by hand.
"""

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from api import opener
from terraform.declared import HANDWRITTEN
from terraform.go_types import STRING, Struct, Undecodable, decode

REQUEST_SECONDS = 40.0
# Go's `url.PathEscape` leaves these beside letters, digits and `-_.~`.
LEFT_AS_IT_IS = "$&+=:@"
# Sent with every method, against paging.
LIMIT = ("limit", "999")
SERVICE_LAG = re.compile(r"Service \S+ does not exist")
USER_LAG = re.compile(r"User (avnadmin|root) with component main not found")
ALREADY_EXISTS = "already exists"


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str | None
    body: bytes


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict
    body: bytes | None


class ApiError(Exception):
    """An answer that a client returns to the provider as an error."""

    def __init__(self, status: int, message: str):
        super().__init__(f"[{status}]: {message}")
        self.status = status
        self.message = message

    @property
    def is_not_found(self) -> bool:
        return self.status == 404

    @property
    def is_already_exists(self) -> bool:
        return self.status == 409 and ALREADY_EXISTS in self.message


class ContractBroken(Exception):
    """An answer that makes some client fail without an error of the API."""


def over_http(request: Request) -> Answer:
    sent = urllib.request.Request(
        request.url, data=request.body, method=request.method, headers=request.headers
    )
    try:
        with opener().open(sent, timeout=REQUEST_SECONDS) as reply:
            return Answer(reply.status, reply.headers.get("content-type"), reply.read())
    except urllib.error.HTTPError as refused:
        with refused:
            kind = refused.headers.get("content-type")
            return Answer(refused.code, kind, refused.read())


def check(answer: Answer) -> None:
    """Checks what holds for every answer to any client, the command line included."""
    if answer.content_type == "application/json" and not answer.body:
        raise ContractBroken("an empty body that calls itself JSON")
    if 200 <= answer.status < 300 and answer.body:
        decoded = json.loads(answer.body)
        if isinstance(decoded, dict) and decoded.get("error"):
            raise ContractBroken(f"a success with an `error`: {decoded['error']}")


@dataclass
class Client:
    """The common part; `send` and `pause` are parameters for the tests of its rules."""

    url: str
    token: str
    pause: Callable[[float], None]
    send: Callable[[Request], Answer] = over_http
    attempts: list[Request] = field(default_factory=list)

    agent = ""
    retries = 0
    first_pause = 1.0
    longest_pause = 30.0

    def call(self, kind, method: str, *segments: str, body=None, **query: str):
        """Sends one operation with the client's retries, then decodes the answer."""
        path = "/".join(quote(segment, safe=LEFT_AS_IT_IS) for segment in segments)
        pairs = sorted([*query.items(), LIMIT])
        request = Request(
            method,
            f"{self.url}/v1/{path}?{urlencode(pairs)}",
            # Sent with an empty body, too.
            {
                "authorization": f"aivenv1 {self.token}",
                "content-type": "application/json",
                "user-agent": self.agent,
            },
            None if body is None else json.dumps(body).encode(),
        )
        return self.check_answer(kind, self.exchange(request))

    def exchange(self, request: Request) -> Answer:
        pause = self.first_pause
        for attempt in range(self.retries + 1):
            self.attempts.append(request)
            answer = self.send(request)
            check(answer)
            if attempt == self.retries or not is_retried(request.method, answer):
                break
            self.pause(pause)
            pause = min(2 * pause, self.longest_pause)
        return answer

    def check_answer(self, kind, answer: Answer):
        raise NotImplementedError


def is_retried(method: str, answer: Answer) -> bool:
    text = answer.body.decode(errors="replace")
    match answer.status:
        case 408 | 429:
            return True
        case 417:
            return method == "DELETE"
        case 404:
            lag = method == "POST" and SERVICE_LAG.search(text)
            return bool(lag or USER_LAG.search(text))
        case status:
            return status >= 500


class Codegen(Client):
    """The generated client. Identical concurrent reads are one request."""

    agent = "go-client-codegen/0.100.0 terraform-provider-aiven/4.40.0/acc"
    retries = 6
    first_pause = 2.0
    longest_pause = 15.0

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._lock = threading.Lock()
        self._flights: dict[str, Flight] = {}

    def exchange(self, request: Request) -> Answer:
        if request.method != "GET":
            return super().exchange(request)
        with self._lock:
            flight = self._flights.get(request.url)
            if leads := flight is None:
                flight = self._flights[request.url] = Flight()
        if not leads:
            return flight.join()
        try:
            flight.answer = super().exchange(request)
        finally:
            with self._lock:
                del self._flights[request.url]
            flight.landed.set()
        return flight.answer

    def check_answer(self, kind, answer: Answer):
        if 200 <= answer.status < 300:
            return decode(kind, answer.body)
        try:
            # `errors` may be anything.
            message = decode(Struct(message=STRING), answer.body)["message"]
        except Undecodable as odd:
            message = str(odd)
        raise ApiError(answer.status, message)


class Flight:
    """A read under way that other callers wait for."""

    def __init__(self):
        self.landed = threading.Event()
        self.answer: Answer | None = None

    def join(self) -> Answer:
        assert self.landed.wait(REQUEST_SECONDS), "the read that was joined never came back"
        assert self.answer is not None, "the read that was joined failed"
        return self.answer


class Handwritten(Client):
    """The handwritten client: a success that lists errors is a failure, too."""

    agent = "go-client/2.40.0 terraform-provider-aiven/4.40.0/acc"
    retries = 10

    def check_answer(self, kind, answer: Answer):
        try:
            common = decode(HANDWRITTEN, answer.body)
        except Undecodable as odd:
            raise ApiError(answer.status, "failed to parse error response") from odd
        if not 200 <= answer.status < 300:
            raise ApiError(answer.status, common["message"])
        if common["errors"]:
            first = common["errors"][0]
            raise ApiError(first["status"], first["message"])
        return decode(kind, answer.body)
