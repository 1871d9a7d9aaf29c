//! Addresses inside subnets: who holds which, and the next free one.
//!
//! The API accepts a request first and finds in its operation that an address is taken or that
//! none is left.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::document;
use super::draft::Draft;
use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::operation_error::OperationError;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

/// Addresses kept at the beginning of a range: the network's and the gateway's
/// (docs: "Subnets", unusable addresses).
const RESERVED_FIRST: u32 = 2;

/// Addresses kept at its end: one for future use and the broadcast address.
const RESERVED_LAST: u32 = 2;

/// The addresses of a range that can be given out, lowest first.
pub(super) fn usable(range: Ipv4Net) -> impl Iterator<Item = Ipv4Addr> {
    let first = u32::from(range.network()).saturating_add(RESERVED_FIRST);
    let last = u32::from(range.broadcast()).saturating_sub(RESERVED_LAST);
    (first..=last).map(Ipv4Addr::from)
}

/// The range of a subnet.
pub(super) fn range_of(subnet: &Resource) -> Option<Ipv4Net> {
    document::text(subnet.body(), "/ipCidrRange")?.parse().ok()
}

/// Takes an address in a subnet for a draft: the one it wants or the first free one.
///
/// `also` are addresses the same draft has taken already.
/// Gives none, and makes the operation fail, where that cannot be.
///
/// # Errors
/// Refuses an address that the subnet does not have.
pub(super) fn allocate(
    draft: &mut Draft<'_>,
    field: &str,
    subnet: &Resource,
    requested: Option<Ipv4Addr>,
    also: &BTreeSet<Ipv4Addr>,
) -> Result<Option<Ipv4Addr>, Refusal> {
    let Some(range) = range_of(subnet) else {
        return Err(Refusal::not_ready(&subnet.id));
    };
    let taken = taken(draft.state, subnet, range, draft.id);
    let is_free = |it: &Ipv4Addr| !taken.contains(it) && !also.contains(it);
    let Some(requested) = requested else {
        let found = usable(range).find(is_free);
        if found.is_none() {
            let message = format!("IP space of '{}' is exhausted.", subnet.id);
            draft.error = Some(OperationError::new("IP_SPACE_EXHAUSTED", message));
        }
        return Ok(found);
    };
    if !usable(range).any(|it| it == requested) {
        let why = format!(
            "IP address is not inside the usable range of subnetwork '{}' ({range} without its \
             first two and last two addresses).",
            subnet.id
        );
        return Err(Refusal::text(field, &requested.to_string(), &why));
    }
    if is_free(&requested) {
        return Ok(Some(requested));
    }
    let message = format!("IP '{requested}' is already being used by another resource.");
    draft.error = Some(OperationError::new(
        "IP_IN_USE_BY_ANOTHER_RESOURCE",
        message,
    ));
    Ok(None)
}

/// The addresses held in a subnet by all but one resource.
fn taken(
    state: &State,
    subnet: &Resource,
    range: Ipv4Net,
    except: &ResourceId,
) -> BTreeSet<Ipv4Addr> {
    let link = subnet.id.link();
    let network = document::text_or_empty(subnet.body(), "/network");
    let interfaces = state
        .of_kind(Kind::Instance)
        .filter(|it| it.id != *except)
        .flat_map(|it| document::list(it.body(), "/networkInterfaces"))
        .filter(|it| document::text(it, "/subnetwork") == Some(&link))
        .filter_map(|it| document::text(it, "/networkIP"));
    let addresses = state
        .of_kind(Kind::Address)
        .filter(|it| it.id != *except)
        .filter(|it| document::text(it.body(), "/subnetwork") == Some(&link))
        .filter_map(|it| document::text(it.body(), "/address"));
    let entries = state
        .of_kind(Kind::ForwardingRule)
        .filter(|it| it.id != *except)
        .filter(|it| document::text(it.body(), "/network") == Some(network))
        .filter_map(|it| document::text(it.body(), "/IPAddress"));
    interfaces
        .chain(addresses)
        .chain(entries)
        .filter_map(|text| text.parse().ok())
        .filter(|address| range.contains(address))
        .collect()
}

/// The first subnet of a network in a region that is for machines and entries and, if an address
/// is wanted, has it; by name.
pub(super) fn subnet_of<'a>(
    state: &'a State,
    network: &ResourceId,
    region: &str,
    requested: Option<Ipv4Addr>,
) -> Option<&'a Resource> {
    state
        .of_kind(Kind::Subnetwork)
        .filter(|it| it.is_created && !it.is_deleting && it.id.location.region() == Some(region))
        .filter(|it| {
            document::text(it.body(), "/network")
                .is_some_and(|link| ResourceId::from_path(path_of(link)).as_ref() == Some(network))
        })
        .filter(|it| document::text(it.body(), "/purpose") == Some("PRIVATE"))
        .find(|it| {
            requested.is_none_or(|requested| range_of(it).is_some_and(|it| it.contains(&requested)))
        })
}
