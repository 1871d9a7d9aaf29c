"""The emulated Google answers requests that machines make of Google's description in its form."""

import os

import pytest

from attack import Attack, Caller, Existing, operations
from google_description import google_description
from google_principals import COLLECTIONS
from google_requests import GoogleRequests, parameter_of

# Drawn requests; those to one `up` delete what others would find.
CASES = min(int(os.environ.get("UNDERPASS_CASES", "1000")), 10_000)
ROUND = 2500
SEED = int(os.environ.get("UNDERPASS_SEED", "20260101"))
# Objects of a kind that requests name.
KEPT = 4
# Operations that at least one request must succeed with; the emulator lacks five of the described.
LEAST_SUCCEEDING = 80


def refusal_fault(response) -> str | None:
    """A fault of Google's form of errors."""
    if response.request.method == "HEAD":
        return None
    try:
        error = response.json()["error"]
        return None if error["code"] == response.status_code else "another code"
    except (ValueError, TypeError, KeyError) as fault:
        return repr(fault)


@pytest.fixture(autouse=True)
def unrecorded(monkeypatch):
    """Records are of clients that mean what they send."""
    monkeypatch.delenv("UNDERPASS_UP_RECORD", raising=False)


@pytest.mark.parametrize("number", range(-(-CASES // ROUND)))
def test_answers_are_of_googles_form(own_google, number, record_property):
    published, _port = own_google.offer()
    published.connect(own_google.consumer, "pe-active")
    provider = own_google.provider

    def existing() -> Existing:
        names = {it: provider.compute.names(it)[:KEPT] for it in COLLECTIONS}
        parameters = {parameter_of(it): found for it, found in names.items()}
        parameters["resource"] = parameters["forwardingRule"] + parameters["address"]
        parameters |= {
            "project": [provider.project],
            "region": [provider.region],
            "zone": [f"{provider.region}-b"],
        }
        return Existing(parameters, [], {})

    token = own_google.up.google_token_file.read_text().strip()
    callers = {
        "provider": Caller(lambda: {"authorization": f"Bearer {token}"}, 8),
        "wrong": Caller(lambda: {"authorization": "Bearer wrong"}, is_refused=True),
    }
    # The emulator reads less than Google describes, so what it accepts is no finding.
    target = Attack(
        own_google.up.google["url"], callers, existing, refusal_fault, lambda _case: True,
        SEED + number, GoogleRequests(provider),
    )  # fmt: skip
    described = operations(google_description())
    for operation in described:
        target.draw(operation, -(-min(CASES, ROUND) // len(described)))
    record_property("figures", target.figures())
    print(target.figures())
    assert not target.findings, target.report()
    assert len(target.statuses) - len(target.silent) >= LEAST_SUCCEEDING, target.figures()
