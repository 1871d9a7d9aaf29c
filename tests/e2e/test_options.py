"""Options of a service, read and sent by the real `avn`."""

import json

import pytest

OPTIONS = ("service", "update")


@pytest.fixture(scope="module")
def service(stack):
    """A PostgreSQL service with two further routes, registered by our command line."""
    name = stack.name()
    password = stack.up.directory / "password-of-options"
    password.write_text("pw")
    stack.underpass(
        "service", "create", name, "-t", "pg", "--cloud", stack.cloud, "--project-vpc-id",
        stack.vpc, "--node", "n1=127.0.0.1,public=db.example.net,private=10.9.8.7",
        "--component", f"pg={stack.greeter().port}", "--user", f"avnadmin:@{password}",
    )  # fmt: skip
    return name


def kept(stack, name: str) -> dict:
    return stack.api.ok("GET", stack.api.project(f"service/{name}"))["service"]["user_config"]


def routes(stack, name: str) -> list[tuple[str, str]]:
    service = stack.api.ok("GET", stack.api.project(f"service/{name}"))["service"]
    return [(it["route"], it["host"]) for it in service["components"]]


def test_avn_lists_the_options_of_every_type(stack):
    text = stack.avn("service", "types", "-v")
    for option in (
        "privatelink_access.pgbouncer", "public_access.flink", "letsencrypt_sasl_privatelink",
        "private_access.schema_registry", "ip_filter", "alloydbomni_version",
    ):  # fmt: skip
        assert option in text, option


def test_a_route_is_switched_on_by_avn_and_printed_alike_by_both(stack, service):
    assert routes(stack, service) == [("dynamic", "127.0.0.1")]
    refused = stack.underpass.refused("service", "connection-info", "psql", service, "-r", "public")
    assert "public_access.pg" in refused and "has no public address" not in refused
    stack.avn(*OPTIONS, service, "-c", "public_access.pg=true", "-c", "private_access.pg=1")
    assert routes(stack, service) == [
        ("dynamic", "127.0.0.1"), ("public", "db.example.net"), ("private", "10.9.8.7"),
    ]  # fmt: skip
    words = ("service", "connection-info", "psql", service, "-r", "public")
    assert "@db.example.net:" in stack.avn(*words)
    assert stack.underpass(*words) == stack.avn(*words)
    printed = stack.underpass("service", "connection-info", "psql", service, "-r", "private")
    assert "@10.9.8.7:" in printed
    stack.avn(*OPTIONS, service, "-c", "public_access.pg=false", "-c", "private_access.pg=0")
    assert routes(stack, service) == [("dynamic", "127.0.0.1")]


def test_what_is_kept_is_set_and_removed_by_avn(stack, service):
    stack.avn(
        *OPTIONS, service, "-c", "service_log=true", "-c", "pg_version=16",
        "-c", "ip_filter=['10.0.0.0/8', {'network': '192.0.2.7', 'description': 'office'}]",
    )  # fmt: skip
    config = kept(stack, service)
    assert config["service_log"] is True and config["pg_version"] == "16"
    office = {"network": "192.0.2.7", "description": "office"}
    assert config["ip_filter"] == ["10.0.0.0/8", office]
    stack.avn(*OPTIONS, service, "--remove-option", "ip_filter", "--remove-option", "service_log")
    assert "ip_filter" not in kept(stack, service) and "service_log" not in kept(stack, service)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("ip_filter=['everywhere']", "`ip_filter[0]` is `everywhere`"),
        # The client itself refuses these, by the schema and by the list of versions.
        ("pg_version=1", "not available"),
        ("public_access.pg=yes", "Invalid boolean value"),
        ("pg.max_connections=500", "Unsupported option"),
        ("public_access.kafka=true", "Unsupported option"),
    ],
)
def test_avn_is_refused_what_the_schema_does_not_take(stack, service, option, reason):
    before = kept(stack, service)
    done = stack.avn.call(*OPTIONS, service, "-c", option)
    assert done.returncode != 0 and reason in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert kept(stack, service) == before


def test_our_command_line_says_why_a_setting_of_the_server_is_refused(stack, service):
    refused = stack.underpass.refused(
        *OPTIONS, service, "-c", "pg.max_connections=500", status=2
    )
    assert "configures the server itself" in refused and "Omit the option and" in refused
    refused = stack.underpass.refused(*OPTIONS, service, "-c", "public_acces.pg=true", status=2)
    assert "Did you mean `public_access.pg`?" in refused


def test_a_body_with_settings_of_the_server_is_refused_with_the_reason(stack, service):
    path = stack.api.project(f"service/{service}")
    for config, key in (
        ({"pg": {"max_connections": 500}}, "`pg.max_connections`"),
        ({"backup_hour": 3}, "`backup_hour`"),
        ({"admin_password": "s3cret-in-options"}, "`admin_password`"),
    ):
        reason = stack.api.refused(400, "PUT", path, {"user_config": config})
        assert key in reason and "Omit the option and" in reason
    assert "s3cret-in-options" not in json.dumps(kept(stack, service))
    # Clients send groups without a value in them.
    empty = {"user_config": {"pg": {}, "pgbouncer": None, "additional_backup_regions": []}}
    stack.api.ok("PUT", path, empty)


def test_a_listener_with_a_public_certificate_comes_before_its_option(stack):
    name = stack.name("kafka")
    stack.avn(
        "service", "create", name, "-t", "kafka", "-p", "startup-4", "--cloud", stack.cloud,
        "--project-vpc-id", stack.vpc, "-c", "privatelink_access.kafka=true",
    )  # fmt: skip
    option = (*OPTIONS, name, "-c", "letsencrypt_sasl_privatelink=true")
    assert "ssl_ca=letsencrypt" in stack.avn.refused(*option)
    ports = [stack.greeter().port for _ in range(2)]
    stack.underpass(
        "service", "register", name, "--node", "n1=127.0.0.1",
        "--component", f"kafka={ports[0]},auth=sasl",
        "--component", f"kafka={ports[1]},auth=sasl,ssl_ca=letsencrypt",
    )  # fmt: skip
    stack.avn(*option)
    assert kept(stack, name)["letsencrypt_sasl_privatelink"] is True


@pytest.mark.parametrize(("kind", "component"), [("flink", "flink"), ("alloydbomni", "pg")])
def test_services_of_the_newer_types_are_made_by_avn(stack, kind, component):
    name = stack.name(kind)
    stack.avn(
        "service", "create", name, "-t", kind, "-p", "startup-4", "--cloud", stack.cloud,
        "--project-vpc-id", stack.vpc, "-c", f"privatelink_access.{component}=true",
    )  # fmt: skip
    assert kept(stack, name) == {"privatelink_access": {component: True}}


def test_alloydb_omni_is_reached_like_postgresql(stack):
    link = stack.register({"pg": stack.greeter().port}, "alloydbomni")
    for words in (["psql"], ["pg", "uri"], ["alloydbomni", "uri"], ["alloydbomni", "string"]):
        command = ["service", "connection-info", *words, link.name]
        assert stack.underpass(*command) == stack.avn(*command), words
