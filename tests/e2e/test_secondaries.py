"""Zone transfers to Knot and BIND, with 30,000 names."""

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.xfr
import pytest

from postgres import free_port
from secondaries import KEY_NAME, SECRET, Bind, Knot
from synthetic_zone import ZONE, SyntheticZone, name
from waiting import wait_for, wait_until

NAMES = 30_000
# SOA at both ends, NS, and the address of the name server.
OWN_RECORDS = 4


@pytest.fixture
def started():
    """Things to stop at the end, in this order."""
    things = []
    yield things
    for thing in things:
        (thing.close if isinstance(thing, SyntheticZone) else thing.stop)()


def mirrored(tmp_path, started):
    """A zone with both secondaries, which have copied it."""
    port = free_port()
    knot = Knot(tmp_path / "knot", ZONE)
    bind = Bind(tmp_path / "bind", ZONE)
    ports = [knot.port, bind.port]
    zone = SyntheticZone([f"127.0.0.1:{port}"], NAMES, 1_000, ports)
    started.append(zone)
    for secondary in (knot, bind):
        started.append(secondary.start("127.0.0.1", port))
    for secondary in (knot, bind):
        secondary.wait_serial(1_000)
        for number in (0, 17, NAMES - 1):
            assert len(secondary.addresses(name(number))) == 1
        assert secondary.addresses(name(NAMES)) == []
    return zone, knot, bind


def test_changes_of_a_large_zone_are_followed_by_differences(tmp_path, started):
    zone, knot, bind = mirrored(tmp_path, started)
    assert knot.transfers() == ["AXFR"]
    assert bind.records() == [NAMES + OWN_RECORDS]

    added = zone.change("add", 50_000)
    for secondary in (knot, bind):
        secondary.wait_serial(added)
        assert len(secondary.addresses(name(50_000))) == 1
    removed = zone.change("remove", 17)
    for secondary in (knot, bind):
        secondary.wait_serial(removed)
        assert secondary.addresses(name(17)) == []
    assert knot.transfers() == ["AXFR", "IXFR", "IXFR"]
    # The four SOA records of a difference, and the one name.
    assert bind.records()[1:] == [5, 5]

    # A thousand changes are told and fetched together.
    before = [knot.notifications(), bind.notifications()]
    burst = zone.change("burst", 1_000)
    for secondary in (knot, bind):
        secondary.wait_serial(burst)
    # One when the burst begins, one a second later, and repeats after 10 and 60 s.
    after = [knot.notifications(), bind.notifications()]
    assert all(b - a <= 6 for a, b in zip(before, after, strict=True)), (before, after)
    assert set(knot.transfers()[1:]) == {"IXFR"}
    assert sum(bind.records()[1:]) < 3_000


def test_a_restarted_primary_is_copied_anew(tmp_path, started):
    zone, knot, bind = mirrored(tmp_path, started)
    zone.change("add", 50_000)
    zone.close()
    # Secondaries answer meanwhile.
    assert len(knot.addresses(name(0))) == len(bind.addresses(name(0))) == 1
    again = SyntheticZone(
        [f"127.0.0.1:{zone.ports[0]}"], NAMES + 1, 2_000, [knot.port, bind.port]
    )
    started.insert(0, again)
    # BIND may be asking the stopped primary for the name at this moment, and be told again 10 s later.
    for secondary in (knot, bind):
        secondary.wait_serial(2_000)
        assert len(secondary.addresses(name(NAMES))) == 1
        assert secondary.addresses(name(50_000)) == []
    assert knot.transfers()[-1] == "AXFR"
    assert bind.records()[-1] == NAMES + 1 + OWN_RECORDS


def test_a_secondary_reaches_the_primary_over_ipv6(tmp_path, started):
    port, other = free_port(), free_port()
    zone = SyntheticZone([f"127.0.0.1:{port}", f"[::1]:{other}"], 10, 1_000)
    started.append(zone)
    knot = Knot(tmp_path / "knot", ZONE)
    started.append(knot.start("::1", other))
    knot.wait_serial(1_000)
    assert f"remote ::1@{other}" in knot.said()
    query = dns.message.make_query(f"ns.{ZONE}", "AAAA")
    for send in (dns.query.udp, dns.query.tcp):
        answer = send(query, "::1", port=other, timeout=10)
        assert [record.to_text() for record in answer.answer[0]] == ["::1"]


def code_of_transfer(port: int, keyring=None, **key) -> str:
    """The response code of a request for the whole zone, with the error of its signature."""
    query = dns.message.make_query(ZONE, "AXFR")
    if keyring:
        query.use_tsig(keyring, **key)
    try:
        answer = dns.query.tcp(query, "127.0.0.1", port=port, timeout=10)
    except (dns.tsig.PeerBadKey, dns.tsig.PeerBadSignature, dns.tsig.PeerBadTime) as error:
        return type(error).__name__
    return dns.rcode.to_text(answer.rcode())


def test_transfers_without_the_key_are_refused(tmp_path, started):
    port = free_port()
    zone = SyntheticZone([f"127.0.0.1:{port}"], 10, 1_000)
    started.append(zone)
    wrong = "d3JvbmcgYW5kIGxvbmcgZW5vdWdoIGZvciBhIGtleQ=="
    assert code_of_transfer(port) == "REFUSED"
    ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha256", wrong)})
    assert code_of_transfer(port, ring) == "PeerBadSignature"
    ring = dns.tsigkeyring.from_text({"other": ("hmac-sha256", SECRET)})
    assert code_of_transfer(port, ring) == "PeerBadKey"
    ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha512", SECRET)})
    assert code_of_transfer(port, ring) == "PeerBadKey"

    knot, bind = Knot(tmp_path / "knot", ZONE), Bind(tmp_path / "bind", ZONE)
    for secondary in (knot, bind):
        started.append(secondary.start("127.0.0.1", port, wrong))
    wait_until("Knot is refused", lambda: "failed" in knot.said())
    wait_until("BIND is refused", lambda: "tsig indicates error" in bind.said())
    assert (knot.serial(), bind.serial()) == (0, 0)


def test_other_questions_are_answered_during_transfers(tmp_path, started):
    port = free_port()
    zone = SyntheticZone([f"127.0.0.1:{port}"], NAMES, 1_000)
    started.append(zone)
    ring = dns.tsigkeyring.from_text({KEY_NAME: ("hmac-sha256", SECRET)})
    query = dns.message.make_query(ZONE, "AXFR")
    query.use_tsig(ring)
    messages = dns.query.xfr("127.0.0.1", ZONE, port=port, keyring=ring, timeout=20)
    count = sum(len(records) for records in next(messages).answer)
    asked = dns.message.make_query(name(5), "A")
    for message in messages:
        answer = dns.query.udp(asked, "127.0.0.1", port=port, timeout=5)
        assert len(answer.answer) == 1
        count += sum(len(records) for records in message.answer)
    assert count == NAMES + OWN_RECORDS
    wait_for("the serial", lambda: zone.change("add", 1), 1_001)
