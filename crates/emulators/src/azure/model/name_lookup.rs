//! Names of private DNS zones, as the resolver of the consumers' networks answers them.
//!
//! A network of the real cloud sees the zones that are linked to it. Here, one resolver stands for the
//! networks of all consumers: it sees every zone that is linked to one of them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::Value;
use underpass_net::dns::{Authority, Found, FoundRecord, RecordData, RecordKind};

use super::document;
use super::id::Key;
use super::kind::Kind;
use super::record_set::APEX;
use super::record_type::RecordType;
use super::resource::Resource;
use super::route;
use super::state::State;
use super::{private_dns_zone, virtual_network_link};

/// Maximum number of aliases that lead to one another: a rule of the emulator.
const ALIAS_LIMIT: usize = 8;

/// Looks up a name, in lower case and without a trailing dot.
pub(super) fn look_up(state: &State, name: &str, kind: RecordKind) -> Found {
    let zones = linked_zones(state);
    let mut records = Vec::new();
    let mut owner = name.to_owned();
    let mut result = None;
    for _ in 0..ALIAS_LIMIT {
        let Some(entry) = find(state, &zones, &owner) else {
            break;
        };
        let mut found = entry.records(&owner, kind);
        let mut alias = None;
        if found.is_empty() && kind != RecordKind::Alias {
            found = entry.records(&owner, RecordKind::Alias);
            alias = found.iter().find_map(|record| match &record.data {
                RecordData::Alias(target) => Some(target.clone()),
                RecordData::Address(_) | RecordData::Text(_) => None,
            });
        }
        records.extend(found);
        // The zone and the existence of the name are those of the question.
        result.get_or_insert_with(|| (authority(state, entry.zone), entry.exists));
        match alias {
            Some(target) => owner = target,
            None => break,
        }
    }
    match result {
        None => Found::Elsewhere,
        Some((authority, exists)) => Found::InZone {
            authority,
            exists,
            records,
        },
    }
}

/// A name in its zone.
struct Entry<'a> {
    zone: &'a Resource,
    exists: bool,
    record_sets: Vec<&'a Resource>,
}

/// The zones that are linked to a network of a consumer, in order of ID.
fn linked_zones(state: &State) -> Vec<&Resource> {
    let provider = &state.configuration().provider_subscription;
    let of_consumer = |link: &&Resource| {
        let network = virtual_network_link::network_of(link);
        let network = network.and_then(|key| route::resource_id(key.as_str()));
        network.is_some_and(|it| !it.subscription().eq_ignore_ascii_case(provider))
    };
    let linked: BTreeMap<Key, &Resource> = state
        .of_kind(Kind::VirtualNetworkLink)
        .filter(|link| link.in_service())
        .filter(of_consumer)
        .filter_map(|link| state.resource(&link.id.parent()?))
        .map(|zone| (zone.id.key(), zone))
        .collect();
    linked.into_values().collect()
}

/// Finds a name in the most specific zone. Among zones of the same name, the first by ID that has the
/// name counts.
fn find<'a>(state: &'a State, zones: &[&'a Resource], name: &str) -> Option<Entry<'a>> {
    let contains = |zone: &&&'a Resource| {
        let rest = name.strip_suffix(zone.id.name());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let length = |zone: &&'a Resource| zone.id.name().len();
    let longest = zones.iter().filter(contains).map(length).max()?;
    let candidates = zones
        .iter()
        .filter(contains)
        .filter(|it| length(it) == longest);
    let mut entries = candidates.map(|zone| entry(state, zone, name));
    let first = entries.next()?;
    if first.exists {
        return Some(first);
    }
    Some(entries.find(|it| it.exists).unwrap_or(first))
}

fn entry<'a>(state: &'a State, zone: &'a Resource, name: &str) -> Entry<'a> {
    let relative = name.strip_suffix(zone.id.name()).unwrap_or_default();
    let relative = match relative.strip_suffix('.') {
        Some(relative) => relative,
        None => APEX,
    };
    let mut record_sets = record_sets_at(state, zone, relative);
    let is_above_others = || {
        private_dns_zone::record_sets(state, &zone.id).any(|it| {
            let other = it.id.name().to_ascii_lowercase();
            let rest = other.strip_suffix(relative);
            rest.is_some_and(|rest| rest.ends_with('.'))
        })
    };
    let mut exists = !record_sets.is_empty() || is_above_others();
    if !exists {
        record_sets = at_wildcard(state, zone, relative);
        exists = !record_sets.is_empty();
    }
    Entry {
        zone,
        exists,
        record_sets,
    }
}

/// The record sets of the closest wildcard that covers a name (RFC 4592 §3.3.1).
fn at_wildcard<'a>(state: &'a State, zone: &Resource, relative: &str) -> Vec<&'a Resource> {
    let mut rest = relative;
    while let Some((_, parent)) = rest.split_once('.') {
        let found = record_sets_at(state, zone, &format!("*.{parent}"));
        if !found.is_empty() {
            return found;
        }
        rest = parent;
    }
    record_sets_at(state, zone, "*")
}

fn record_sets_at<'a>(state: &'a State, zone: &Resource, name: &str) -> Vec<&'a Resource> {
    RecordType::ALL
        .into_iter()
        .filter_map(|it| state.resource(&zone.id.child(Kind::RecordSet(it), name)))
        .collect()
}

impl Entry<'_> {
    fn records(&self, owner: &str, kind: RecordKind) -> Vec<FoundRecord> {
        let record_type = match kind {
            RecordKind::Address => RecordType::A,
            RecordKind::Alias => RecordType::Cname,
            RecordKind::Text => RecordType::Txt,
            RecordKind::Authority | RecordKind::Other => return Vec::new(),
        };
        let mut sets = self.record_sets.iter();
        let Some(set) = sets.find(|it| it.id.kind() == Kind::RecordSet(record_type)) else {
            return Vec::new();
        };
        let ttl = seconds(&set.body, "/properties/ttl");
        data(&set.body, record_type)
            .into_iter()
            .map(|data| FoundRecord {
                owner: owner.to_owned(),
                ttl,
                data,
            })
            .collect()
    }
}

fn data(body: &Value, record_type: RecordType) -> Vec<RecordData> {
    let pointer = format!("/properties/{}", record_type.member());
    let records = document::list(body, &pointer).iter();
    match record_type {
        RecordType::A => records
            .filter_map(|it| document::text(it, "/ipv4Address")?.parse::<Ipv4Addr>().ok())
            .map(RecordData::Address)
            .collect(),
        RecordType::Txt => records
            .map(|it| document::texts(it, "/value").unwrap_or_default())
            .map(RecordData::Text)
            .collect(),
        RecordType::Cname => document::text(body, &format!("{pointer}/cname"))
            .map(|it| it.trim_end_matches('.').to_ascii_lowercase())
            .map(RecordData::Alias)
            .into_iter()
            .collect(),
        RecordType::Aaaa | RecordType::Mx | RecordType::Ptr | RecordType::Soa | RecordType::Srv => {
            Vec::new()
        }
    }
}

/// The SOA record of a zone.
fn authority(state: &State, zone: &Resource) -> Authority {
    let id = zone.id.child(Kind::RecordSet(RecordType::Soa), APEX);
    let nothing = Value::Null;
    let body = state.resource(&id).map_or(&nothing, |it| &it.body);
    let member = |name: &str| format!("/properties/soaRecord/{name}");
    let text = |name: &str| {
        let text = document::text_or_empty(body, &member(name));
        text.trim_end_matches('.').to_owned()
    };
    let number = |name: &str| seconds(body, &member(name));
    Authority {
        zone: zone.id.name().to_owned(),
        host: text("host"),
        contact: text("email"),
        serial: number("serialNumber"),
        refresh: number("refreshTime").cast_signed(),
        retry: number("retryTime").cast_signed(),
        expire: number("expireTime").cast_signed(),
        minimum: number("minimumTtl"),
        ttl: seconds(body, "/properties/ttl"),
    }
}

/// The number at a pointer, which the schema keeps within 31 bits.
fn seconds(body: &Value, pointer: &str) -> u32 {
    let number = body.pointer(pointer).and_then(Value::as_u64);
    number.and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
}
