"""Applies, repeated applies, updates and destroys of Terraform's provider on Google."""

import pytest

from servers import Flow, first_bytes
from terraform import declared
from terraform.approval import GoogleApproval, NotOne
from terraform.network import ProjectVpc
from terraform.privatelink import GooglePrivatelink
from terraform.provider import Gone, Provider
from terraform.service import Service
from terraform_setup import configured, offer
from up import GOOGLE_CLOUD
from waiting import wait_for, wait_until

GREETING = b"hello"


class WaitsToBeConnected(GoogleApproval):
    """The resource of versions that cannot choose a connection."""

    waits_to_be_connected = True


def test_a_configuration_is_applied_changed_and_destroyed(google):
    provider = Provider(google.up)
    vpc = ProjectVpc(provider, cloud_name=GOOGLE_CLOUD, network_cidr="10.202.0.0/24")
    assert vpc.apply()["state"] == "ACTIVE"
    service = configured(
        google, "redis", project_vpc_id=vpc.id, user_config={"privatelink_access": {"redis": True}}
    )
    service.apply()
    port = offer(google, service, GREETING).port
    link = GooglePrivatelink(provider, service_name=service.name)
    assert link.apply()["state"] == "active"
    address = google.consumer.endpoint("terraform", link.state["google_service_attachment"])
    approval = GoogleApproval(provider, service_name=service.name, user_ip_address=address)
    approval.apply()
    wait_for("it is active", lambda: approval.refreshed()["state"], "active")
    approval.apply()
    assert approval.state["psc_connection_id"] == google.consumer.psc_id("terraform")
    wait_until("bytes pass", lambda: first_bytes(address, port) == GREETING)

    flow = Flow(address, port, GREETING)
    service.apply()
    service.apply(plan="business-4", tag={"team": "data"})
    # An update of the approval has nothing to do.
    approval.update()
    for resource in (vpc, service, link, approval):
        resource.apply()
        resource.settled()
    [private] = [it for it in service.state["components"] if it["route"] == "privatelink"]
    assert private["privatelink_connection_id"] == approval.id
    assert flow.echo(b"still here")
    flow.close()

    for resource in (approval, link, service, vpc):
        resource.destroy()
    for resource in (link, approval, service, vpc):
        with pytest.raises(Gone):
            resource.refreshed()
    google.consumer.delete("terraform")


@pytest.fixture
def linked(google) -> tuple[Service, GooglePrivatelink]:
    """A service with an active link, made as Terraform does."""
    service = configured(google, "redis", user_config={"privatelink_access": {"redis": True}})
    service.apply()
    offer(google, service)
    link = GooglePrivatelink(Provider(google.up), service_name=service.name)
    link.apply()
    return service, link


def test_an_approval_chooses_among_connections_by_googles_own_number(google, linked):
    service, link = linked
    names = [f"{service.name}-{it}" for it in ("first", "second")]
    target = link.state["google_service_attachment"]
    addresses = {name: google.consumer.endpoint(name, target) for name in names}
    provider = Provider(google.up)
    config = {"service_name": service.name, "user_ip_address": addresses[names[1]]}
    with pytest.raises(NotOne):
        GoogleApproval(provider, **config).create()
    chosen = google.consumer.psc_id(names[1])
    approval = GoogleApproval(provider, **config, psc_connection_id=chosen)
    approval.apply()
    wait_for("it is active", lambda: approval.refreshed()["state"], "active")
    listed = {it["psc_connection_id"]: it["state"] for it in approval.connections()}
    other = google.consumer.psc_id(names[0])
    assert listed == {chosen: "active", other: "pending-user-approval"}


def test_an_approval_of_an_older_provider_ends_as_well(google, linked):
    service, link = linked
    name = f"{service.name}-old"
    address = google.consumer.endpoint(name, link.state["google_service_attachment"])
    approval = WaitsToBeConnected(
        Provider(google.up), service_name=service.name, user_ip_address=address
    )
    assert approval.apply()["state"] in ("connected", "active")


def test_the_handwritten_client_makes_sees_and_ends_a_link_in_its_own_way(google):
    """It sends `{}` where the generated client sends no body, and updates without a body."""
    service = configured(google, "redis")
    service.apply()
    offer(google, service)
    provider = Provider(google.up)
    link = GooglePrivatelink(provider, service_name=service.name)
    client, kind = provider.handwritten, declared.HANDWRITTEN_GOOGLE_LINK
    made = client.call(kind, "POST", *link.path, body={})
    assert (made["state"], made["google_service_attachment"]) == ("creating", "")
    assert client.attempts[-1].body == b"{}"
    link.wait_active()
    shown = client.call(kind, "GET", *link.path)
    assert client.call(kind, "PUT", *link.path) == shown
    assert client.attempts[-1].body is None
    assert shown["google_service_attachment"] == link.get()["google_service_attachment"]
    client.call(declared.HANDWRITTEN, "DELETE", *link.path)
    wait_until("the link is gone", lambda: google.publication(service.name).link() is None)
    # The generated client sends no body at all.
    link.create()
    [creation] = [it for it in provider.codegen.attempts if it.method == "POST"]
    assert creation.body is None
    link.delete()
