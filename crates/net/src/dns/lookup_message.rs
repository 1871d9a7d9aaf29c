//! Answers of a resolver.

use hickory_proto::op::{Header, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, SOA, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

use super::lookup::{Authority, Found, FoundRecord, Lookup, RecordData, RecordKind};
use super::message::{Reply, Transport, encode, read_query};

/// Responds to a packet.
pub(super) fn respond(lookup: &dyn Lookup, packet: &[u8], transport: Transport) -> Reply {
    let Ok(header) = Header::read(&mut BinDecoder::new(packet)) else {
        return Reply::Silence;
    };
    if header.metadata.message_type == MessageType::Response {
        return Reply::Silence;
    }
    let mut response = Message::new(0, MessageType::Response, OpCode::Query);
    response.metadata = Metadata::response_from_request(&header.metadata);
    // It is the resolver of its clients, and follows aliases for them.
    response.metadata.recursion_available = true;
    let (limit, query) = read_query(&header, packet, transport, &mut response);
    if let Some(question) = query.as_ref().and_then(|query| query.queries.first()) {
        answer(lookup, question, &mut response);
    }
    encode(&response, limit).map_or(Reply::Silence, Reply::Packet)
}

fn answer(lookup: &dyn Lookup, question: &Query, response: &mut Message) {
    let kind = match question.query_type {
        _ if question.query_class != DNSClass::IN => None,
        RecordType::AXFR | RecordType::IXFR => None,
        RecordType::A | RecordType::ANY => Some(RecordKind::Address),
        RecordType::CNAME => Some(RecordKind::Alias),
        RecordType::TXT => Some(RecordKind::Text),
        RecordType::SOA => Some(RecordKind::Authority),
        _ => Some(RecordKind::Other),
    };
    // Bytes that are not valid in host names are escaped here, so they match no name.
    let name = question.name.to_ascii().to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let found = kind.map_or(Found::Elsewhere, |kind| lookup.look_up(name, kind));
    match found {
        Found::Elsewhere => response.metadata.response_code = ResponseCode::Refused,
        Found::Unavailable => response.metadata.response_code = ResponseCode::ServFail,
        Found::InZone {
            authority,
            exists,
            records,
        } => {
            if !exists {
                response.metadata.response_code = ResponseCode::NXDomain;
            }
            let records = records.into_iter();
            response.answers = records
                .filter_map(|it| encoded(it, name, &question.name))
                .collect();
            let is_apex = kind == Some(RecordKind::Authority) && authority.zone == name;
            match authority_record(&authority) {
                Some(soa) if is_apex => response.answers.push(soa),
                Some(soa) if response.answers.is_empty() => response.authorities.push(soa),
                Some(_) | None => {}
            }
        }
    }
}

/// A record; that of the question's name repeats the case of its letters.
fn encoded(record: FoundRecord, asked: &str, spelled: &Name) -> Option<Record> {
    let owner = if record.owner == asked {
        spelled.clone()
    } else {
        absolute(&record.owner)?
    };
    let data = match record.data {
        RecordData::Address(address) => RData::A(A(address)),
        RecordData::Alias(target) => RData::CNAME(CNAME(absolute(&target)?)),
        RecordData::Text(texts) => RData::TXT(TXT::new(texts)),
    };
    Some(Record::from_rdata(owner, record.ttl, data))
}

fn authority_record(authority: &Authority) -> Option<Record> {
    let soa = SOA::new(
        absolute(&authority.host)?,
        absolute(&authority.contact)?,
        authority.serial,
        authority.refresh,
        authority.retry,
        authority.expire,
        authority.minimum,
    );
    let zone = absolute(&authority.zone)?;
    Some(Record::from_rdata(zone, authority.ttl, RData::SOA(soa)))
}

fn absolute(name: &str) -> Option<Name> {
    Name::from_ascii(format!("{name}.")).ok()
}
