//! Subnets: stored as resources of their own, shown inside their virtual network.

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::address;
use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::id::ResourceId;
use super::kind::Kind;
use super::reference;
use super::refusal::Refusal;
use super::request_body::child_body;
use super::resource::Resource;
use super::security_group;
use super::state::State;

/// Maximum prefix length of a subnet, in bits (documented: the smallest subnet is /29).
const LONGEST_PREFIX: u8 = 29;

/// The policy that decides whether private link services may use a subnet for NAT.
const SERVICE_POLICIES: &str = "/properties/privateLinkServiceNetworkPolicies";

/// `PUT …/virtualNetworks/{network}/subnets/{subnet}`: replaces the subnet.
///
/// # Errors
/// Those of [`admission::admit`], of the body and of [`prepare`].
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, &id)?;
    let body = child_body(call, &id)?;
    let network = id.parent();
    let siblings: Vec<Ipv4Net> = network
        .iter()
        .flat_map(|network| state.children(network, Kind::Subnet))
        .filter(|it| !it.id.is(&id))
        .filter_map(address::prefix)
        .collect();
    let space = network
        .as_ref()
        .and_then(|network| state.resource(network))
        .map(|network| document::texts(&network.body, "/properties/addressSpace/addressPrefixes"))
        .transpose()?
        .unwrap_or_default();
    let body = prepare(state, &id, existing.as_ref(), body, &space, &siblings)?;
    let region = network.as_ref().and_then(|network| state.resource(network));
    let region = region.map(Resource::location).unwrap_or_default();
    security_group::check_reference(state, call, &id, region, &body)?;
    let draft = Draft::new(id, existing, body);
    let also = network.into_iter().collect();
    Ok(Write::long_running(draft, also))
}

/// Checks a subnet's body against the address space of its network and the other subnets.
///
/// # Errors
/// `InvalidAddressPrefixFormat`, `NetcfgInvalidSubnet`, `NetcfgSubnetRangesOverlap`,
/// `InUsePrefixCannotBeDeleted`, `InvalidParameterValue`, `InvalidRequestFormat`, or
/// `PrivateLinkServiceNetworkPoliciesCannotBeEnabledOnPrivateLinkServiceSubnet`.
pub(super) fn prepare(
    state: &State,
    id: &ResourceId,
    existing: Option<&Resource>,
    mut body: Value,
    space: &[String],
    siblings: &[Ipv4Net],
) -> Result<Value, Refusal> {
    for read_only in ["ipConfigurations", "privateEndpoints", "purpose"] {
        document::discard(&mut body, &format!("/properties/{read_only}"));
    }
    document::default(&mut body, "/properties/delegations", json!([]));
    document::choice(
        &mut body,
        "/properties/privateEndpointNetworkPolicies",
        &[
            "Disabled",
            "Enabled",
            "NetworkSecurityGroupEnabled",
            "RouteTableEnabled",
        ],
    )?;
    document::choice(&mut body, SERVICE_POLICIES, &["Enabled", "Disabled"])?;
    let range = check_range(id, &body, space, siblings)?;
    check_range_change(state, id, existing, range)?;
    let has_service = || services_in(state, id).next().is_some();
    if document::text_is(&body, SERVICE_POLICIES, "Enabled") && has_service() {
        return Err(Refusal::invalid(
            "PrivateLinkServiceNetworkPoliciesCannotBeEnabledOnPrivateLinkServiceSubnet",
            format!(
                "Private link service network policies cannot be enabled on subnet {id} since \
                 it contains a private link service. Delete the service first."
            ),
        ));
    }
    Ok(body)
}

/// Refuses to change the range of a subnet with allocated addresses.
fn check_range_change(
    state: &State,
    id: &ResourceId,
    existing: Option<&Resource>,
    range: Ipv4Net,
) -> Result<(), Refusal> {
    if existing.and_then(address::prefix) == Some(range) {
        return Ok(());
    }
    match address::ip_configurations_in(state, id).next() {
        None => Ok(()),
        Some((_, user, _)) => Err(Refusal::invalid(
            "InUsePrefixCannotBeDeleted",
            format!("The prefix of subnet {id} is in use by {user} and cannot be changed."),
        )),
    }
}

/// The private link services with NAT addresses in a subnet.
fn services_in<'a>(state: &'a State, subnet: &ResourceId) -> impl Iterator<Item = &'a Resource> {
    let subnet = subnet.key();
    state
        .of_kind(Kind::PrivateLinkService)
        .filter(move |service| {
            document::list(&service.body, "/properties/ipConfigurations")
                .iter()
                .filter_map(|it| document::text(it, "/properties/subnet/id"))
                .any(|id| super::id::Key::of(id) == subnet)
        })
}

/// Refuses to delete a subnet with allocated addresses.
///
/// # Errors
/// `InUseSubnetCannotBeDeleted`.
pub(super) fn check_unused(state: &State, id: &ResourceId) -> Result<(), Refusal> {
    match address::ip_configurations_in(state, id).next() {
        None => Ok(()),
        Some((_, user, _)) => Err(Refusal::invalid(
            "InUseSubnetCannotBeDeleted",
            format!(
                "Subnet {} is in use by {user} and cannot be deleted.",
                id.name()
            ),
        )),
    }
}

/// The subnet of an IP configuration.
///
/// # Errors
/// `SubnetIdMissing`, and those of [`reference::refer`].
pub(super) fn refer<'a>(
    state: &'a State,
    call: &Call<'_>,
    owner: &ResourceId,
    region: &str,
    element: &Value,
) -> Result<&'a Resource, Refusal> {
    let text = document::text(element, "/properties/subnet/id").ok_or_else(|| {
        Refusal::invalid(
            "SubnetIdMissing",
            format!(
                "Ip configuration '{}' of {owner} needs subnet.id.",
                document::text_or_empty(element, "/name")
            ),
        )
    })?;
    reference::refer(state, call, owner, region, text, Kind::Subnet)
}

/// Refuses a subnet that private link services may not use for NAT.
///
/// # Errors
/// `PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled`.
pub(super) fn check_admits_service(service: &ResourceId, subnet: &Resource) -> Result<(), Refusal> {
    if document::text_is(&subnet.body, SERVICE_POLICIES, "Disabled") {
        return Ok(());
    }
    Err(Refusal::invalid(
        "PrivateLinkServiceCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
        format!(
            "Private link service {service} cannot be created in a subnet {} since it has private \
             link service network policies enabled.",
            subnet.id
        ),
    ))
}

/// Reads the range of a subnet: inside the address space, without overlap with its siblings.
fn check_range(
    id: &ResourceId,
    body: &Value,
    space: &[String],
    siblings: &[Ipv4Net],
) -> Result<Ipv4Net, Refusal> {
    let prefixes = document::texts(body, "/properties/addressPrefixes")?;
    let single = document::text(body, "/properties/addressPrefix");
    let text = single
        .or(prefixes.first().map(String::as_str))
        .unwrap_or_default();
    let range = text.parse::<Ipv4Net>().ok().filter(|it| it.trunc() == *it);
    let range = range
        .filter(|it| it.prefix_len() <= LONGEST_PREFIX)
        .ok_or_else(|| {
            Refusal::invalid(
                "InvalidAddressPrefixFormat",
                format!(
                    "Address prefix '{text}' of subnet {id} is not an IPv4 range of at most \
                 /{LONGEST_PREFIX} that begins at its network address."
                ),
            )
        })?;
    let inside = |it: &String| {
        it.parse::<Ipv4Net>()
            .is_ok_and(|space| space.contains(&range))
    };
    if !space.iter().any(inside) {
        return Err(Refusal::invalid(
            "NetcfgInvalidSubnet",
            format!(
                "Subnet '{}' is not valid because its IP address range is outside the IP \
                 address range of its virtual network.",
                id.name()
            ),
        ));
    }
    if siblings
        .iter()
        .any(|it| it.contains(&range) || range.contains(it))
    {
        return Err(Refusal::invalid(
            "NetcfgSubnetRangesOverlap",
            format!(
                "Subnet '{}' is not valid because its IP address range overlaps with that \
                 of an existing subnet of its virtual network.",
                id.name()
            ),
        ));
    }
    Ok(range)
}

/// Adds the IP configurations and the endpoints in a subnet.
pub(super) fn add_read_only(state: &State, subnet: &Resource, shown: &mut Value) {
    let users: Vec<Value> = address::ip_configurations_in(state, &subnet.id)
        .map(|(_, id, _)| json!({ "id": id }))
        .collect();
    if !users.is_empty() {
        document::put(shown, "/properties/ipConfigurations", users);
    }
    let endpoints: Vec<Value> = state
        .of_kind(Kind::PrivateEndpoint)
        .filter(|endpoint| {
            document::text(&endpoint.body, "/properties/subnet/id")
                .is_some_and(|id| super::id::Key::of(id) == subnet.id.key())
        })
        .map(|endpoint| json!({ "id": endpoint.id.to_string() }))
        .collect();
    if !endpoints.is_empty() {
        document::put(shown, "/properties/privateEndpoints", endpoints);
    }
}
