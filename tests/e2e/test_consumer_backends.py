"""A consumer's Private Service Connect backend is no connection of a service, and disturbs none."""

from waiting import wait_until


def test_a_backend_is_left_pending_and_endpoints_connect(own_google):
    published, _port = own_google.offer()
    consumer, provider = own_google.consumer, own_google.provider
    link = published.object
    group = {
        "name": "backend", "networkEndpointType": "PRIVATE_SERVICE_CONNECT",
        "pscTargetService": published.target, "subnetwork": consumer.subnet,
    }  # fmt: skip
    consumer.compute.insert("regionNetworkEndpointGroups", group)

    def data() -> dict:
        return consumer.compute.get("regionNetworkEndpointGroups", "backend")["pscData"]

    psc_id = str(data()["pscConnectionId"])
    listed = wait_until("the backend is listed", lambda: provider.connected(link).get(psc_id))
    assert "/networkEndpointGroups/" in listed["endpoint"], listed
    published.refresh()
    assert published.everything() == []

    published.connect(consumer, "pe-active")
    [only] = published.everything()
    assert only["private_endpoint_id"].endswith("/pe-active")
    assert data()["pscConnectionStatus"] == "PENDING"
    shown = provider.compute.get("serviceAttachments", link)
    [accepted] = shown["consumerAcceptLists"]
    assert "/forwardingRules/" in accepted["endpointUrl"]

    consumer.compute.delete("regionNetworkEndpointGroups", "backend")
    wait_until("the backend is gone", lambda: psc_id not in provider.connected(link))
    published.refresh()
    assert consumer.status("pe-active") == "ACCEPTED"

    # A backend of the deleted link is closed.
    consumer.compute.insert("regionNetworkEndpointGroups", group)
    published.delete()
    assert data()["pscConnectionStatus"] == "CLOSED"
    consumer.compute.delete("regionNetworkEndpointGroups", "backend")
