"""Refusals, and the errors of the SDK that they become."""

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)

import azure_steps as steps
from emulator import CONSUMER_SUBSCRIPTION, STRANGER_SUBSCRIPTION
from azure_steps import GROUP


def test_a_wrong_secret_is_refused_by_the_credential(emulator):
    ready = emulator.ready
    credential = emulator.credential(ready["tenant"], ready["client_id"], "wrong")
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(f"{ready['url']}/.default")


def test_a_token_of_another_tenant_does_not_open_the_providers_subscription(emulator):
    provider = emulator.provider()
    provider.group(GROUP)
    stranger = emulator.consumer(subscription=provider.subscription)
    with pytest.raises(HttpResponseError) as refused:
        list(stranger.network.private_link_services.list(GROUP))
    assert refused.value.status_code in (401, 403)


def test_a_missing_resource_is_not_found(emulator):
    provider = emulator.provider()
    provider.group(GROUP)
    with pytest.raises(ResourceNotFoundError) as refused:
        provider.network.load_balancers.get(GROUP, "none")
    assert refused.value.error.code in ("ResourceNotFound", "NotFound")


def test_a_stale_entity_tag_is_a_failed_precondition(emulator):
    provider = emulator.provider()
    network_id = steps.prepare_network(provider)
    steps.make_balancer(provider, network_id, 15432)
    balancers = provider.network.load_balancers
    before = balancers.get(GROUP, "lb")
    current = balancers.begin_create_or_update(
        GROUP, "lb", before, headers={"If-Match": before.etag}
    ).result()
    assert current.etag != before.etag
    with pytest.raises(HttpResponseError) as refused:
        balancers.begin_create_or_update(GROUP, "lb", before, headers={"If-Match": before.etag})
    assert refused.value.status_code == 412
    assert refused.value.error.code == "PreconditionFailed"


def test_a_service_in_a_subnet_with_network_policies_is_refused(emulator):
    provider = emulator.provider()
    network_id = steps.prepare_network(provider)
    steps.make_balancer(provider, network_id, 15432)
    body = steps.service_body(provider, network_id, [])
    with pytest.raises(HttpResponseError) as refused:
        provider.network.private_link_services.begin_create_or_update(GROUP, "pls", body).result()
    code = "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled"
    assert refused.value.error.code == code


def test_an_endpoint_from_a_subscription_that_may_not_see_the_alias_is_refused(emulator, greeter):
    provider = emulator.provider()
    published = steps.publish(emulator, provider, greeter.port, [CONSUMER_SUBSCRIPTION])
    stranger = emulator.consumer(subscription=STRANGER_SUBSCRIPTION)
    subnet = steps.prepare_consumer(stranger, "127.83.9.0/24")
    with pytest.raises(HttpResponseError) as refused:
        steps.make_endpoint(stranger, "pe", subnet, published.alias)
    assert refused.value.error.code == "InvalidPrivateLinkServiceId"
    assert steps.connections(provider) == {}


def test_a_service_with_connections_cannot_be_deleted(emulator, greeter):
    provider, consumer = emulator.provider(), emulator.consumer()
    published = steps.publish(emulator, provider, greeter.port, [CONSUMER_SUBSCRIPTION])
    subnet = steps.prepare_consumer(consumer, "127.83.2.0/24")
    steps.make_endpoint(consumer, "pe", subnet, published.alias)
    with pytest.raises(HttpResponseError):
        provider.network.private_link_services.begin_delete(GROUP, "pls").result()
    assert list(steps.connections(provider)) == ["pe"]


def test_a_planted_fault_reaches_the_client_once(emulator):
    provider = emulator.provider()
    provider.group(GROUP)
    fault = {"method": "GET", "path_contains": "loadBalancers", "status": 403, "code": "Planted"}
    emulator.admin("POST", "/faults", fault)
    with pytest.raises(HttpResponseError) as refused:
        list(provider.network.load_balancers.list(GROUP))
    assert refused.value.error.code == "Planted"
    assert list(provider.network.load_balancers.list(GROUP)) == []
