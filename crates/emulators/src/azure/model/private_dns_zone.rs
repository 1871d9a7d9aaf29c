//! Private DNS zones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::id::ResourceId;
use super::kind::Kind;
use super::record_set;
use super::record_type::RecordType;
use super::refusal::Refusal;
use super::request_body::global_body;
use super::resource::Resource;
use super::state::State;

/// Labels of a zone's name (documented: "What is an Azure Private DNS zone?", restrictions).
const LABELS: std::ops::RangeInclusive<usize> = 2..=34;

/// Limits that a zone shows (recorded). They are not enforced.
const SHOWN_LIMITS: [(&str, u64); 3] = [
    ("maxNumberOfRecordSets", 25_000),
    ("maxNumberOfVirtualNetworkLinks", 1_000),
    ("maxNumberOfVirtualNetworkLinksWithRegistration", 100),
];

/// `PUT …/privateDnsZones/{zone}`: a new zone has an SOA record set.
///
/// # Errors
/// Those of [`admission::admit`], of [`admission::check_create_only`] and of the body, and
/// `BadRequest` for a name that no zone can have.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, id)?;
    admission::check_create_only(call.request, existing.as_ref())?;
    check_name(id.name())?;
    let mut body = global_body(call, id)?;
    // All properties of a zone are output only.
    document::put(&mut body, "/properties", json!({}));
    let id = id.in_lower_case();
    if existing.is_none() {
        record_set::authority(&id).apply(state, call);
    }
    Ok(Write::LongRunning {
        draft: Box::new(Draft::new(id, existing, body)),
        also: Vec::new(),
        immediate: false,
    })
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let labels = name.split('.');
    let is_legal = LABELS.contains(&labels.clone().count())
        && name.len() <= record_set::NAME_LIMIT
        && labels.clone().all(record_set::is_label);
    if is_legal {
        return Ok(());
    }
    Err(Refusal::private_dns(
        400,
        "BadRequest",
        format!(
            "The zone name '{name}' is invalid. It needs {} to {} labels of letters, digits, '-' and \
             '_'.",
            LABELS.start(),
            LABELS.end()
        ),
    ))
}

/// The record sets of a zone: by type, then in order of creation.
pub(super) fn record_sets<'a>(
    state: &'a State,
    zone: &ResourceId,
) -> impl Iterator<Item = &'a Resource> {
    let zone = zone.clone();
    RecordType::ALL.into_iter().flat_map(move |record_type| {
        let found: Vec<&Resource> = state
            .children(&zone, Kind::RecordSet(record_type))
            .collect();
        found
    })
}

/// Refuses to delete a zone with links. The resource manager does so for every nested resource that it
/// knows (code and text reported: learntocloud/networking-lab#8).
///
/// # Errors
/// `CannotDeleteResource`.
pub(super) fn check_unused(state: &State, zone: &Resource) -> Result<(), Refusal> {
    let Some(link) = state.children(&zone.id, Kind::VirtualNetworkLink).next() else {
        return Ok(());
    };
    Err(Refusal::gateway(
        409,
        "CannotDeleteResource",
        format!(
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs \
             include: '{}/{}/{}/{}'. Please delete all nested resources before deleting this \
             resource.",
            zone.id.kind().full_type(),
            zone.id.name(),
            link.id.kind().collection(),
            link.id.name()
        ),
    ))
}

/// Removes the record sets of a deleted zone.
pub(super) fn after_removal(state: &mut State, zone: &ResourceId) {
    let record_sets: Vec<ResourceId> = record_sets(state, zone).map(|it| it.id.clone()).collect();
    for record_set in &record_sets {
        state.remove(record_set);
    }
}

/// Adds the limits, what is used of them, and the internal ID.
pub(super) fn add_read_only(state: &State, zone: &Resource, shown: &mut Value) {
    for (name, limit) in SHOWN_LIMITS {
        document::put(shown, &format!("/properties/{name}"), limit);
    }
    let links = || state.children(&zone.id, Kind::VirtualNetworkLink);
    let registering =
        links().filter(|it| document::flag(&it.body, "/properties/registrationEnabled"));
    let counts = [
        ("numberOfRecordSets", record_sets(state, &zone.id).count()),
        ("numberOfVirtualNetworkLinks", links().count()),
        (
            "numberOfVirtualNetworkLinksWithRegistration",
            registering.count(),
        ),
    ];
    for (name, count) in counts {
        document::put(shown, &format!("/properties/{name}"), count);
    }
    let internal = STANDARD.encode(format!("ImmutableZoneIdentity;{};0", zone.guid));
    document::put(shown, "/properties/internalId", internal);
}
