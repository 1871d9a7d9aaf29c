//! Allocation of addresses in subnets.
//!
//! As in the API, a request for a taken address, or in an exhausted subnet, is accepted; its
//! operation fails.

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

/// Number of reserved addresses at the start of a range: network and gateway (docs: "Subnets",
/// unusable addresses).
const RESERVED_FIRST: u32 = 2;

/// Number of reserved addresses at the end of a range: one for future use and the broadcast address
/// (docs: "Subnets", unusable addresses).
const RESERVED_LAST: u32 = 2;

/// Returns the usable addresses of a range, lowest first.
pub(super) fn usable(range: Ipv4Net) -> impl Iterator<Item = Ipv4Addr> {
    let first = u32::from(range.network()).saturating_add(RESERVED_FIRST);
    let last = u32::from(range.broadcast()).saturating_sub(RESERVED_LAST);
    (first..=last).map(Ipv4Addr::from)
}

/// Returns the range of a subnet.
pub(super) fn range_of(subnet: &Resource) -> Option<Ipv4Net> {
    document::text(subnet.body(), "/ipCidrRange")?.parse().ok()
}

/// Allocates an address in a subnet to a draft: the requested one or the first free one.
///
/// `also_taken` are addresses that the same draft has allocated already. Returns `None`, and sets the
/// error of the operation, if the address is taken or the subnet is exhausted.
///
/// # Errors
/// 400 `invalid` for an address outside of the subnet, 400 `resourceNotReady` for a subnet without a
/// range.
pub(super) fn allocate(
    draft: &mut Draft<'_>,
    field: &str,
    subnet: &Resource,
    requested: Option<Ipv4Addr>,
    also_taken: &BTreeSet<Ipv4Addr>,
) -> Result<Option<Ipv4Addr>, Refusal> {
    let Some(range) = range_of(subnet) else {
        return Err(Refusal::not_ready(&subnet.id));
    };
    let taken = taken(draft.state, subnet, range, draft.id);
    let is_free = |it: &Ipv4Addr| !taken.contains(it) && !also_taken.contains(it);
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

/// Returns the addresses in a subnet that resources other than `except` have.
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
    let backends = state
        .of_kind(Kind::RegionalEndpointGroup)
        .filter(|it| it.id != *except)
        .filter(|it| document::text(it.body(), "/subnetwork") == Some(&link))
        .filter_map(|it| document::text(it.body(), "/pscData/consumerPscAddress"));
    interfaces
        .chain(addresses)
        .chain(entries)
        .chain(backends)
        .filter_map(|text| text.parse().ok())
        .filter(|address| range.contains(address))
        .collect()
}

/// Returns the first subnet, by name, of a network in a region that is for instances and forwarding
/// rules and contains the requested address.
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
