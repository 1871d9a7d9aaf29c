//! The address of a forwarding rule: a reserved one, a literal one, or the next free one.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::address;
use super::document;
use super::draft::Draft;
use super::ip_allocation;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;

/// Completes network, subnetwork and address; the address becomes a literal one.
///
/// # Errors
/// 400 `required` or `invalid`, 400 `resourceInUseByAnotherResource` for an address of another
/// forwarding rule, 404 `notFound` or 400 `resourceNotReady` for a resource it refers to.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let requested = requested(draft)?;
    let subnet = prepare_subnet(draft, &requested)?;
    if draft.existing.is_some() {
        // The address is immutable; the caller compares it with the existing one.
        if let Some(literal) = requested.literal {
            document::set(&mut draft.body, "IPAddress", literal.to_string());
        }
        return Ok(());
    }
    let reserved = requested
        .reserved
        .or_else(|| reserved(draft, subnet, requested.literal));
    let address = match reserved {
        Some(reserved) => {
            if let Some(user) = address::user(draft.state, reserved) {
                return Err(Refusal::in_use(&reserved.id, &user.id));
            }
            requested.literal
        }
        None => ip_allocation::allocate(
            draft,
            "IPAddress",
            subnet,
            requested.literal,
            &BTreeSet::new(),
        )?,
    };
    match address {
        Some(address) => document::set(&mut draft.body, "IPAddress", address.to_string()),
        // The address is taken or the subnet is exhausted; the operation will fail.
        None => document::remove(&mut draft.body, "IPAddress"),
    }
    Ok(())
}

/// Completes network and subnetwork of a resource that requests no address.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for a resource it refers to.
pub(super) fn prepare_own_subnet<'a>(draft: &mut Draft<'a>) -> Result<&'a Resource, Refusal> {
    let requested = RequestedAddress {
        literal: None,
        reserved: None,
    };
    prepare_subnet(draft, &requested)
}

/// The address that `IPAddress` requests.
struct RequestedAddress<'a> {
    literal: Option<Ipv4Addr>,
    /// The reserved address that it names.
    reserved: Option<&'a Resource>,
}

fn requested<'a>(draft: &Draft<'a>) -> Result<RequestedAddress<'a>, Refusal> {
    let Some(text) = draft.text("IPAddress") else {
        return Ok(RequestedAddress {
            literal: None,
            reserved: None,
        });
    };
    if let Ok(literal) = text.parse() {
        return Ok(RequestedAddress {
            literal: Some(literal),
            reserved: None,
        });
    }
    if text.contains(':') && !text.contains('/') {
        let why = "It must be an IPv4 address or the URL of an address.";
        return Err(Refusal::text("IPAddress", text, why));
    }
    let reserved = draft.resolve_ready("IPAddress", text, Kind::Address)?;
    if reserved.id.location != draft.id.location {
        let why = format!(
            "The address must be in the region of the forwarding rule, {}.",
            draft.id.location
        );
        return Err(Refusal::text("IPAddress", text, &why));
    }
    let literal = document::text(reserved.body(), "/address").and_then(|it| it.parse().ok());
    Ok(RequestedAddress {
        literal,
        reserved: Some(reserved),
    })
}

/// Returns the subnet of the address, and completes the links to it and to its network.
fn prepare_subnet<'a>(
    draft: &mut Draft<'a>,
    requested: &RequestedAddress<'a>,
) -> Result<&'a Resource, Refusal> {
    let network = draft.link("network", Kind::Network)?;
    let named = draft.link("subnetwork", Kind::Subnetwork)?;
    let of_address = requested
        .reserved
        .and_then(|it| it.linked("/subnetwork"))
        .and_then(|id| draft.state.created(&id));
    if let (Some(named), Some(of_address)) = (named, of_address)
        && named.id != of_address.id
    {
        let why = format!("The address is of another subnetwork, '{}'.", of_address.id);
        return Err(Refusal::text("subnetwork", &named.id.link(), &why));
    }
    let subnet = match (of_address.or(named), network) {
        (Some(subnet), _) => subnet,
        (None, None) => return Err(Refusal::required("network")),
        (None, Some(network)) => {
            let region = draft.id.location.region().unwrap_or_default();
            let found =
                ip_allocation::subnet_of(draft.state, &network.id, region, requested.literal);
            found.ok_or_else(|| no_subnet(draft, network, requested.literal))?
        }
    };
    address::check_region(draft, subnet)?;
    address::check_purpose(subnet)?;
    let of_subnet = subnet.linked("/network");
    if let Some(network) = network.filter(|it| Some(&it.id) != of_subnet.as_ref()) {
        let why = format!("It is not the network of subnetwork '{}'.", subnet.id);
        return Err(Refusal::text("network", &network.id.link(), &why));
    }
    if let Some(network) = of_subnet {
        document::set(&mut draft.body, "network", network.link());
    }
    document::set(&mut draft.body, "subnetwork", subnet.id.link());
    Ok(subnet)
}

fn no_subnet(draft: &Draft<'_>, network: &Resource, literal: Option<Ipv4Addr>) -> Refusal {
    let why = format!(
        "Network '{}' has no subnetwork of purpose PRIVATE for it in {}.",
        network.id, draft.id.location
    );
    match literal {
        Some(literal) => Refusal::text("IPAddress", &literal.to_string(), &why),
        None => Refusal::text("network", &network.id.link(), &why),
    }
}

/// Returns the reserved address that a literal address belongs to.
fn reserved<'a>(
    draft: &Draft<'a>,
    subnet: &Resource,
    literal: Option<Ipv4Addr>,
) -> Option<&'a Resource> {
    let (literal, link) = (literal?.to_string(), subnet.id.link());
    draft.state.of_kind(Kind::Address).find(|it| {
        document::text(it.body(), "/address") == Some(&literal)
            && document::text(it.body(), "/subnetwork") == Some(&link)
    })
}
