"""The weather of a running emulated cloud, and consumers that are patient with it."""

import json
import urllib.request
from pathlib import Path

import requests
from azure.core.exceptions import AzureError
from google.auth.exceptions import GoogleAuthError
from googleapiclient.errors import Error as GoogleError

from azure_principals import GROUP
from waiting import pause, wait_until

# Failures of the clouds' clients that another attempt may mend. The client of Google says which
# operation failed by an assertion.
FAILURES = (AzureError, GoogleError, GoogleAuthError, OSError, AssertionError, RuntimeError,
            requests.RequestException)  # fmt: skip
# Between two attempts: each meets faults of its own.
PAUSE_SECONDS = 0.25
# Longest time until a consumer's request is done in a storm.
PATIENCE_SECONDS = 90.0


class CloudWeather:
    """The admin routes of one emulated cloud; `ready` is its part of the ready line."""

    def __init__(self, ready: dict):
        self.url = ready["admin_url"]
        self.secret = Path(ready["admin_secret_file"]).read_text().strip()

    def _call(self, route: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            f"{self.url}/{route}",
            None if body is None else json.dumps(body).encode(),
            {"authorization": f"Bearer {self.secret}", "content-type": "application/json"},
            method="GET" if body is None else "PUT",
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def begin(self, weather: dict | str, seed: int = 1) -> None:
        self._call("weather", {"weather": weather, "seed": seed})

    def show(self) -> dict:
        return self._call("weather")

    def resources(self) -> list[str]:
        """The ids of all resources, as the cloud has them."""
        return self._call("resources")["value"]

    def has(self, path: str) -> bool:
        return path.lower() in [it.lower() for it in self.resources()]


def done(what: str, read, write) -> object:
    """Repeats a write until its effect is read, and returns that."""

    def found():
        try:
            if seen := read():
                return seen
        except FAILURES:
            pass
        try:
            write()
        except FAILURES:
            pass
        pause(PAUSE_SECONDS)
        return None

    return wait_until(what, found, PATIENCE_SECONDS)


def patient(what: str, read) -> object:
    """Repeats a read until it succeeds."""
    return done(what, lambda: [read()], lambda: None)[0]


def azure_endpoint(consumer, name: str, target: str) -> str:
    """Creates an endpoint and returns its address."""

    def address() -> str | None:
        endpoint = consumer.network.private_endpoints.get(GROUP, name)
        if endpoint.properties.provisioning_state != "Succeeded":
            return None
        return consumer.address(name)

    return done(f"{name} exists", address, lambda: consumer.endpoint(name, target))


def google_endpoint(consumer, name: str, target: str) -> str:
    """Creates an address with a forwarding rule, and returns the address."""
    address = done(
        f"the address of {name} exists",
        lambda: consumer.compute.get("addresses", name)["address"],
        lambda: consumer.compute.insert(
            "addresses",
            {"name": name, "addressType": "INTERNAL", "subnetwork": consumer.subnet},
        ),
    )
    rule = {
        "name": name,
        "target": target,
        "network": consumer.network,
        "IPAddress": consumer.regional("addresses", name),
    }
    done(
        f"{name} exists",
        lambda: consumer.compute.get("forwardingRules", name),
        lambda: consumer.compute.insert("forwardingRules", rule),
    )
    return address


def delete_on_google(consumer, name: str, cloud: CloudWeather) -> None:
    for collection in ("forwardingRules", "addresses"):
        done(
            f"{collection}/{name} is deleted",
            lambda collection=collection: not cloud.has(consumer.regional(collection, name)),
            lambda collection=collection: consumer.compute.delete(collection, name),
        )


def delete_on_azure(consumer, name: str, cloud: CloudWeather) -> None:
    done(
        f"{name} is deleted",
        lambda: not cloud.has(consumer.endpoint_id(name)),
        lambda: consumer.delete(name),
    )
