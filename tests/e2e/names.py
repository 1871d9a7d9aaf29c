"""Asks the DNS server of `up` as a resolver does."""

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from dns.message import Message

from up import Up

ANSWER_SECONDS = 10.0


def ask(up: Up, name: str, kind: str = "A", tcp: bool = False, **options) -> Message:
    """One query and its answer; `options` are those of `dns.message.make_query`."""
    return ask_at(up.ready["dns"], name, kind, tcp, **options)


def ask_at(server: str, name: str, kind: str = "A", tcp: bool = False, **options) -> Message:
    """The same at another server, HOST:PORT."""
    host, port = server.rsplit(":", 1)
    query = dns.message.make_query(name, kind, **options)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, host, port=int(port), timeout=ANSWER_SECONDS)


def rcode(answer: Message) -> str:
    return dns.rcode.to_text(answer.rcode())


def addresses(up: Up, name: str) -> list[str]:
    """The A records of a name; none if it does not exist."""
    return [record.address for answer in ask(up, name).answer for record in answer]
