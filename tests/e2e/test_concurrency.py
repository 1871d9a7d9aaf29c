"""Concurrent requests have the same result as sequential ones."""

from concurrent.futures import ThreadPoolExecutor

from servers import first_bytes
from waiting import wait_for, wait_until

CLIENTS = 6
# The message of a refresh whose listing is current.
REFRESHED = "refreshed"


def concurrently(work, items) -> list:
    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(work, items))


def test_endpoints_approved_concurrently_all_become_active(stack):
    link, port = stack.offer()
    endpoints = [f"{link.name}-pe-{number}" for number in range(CLIENTS)]
    addresses = {name: stack.consumer.endpoint(name, link.alias) for name in endpoints}
    concurrently(lambda _: link.refresh(), endpoints)
    wait_until("all are discovered", lambda: len(link.connections()) == CLIENTS)
    ids = {it: link.connection(it)["privatelink_connection_id"] for it in endpoints}
    assert len(set(ids.values())) == CLIENTS

    def decide(endpoint: str) -> None:
        link.approve(ids[endpoint])
        link.set_address(ids[endpoint], addresses[endpoint])

    concurrently(decide, endpoints)
    for endpoint in endpoints:
        link.wait_state(endpoint, "active")
        wait_for("bytes pass", lambda: first_bytes(addresses[endpoint], port), b"hello")
    hosts = {link.host(plc) for plc in ids.values()}
    assert len(hosts) == CLIENTS


def test_concurrent_toggles_end_with_the_last_answer(stack):
    greeter, pooler = stack.greeter(b"server"), stack.greeter(b"pooler")
    link = stack.publish({"pg": greeter.port, "pgbouncer": pooler.port})
    _, address = link.connect(stack.consumer, f"{link.name}-pe")
    concurrently(lambda number: link.toggle(pg=number % 2 == 0, pgbouncer=True), range(2 * CLIENTS))

    def expected() -> bytes:
        service = link.api.ok("GET", link.path())["service"]
        return b"server" if service["user_config"]["privatelink_access"]["pg"] else b""

    wait_until(
        "options and traffic agree",
        lambda: first_bytes(address, greeter.port) == expected(),
    )
    wait_for("the pooler is open", lambda: first_bytes(address, pooler.port), b"pooler")
    # Toggling goes on working afterwards.
    for open_now, heard in [(True, b"server"), (False, b""), (True, b"server")]:
        link.toggle(pg=open_now)
        wait_for("the toggle holds", lambda: first_bytes(address, greeter.port), heard)


def test_links_created_concurrently_are_all_built_and_all_deleted(stack):
    links = [stack.register({"pg": stack.greeter().port}) for _ in range(CLIENTS)]
    concurrently(lambda link: link.create([stack.subscription]), links)
    aliases = {link.wait_active()["azure_service_alias"] for link in links}
    assert len(aliases) == CLIENTS
    concurrently(lambda link: link.delete(), links)
    left = [service.properties.alias for service in stack.provider.services()]
    assert not aliases & set(left)


def test_creating_the_same_link_concurrently_makes_one(stack):
    link = stack.register({"pg": stack.greeter().port})
    body = {"user_subscription_ids": [stack.subscription]}
    statuses = concurrently(
        lambda _: link.api.call("POST", link.link_path, body).status, range(CLIENTS)
    )
    assert sorted(statuses) == [200] + [409] * (CLIENTS - 1)
    link.wait_active()


def test_a_refresh_is_current_or_says_that_it_is_not_while_the_link_is_being_changed(stack):
    """A refresh lists again until its listing is newer than the link's last write, a few times."""
    greeter, pooler = stack.greeter(b"server"), stack.greeter(b"pooler")
    link = stack.publish({"pg": greeter.port, "pgbouncer": pooler.port})
    for number in range(CLIENTS):
        endpoint = f"{link.name}-pe-{number}"
        stack.consumer.endpoint(endpoint, link.alias)
        with ThreadPoolExecutor(1) as other:
            toggles = other.submit(
                lambda: [link.toggle(pg=flag) for flag in (True, False, True, False)]
            )
            message = link.refresh()
            shown = link.state(endpoint)
            toggles.result()
        assert shown == "pending-user-approval" or message != REFRESHED
        wait_for("a refresh is current", link.refresh, REFRESHED)
        link.wait_state(endpoint, "pending-user-approval")
