//! Entries of the fuzz targets about DNS; `docs/reference/hostile-input.md` describes them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use hickory_proto::op::{Edns, Message, MessageType, ResponseCode};
use hickory_proto::rr::RData;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use underpass_model::zone::{Zone, ZoneChange};

use super::access::TransferRule;
use super::answer::Authority;
use super::delegation::{Apex, Delegation, NameServer};
use super::message::{Reply, Request, TransferRequest, Transport, respond};
use super::notify::code_of;
use super::responder::Responder;
use super::tcp::serve_connection;
use super::transfer_message::TransferMessages;
use super::tsig::{Signature, Signer, TsigAlgorithm, TsigKey, sign_request};
use super::wire::{HEADER_BYTES, additional_count, u16_at};
use crate::connections::{ConnectionLimits, Connections};
use crate::limits::{MAX_DNS_CONNECTIONS, MAX_UDP_ANSWER_BYTES, PLAIN_UDP_ANSWER_BYTES};

/// Seconds since 1970 at which signatures are made and verified.
const NOW: u64 = 1_800_000_000;

/// The address that may transfer the zone without a key.
const SECONDARY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 53));

/// An address that needs a key.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// The first byte of an input: the query comes over TCP.
const OVER_TCP: u8 = 1;
/// It comes from [`SECONDARY`].
const FROM_SECONDARY: u8 = 2;
/// It is signed with the key of this number, counted from 1; 0: as it is.
const KEY_SHIFT: u8 = 2;
/// Nothing was published yet.
const UNPUBLISHED: u8 = 16;

/// The settings of a name server.
struct Settings {
    apex: Apex,
    zone: Zone,
    empty: Zone,
    keys: Vec<TsigKey>,
    transfers: Vec<TransferRule>,
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let domain = "underpass.test";
    let server = |name: &str, addresses: &[&str]| NameServer {
        name: name.to_owned(),
        addresses: addresses
            .iter()
            .map(|it| it.parse().expect("an address"))
            .collect(),
    };
    let delegation = Delegation {
        name_servers: vec![
            server("ns1.underpass.test", &["10.0.0.5", "fd00::5"]),
            server("ns.example.net", &[]),
        ],
        contact: None,
    };
    let key = |(name, algorithm): (&str, TsigAlgorithm)| {
        TsigKey::new(name, algorithm, b"a shared secret").expect("a valid name")
    };
    let keys: Vec<_> = ["one", "two", "three"]
        .into_iter()
        .zip(TsigAlgorithm::ALL)
        .map(key)
        .collect();
    let mut zone = Zone::empty(domain);
    zone.generation = 7;
    for service in ["pg-1-demo", "kafka-demo"] {
        for ordinal in 0..3 {
            let name = format!("privatelink-{ordinal}-{service}.{domain}");
            zone.records.insert(name, Ipv4Addr::new(10, 1, 0, ordinal));
        }
    }
    let by_key = keys.iter().map(|key| TransferRule {
        peers: None,
        key: Some(key.clone()),
    });
    let by_address = TransferRule {
        peers: Some(SECONDARY.into()),
        key: None,
    };
    Settings {
        apex: Apex::new(domain, &delegation, &[]).expect("a valid delegation"),
        zone,
        empty: Zone::empty(domain),
        transfers: by_key.chain([by_address]).collect(),
        keys,
    }
});

/// Responds to one message, which comes after a byte of settings.
///
/// # Panics
/// A query gets no answer, or one that is too long, cannot be decoded, has another ID or question, or
/// lacks the signature that it needs.
pub fn dns_message(input: &[u8]) {
    let Some((flags, packet)) = input.split_first() else {
        return;
    };
    let mut packet = packet.to_vec();
    let key = usize::from((flags >> KEY_SHIFT) & 3).checked_sub(1);
    let key = key.and_then(|key| SETTINGS.keys.get(key));
    // One more record must be countable.
    let key = key.filter(|_| additional_count(&packet) < u16::MAX);
    let mac = key.map(|key| sign_request(key, &mut packet, NOW));
    let signed = key.zip(mac.as_deref());
    let is_published = flags & UNPUBLISHED == 0;
    let request = Request {
        authority: Authority {
            zone: if is_published {
                &SETTINGS.zone
            } else {
                &SETTINGS.empty
            },
            apex: &SETTINGS.apex,
        },
        keys: &SETTINGS.keys,
        transfers: &SETTINGS.transfers,
        packet: &packet,
        transport: if flags & OVER_TCP == 0 {
            Transport::Udp
        } else {
            Transport::Tcp
        },
        peer: if flags & FROM_SECONDARY == 0 {
            CLIENT
        } else {
            SECONDARY
        },
        now: NOW,
    };
    match respond(&request).reply {
        Reply::Silence => assert!(!is_answered(&packet), "the query got no answer"),
        Reply::Packet(answer) => drop(check_answer(&request, &answer, signed)),
        Reply::Transfer(asked) => {
            assert!(is_published, "the zone has nothing to transfer");
            check_transfer(&request, &asked, signed);
        }
    }
    // The same bytes as the answer to a notification.
    let id = u16_at(&packet, 0).unwrap_or_default();
    code_of(&packet, id, None);
    code_of(&packet, id, signed);
}

/// Reports whether a message gets an answer: it has a header, and is no answer itself.
fn is_answered(packet: &[u8]) -> bool {
    packet.len() >= HEADER_BYTES && packet.get(2).is_some_and(|bits| bits & 0x80 == 0)
}

/// The most bytes of an answer.
fn longest(transport: Transport, edns: Option<&Edns>) -> usize {
    let accepted = edns.map_or(PLAIN_UDP_ANSWER_BYTES, |edns| {
        let accepted = edns.max_payload().max(PLAIN_UDP_ANSWER_BYTES);
        accepted.min(MAX_UDP_ANSWER_BYTES)
    });
    match transport {
        Transport::Udp => accepted.into(),
        Transport::Tcp => u16::MAX.into(),
    }
}

fn check_answer(
    request: &Request<'_>,
    answer: &[u8],
    signed: Option<(&TsigKey, &[u8])>,
) -> Message {
    let stripped = Signature::take(request.packet).ok().flatten();
    let stripped = stripped.as_ref().map_or(request.packet, |(_, rest)| rest);
    let asked = Message::from_vec(stripped).ok();
    let edns = asked.as_ref().and_then(|asked| asked.edns.as_ref());
    let longest = longest(request.transport, edns);
    assert!(answer.len() <= longest, "{} > {longest}", answer.len());
    let (signature, rest) = match Signature::take(answer).expect("a well-formed signature") {
        Some((signature, rest)) => (Some(signature), rest),
        None => (None, answer.to_vec()),
    };
    let decoded = Message::from_vec(&rest).expect("a well-formed answer");
    assert_eq!(u16_at(answer, 0), u16_at(request.packet, 0), "the ID");
    assert_eq!(decoded.metadata.message_type, MessageType::Response);
    let opcode = |packet: &[u8]| packet.get(2).map(|bits| bits & 0x78);
    assert_eq!(opcode(answer), opcode(request.packet), "the operation");
    if let Some(repeated) = decoded.queries.first() {
        let asked = asked.as_ref().and_then(|asked| asked.queries.first());
        let asked = asked.expect("only a question that was read is repeated");
        assert!(
            asked.name.eq_case(&repeated.name),
            "the letters of the name"
        );
        assert_eq!(asked.query_type, repeated.query_type);
        assert_eq!(asked.query_class, repeated.query_class);
    }
    // The records of a malformed message are not found, so neither is its signature.
    if let Some((key, mac)) = signed
        && asked.is_some()
        && decoded.metadata.response_code != ResponseCode::FormErr
    {
        let signature = signature.expect("a signed query has a signed answer");
        assert!(signature.answers(key, mac, &rest, NOW), "the signature");
    }
    decoded
}

/// Makes the messages of a transfer of the whole zone, which all fit into one.
fn check_transfer(
    request: &Request<'_>,
    asked: &TransferRequest,
    signed: Option<(&TsigKey, &[u8])>,
) {
    assert_eq!(request.transport, Transport::Tcp, "transfers are over TCP");
    let (apex, zone) = (&SETTINGS.apex, &SETTINGS.zone);
    let key = asked.verified.as_ref();
    let messages = TransferMessages::new(&asked.response, apex, key.map(Signer::of));
    let mut messages = messages.expect("the question can be encoded");
    messages.soa(zone.generation);
    messages.own_records();
    for (name, address) in &zone.records {
        messages.address(name, (*address).into());
    }
    messages.soa(zone.generation);
    let decoded = check_answer(request, &messages.take(NOW), signed);
    // Two SOA records, two NS records, two addresses of a name server, and the names.
    assert_eq!(decoded.answers.len(), 6 + zone.records.len());
    let ends = [decoded.answers.first(), decoded.answers.last()];
    let is_soa = ends.map(|end| end.is_some_and(|it| matches!(it.data, RData::SOA(_))));
    assert_eq!(is_soa, [true, true], "the SOA record is at both ends");
    let mut owners = decoded.answers.iter().map(|record| &record.name);
    assert!(owners.all(|owner| apex.name.zone_of(owner)), "the owners");
}

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
}

/// A server for streams of a secondary, whose zone had some changes.
static RESPONDER: LazyLock<Responder> = LazyLock::new(|| {
    let Settings {
        apex,
        zone,
        empty,
        keys,
        transfers,
    } = &*SETTINGS;
    let responder = Responder::new(apex.clone(), keys.clone(), transfers.clone(), empty.clone());
    responder.publish(zone.clone());
    for ordinal in 3..6 {
        responder.change(ZoneChange {
            generation: zone.generation + u64::from(ordinal),
            removed: vec![format!(
                "privatelink-{}-pg-1-demo.underpass.test",
                ordinal - 1
            )],
            written: vec![(
                format!("privatelink-{ordinal}-pg-1-demo.underpass.test"),
                Ipv4Addr::new(10, 1, 0, ordinal),
            )],
            ..ZoneChange::default()
        });
    }
    responder
});

static CONNECTIONS: LazyLock<Connections> =
    LazyLock::new(|| Connections::new(ConnectionLimits::of_dns(MAX_DNS_CONNECTIONS)));

/// Serves one TCP connection with these bytes.
///
/// # Panics
/// The answers are not framed, or they are fewer than the queries, or one has another ID than every query.
pub fn dns_stream(input: &[u8]) {
    let mut stream = Stream {
        input,
        output: Vec::new(),
    };
    let peer = SocketAddr::new(SECONDARY, 4711);
    let served = async {
        let connection = CONNECTIONS.admit(peer.ip()).await;
        let connection = connection.expect("it is the only connection");
        serve_connection(&mut stream, peer, &connection, &*RESPONDER).await
    };
    let served = RUNTIME.with(|runtime| runtime.block_on(served));
    served.expect("reads and writes succeed");
    let queries = frames(input).0;
    let queries: Vec<_> = queries
        .into_iter()
        .take_while(|query| is_answered(query))
        .collect();
    let (answers, rest) = frames(&stream.output);
    assert!(rest.is_empty(), "every answer is complete");
    assert!(answers.len() >= queries.len(), "every query is answered");
    for answer in answers {
        let id = u16_at(answer, 0);
        let is_asked = queries.iter().any(|query| u16_at(query, 0) == id);
        assert!(is_asked, "an answer to no query");
    }
}

/// The messages of a stream, and the bytes after the last whole one.
fn frames(mut stream: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut found = Vec::new();
    while let Some((message, rest)) = u16_at(stream, 0).and_then(|length| {
        let end = 2 + usize::from(length);
        Some((stream.get(2..end)?, stream.get(end..)?))
    }) {
        found.push(message);
        stream = rest;
    }
    (found, stream)
}

/// A connection whose client sent everything and then no more.
struct Stream<'a> {
    input: &'a [u8],
    output: Vec<u8>,
}

impl AsyncRead for Stream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = buffer.remaining().min(self.input.len());
        let input = self.input;
        let (now, later) = input.split_at(length);
        buffer.put_slice(now);
        self.input = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.output.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn known_messages_break_no_rule() {
        replay("dns_message", dns_message);
    }

    #[test]
    fn known_streams_break_no_rule() {
        replay("dns_stream", dns_stream);
    }
}
