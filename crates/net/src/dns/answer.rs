//! Answers to queries, as a pure function of the zone.

use std::net::IpAddr;

use hickory_proto::op::{Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, NS, SOA};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use underpass_model::serial::serial;
use underpass_model::zone::{NEGATIVE_TTL_SECONDS, RECORD_TTL_SECONDS, Zone};

use super::delegation::Apex;

/// Seconds between checks of a secondary that misses notifications (RFC 1912 §2.2).
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
    /// The zone's own records.
    pub(super) apex: &'a Apex,
}

/// An answer: a response code and the records of three sections.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) code: ResponseCode,
    /// The AA bit: the server is authoritative for the name.
    pub(super) authoritative: bool,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
    pub(super) additionals: Vec<Record>,
}

/// Answers one question, which is not about a transfer.
///
/// The owner of each record repeats the case of the question's letters. Resolvers that randomise the
/// case to detect forged answers ("0x20") compare it exactly.
pub(super) fn answer(authority: &Authority<'_>, query: &Query) -> Answer {
    if query.query_class != DNSClass::IN || !authority.apex.name.zone_of(&query.name) {
        return Answer::refused();
    }
    // Nothing was published yet, so no name is known to be absent.
    if authority.zone.generation == 0 {
        return Answer::failed();
    }
    let apex = query.name.trim_to(authority.apex.name.iter().count());
    let soa = soa_as_asked(authority.apex, authority.zone.generation, &apex);
    let record = |data| Record::from_rdata(query.name.clone(), RECORD_TTL_SECONDS, data);
    let mut additionals = Vec::new();
    // A query for ANY is answered with one record set of the name (RFC 8482 §4.1).
    let answers: Vec<_> = match (find(authority, &query.name), query.query_type) {
        (Node::Absent, _) => return Answer::negative(ResponseCode::NXDomain, apex, soa),
        (Node::Apex, RecordType::SOA | RecordType::ANY) => vec![record(RData::SOA(soa.clone()))],
        (Node::Apex, RecordType::NS) => {
            additionals = glue(authority.apex);
            let servers = authority.apex.servers.iter();
            servers
                .map(|name| record(RData::NS(NS(as_asked(name, authority.apex, &apex)))))
                .collect()
        }
        (Node::Host(addresses), asked) => addresses
            .into_iter()
            .filter(|address| match address {
                IpAddr::V4(_) => matches!(asked, RecordType::A | RecordType::ANY),
                IpAddr::V6(_) => matches!(asked, RecordType::AAAA | RecordType::ANY),
            })
            .map(|address| record(address_data(address)))
            .collect(),
        (Node::Apex, _) => Vec::new(),
    };
    if answers.is_empty() {
        return Answer::negative(ResponseCode::NoError, apex, soa);
    }
    Answer {
        code: ResponseCode::NoError,
        authoritative: true,
        answers,
        authorities: Vec::new(),
        additionals,
    }
}

/// The zone's content at a name.
enum Node {
    /// No such name.
    Absent,
    /// The domain itself.
    Apex,
    /// A name with addresses; a name server has none if it listens on unspecified addresses.
    Host(Vec<IpAddr>),
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
        return Node::Host(vec![(*address).into()]);
    }
    match authority.apex.hosts.get(name) {
        Some(addresses) => Node::Host(addresses.clone()),
        None => Node::Absent,
    }
}

/// The addresses of the name servers below the apex, which their clients need next (RFC 1035 §3.3.11).
fn glue(apex: &Apex) -> Vec<Record> {
    let hosts = apex.hosts.iter();
    hosts
        .filter_map(|(host, addresses)| {
            Some((Name::from_ascii(format!("{host}.")).ok()?, addresses))
        })
        .flat_map(|(name, addresses)| {
            addresses.iter().map(move |address| {
                Record::from_rdata(name.clone(), RECORD_TTL_SECONDS, address_data(*address))
            })
        })
        .collect()
}

/// A name below the apex with the letters of the question's, so that it is compressed in the answer.
fn as_asked(name: &Name, apex: &Apex, asked: &Name) -> Name {
    let labels = name.iter();
    let below = labels.len().saturating_sub(apex.name.iter().len());
    if below != 1 || !apex.name.zone_of(name) {
        return name.clone();
    }
    let label = name.iter().next().unwrap_or_default();
    asked.prepend_label(label).unwrap_or_else(|_| name.clone())
}

/// The data of an address record.
pub(super) fn address_data(address: IpAddr) -> RData {
    match address {
        IpAddr::V4(address) => RData::A(A(address)),
        IpAddr::V6(address) => RData::AAAA(AAAA(address)),
    }
}

/// The SOA record of a generation.
pub(super) fn soa(apex: &Apex, generation: u64) -> SOA {
    soa_as_asked(apex, generation, &apex.name)
}

/// The SOA record of a generation, with the letters of a question.
fn soa_as_asked(apex: &Apex, generation: u64, asked: &Name) -> SOA {
    let primary = apex.servers.first().unwrap_or(&apex.name);
    SOA::new(
        as_asked(primary, apex, asked),
        as_asked(&apex.contact, apex, asked),
        serial(generation),
        SOA_REFRESH_SECONDS,
        SOA_RETRY_SECONDS,
        SOA_EXPIRE_SECONDS,
        NEGATIVE_TTL_SECONDS,
    )
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
            additionals: Vec::new(),
        }
    }

    pub(super) fn refused() -> Self {
        Self::bare(ResponseCode::Refused)
    }

    pub(super) fn failed() -> Self {
        Self::bare(ResponseCode::ServFail)
    }

    fn bare(code: ResponseCode) -> Self {
        Self {
            code,
            authoritative: false,
            answers: Vec::new(),
            authorities: Vec::new(),
            additionals: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
