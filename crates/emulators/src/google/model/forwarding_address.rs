//! The address of a forwarding rule: reserved before, asked for by itself, or the next free one.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::address;
use super::document;
use super::draft::Draft;
use super::ip;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;

/// Settles network, subnetwork and address, which then is a literal one.
pub(super) fn settle(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let asked = asked(draft)?;
    let subnet = settle_subnet(draft, &asked)?;
    if draft.existing.is_some() {
        // It has its address; whether another was asked for is seen by comparing.
        if let Some(literal) = asked.literal {
            document::put(&mut draft.body, "IPAddress", literal.to_string());
        }
        return Ok(());
    }
    let reserved = asked
        .reserved
        .or_else(|| reserved(draft, subnet, asked.literal));
    let address = match reserved {
        Some(reserved) => {
            if let Some(holder) = address::holder(draft.state, reserved) {
                return Err(Refusal::in_use(&reserved.id, &holder.id));
            }
            asked.literal
        }
        None => ip::claim(draft, "IPAddress", subnet, asked.literal, &BTreeSet::new())?,
    };
    match address {
        Some(address) => document::put(&mut draft.body, "IPAddress", address.to_string()),
        // Another holds it, and its operation will fail.
        None => document::discard(&mut draft.body, "IPAddress"),
    }
    Ok(())
}

/// What `IPAddress` asks for.
struct Asked<'a> {
    literal: Option<Ipv4Addr>,
    /// The reservation that it names.
    reserved: Option<&'a Resource>,
}

fn asked<'a>(draft: &Draft<'a>) -> Result<Asked<'a>, Refusal> {
    let Some(text) = draft.text("IPAddress") else {
        return Ok(Asked {
            literal: None,
            reserved: None,
        });
    };
    if let Ok(literal) = text.parse() {
        return Ok(Asked {
            literal: Some(literal),
            reserved: None,
        });
    }
    if text.contains(':') && !text.contains('/') {
        let why = "It must be an IPv4 address or the URL of an address.";
        return Err(Refusal::text("IPAddress", text, why));
    }
    let reserved = draft.refer("IPAddress", text, Kind::Address)?;
    if reserved.id.location != draft.id.location {
        let why = format!(
            "The address must be in the region of the forwarding rule, {}.",
            draft.id.location
        );
        return Err(Refusal::text("IPAddress", text, &why));
    }
    let literal = document::text(reserved.body(), "/address").and_then(|it| it.parse().ok());
    Ok(Asked {
        literal,
        reserved: Some(reserved),
    })
}

/// The subnet the address is in; the links to it and to its network are settled.
fn settle_subnet<'a>(draft: &mut Draft<'a>, asked: &Asked<'a>) -> Result<&'a Resource, Refusal> {
    let network = draft.link("network", Kind::Network)?;
    let named = draft.link("subnetwork", Kind::Subnetwork)?;
    let of_address = asked
        .reserved
        .and_then(|it| it.linked("/subnetwork"))
        .and_then(|id| draft.state.made(&id));
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
            let found = ip::subnet_of(draft.state, &network.id, region, asked.literal);
            found.ok_or_else(|| no_subnet(draft, network, asked.literal))?
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
        document::put(&mut draft.body, "network", network.link());
    }
    document::put(&mut draft.body, "subnetwork", subnet.id.link());
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

/// The reservation of an address that was asked for by itself.
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
