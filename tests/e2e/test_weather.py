"""The main flows on both clouds in a storm end as in calm weather, and cut no flow.

One run publishes a service on each cloud, both at the same time. `scripts/test --full` runs more
seeds. To repeat a seed: UNDERPASS_WEATHER_SEED=7 UNDERPASS_WEATHER_SEEDS=1 pytest test_weather.py
"""

import os
import re
import threading
from collections import Counter

import pytest

import cloud_weather
from cloud_weather import CloudWeather
from google_stack import GoogleStack
from published import Published
from servers import Flow, first_bytes
from stack import Stack
from up import Up
from waiting import pause, wait_until

COUNT = int(os.environ.get("UNDERPASS_WEATHER_SEEDS", "0"))
FIRST_SEED = int(os.environ.get("UNDERPASS_WEATHER_SEED", "1"))
# By default three whose faults are of every kind and take little time.
SEEDS = range(FIRST_SEED, FIRST_SEED + COUNT) if COUNT else (5, 6, 8)
# Longest time until a change is done in a storm: a refused step waits for the next attempt, and a
# falsely absent part for three reads over the absence window.
STORM_SECONDS = 240.0
# The second component of a type beside its main one.
BESIDE = {"pg": "pgbouncer", "redis": "prometheus"}
HEARTBEAT_SECONDS = 0.05
# Questions to the doctor in each run, each of which reads the cloud.
DOCTOR_VISITS = 4
# Between two polls, each of which is a request.
POLL_SECONDS = 0.1


class Heartbeat(threading.Thread):
    """Sends words through a flow until it is told to stop; each must come back."""

    def __init__(self, address: str, port: int, greeting: bytes):
        super().__init__(daemon=True)
        self.flow = Flow(address, port, greeting)
        self.halt = threading.Event()
        self.words = 0
        self.is_cut = False

    def run(self) -> None:
        while not self.halt.wait(HEARTBEAT_SECONDS):
            if not self.flow.echo(b"%06d" % self.words):
                self.is_cut = not self.halt.is_set()
                return
            self.words += 1

    def finish(self) -> int:
        """Ends the flow, which must not have been cut; returns the number of words."""
        self.halt.set()
        self.join()
        self.flow.close()
        assert not self.is_cut, f"the flow was cut after {self.words} words"
        return self.words


class Journey:
    """One service from its registration to its end, with each step awaited."""

    def __init__(self, stack: Stack, cloud: CloudWeather):
        self.stack = stack
        self.cloud = cloud
        self.end: dict = {}
        self.words = 0
        # What the doctor said of hops.
        self.hops: Counter = Counter()

    # === differences of the clouds

    def endpoint(self, name: str) -> str:
        raise NotImplementedError

    def delete_endpoint(self, name: str) -> None:
        raise NotImplementedError

    def approve(self, plc: str, address: str) -> None:
        raise NotImplementedError

    def needs(self) -> dict:
        """Members of the body of a service that the cloud requires."""
        return self.stack.needs()

    def prepare(self) -> None:
        """Creates what is left at the end."""

    def release(self) -> None:
        """Deletes what a service needed."""

    # === steps

    def take(self) -> None:
        self.prepare()
        before = Counter(self.kinds())
        self.publish()
        first, first_address = self.connect("first")
        beat = Heartbeat(first_address, self.server.port, b"server")
        beat.start()
        try:
            self.connect("second")
            self.toggle(first_address)
            self.examine(first)
            self.reject("second")
            self.end = self.summary(before)
        finally:
            self.words = beat.finish()
        self.remove(first_address)
        self.await_("nothing is left", lambda: Counter(self.kinds()) == before, self.left(before))

    def publish(self) -> None:
        stack = self.stack
        self.server, self.beside = stack.greeter(b"server"), stack.greeter(b"beside")
        self.other = BESIDE[stack.kind]
        ports = {stack.kind: self.server.port, self.other: self.beside.port}
        self.link = self.register(ports)
        self.link.toggle(**dict.fromkeys(ports, True))
        self.await_("the node has an interface", self.has_interface)
        stack.create_link(self.link)
        self.await_("the link is active", lambda: self.link.link()["state"] == "active")

    def register(self, ports: dict[str, int]) -> Published:
        name = self.stack.name()
        body = self.stack.service_body(name, ports) | self.needs()
        self.stack.api.ok("POST", self.stack.api.project("service"), body)
        return self.stack.publication(name)

    def has_interface(self) -> bool:
        nodes = self.stack.api.ok("GET", self.link.path())["service"]["underpass"]["nodes"]
        return all(node.get("cloud") for node in nodes)

    def connect(self, name: str) -> tuple[str, str]:
        address = self.endpoint(name)

        def found() -> dict | None:
            self.link.refresh()
            return self.link.connection(name)

        connection = self.await_(f"{name} is discovered", found)
        plc = connection["privatelink_connection_id"]
        assert first_bytes(address, self.server.port) == b"", "open before its approval"
        self.approve(plc, address)
        self.await_(f"{name} is active", lambda: self.link.state(name) == "active")
        self.await_(
            f"bytes pass through {name}",
            lambda: first_bytes(address, self.server.port) == b"server",
        )
        return plc, address

    def toggle(self, address: str) -> None:
        """Closes and opens the other component; the flow through the first one stays."""
        for is_open, expected in ((False, b""), (True, b"beside"), (False, b"")):
            self.link.toggle(**{self.other: is_open})
            self.await_(
                f"the other component is {'open' if is_open else 'closed'}",
                lambda expected=expected: first_bytes(address, self.beside.port) == expected,
            )

    def examine(self, plc: str) -> None:
        """While bytes pass, the doctor names no broken hop, however late the answers of the cloud are."""
        query = f"?connection={plc}&component={self.stack.kind}"
        for _ in range(DOCTOR_VISITS):
            report = self.stack.api.ok("GET", f"/underpass{self.link.link_path}/doctor{query}")
            self.hops += Counter(hop["status"] for hop in report["hops"])
            assert report["broken"] is None, report["broken"]

    def reject(self, name: str) -> None:
        [known] = [it for it in self.link.everything() if self.is_of(it, name)]
        address = known["user_ip_address"]
        self.link.decide(known["privatelink_connection_id"], "reject")
        self.await_(
            f"{name} is closed", lambda: first_bytes(address, self.server.port) == b""
        )
        self.await_(f"{name} is not listed", lambda: self.link.connection(name) is None)

    def remove(self, address: str) -> None:
        self.stack.api.ok("DELETE", self.link.link_path)
        self.await_("the link is gone", lambda: self.link.link() is None)
        assert first_bytes(address, self.server.port) == b""
        for name in ("first", "second"):
            self.delete_endpoint(name)
        self.stack.api.ok("DELETE", self.link.path())
        self.release()

    # === comparison

    @staticmethod
    def is_of(connection: dict, name: str) -> bool:
        return connection["private_endpoint_id"].endswith(f"/{name}")

    def kinds(self) -> list[str]:
        """The kinds of all resources, without those that hold everything."""
        return [path.split("/")[-2] for path in self.cloud.resources()]

    def summary(self, before: Counter) -> dict:
        """The state once nothing changes any more."""

        def settled() -> dict | None:
            reasons = {it["reason"] for it in self.conditions() if it["type"] == "reconciled"}
            return self.present(before) if reasons == {"AsDesired"} else None

        return self.await_("everything is as desired", settled)

    def present(self, before: Counter) -> dict:
        everything = self.link.everything()
        ids = [it["privatelink_connection_id"] for it in everything]
        assert len(set(ids)) == len(ids), ids
        states = {it["private_endpoint_id"].rsplit("/", 1)[1]: it["state"] for it in everything}
        assert len(states) == len(everything), everything
        return {
            "link": self.link.link()["state"],
            "connections": states,
            "names": sorted(re.sub(r"-\d+-", "-N-", it["name"]) for it in everything),
            "ordinals": sorted(it["name"].split("-")[1] for it in everything),
            "created": dict(Counter(self.kinds()) - before),
        }

    def conditions(self) -> list[dict]:
        return self.stack.api.ok("GET", f"/underpass{self.link.link_path}")["conditions"]

    # === waits

    def await_(self, what: str, condition, told=lambda: None):
        def polled():
            found = condition()
            if not found:
                pause(POLL_SECONDS)
            return found

        try:
            return wait_until(what, polled, STORM_SECONDS)
        except AssertionError as late:
            raise AssertionError(f"{late}; {self.told()} {told() or ''}") from late

    def left(self, before: Counter):
        return lambda: f"left: {Counter(self.kinds()) - before}"

    def told(self) -> str:
        try:
            return f"conditions: {self.conditions()}"
        except AssertionError:
            return "there is no link"


class AzureJourney(Journey):
    def needs(self) -> dict:
        ids = self.stack.static_ips(made=False)
        self.await_(
            "the static IPs are created",
            lambda: all(it["state"] == "created" for it in self.static_ips().values()),
        )
        return {"static_ips": ids}

    def static_ips(self) -> dict[str, dict]:
        listed = self.stack.api.ok("GET", self.stack.api.project("static-ips"))["static_ips"]
        return {it["static_ip_address_id"]: it for it in listed}

    def release(self) -> None:
        path = self.stack.api.project("static-ips")
        for static_ip, shown in self.static_ips().items():
            if shown["service_name"]:
                self.stack.api.ok("DELETE", f"{path}/{static_ip}/association")
            self.stack.api.ok("DELETE", f"{path}/{static_ip}")
        self.await_("no static IP is left", lambda: not self.static_ips())

    def endpoint(self, name: str) -> str:
        return cloud_weather.azure_endpoint(self.stack.consumer, name, self.link.target)

    def delete_endpoint(self, name: str) -> None:
        cloud_weather.delete_on_azure(self.stack.consumer, name, self.cloud)

    def prepare(self) -> None:
        cloud_weather.patient("the consumer's network", lambda: self.stack.consumer)

    def approve(self, plc: str, address: str) -> None:
        self.link.approve(plc)
        self.link.set_address(plc, address)


class GoogleJourney(Journey):
    def endpoint(self, name: str) -> str:
        return cloud_weather.google_endpoint(self.stack.consumer, name, self.link.target)

    def delete_endpoint(self, name: str) -> None:
        cloud_weather.delete_on_google(self.stack.consumer, name, self.cloud)

    def approve(self, plc: str, address: str) -> None:
        self.link.approve(plc, address)


JOURNEYS = {"azure": (Stack, AzureJourney), "google": (GoogleStack, GoogleJourney)}


def take_both(directory, **weather: str) -> dict[str, Journey]:
    """Publishes on both clouds concurrently, in one `up`; returns the journeys at their end."""
    # Every thirtieth sweep lists everything, and finds approvals that a policy took back.
    up = Up(directory, discovery_interval="1s", **weather).start()
    stacks, journeys, failures = [], {}, {}
    for name, (kind, journey) in JOURNEYS.items():
        stacks.append(kind(up))
        journeys[name] = journey(stacks[-1], CloudWeather(up.ready[name]))

    def take(name: str) -> None:
        try:
            journeys[name].take()
        except BaseException as failure:  # noqa: BLE001 - told below
            failures[name] = failure

    threads = [threading.Thread(target=take, args=[name]) for name in journeys]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        faults = {name: it.cloud.show()["faults"] for name, it in journeys.items()}
        print(f"\n{weather}: words through flows", {n: it.words for n, it in journeys.items()})
        print("faults", faults)
        print("hops of the doctor", {n: dict(it.hops) for n, it in journeys.items()})
    finally:
        for stack in stacks:
            for greeter in stack.greeters:
                greeter.close()
        up.close()
    seed = weather.get("weather_seed")
    again = f"UNDERPASS_WEATHER_SEED={seed} UNDERPASS_WEATHER_SEEDS=1 pytest test_weather.py"
    for name, failure in failures.items():
        raise AssertionError(f"on {name}, seed {seed}; repeat with: {again}") from failure
    errors = [line for line in up.complaints() if " ERROR " in line]
    assert not errors, errors
    return journeys


@pytest.fixture(scope="module")
def calm(tmp_path_factory) -> dict[str, dict]:
    """The end in calm weather."""
    journeys = take_both(tmp_path_factory.mktemp("calm"))
    return {name: it.end for name, it in journeys.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_storm_ends_as_calm_weather_and_cuts_no_flow(calm, tmp_path, seed):
    journeys = take_both(tmp_path, weather="storm", weather_seed=str(seed))
    again = f"UNDERPASS_WEATHER_SEED={seed} UNDERPASS_WEATHER_SEEDS=1 pytest test_weather.py"
    for name, journey in journeys.items():
        assert journey.end == calm[name], f"on {name}; repeat with: {again}"
        assert journey.words > 0
