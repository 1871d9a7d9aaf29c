"""The trial of a first account against the emulated clouds, with the printed roles."""

import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from azure_principals import Consumer as AzureConsumer
from azure_principals import Provider as AzureProvider
from google_principals import Consumer as GoogleConsumer
from google_principals import Provider as GoogleProvider
from roles import AZURE, GOOGLE, Roles
from served import ACCOUNT_GROUP, AZURE_REGION, Emulated, Serve
from up import binary, environment

CIDR = "10.20.0.0/24"


@pytest.fixture
def clouds(tmp_path):
    azure = Emulated("azure", tmp_path, cloud_delay="200ms")
    google = Emulated("google", tmp_path, "--status-lag", "200ms", cloud_delay="200ms")
    yield azure, google
    for cloud in (azure, google):
        cloud.stop()


@pytest.fixture
def roles(tmp_path, clouds):
    server = Serve(tmp_path / "serve", *clouds)
    groups = AzureProvider(server).resources.resource_groups
    groups.create_or_update(ACCOUNT_GROUP, {"location": AZURE_REGION})
    given = Roles(server)
    given.on_azure()
    given.on_google()
    return given


class Trial:
    """A running `underpass account trial`."""

    def __init__(self, roles: Roles, account: str, report: Path, *words: str):
        self.report = report
        command = [
            binary(), "account", "trial", account, "--config", roles.serve.file,
            "--report", report, "--yes", *words,
        ]  # fmt: skip
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stderr=subprocess.PIPE,
            text=True,
            env=environment(roles.serve.file.parent),
        )
        self.lines: list[str] = []
        self.waiting = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)
            if line.startswith("waiting "):
                self.waiting.set()
        self.waiting.set()

    def target(self, pattern: str) -> str:
        """The name of the published service, once the trial waits for an endpoint."""
        assert self.waiting.wait(60)
        found = re.search(pattern, "".join(self.lines))
        assert found, self.lines
        return found[0]

    def end(self) -> int:
        code = self.process.wait(120)
        self.reader.join(10)
        self.process.stderr.close()
        return code


def everything(roles: Roles) -> tuple[set, set]:
    """All objects of the provider in both clouds."""
    azure = AzureProvider(roles.serve).resources
    groups = {it.name for it in azure.resource_groups.list()}
    resources = {it.id.lower() for it in azure.resources.list()}
    return groups | resources, set(GoogleProvider(roles.serve).everything())


def steps(report: dict) -> dict[str, dict]:
    return {it["step"]: it for it in report["steps"]}


def test_a_trial_on_azure_meets_an_endpoint_and_leaves_nothing(roles, tmp_path):
    consumer = AzureConsumer(
        roles.serve,
        roles.azure["consumer_tenant"],
        roles.azure["consumer_subscription"],
        CIDR,
    )
    before = everything(roles)
    trial = Trial(roles, AZURE, tmp_path / "report.json", "--wait", "60s")
    service = trial.target(r"/subscriptions/\S+/privateLinkServices/up-[0-9a-t]+")
    # The operator shows the service to a consumer, as the guide says.
    group, name = service.split("/")[4::4]
    links = AzureProvider(roles.serve).network.private_link_services
    shown = links.get(group, name)
    shown.properties.visibility = {"subscriptions": [consumer.subscription]}
    shown = links.begin_create_or_update(group, name, shown).result()
    consumer.endpoint("to-trial", shown.properties.alias)
    assert trial.end() == 0, trial.lines
    assert everything(roles) == before
    assert consumer.status("to-trial") in ("Disconnected", "Rejected")

    report = json.loads(trial.report.read_text())
    assert [it for it in report["check"] if it["status"] != "ok"] == []
    assert [it for it in report["steps"] if it["error"]] == []
    made = steps(report)
    for step in ("make the private link service", "approve the endpoint", "reject the endpoint",
                 "delete the resource group", "delete the static IP"):  # fmt: skip
        assert step in made, sorted(made)
    seen = {it["behaviour"]: it["exercised_by"] for it in report["assumptions"]}
    assert seen["When the provider sees a connection"] == "an endpoint connects"
    assert seen["`$filter` of `/resources`"] is None


def test_a_trial_on_google_meets_an_endpoint_and_leaves_nothing(roles, tmp_path):
    consumer = GoogleConsumer.in_network(roles.serve, "consumer-1", CIDR)
    before = everything(roles)
    trial = Trial(roles, GOOGLE, tmp_path / "report.md", "--wait", "60s")
    target = trial.target(r"projects/\S+/serviceAttachments/up-[0-9a-t]+")
    consumer.endpoint("to-trial", target)
    assert trial.end() == 0, trial.lines
    assert everything(roles) == before
    assert consumer.status("to-trial") == "CLOSED"
    report = trial.report.read_text()
    assert report.startswith(f"# Trial of account {GOOGLE} in europe-west1")
    assert "| accept the endpoint: shown as accepted |" in report
    assert re.search(r"\| Lag \| .* \| accept the endpoint: shown as accepted \|", report)
    assert "not exercised" in report


def test_a_trial_that_fails_or_is_stopped_leaves_nothing(roles, tmp_path):
    before = everything(roles)
    roles.on_azure(without="Microsoft.Network/privateLinkServices/write")
    failed = Trial(roles, AZURE, tmp_path / "failed.json", "--wait", "0s")
    assert failed.end() == 1
    report = steps(json.loads(failed.report.read_text()))
    error = report["make the private link service"]["error"]
    assert "Microsoft.Network/privateLinkServices/write" in error
    assert everything(roles) == before
    assert "All that was made is deleted" in "".join(failed.lines)

    stopped = Trial(roles, GOOGLE, tmp_path / "stopped.json", "--wait", "10m")
    stopped.target(r"serviceAttachments/up-")
    os.kill(stopped.process.pid, signal.SIGINT)
    assert stopped.end() == 0, stopped.lines
    assert everything(roles) == before


def test_a_trial_of_an_account_that_cannot_be_used_makes_nothing(roles, tmp_path):
    before = everything(roles)
    (roles.serve.file.parent / "application.secret").write_text("another secret")
    trial = Trial(roles, AZURE, tmp_path / "report.md", "--wait", "0s")
    assert trial.end() == 1
    assert "Nothing was made" in "".join(trial.lines)
    assert everything(roles) == before
    assert "AADSTS7000215" in trial.report.read_text()
