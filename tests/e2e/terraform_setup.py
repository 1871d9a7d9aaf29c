"""Configurations of the Terraform tests, and the registrations that an operator adds."""

from servers import Greeter
from stack import Stack
from terraform.network import StaticIp
from terraform.provider import Provider
from terraform.service import Service


def configured(stack: Stack, kind: str, **options) -> Service:
    """A service in the ready project VPC, without static IPs."""
    config = {
        "service_type": kind,
        "service_name": stack.name(kind),
        "plan": "startup-4",
        "cloud_name": stack.cloud,
        "project_vpc_id": stack.vpc,
        "user_config": {},
        "static_ips": [],
        "tag": {},
        "termination_protection": False,
    }
    return Service(Provider(stack.up), **config | options)


def static_ips(stack: Stack, count: int = 2) -> list[StaticIp]:
    made = [StaticIp(Provider(stack.up), cloud_name=stack.cloud) for _ in range(count)]
    for ip in made:
        ip.apply()
    return made


def register(stack: Stack, service: Service, components: dict[str, int], **ours) -> None:
    """Registers where the service runs, for which the provider has no attribute."""
    registration = {
        "nodes": [{"name": "n1", "address": "127.0.0.1"}],
        "components": [{"component": name, "port": port} for name, port in components.items()],
        "users": [{"username": "avnadmin", "password": "secret-of-the-service"}],
    }
    published = stack.publication(service.name)
    stack.api.ok("PUT", published.path(), {"underpass": registration | ours})
    published.wait_interface()


def offer(stack: Stack, service: Service, greeting: bytes = b"hello") -> Greeter:
    """Registers a greeter as the main component."""
    greeter = stack.greeter(greeting)
    register(stack, service, {service.config["service_type"]: greeter.port})
    return greeter
