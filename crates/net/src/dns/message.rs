//! Decoding of queries and encoding of answers.

use hickory_proto::op::{Edns, Header, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};
use tracing::debug;

use super::answer::{Authority, answer};
use crate::limits::{MAX_UDP_ANSWER_BYTES, PLAIN_UDP_ANSWER_BYTES};

/// The only version of EDNS (RFC 6891 §6.1.3).
const EDNS_VERSION: u8 = 0;

/// The transport of a query, which limits the size of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// The packet to send for `request`, if any.
///
/// A packet without a complete header gets no answer, since it has no ID to repeat. Neither does an
/// answer, since two servers would answer each other for ever.
pub(super) fn respond(
    authority: &Authority<'_>,
    request: &[u8],
    transport: Transport,
) -> Option<Vec<u8>> {
    let header = Header::read(&mut BinDecoder::new(request)).ok()?;
    if header.metadata.message_type == MessageType::Response {
        return None;
    }
    let mut response = Message::new(0, MessageType::Response, OpCode::Query);
    response.metadata = Metadata::response_from_request(&header.metadata);
    let limit = reply(authority, &header, request, transport, &mut response);
    encode(&response, limit)
}

/// Fills in `response` and returns its size limit in bytes.
fn reply(
    authority: &Authority<'_>,
    header: &Header,
    request: &[u8],
    transport: Transport,
    response: &mut Message,
) -> usize {
    let plain = limit(transport, None);
    if header.metadata.op_code != OpCode::Query {
        response.metadata.response_code = ResponseCode::NotImp;
        return plain;
    }
    // Exactly one question (RFC 9619 §4), checked before memory is allocated for the claimed number.
    if header.counts.queries != 1 {
        response.metadata.response_code = ResponseCode::FormErr;
        return plain;
    }
    let query = match Message::from_vec(request) {
        Ok(query) => query,
        Err(error) => {
            debug!(%error, "failed to decode a query");
            response.metadata.response_code = ResponseCode::FormErr;
            return plain;
        }
    };
    response.queries = query.queries;
    response.edns = query.edns.as_ref().map(|asked| {
        let mut edns = Edns::new();
        edns.set_max_payload(MAX_UDP_ANSWER_BYTES)
            .set_version(EDNS_VERSION)
            // Copied, although answers are not signed (RFC 3225 §3).
            .set_dnssec_ok(asked.flags().dnssec_ok);
        edns
    });
    if query
        .edns
        .as_ref()
        .is_some_and(|asked| asked.version() > EDNS_VERSION)
    {
        response.metadata.response_code = ResponseCode::BADVERS;
    } else if let Some(question) = response.queries.first() {
        let answer = answer(authority, question);
        response.metadata.response_code = answer.code;
        response.metadata.authoritative = answer.authoritative;
        response.answers = answer.answers;
        response.authorities = answer.authorities;
    }
    limit(transport, query.edns.as_ref())
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

/// Encodes `response`. If it exceeds `limit`, the packet has no records and the TC bit set, and the
/// client retries over TCP.
fn encode(response: &Message, limit: usize) -> Option<Vec<u8>> {
    let packet = match response.to_vec() {
        Ok(packet) if packet.len() <= limit => return Some(packet),
        Ok(_) => response.truncate().to_vec(),
        Err(error) => Err(error),
    };
    packet
        .inspect_err(|error| debug!(%error, "failed to encode an answer"))
        .ok()
}

#[cfg(test)]
mod tests;
