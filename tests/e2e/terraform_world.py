"""What the Terraform tests share: configurations, and what an operator adds by hand."""

from servers import Greeter
from terraform.network import StaticIp
from terraform.provider import Provider
from terraform.service import Service
from world import World


def configured(world: World, kind: str, **options) -> Service:
    """A service as a person writes it, in the project VPC that is there, without static IPs."""
    config = {
        "service_type": kind,
        "service_name": world.name(kind),
        "plan": "startup-4",
        "cloud_name": world.cloud,
        "project_vpc_id": world.vpc,
        "user_config": {},
        "static_ips": [],
        "tag": {},
        "termination_protection": False,
    }
    return Service(Provider(world.up), **config | options)


def static_ips(world: World, count: int = 2) -> list[StaticIp]:
    made = [StaticIp(Provider(world.up), cloud_name=world.cloud) for _ in range(count)]
    for ip in made:
        ip.apply()
    return made


def register(world: World, service: Service, components: dict[str, int], **ours) -> None:
    """Says where the service runs, which no attribute of the provider can."""
    registration = {
        "nodes": [{"name": "n1", "address": "127.0.0.1"}],
        "components": [{"component": name, "port": port} for name, port in components.items()],
        "users": [{"username": "avnadmin", "password": "secret-of-the-service"}],
    }
    published = world.publication(service.name)
    world.api.ok("PUT", published.path(), {"underpass": registration | ours})
    published.wait_interface()


def offer(world: World, service: Service, greeting: bytes = b"hello") -> Greeter:
    """Registers a greeter as the main component."""
    greeter = world.greeter(greeting)
    register(world, service, {service.config["service_type"]: greeter.port})
    return greeter
