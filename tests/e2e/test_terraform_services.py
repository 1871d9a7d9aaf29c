"""Services, their logins and addresses, and further reads of the provider."""

import pytest

from terraform import declared
from terraform.network import ProjectVpc, StaticIp
from terraform.privatelink import AwsPrivatelink, AzurePrivatelink, GooglePrivatelink
from terraform.provider import Gone, Provider
from terraform.service import WITH_BACKUPS
from terraform.service_user import ServiceUser
from terraform.transport import ApiError
from terraform_setup import configured, register, static_ips
from up import CLOUD, GOOGLE_CLOUD
from waiting import wait_until

KINDS = [
    "alloydbomni", "clickhouse", "dragonfly", "flink", "grafana", "influxdb", "kafka",
    "kafka_connect", "mysql", "opensearch", "pg", "redis", "thanos", "valkey",
]  # fmt: skip
MAIN_COMPONENT = {"alloydbomni": "pg", "thanos": "query_frontend"}


@pytest.fixture
def provider(stack) -> Provider:
    return Provider(stack.up)


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_of_any_type_is_applied_registered_and_destroyed(stack, kind):
    """Answers decode and creation ends, before and after the registration."""
    service = configured(stack, kind)
    service.apply()
    assert bool(service.get()["backups"]) == (kind in WITH_BACKUPS)
    register(stack, service, {MAIN_COMPONENT.get(kind, kind): stack.greeter().port})
    state = service.apply()
    assert state["service_port"] and state["components"]
    service.settled()
    service.apply(plan="business-4")
    service.destroy()


def test_every_type_of_the_catalogue_is_tried_above(provider):
    path = provider.of_project("service_types")
    types = provider.codegen.call(declared.SERVICE_TYPES, "GET", *path)["service_types"]
    assert sorted(types) == KINDS


def test_the_catalogue_is_read(provider):
    call = provider.codegen.call
    everywhere = call(declared.SERVICE_TYPES, "GET", "service_types")["service_types"]
    for kind in KINDS:
        of_type = provider.of_project("service-types", kind)
        assert call(declared.SERVICE_TYPE, "GET", *of_type) == everywhere[kind]
        [plan] = call(declared.PLANS, "GET", *of_type, "plans")["service_plans"]
        details = of_type + ("plans", plan["service_plan"])
        assert call(declared.PLAN_DETAILS, "GET", *details)["service_type"] == kind
        assert provider.handwritten.call(declared.PLAN, "GET", *details)["disk_space_mb"] == 0
        for cloud in plan["regions"]:
            price = provider.of_project(
                "pricing", "service-types", kind, "plans", plan["service_plan"], "clouds", cloud
            )
            assert provider.handwritten.call(declared.PRICE, "GET", *price)["base_price_usd"]
    for path in (("service_versions",), ("account", "underpass", "service_versions")):
        versions = call(declared.VERSIONS, "GET", *path)["service_versions"]
        assert "pg" in [it["service_type"] for it in versions]
    for path in (
        provider.of_project("privatelink-availability"),
        ("tenants", "underpass", "privatelink-availability"),
    ):
        offered = call(declared.AVAILABILITY, "GET", *path)["privatelink_availability"]
        assert CLOUD in [it["cloud_name"] for it in offered]
        assert all(float(it["price_usd"]) >= 0 for it in offered)


def test_a_version_is_chosen_and_kept(stack):
    service = configured(stack, "pg", user_config={"pg_version": "16"})
    service.apply()
    service.apply(user_config={"pg_version": "17"})
    assert service.settled()["user_config"] == {"pg_version": "17"}


def test_addresses_are_kept_for_a_service_that_is_there_already(stack):
    service = configured(stack, "pg")
    service.apply()
    ips = static_ips(stack)
    service.apply(static_ips=[ip.id for ip in ips])
    assert [ip.refreshed()["state"] for ip in ips] == ["available", "available"]
    service.apply(user_config={"static_ips": True})
    assert [ip.refreshed()["state"] for ip in ips] == ["assigned", "assigned"]
    # The provider does not plan this.
    with pytest.raises(ApiError) as refused:
        service.apply(static_ips=[ips[0].id])
    assert refused.value.status == 409 and ips[1].id in refused.value.message
    service.config["static_ips"] = [ip.id for ip in ips]
    service.apply(user_config={"static_ips": False})
    service.apply(static_ips=[ips[0].id])
    ips[1].destroy()
    # The provider does not wait for that.
    wait_until("the address is gone", lambda: ips[1].find() is None)
    with pytest.raises(Gone):
        ips[1].refreshed()
    # A static IP of a service is dissociated before it is deleted.
    ips[0].destroy()
    assert service.refreshed()["static_ips"] == []
    service.config["static_ips"] = []
    service.destroy()


def test_a_service_leaves_and_enters_a_project_vpc(stack):
    service = configured(stack, "pg")
    service.apply()
    service.apply(project_vpc_id="")
    service.settled()
    service.apply(project_vpc_id=stack.vpc)
    service.destroy()


def test_a_vpc_with_a_service_in_it_is_deleted_once_that_has_gone(stack):
    provider = Provider(stack.up)
    vpc = ProjectVpc(provider, cloud_name=CLOUD, network_cidr="10.203.0.0/24")
    vpc.apply()
    service = configured(stack, "pg", project_vpc_id=vpc.id)
    service.apply()
    with pytest.raises(ApiError) as refused:
        provider.codegen.call(declared.VPC, "DELETE", *vpc.path)
    # The only refusal after which the provider waits.
    assert refused.value.status == 409
    assert vpc.refreshed()["state"] == "ACTIVE"
    service.destroy()
    vpc.destroy()


def test_a_login_is_added_changed_and_removed(stack):
    service = configured(stack, "pg")
    service.apply()
    register(stack, service, {"pg": stack.greeter().port})
    user = ServiceUser(
        service.provider, service_name=service.name, username="app", password="first-password"
    )
    assert user.apply()["type"] == "normal"
    user.settled()
    user.apply(password="second-password")
    user.settled()
    user.destroy()
    with pytest.raises(Gone):
        user.refreshed()
    assert service.apply()["service_username"] == "avnadmin"


def test_existing_objects_are_refused_as_clients_expect(stack):
    service = configured(stack, "pg")
    service.apply()
    register(stack, service, {"pg": stack.greeter().port})
    with pytest.raises(ApiError) as refused:
        service.create()
    assert refused.value.is_already_exists
    user = ServiceUser(
        service.provider, service_name=service.name, username="avnadmin", password="x"
    )
    with pytest.raises(ApiError) as refused:
        user.create()
    assert refused.value.is_already_exists


def test_a_data_source_of_a_link_that_is_not_there_says_so(stack):
    service = configured(stack, "pg")
    service.apply()
    for kind in (AzurePrivatelink, GooglePrivatelink, AwsPrivatelink):
        link = kind(service.provider, service_name=service.name)
        with pytest.raises(ApiError) as missing:
            link.read()
        assert missing.value.is_not_found
        assert f"Privatelink not found for service {service.name}" in missing.value.message


def test_a_link_on_aws_is_refused_in_words_and_taken_for_gone(stack, provider):
    service = configured(stack, "pg")
    service.apply()
    arn = "arn:aws:iam::123456789012:root"
    link = AwsPrivatelink(provider, service_name=service.name, principals=[arn])
    with pytest.raises(ApiError) as refused:
        link.apply()
    assert refused.value.status == 400 and "AWS PrivateLink" in refused.value.message
    with pytest.raises(ApiError) as refused:
        link.update()
    assert refused.value.is_not_found
    link.delete()
    for method, *rest in (
        ("GET",), ("POST", "refresh"), ("GET", "connections"),
        ("POST", "connections", "plc39413abcdef", "approve"),
        ("PUT", "connections", "plc39413abcdef"),
    ):  # fmt: skip
        before = len(provider.codegen.attempts)
        with pytest.raises(ApiError) as refused:
            provider.codegen.call(declared.AWS_LINK, method, *link.path, *rest)
        shown = f"{method} {rest}: {refused.value}"
        assert refused.value.is_not_found, shown
        assert f"Privatelink not found for service {service.name}" in refused.value.message, shown
        assert len(provider.codegen.attempts) == before + 1, shown


def test_an_address_outside_azure_is_refused_in_words(provider):
    with pytest.raises(ApiError) as refused:
        StaticIp(provider, cloud_name=GOOGLE_CLOUD).apply()
    assert refused.value.status == 400 and "Azure" in refused.value.message


def test_secrets_that_are_asked_for_are_not_blotted_out(stack):
    service = configured(stack, "pg")
    service.apply()
    register(stack, service, {"pg": stack.greeter().port})
    shown = service.get(include_secrets="true")
    assert shown["users"][0]["password"] == "secret-of-the-service"
    blotted = service.get(include_secrets="false")
    assert blotted["users"][0]["password"] != "secret-of-the-service"
