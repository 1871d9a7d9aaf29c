"""Answers to resolvers about private names."""

import dns.flags
import pytest

import names
from waiting import wait_for

TTL_SECONDS = 30
NEGATIVE_TTL_SECONDS = 5


@pytest.fixture(scope="module")
def host(stack):
    """An active connection's name and address."""
    link, _ = stack.offer()
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    name = link.host(plc)
    wait_for("the name is published", lambda: names.addresses(stack.up, name), [address])
    return name, address


def ask(stack, name, *rest, **options):
    return names.ask(stack.up, name, *rest, **options)


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_an_active_connection_has_an_address(stack, host, tcp):
    name, address = host
    answer = ask(stack, name, tcp=tcp)
    assert names.rcode(answer) == "NOERROR"
    assert answer.flags & dns.flags.AA and not answer.flags & dns.flags.RA
    [records] = answer.answer
    assert [record.address for record in records] == [address]
    assert records.ttl == TTL_SECONDS


@pytest.mark.parametrize("kind", ["AAAA", "TXT", "MX", "HTTPS"])
def test_other_types_of_an_existing_name_have_no_data(stack, host, kind):
    answer = ask(stack, host[0], kind)
    assert (names.rcode(answer), answer.answer) == ("NOERROR", [])
    [authority] = answer.authority
    assert authority[0].minimum == NEGATIVE_TTL_SECONDS


def test_a_name_that_is_not_there_does_not_exist(stack, host):
    answer = ask(stack, f"privatelink-99-{host[0].split('-', 2)[2]}")
    assert (names.rcode(answer), answer.answer) == ("NXDOMAIN", [])
    [authority] = answer.authority
    assert authority[0].minimum == NEGATIVE_TTL_SECONDS
    assert authority.ttl <= NEGATIVE_TTL_SECONDS


@pytest.mark.parametrize("name", ["example.com", "test", "org", "notunderpass.test"])
def test_other_zones_are_refused(stack, name):
    answer = ask(stack, name)
    assert (names.rcode(answer), answer.answer) == ("REFUSED", [])


def test_letter_case_does_not_matter_and_comes_back_as_asked(stack, host):
    name, address = host
    mixed = "".join(it.upper() if at % 2 else it for at, it in enumerate(name))
    answer = ask(stack, mixed)
    assert [record.address for records in answer.answer for record in records] == [address]
    assert answer.question[0].name.to_text(omit_final_dot=True) == mixed


def test_edns_is_answered_with_edns_and_plain_with_plain(stack, host):
    with_edns = ask(stack, host[0], use_edns=0, payload=1232)
    assert with_edns.edns == 0 and with_edns.payload >= 512
    assert ask(stack, host[0], use_edns=False).edns == -1


def test_an_unknown_edns_version_is_bad(stack, host):
    assert names.rcode(ask(stack, host[0], use_edns=1)) == "BADVERS"


def test_the_apex_has_soa_and_name_servers(stack):
    domain = stack.up.ready["domain"]
    [soa] = ask(stack, domain, "SOA").answer
    assert soa[0].minimum == NEGATIVE_TTL_SECONDS
    assert ask(stack, domain, "NS").answer


def test_a_name_goes_with_its_connection_and_never_comes_back_for_another(stack):
    link, _ = stack.offer()
    plc, address = link.connect(stack.consumer, f"{link.name}-first")
    first = link.host(plc)
    wait_for("it is published", lambda: names.addresses(stack.up, first), [address])
    link.decide(plc, "reject")
    wait_for("it is gone", lambda: names.rcode(ask(stack, first)), "NXDOMAIN")
    other, other_address = link.connect(stack.consumer, f"{link.name}-second")
    assert link.host(other) != first
    wait_for("the other is there", lambda: names.addresses(stack.up, link.host(other)),
             [other_address])  # fmt: skip
    assert names.rcode(ask(stack, first)) == "NXDOMAIN"


def test_a_changed_address_is_answered_immediately(stack):
    link, _ = stack.offer()
    plc, address = link.connect(stack.consumer, f"{link.name}-pe")
    elsewhere = address.rsplit(".", 1)[0] + ".77"
    link.set_address(plc, elsewhere)
    wait_for("the new address", lambda: names.addresses(stack.up, link.host(plc)), [elsewhere])
