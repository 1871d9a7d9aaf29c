//! The service attachment that a consumer's endpoint or backend targets.

use super::connection::{Connection, ConnectionStatus};
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::kind::Kind;
use super::number;
use super::refusal::Refusal;

/// Checks the targeted attachment, which may have been deleted since the insert, and gives a new
/// consumer its connection; the member becomes a full link.
///
/// # Errors
/// 400 `invalid` for a link to another kind of resource or region, 404 `notFound` for a missing
/// attachment, 400 `resourceNotReady` for one that is inserted or deleted.
pub(super) fn prepare(draft: &mut Draft<'_>, member: &str) -> Result<(), Refusal> {
    let link = draft.text(member).unwrap_or_default().to_owned();
    let named = draft.resolve(member, &link, Kind::ServiceAttachment)?;
    document::set(&mut draft.body, member, named.link());
    if draft.existing.is_some() {
        return Ok(());
    }
    check_region(draft.id, member, &named)?;
    let service = draft.state.resource(&named);
    // The message names the consumer's resource, not the target (reported: pulumi-gcp#840).
    let service = service.ok_or_else(|| Refusal::not_found(draft.id))?;
    if !service.is_created || service.is_deleting {
        return Err(Refusal::not_ready(&named));
    }
    draft.connection = Some(Connection {
        number: number::connection_number(draft.rng),
        attachment: named,
        attachment_number: service.number,
        connected_at: None,
        status: ConnectionStatus::Pending,
        nat_ips: Vec::new(),
    });
    Ok(())
}

/// # Errors
/// 400 `invalid` for a resource in another region than the one that names it.
pub(super) fn check_region(
    id: &ResourceId,
    field: &str,
    named: &ResourceId,
) -> Result<(), Refusal> {
    if named.location == id.location {
        return Ok(());
    }
    let label = id.kind.label().replace('_', " ");
    let why = format!("It must be in the region of the {label}, {}.", id.location);
    Err(Refusal::text(field, &named.link(), &why))
}
