"""Existing objects of the emulated clouds are written back with mistakes.

Each is refused in the cloud's own form, or accepted; then the object is written back as it was.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable

import pytest
import requests

import test_contract_azure as azure
import test_contract_google as google
from azure_description import VERSION
from broken import broken
from google_principals import COLLECTIONS

CASES = min(int(os.environ.get("UNDERPASS_CASES", "1200")), 30_000)
SEED = int(os.environ.get("UNDERPASS_SEED", "20260101"))
REQUEST_SECONDS = 60.0
# The first faults are printed.
SHOWN = 20


@pytest.fixture(autouse=True)
def unrecorded(monkeypatch):
    """Records are of clients that mean what they send."""
    monkeypatch.delenv("UNDERPASS_UP_RECORD", raising=False)


class Writer:
    """Sends documents, and collects answers that are no refusals and no success."""

    def __init__(self, base: str, token: str, ca, form: Callable[[requests.Response], str | None]):
        self.base = base
        self.form = form
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = ca
        self.session.headers["authorization"] = f"Bearer {token}"
        self.statuses: Counter = Counter()
        self.faults: list[str] = []

    def call(self, method: str, path: str, body=None) -> requests.Response:
        # Numbers that JSON does not have stay out: the documents are text of JSON.
        text = None if body is None else json.dumps(body, allow_nan=False)
        headers = {"content-type": "application/json"}
        url = f"{self.base}{path}"
        return self.session.request(
            method, url, data=text, headers=headers, timeout=REQUEST_SECONDS
        )

    def write(self, method: str, path: str, body) -> bool:
        """Sends a document with mistakes; returns whether it was accepted."""
        reply = self.call(method, path, body)
        self.statuses[reply.status_code] += 1
        fault = "a server error" if reply.status_code >= 500 else None
        if fault is None and reply.status_code >= 400:
            fault = self.form(reply)
        if fault:
            sent = json.dumps(body)[:2000]
            self.faults.append(f"{fault}: {method} {path}\n{sent}\n{reply.text[:500]}")
        return reply.status_code < 300

    def figures(self) -> str:
        counts = sorted(self.statuses.items())
        return ", ".join(f"{count} × {status}" for status, count in counts)

    def check(self, record_property) -> None:
        record_property("figures", f"seed {SEED}: {self.figures()}, {len(self.faults)} faults")
        assert not self.faults, "\n\n".join(self.faults[:SHOWN])
        assert any(status < 300 for status in self.statuses)
        assert any(status >= 400 for status in self.statuses)


def test_azure_refuses_or_accepts_documents_with_mistakes(own_stack, record_property):
    published, _port = own_stack.offer()
    published.connect(own_stack.consumer, "pe-active")
    cloud = own_stack.up.azure
    writer = Writer(cloud["url"], azure.token(cloud), cloud["ca"], azure.refusal_fault)
    choices = random.Random(SEED)
    found = azure.Objects(own_stack).found()
    ids = [it.id for kind in found.values() for it in kind]
    subnets = [it for net in found["virtualNetworks"] for it in net.properties.subnets or []]
    ids += [it.id for it in subnets]
    paths = [f"{it}?api-version={VERSION}" for it in ids]
    for _ in range(CASES // len(paths)):
        for path in paths:
            document = writer.call("GET", path).json()
            if writer.write("PUT", path, broken(document, choices)):
                writer.call("PUT", path, document)
    writer.check(record_property)


def test_google_refuses_or_accepts_documents_with_mistakes(own_google, record_property):
    published, _port = own_google.offer()
    published.connect(own_google.consumer, "pe-active")
    provider = own_google.provider
    token = own_google.up.google_token_file.read_text().strip()
    writer = Writer(own_google.up.google["url"], token, True, google.refusal_fault)
    choices = random.Random(SEED)
    paths = []
    for collection in COLLECTIONS:
        for name in provider.compute.names(collection):
            link = provider.compute.get(collection, name)["selfLink"]
            paths.append("/compute/v1/" + link.split("/compute/v1/", 1)[1])
    rounds = CASES // (2 * len(paths))
    for number in range(rounds):
        for path in paths:
            document = writer.call("GET", path).json()
            if writer.write("PATCH", path, broken(document, choices)):
                current = writer.call("GET", path).json()
                kept = document | {"fingerprint": current.get("fingerprint")}
                writer.call("PATCH", path, kept)
            # The same document as a new object, with a name of its own unless that is broken.
            fresh = broken(document | {"name": f"fresh-{number}"}, choices)
            above = path.rsplit("/", 1)[0]
            if writer.write("POST", above, fresh):
                writer.call("DELETE", f"{above}/{fresh['name']}")
    writer.check(record_property)
