"""Health of backends, read by the vendors' own clients."""

import time

import pytest
from azure.core.exceptions import ResourceNotFoundError

import azure_steps as steps
import google_steps
from azure_steps import GROUP
from emulator import CONSUMER_SUBSCRIPTION
from google_clients import CLIENTS
from google_emulator import PROJECT, ZONE

PROBE_RANGES = ["35.191.0.0/16", "130.211.0.0/22"]


def until(expected, read):
    """Reads until the value is the expected one, for a minute at most."""
    deadline = time.monotonic() + 60
    while (found := read()) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def rule_health(provider):
    rules = provider.network.load_balancer_load_balancing_rules
    return rules.begin_health(GROUP, "lb", "pg").result()


def test_azure_shows_a_backend_that_ends_and_sends_it_no_new_flow(emulator, greeter):
    provider, consumer = emulator.provider(), emulator.consumer()
    published = steps.publish(emulator, provider, greeter.port, [CONSUMER_SUBSCRIPTION])
    health = rule_health(provider)
    assert (health.up, health.down) == (1, 0)
    [member] = health.load_balancer_backend_addresses
    assert (member.ip_address, member.state) == ("10.1.0.5", "Up")
    assert member.reason == "Up_Probe_Success"
    assert member.network_interface_ip_configuration_id.endswith(
        "/networkInterfaces/n1/ipConfigurations/ipconfig1"
    )
    subnet = steps.prepare_consumer(consumer, "127.83.1.0/24")
    address = steps.make_endpoint(consumer, "pe", subnet, published.alias)
    steps.decide(provider, steps.connections(provider)["pe"], "Approved")
    assert steps.greeting(address, greeter.port) == b"hello"

    greeter.close()
    until(("Down", 0, 1), lambda: states_of(rule_health(provider)))
    [endpoint] = emulator.admin("GET", "/endpoints")["value"]
    assert (endpoint["state"], endpoint["backends"]) == ("listening", [])
    with pytest.raises(ResourceNotFoundError):
        provider.network.load_balancer_load_balancing_rules.begin_health(GROUP, "lb", "none")


def states_of(health):
    return health.load_balancer_backend_addresses[0].state, health.up, health.down


@pytest.mark.parametrize("client", CLIENTS)
def test_google_shows_what_the_firewall_blocks_and_a_backend_that_ends(google, greeter, client):
    provider = google.provider(client)
    google_steps.publish(google, provider, greeter.port)
    group = f"projects/{PROJECT}/zones/{ZONE}/networkEndpointGroups/neg"

    def status():
        [status] = provider.health("be", group)
        return status

    # Without a firewall rule, probes do not arrive.
    assert status()["healthState"] == "UNHEALTHY"
    rule = {"name": "probes", "network": google_steps.network(), "sourceRanges": PROBE_RANGES}
    allowed = [{"IPProtocol": "tcp", "ports": [str(greeter.port)]}]
    provider.insert("firewalls", {**rule, "direction": "INGRESS", "allowed": allowed})
    until("HEALTHY", lambda: status()["healthState"])
    shown = status()
    assert shown["ipAddress"] == "10.1.0.2" and shown["port"] == greeter.port
    assert shown["instance"].endswith("/instances/n1")
    assert shown["forwardingRule"].endswith("/forwardingRules/fr")
    greeter.close()
    until("UNHEALTHY", lambda: status()["healthState"])
