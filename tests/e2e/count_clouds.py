"""Comparison of the answers that the clients of a storm had with the objects in the clouds."""

from azure_principals import Provider as AzureProvider
from google_principals import Provider as GoogleProvider
from storm import Client

# Regional objects that each link in Google has once.
ONCE_ON_GOOGLE = (
    "serviceAttachments", "forwardingRules", "regionBackendServices", "regionHealthChecks",
)  # fmt: skip


def compare(clients: list[Client], server) -> None:
    """Fails if a cloud has an object too many, too few, or twice."""
    orphans = clients[0].api.ok("GET", "/underpass/recovery/orphans")["orphans"]
    assert orphans == []
    _compare_azure([it for it in clients if it.provider == "azure"], server)
    _compare_google([it for it in clients if it.provider == "google"], server)


def _compare_azure(clients: list[Client], server) -> None:
    provider = AzureProvider(server)
    expected = {it.published.alias: it for it in clients if it.facts.has_link}
    services = provider.services()
    assert sorted(it.properties.alias for it in services) == sorted(expected)
    assert len(provider.balancers()) == len(expected)
    for service in services:
        client = expected[service.properties.alias]
        approved = {
            it.properties.private_endpoint.id.rsplit("/", 1)[1]
            for it in service.properties.private_endpoint_connections
            if it.properties.private_link_service_connection_state.status == "Approved"
        }
        assert approved == set(client.facts.approved)


def _compare_google(clients: list[Client], server) -> None:
    provider = GoogleProvider(server)
    expected = {it.published.target.rsplit("/", 1)[1]: it for it in clients if it.facts.has_link}
    assert sorted(provider.attachments()) == sorted(expected)
    for collection in ONCE_ON_GOOGLE:
        names = provider.compute.names(collection)
        assert len(names) == len(expected), (collection, names)
    for name, client in expected.items():
        shown = provider.compute.get("serviceAttachments", name)
        accepted = {
            it["endpoint"].rsplit("/", 1)[1]
            for it in shown.get("connectedEndpoints", [])
            if it["status"] == "ACCEPTED"
        }
        assert accepted == set(client.facts.approved)
        assert len(provider.ranges(name)) == 1
