//! Decoding of queries and encoding of answers.

use std::net::IpAddr;

use hickory_proto::op::{Edns, Header, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};
use tracing::debug;
use underpass_model::zone::RECORD_TTL_SECONDS;

use super::access::TransferRule;
use super::answer::{Answer, Authority, answer, soa};
use super::counts::Refusal;
use super::tsig::{self, Malformed, Rejected, Signature, Signer, TsigError, TsigKey, Verified};
use crate::limits::{MAX_UDP_ANSWER_BYTES, PLAIN_UDP_ANSWER_BYTES};

/// The only version of EDNS (RFC 6891 §6.1.3).
const EDNS_VERSION: u8 = 0;

/// The transport of a query, which limits the size of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// A request with all that its answer depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) authority: Authority<'a>,
    /// Keys of signed requests.
    pub(super) keys: &'a [TsigKey],
    pub(super) transfers: &'a [TransferRule],
    pub(super) packet: &'a [u8],
    pub(super) transport: Transport,
    pub(super) peer: IpAddr,
    /// Seconds since 1970.
    pub(super) now: u64,
}

/// The reaction to a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// No answer.
    Silence,
    /// An answer of one message.
    Packet(Vec<u8>),
    /// An answer of many messages.
    Transfer(Box<TransferRequest>),
}

/// A transfer that is allowed.
#[derive(Debug)]
pub(super) struct TransferRequest {
    /// The answer without records: header, question and EDNS.
    pub(super) response: Message,
    /// The signature that the answer must have.
    pub(super) verified: Option<Verified>,
    pub(super) extent: Extent,
}

/// The extent of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// The whole zone.
    Whole,
    /// The changes since the serial of the secondary's zone.
    Since(u32),
}

/// A refused transfer or signature, for the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) key: Option<String>,
    pub(super) reason: Refusal,
}

/// A reply, and what is logged about it.
#[derive(Debug)]
pub(super) struct Responded {
    pub(super) reply: Reply,
    pub(super) refused: Option<Refused>,
}

/// Responds to a request.
///
/// A packet without a complete header gets no answer, since it has no ID to repeat. Neither does an
/// answer, since two servers would answer each other for ever.
pub(super) fn respond(request: &Request<'_>) -> Responded {
    let silence = Responded {
        reply: Reply::Silence,
        refused: None,
    };
    let Ok(header) = Header::read(&mut BinDecoder::new(request.packet)) else {
        return silence;
    };
    if header.metadata.message_type == MessageType::Response {
        return silence;
    }
    let mut response = Message::new(0, MessageType::Response, OpCode::Query);
    response.metadata = Metadata::response_from_request(&header.metadata);
    let mut refused = None;
    let (stripped, verified) = match signature(request) {
        Ok((stripped, verified)) => (stripped, verified),
        Err(unverified) => {
            response.metadata.response_code = unverified.code();
            refused = Some(Refused {
                key: None,
                reason: unverified.reason(),
            });
            if let Unverified::Rejected(_) = &unverified {
                // The question is repeated if it can be read.
                if header.counts.queries == 1
                    && let Ok(query) = Message::from_vec(request.packet)
                {
                    response.queries = query.queries;
                }
            }
            let limit = limit(request.transport, None);
            let packet = match &unverified {
                Unverified::Malformed => encode(&response, limit),
                Unverified::Rejected(rejected) => {
                    encode_rejected(&mut response, rejected, limit, request.now)
                }
            };
            return Responded {
                reply: packet.map_or(Reply::Silence, Reply::Packet),
                refused,
            };
        }
    };
    let packet = stripped.as_deref().unwrap_or(request.packet);
    let replied = reply(request, &header, packet, verified.as_ref(), &mut response);
    if let Some(reason) = replied.refused {
        refused = Some(Refused {
            key: verified.as_ref().map(|it| it.key.name().to_owned()),
            reason,
        });
    }
    if let Some(extent) = replied.transfer {
        let transfer = TransferRequest {
            response,
            verified,
            extent,
        };
        return Responded {
            reply: Reply::Transfer(Box::new(transfer)),
            refused,
        };
    }
    let room = verified.as_ref().map_or(0, |_| tsig::MAX_RECORD_BYTES);
    let packet = encode(&response, replied.limit.saturating_sub(room)).map(|mut packet| {
        if let Some(verified) = &verified {
            Signer::of(verified).sign(&mut packet, request.now);
        }
        packet
    });
    Responded {
        reply: packet.map_or(Reply::Silence, Reply::Packet),
        refused,
    }
}

/// A request whose signature is not valid.
enum Unverified {
    Malformed,
    Rejected(Box<Rejected>),
}

impl Unverified {
    const fn code(&self) -> ResponseCode {
        match self {
            Self::Malformed => ResponseCode::FormErr,
            Self::Rejected(_) => Rejected::CODE,
        }
    }

    fn reason(&self) -> Refusal {
        match self {
            Self::Malformed => Refusal::Malformed,
            Self::Rejected(rejected) => match rejected.error {
                TsigError::Signature => Refusal::Signature,
                TsigError::Key => Refusal::Key,
                TsigError::Time => Refusal::Time,
                TsigError::Truncation => Refusal::Truncation,
            },
        }
    }
}

/// Takes off and verifies the signature of a request, if it has one.
fn signature(request: &Request<'_>) -> Result<(Option<Vec<u8>>, Option<Verified>), Unverified> {
    let malformed = |_: Malformed| Unverified::Malformed;
    let Some((signature, rest)) = Signature::take(request.packet).map_err(malformed)? else {
        return Ok((None, None));
    };
    let verified = signature
        .verify(&rest, request.keys, request.now)
        .map_err(malformed)?
        .map_err(|rejected| Unverified::Rejected(Box::new(rejected)))?;
    Ok((Some(rest), Some(verified)))
}

/// The properties of a response besides its records.
struct Replied {
    /// Size limit in bytes.
    limit: usize,
    transfer: Option<Extent>,
    refused: Option<Refusal>,
}

/// Fills in `response`.
fn reply(
    request: &Request<'_>,
    header: &Header,
    packet: &[u8],
    verified: Option<&Verified>,
    response: &mut Message,
) -> Replied {
    let (limit, query) = read_query(header, packet, request.transport, response);
    let mut replied = Replied {
        limit,
        transfer: None,
        refused: None,
    };
    let Some(query) = query else {
        return replied;
    };
    let Some(question) = query.queries.first() else {
        return replied;
    };
    let answer = match question.query_type {
        RecordType::AXFR | RecordType::IXFR => match transfer(request, &query, verified) {
            Transfer::Begin(extent) => {
                response.metadata.authoritative = true;
                replied.transfer = Some(extent);
                return replied;
            }
            Transfer::Refused(reason) => {
                replied.refused = Some(reason);
                Answer::refused()
            }
            Transfer::Incomplete => {
                replied.refused = Some(Refusal::Incomplete);
                Answer::failed()
            }
            Transfer::Answer(answer) => answer,
            Transfer::Malformed => {
                response.metadata.response_code = ResponseCode::FormErr;
                return replied;
            }
        },
        _ => answer(&request.authority, question),
    };
    response.metadata.response_code = answer.code;
    response.metadata.authoritative = answer.authoritative;
    response.answers = answer.answers;
    response.authorities = answer.authorities;
    response.additionals = answer.additionals;
    replied
}

/// Reads a query, and fills in question, EDNS and refusal of `response`. Returns the size limit of the
/// response in bytes, and the query if it is to be answered.
pub(super) fn read_query(
    header: &Header,
    packet: &[u8],
    transport: Transport,
    response: &mut Message,
) -> (usize, Option<Message>) {
    let least = limit(transport, None);
    if header.metadata.op_code != OpCode::Query {
        response.metadata.response_code = ResponseCode::NotImp;
        return (least, None);
    }
    // Exactly one question (RFC 9619 §4), checked before memory is allocated for the claimed number.
    if header.counts.queries != 1 {
        response.metadata.response_code = ResponseCode::FormErr;
        return (least, None);
    }
    let query = match Message::from_vec(packet) {
        Ok(query) => query,
        Err(error) => {
            debug!(%error, "failed to decode a query");
            response.metadata.response_code = ResponseCode::FormErr;
            return (least, None);
        }
    };
    response.queries.clone_from(&query.queries);
    response.edns = query.edns.as_ref().map(|asked| {
        let mut edns = Edns::new();
        edns.set_max_payload(MAX_UDP_ANSWER_BYTES)
            .set_version(EDNS_VERSION)
            // Copied, although answers are not signed (RFC 3225 §3).
            .set_dnssec_ok(asked.flags().dnssec_ok);
        edns
    });
    let limit = limit(transport, query.edns.as_ref());
    if query
        .edns
        .as_ref()
        .is_some_and(|asked| asked.version() > EDNS_VERSION)
    {
        response.metadata.response_code = ResponseCode::BADVERS;
        return (limit, None);
    }
    (limit, Some(query))
}

/// The decision about a request for a transfer.
enum Transfer {
    Begin(Extent),
    Refused(Refusal),
    Incomplete,
    Answer(Answer),
    Malformed,
}

fn transfer(request: &Request<'_>, query: &Message, verified: Option<&Verified>) -> Transfer {
    let authority = &request.authority;
    let Some(question) = query.queries.first() else {
        return Transfer::Malformed;
    };
    if question.query_class != DNSClass::IN || question.name != authority.apex.name {
        return Transfer::Refused(Refusal::Zone);
    }
    let key = verified.map(|it| &it.key);
    if !request
        .transfers
        .iter()
        .any(|rule| rule.allows(request.peer, key))
    {
        return Transfer::Refused(Refusal::NotAllowed);
    }
    if authority.zone.generation == 0 || authority.zone.is_provisional {
        return Transfer::Incomplete;
    }
    let extent = if question.query_type == RecordType::IXFR {
        // The secondary's SOA record (RFC 1995 §3).
        let mut records = query.authorities.iter();
        let serial = records.find_map(|record| match &record.data {
            RData::SOA(soa) => Some(soa.serial),
            _ => None,
        });
        let Some(serial) = serial else {
            return Transfer::Malformed;
        };
        Extent::Since(serial)
    } else {
        Extent::Whole
    };
    match (request.transport, extent) {
        (Transport::Tcp, extent) => Transfer::Begin(extent),
        // The secondary comes by TCP if its serial is another one (RFC 1995 §2).
        (Transport::Udp, Extent::Since(_)) => {
            let soa = soa(authority.apex, authority.zone.generation);
            let name = question.name.clone();
            let record = Record::from_rdata(name, RECORD_TTL_SECONDS, RData::SOA(soa));
            Transfer::Answer(Answer {
                code: ResponseCode::NoError,
                authoritative: true,
                answers: vec![record],
                authorities: Vec::new(),
                additionals: Vec::new(),
            })
        }
        (Transport::Udp, Extent::Whole) => Transfer::Refused(Refusal::Udp),
    }
}

fn limit(transport: Transport, edns: Option<&Edns>) -> usize {
    usize::from(match (transport, edns) {
        (Transport::Tcp, _) => u16::MAX,
        (Transport::Udp, None) => PLAIN_UDP_ANSWER_BYTES,
        (Transport::Udp, Some(edns)) => edns
            .max_payload()
            .clamp(PLAIN_UDP_ANSWER_BYTES, MAX_UDP_ANSWER_BYTES),
    })
}

/// Encodes `response`. If it exceeds `limit`, addresses beside the answer are left out (RFC 2181 §9); if
/// it still does, the packet has no records and the TC bit set, and the client retries over TCP.
pub(super) fn encode(response: &Message, limit: usize) -> Option<Vec<u8>> {
    let whole = match response.to_vec() {
        Ok(packet) if packet.len() <= limit => return Some(packet),
        Ok(_) if response.additionals.is_empty() => response.truncate().to_vec(),
        Ok(_) => {
            let mut bare = response.clone();
            bare.additionals.clear();
            match bare.to_vec() {
                Ok(packet) if packet.len() <= limit => return Some(packet),
                Ok(_) => bare.truncate().to_vec(),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    whole
        .inspect_err(|error| debug!(%error, "failed to encode an answer"))
        .ok()
}

/// Encodes the answer to a signature that is not valid, with the error in its record. If it exceeds
/// `limit`, the question is left out; if it still does, so is the record. Both repeat names that may be
/// pointers in the request.
fn encode_rejected(
    response: &mut Message,
    rejected: &Rejected,
    limit: usize,
    now: u64,
) -> Option<Vec<u8>> {
    for _ in 0..2 {
        let mut packet = encode(response, limit)?;
        rejected.append(&mut packet, now);
        if packet.len() <= limit {
            return Some(packet);
        }
        response.queries.clear();
    }
    encode(response, limit)
}

#[cfg(test)]
mod tests;
