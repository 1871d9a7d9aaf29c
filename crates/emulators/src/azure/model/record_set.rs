//! Record sets of private DNS zones: written immediately, without an operation.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::id::ResourceId;
use super::kind::Kind;
use super::record_type::RecordType;
use super::refusal::Refusal;
use super::request_body::unnamed_body;
use super::resource::Resource;
use super::state::State;

/// The name of the record sets of the zone itself.
pub(super) const APEX: &str = "@";

/// Maximum length of a name, in characters (RFC 1035 §3.1, without the root).
pub(super) const NAME_LIMIT: usize = 253;

/// Maximum number of records in a set (documented: "Azure subscription and service limits", private
/// DNS).
const RECORD_LIMIT: usize = 20;

/// Maximum length of a text of a TXT record, in bytes (RFC 1035 §3.3).
const TEXT_LIMIT: usize = 255;

/// Maximum length of all texts of a TXT record, in bytes (documented: "Overview of private DNS records").
const TEXTS_LIMIT: usize = 1_024;

/// `PUT …/privateDnsZones/{zone}/{type}/{name}`.
///
/// # Errors
/// Those of [`admission::admit`], of [`admission::check_create_only`] and of the body, and
/// `BadRequest` for records that the zone cannot have.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
    record_type: RecordType,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, id)?;
    admission::check_create_only(call.request, existing.as_ref())?;
    check_name(id.name())?;
    let mut body = unnamed_body(call, id)?;
    for shown in ["fqdn", "isAutoRegistered"] {
        document::discard(&mut body, &format!("/properties/{shown}"));
    }
    check_ttl(&body)?;
    check_metadata(&body)?;
    check_members(record_type, &body)?;
    check_beside(state, id, record_type)?;
    match record_type {
        RecordType::Soa => complete_authority(existing.as_ref(), &mut body)?,
        RecordType::A => check_addresses::<Ipv4Addr>(&body, "aRecords", "ipv4Address")?,
        RecordType::Aaaa => check_addresses::<Ipv6Addr>(&body, "aaaaRecords", "ipv6Address")?,
        RecordType::Cname => {
            let target = document::text(&body, "/properties/cnameRecord/cname");
            check_target("cnameRecord.cname", target)?;
        }
        RecordType::Txt => check_texts(&body)?,
        RecordType::Mx | RecordType::Ptr | RecordType::Srv => {}
    }
    let scope = id.parent().unwrap_or_else(|| id.clone()).in_lower_case();
    let draft = Draft::new(scope.child(id.kind(), id.name()), existing, body);
    let (status, id) = draft.apply(state, call);
    Ok(Write::Applied { status, id })
}

/// The SOA record set that a new zone has (reported: exports of zones; documented: azurerm).
pub(super) fn authority(zone: &ResourceId) -> Draft {
    let body = json!({ "properties": { "ttl": 3600, "soaRecord": {
        "host": "azureprivatedns.net",
        "email": "azureprivatedns-host.microsoft.com",
        "serialNumber": 1,
        "refreshTime": 3600,
        "retryTime": 300,
        "expireTime": 2_419_200,
        "minimumTtl": 10,
    } } });
    let id = zone.child(Kind::RecordSet(RecordType::Soa), APEX);
    Draft::new(id, None, body)
}

/// Refuses to delete the SOA record set of a zone.
///
/// # Errors
/// `BadRequest`.
pub(super) fn check_unused(record_type: RecordType) -> Result<(), Refusal> {
    if record_type == RecordType::Soa {
        return Err(invalid(
            "The record set of type SOA cannot be deleted. It is deleted with its zone.",
        ));
    }
    Ok(())
}

/// Adds the full name, and drops the state: a record set has none.
pub(super) fn add_read_only(record_set: &Resource, shown: &mut Value) {
    document::discard(shown, "/properties/provisioningState");
    let zone = record_set.id.parent();
    let zone = zone.as_ref().map(ResourceId::name).unwrap_or_default();
    let fqdn = match record_set.id.name() {
        APEX => format!("{zone}."),
        name => format!("{name}.{zone}."),
    };
    document::put(shown, "/properties/fqdn", fqdn);
    document::put(shown, "/properties/isAutoRegistered", false);
}

/// Reports whether a text is a label of a name.
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let is_legal = name == APEX
        || name == "*"
        || (name.len() <= NAME_LIMIT && labels.split('.').all(is_label));
    if is_legal {
        return Ok(());
    }
    Err(invalid(format!(
        "The record set name '{name}' is invalid. Use '@', or labels of letters, digits, '-' and '_' \
         with '*' at most as the first one."
    )))
}

fn check_ttl(body: &Value) -> Result<(), Refusal> {
    let ttl = body.pointer("/properties/ttl").and_then(Value::as_u64);
    if ttl.is_some_and(|ttl| ttl >= 1) {
        return Ok(());
    }
    Err(invalid(
        "The record set needs properties.ttl, in seconds: 1 to 2147483647.",
    ))
}

fn check_metadata(body: &Value) -> Result<(), Refusal> {
    let metadata = body.pointer("/properties/metadata");
    let is_map = metadata.is_none_or(|it| {
        it.as_object()
            .is_some_and(|entries| entries.values().all(Value::is_string))
    });
    if is_map {
        return Ok(());
    }
    Err(invalid("properties.metadata must be a map of strings."))
}

/// Refuses records of another type, and more records than a set can have.
fn check_members(record_type: RecordType, body: &Value) -> Result<(), Refusal> {
    let has = |it: &RecordType| {
        body.pointer(&format!("/properties/{}", it.member()))
            .is_some()
    };
    let foreign = RecordType::ALL
        .iter()
        .find(|it| **it != record_type && has(it));
    if let Some(foreign) = foreign {
        return Err(invalid(format!(
            "A record set of type {} cannot have {}.",
            record_type.name(),
            foreign.member()
        )));
    }
    let records = document::list(body, &format!("/properties/{}", record_type.member()));
    if records.len() <= RECORD_LIMIT {
        return Ok(());
    }
    Err(invalid(format!(
        "A record set can have at most {RECORD_LIMIT} records."
    )))
}

/// Refuses a CNAME record beside others (RFC 1034 §3.6.2), and an SOA record away from the apex.
fn check_beside(state: &State, id: &ResourceId, record_type: RecordType) -> Result<(), Refusal> {
    let name = id.name();
    if record_type == RecordType::Soa && name != APEX {
        return Err(invalid(
            "A record set of type SOA must have the name '@'. It is created with its zone.",
        ));
    }
    let Some(zone) = id.parent() else {
        return Ok(());
    };
    let conflicts = |it: &RecordType| {
        let is_alone = *it == RecordType::Cname || record_type == RecordType::Cname;
        *it != record_type
            && is_alone
            && state
                .resource(&zone.child(Kind::RecordSet(*it), name))
                .is_some()
    };
    match RecordType::ALL.iter().find(|it| conflicts(it)) {
        None => Ok(()),
        Some(other) => Err(invalid(format!(
            "The record set '{name}' of type {} cannot be created: a record set of type {} exists at \
             this name, and CNAME records stand alone.",
            record_type.name(),
            other.name()
        ))),
    }
}

/// Fills in what an update of the SOA record set omits; the host cannot be changed (documented).
fn complete_authority(existing: Option<&Resource>, body: &mut Value) -> Result<(), Refusal> {
    let before = existing.and_then(|it| it.body.pointer("/properties/soaRecord")?.as_object());
    let Some(before) = before else {
        return Err(invalid(
            "The record set of type SOA is created with its zone.",
        ));
    };
    for (name, value) in before {
        let pointer = format!("/properties/soaRecord/{name}");
        if name == "host" {
            document::put(body, &pointer, value.clone());
        } else {
            document::default(body, &pointer, value.clone());
        }
    }
    Ok(())
}

fn check_addresses<T: std::str::FromStr>(
    body: &Value,
    list: &str,
    member: &str,
) -> Result<(), Refusal> {
    for record in document::list(body, &format!("/properties/{list}")) {
        let text = document::text_or_empty(record, &format!("/{member}"));
        if text.parse::<T>().is_err() {
            return Err(invalid(format!(
                "The value '{text}' of {list}.{member} is no address."
            )));
        }
    }
    Ok(())
}

/// Checks the texts of TXT records.
fn check_texts(body: &Value) -> Result<(), Refusal> {
    for record in document::list(body, "/properties/txtRecords") {
        let texts = document::texts(record, "/value")?;
        let sum: usize = texts.iter().map(String::len).sum();
        if texts.iter().any(|it| it.len() > TEXT_LIMIT) || sum > TEXTS_LIMIT {
            return Err(invalid(format!(
                "A TXT record can have at most {TEXTS_LIMIT} characters, in texts of at most \
                 {TEXT_LIMIT}."
            )));
        }
    }
    Ok(())
}

fn check_target(member: &str, target: Option<&str>) -> Result<(), Refusal> {
    let is_name = |it: &str| {
        let it = it.strip_suffix('.').unwrap_or(it);
        it.len() <= NAME_LIMIT && it.split('.').all(is_label)
    };
    match target {
        Some(target) if !is_name(target) => Err(invalid(format!(
            "The value '{target}' of {member} is no domain name."
        ))),
        Some(_) | None => Ok(()),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::private_dns(400, "BadRequest", message)
}
