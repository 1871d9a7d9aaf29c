"""The command ends with a failure whenever something is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

from listed import LISTED
from report import Report
from test_azure_check import SHOWN as BALANCER
from test_azure_check import exchange as azure
from test_google_check import SHOWN as ATTACHMENT
from test_google_check import exchange as google

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/reference/schemas.md"
GOOD = [
    azure("PUT", request={"location": "westeurope"}, reply=BALANCER),
    google("PATCH", request={"description": "d"}, reply={"kind": "compute#operation"}),
    google(reply=ATTACHMENT),
]


def check(directory: Path, lines: list[dict], *words: str) -> tuple[int, str]:
    (directory / "record.jsonl").write_text("".join(json.dumps(it) + "\n" for it in lines))
    models = os.environ.get("UNDERPASS_SCHEMAS_MODELS")
    words = [str(directory), *words, *(["--models", models] if models else [])]
    done = subprocess.run([sys.executable, HERE / "check.py", *words], capture_output=True, text=True)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_numbers_are_printed(tmp_path):
    status, text = check(tmp_path, GOOD)
    assert status == 0, text
    assert "Azure against 2024-05-01: 1 bodies and 1 replies validated, 0 findings" in text
    assert "Google against compute.v1: 1 bodies and 2 replies validated, 0 findings" in text


def test_a_finding_is_a_failure(tmp_path):
    wrong = google(reply=ATTACHMENT | {"natSubnets": 1})
    status, text = check(tmp_path, [*GOOD, wrong, wrong])
    assert status == 1
    assert "FAILED Google: 2 x ServiceAttachment /natSubnets is 1, no array" in text


def test_a_cloud_without_exchanges_is_a_failure(tmp_path):
    assert check(tmp_path, [])[0] == 1
    assert check(tmp_path, GOOD[:1])[0] == 0
    status, text = check(tmp_path, GOOD[:1], "--cloud", "azure", "--cloud", "google")
    assert status == 1
    assert "FAILED Google: 0 bodies, 0 replies were validated" in text


def test_a_record_that_ended_or_is_damaged_is_a_failure(tmp_path):
    status, text = check(tmp_path, [*GOOD, {"ended": "the file has reached its limit"}])
    assert (status, "reached its limit" in text) == (1, True)
    status, text = check(tmp_path, [*GOOD, {"cloud": "azure"}])
    assert (status, "a line is no exchange" in text) == (1, True)


def test_listed_differences_have_a_reason_in_the_page():
    page = PAGE.read_text()
    for it in LISTED:
        assert it.reason and it.reason in page, it
    report = Report("Azure", "")
    report.note("Thing", [("/is/no/such/place", "is wrong")])
    assert report.found and not report.listed
