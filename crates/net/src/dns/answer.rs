//! Answers to queries, as a pure function of the zone.

use std::net::Ipv4Addr;

use hickory_proto::op::{Query, ResponseCode};
use hickory_proto::rr::rdata::{A, NS, SOA};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use underpass_model::zone::{NEGATIVE_TTL_SECONDS, RECORD_TTL_SECONDS, Zone};

/// Maximum length of the domain in characters: 200. Leaves room for names below it, which are one
/// label of at most 63 octets (RFC 1035 §2.3.4: 255 octets in total).
const MAX_DOMAIN_CHARS: usize = 200;

/// The label of the name server. Private names begin with `privatelink-`, so they never have it.
const SERVER_LABEL: &str = "ns";

/// The label of the mail address in the SOA record (RFC 2142 §7).
const CONTACT_LABEL: &str = "hostmaster";

/// Seconds between checks of a secondary (RFC 1912 §2.2). None exists, as transfers are refused.
const SOA_REFRESH_SECONDS: i32 = 3_600;

/// Seconds until a secondary checks again after a failure (RFC 1912 §2.2).
const SOA_RETRY_SECONDS: i32 = 600;

/// Seconds after which a secondary gives up (RFC 1912 §2.2: two to four weeks).
const SOA_EXPIRE_SECONDS: i32 = 1_209_600;

/// The data for answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authority<'a> {
    /// The names and their addresses.
    pub(super) zone: &'a Zone,
    /// The zone's domain as a name.
    pub(super) apex: &'a Name,
    /// The address of `ns.<domain>`, if known.
    pub(super) server: Option<Ipv4Addr>,
}

/// An answer: a response code and the records of two sections.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) code: ResponseCode,
    /// The AA bit: the server is authoritative for the name.
    pub(super) authoritative: bool,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
}

/// The apex of a domain (lower case, no trailing dot), if the domain is valid.
pub(super) fn apex(domain: &str) -> Option<Name> {
    let is_host_name = !domain.is_empty()
        && domain.len() <= MAX_DOMAIN_CHARS
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    if !is_host_name {
        return None;
    }
    let mut apex = Name::from_ascii(domain).ok()?;
    apex.set_fqdn(true);
    Some(apex)
}

/// Answers one question.
///
/// The owner of each record repeats the case of the question's letters. Resolvers that randomise the
/// case to detect forged answers ("0x20") compare it exactly.
pub(super) fn answer(authority: &Authority<'_>, query: &Query) -> Answer {
    if query.query_class != DNSClass::IN || !authority.apex.zone_of(&query.name) {
        return Answer::refused();
    }
    if matches!(query.query_type, RecordType::AXFR | RecordType::IXFR) {
        return Answer::refused();
    }
    let apex = query.name.trim_to(authority.apex.iter().count());
    let Ok(soa) = soa(&apex, authority.zone.generation) else {
        // Unreachable: MAX_DOMAIN_CHARS leaves room for these names.
        return Answer::failed();
    };
    let record = |data| {
        vec![Record::from_rdata(
            query.name.clone(),
            RECORD_TTL_SECONDS,
            data,
        )]
    };
    // A query for ANY is answered with one record set of the name (RFC 8482 §4.1).
    let answers = match (find(authority, &query.name), query.query_type) {
        (Node::Absent, _) => return Answer::negative(ResponseCode::NXDomain, apex, soa),
        (Node::Apex, RecordType::SOA | RecordType::ANY) => record(RData::SOA(soa)),
        (Node::Apex, RecordType::NS) => record(RData::NS(NS(soa.mname))),
        (Node::Host(address), RecordType::A | RecordType::ANY) => record(RData::A(A(address))),
        (Node::Apex | Node::Host(_) | Node::Unaddressed, _) => {
            return Answer::negative(ResponseCode::NoError, apex, soa);
        }
    };
    Answer {
        code: ResponseCode::NoError,
        authoritative: true,
        answers,
        authorities: Vec::new(),
    }
}

/// The zone's content at a name.
enum Node {
    /// No such name.
    Absent,
    /// The domain itself.
    Apex,
    /// A name with an address.
    Host(Ipv4Addr),
    /// The name server, if its address is unknown because it listens on `0.0.0.0`.
    Unaddressed,
}

/// Looks up a name at or below the apex.
fn find(authority: &Authority<'_>, name: &Name) -> Node {
    // Bytes that are invalid in host names are escaped here, so they match no name of the zone.
    let name = name.to_ascii().to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    if name == authority.zone.domain {
        return Node::Apex;
    }
    if let Some(address) = authority.zone.records.get(name) {
        return Node::Host(*address);
    }
    let label = name
        .strip_suffix(authority.zone.domain.as_str())
        .and_then(|below| below.strip_suffix('.'));
    match label {
        Some(SERVER_LABEL) => authority.server.map_or(Node::Unaddressed, Node::Host),
        _ => Node::Absent,
    }
}

fn soa(apex: &Name, generation: u64) -> Result<SOA, hickory_proto::ProtoError> {
    // Serials count modulo 2^32 (RFC 1982), so the serial is the low half of the generation.
    let [.., a, b, c, d] = generation.to_be_bytes();
    Ok(SOA::new(
        apex.prepend_label(SERVER_LABEL)?,
        apex.prepend_label(CONTACT_LABEL)?,
        u32::from_be_bytes([a, b, c, d]),
        SOA_REFRESH_SECONDS,
        SOA_RETRY_SECONDS,
        SOA_EXPIRE_SECONDS,
        NEGATIVE_TTL_SECONDS,
    ))
}

impl Answer {
    /// A negative answer. Its caching time is the lesser of the SOA record's TTL and its MINIMUM
    /// field (RFC 2308 §3, §5), which are equal here.
    fn negative(code: ResponseCode, apex: Name, soa: SOA) -> Self {
        let authority = Record::from_rdata(apex, NEGATIVE_TTL_SECONDS, RData::SOA(soa));
        Self {
            code,
            authoritative: true,
            answers: Vec::new(),
            authorities: vec![authority],
        }
    }

    fn refused() -> Self {
        Self::bare(ResponseCode::Refused)
    }

    fn failed() -> Self {
        Self::bare(ResponseCode::ServFail)
    }

    fn bare(code: ResponseCode) -> Self {
        Self {
            code,
            authoritative: false,
            answers: Vec::new(),
            authorities: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
