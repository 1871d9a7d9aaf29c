//! Virtual networks, and subnets in their documents.

use ipnet::Ipv4Net;
use serde_json::{Value, json};

use super::admission;
use super::call::Call;
use super::document;
use super::draft::{Draft, Write};
use super::element;
use super::id::ResourceId;
use super::kind::Kind;
use super::refusal::Refusal;
use super::request_body::tracked_body;
use super::resource::Resource;
use super::security_group;
use super::state::State;
use super::subnet;

/// Subnets in the document of a network.
const SUBNETS: &str = "/properties/subnets";
/// Address space of a network.
const SPACE: &str = "/properties/addressSpace/addressPrefixes";

/// `PUT …/virtualNetworks/{network}`.
///
/// Subnets in the body replace the existing ones; a body without the member keeps them.
///
/// # Errors
/// Those of [`admission::admit`], of the body and of [`subnet::prepare`],
/// `InvalidAddressPrefixFormat`, `InUsePrefixCannotBeDeleted`, or `InUseSubnetCannotBeDeleted`.
pub(super) fn put(
    state: &mut State,
    call: &mut Call<'_>,
    id: ResourceId,
) -> Result<Write, Refusal> {
    let existing = admission::admit(state, call, &id)?;
    let mut body = tracked_body(state, call, &id, existing.as_ref())?;
    let space = check_space(&id, &body)?;
    let inline = body.pointer(SUBNETS).is_some();
    let elements = element::take(&mut body, &id, SUBNETS)?;
    document::discard(&mut body, SUBNETS);
    document::default(&mut body, "/properties/virtualNetworkPeerings", json!([]));
    document::default(&mut body, "/properties/enableDdosProtection", false);
    document::default(
        &mut body,
        "/properties/privateEndpointVNetPolicies",
        "Disabled",
    );

    let before: Vec<Resource> = state.children(&id, Kind::Subnet).cloned().collect();
    let mut drafts = Vec::new();
    if inline {
        let mut ranges: Vec<Ipv4Net> = Vec::new();
        for element in elements {
            let draft = prepare_subnet(state, &id, &before, element, &space, &ranges)?;
            let region = document::text_or_empty(&body, "/location");
            security_group::check_reference(state, call, &draft.id, region, &draft.body)?;
            ranges.extend(range_of(&draft.body));
            drafts.push(draft);
        }
    } else {
        check_space_covers(&id, &space, &before)?;
    }
    let dropped: Vec<ResourceId> = before
        .iter()
        .map(|it| it.id.clone())
        .filter(|old| inline && !drafts.iter().any(|draft| draft.id.is(old)))
        .collect();
    dropped
        .iter()
        .try_for_each(|subnet| subnet::check_unused(state, subnet))?;

    for subnet in &dropped {
        state.remove(subnet);
    }
    let same_subnets = dropped.is_empty() && drafts.iter().all(Draft::changes_nothing);
    let mut also = Vec::new();
    for draft in drafts {
        also.push(draft.apply(state, call).1);
    }
    let draft = Draft::new(id, existing, body);
    Ok(Write::long_running(draft, also).if_also(same_subnets))
}

fn prepare_subnet(
    state: &State,
    network: &ResourceId,
    before: &[Resource],
    mut element: Value,
    space: &[String],
    siblings: &[Ipv4Net],
) -> Result<Draft, Refusal> {
    let id = network.child(Kind::Subnet, document::text_or_empty(&element, "/name"));
    document::discard(&mut element, "/name");
    let existing = before.iter().find(|it| it.id.is(&id)).cloned();
    let body = subnet::prepare(state, &id, existing.as_ref(), element, space, siblings)?;
    Ok(Draft::new(id, existing, body))
}

/// Removes the subnets of a deleted network.
pub(super) fn after_removal(state: &mut State, network: &ResourceId) {
    let subnets: Vec<ResourceId> = state
        .children(network, Kind::Subnet)
        .map(|it| it.id.clone())
        .collect();
    for subnet in &subnets {
        state.remove(subnet);
    }
}

/// Reads the address space: at least one IPv4 range.
fn check_space(id: &ResourceId, body: &Value) -> Result<Vec<String>, Refusal> {
    let space = document::texts(body, SPACE)?;
    if !space.is_empty() && space.iter().all(|it| it.parse::<Ipv4Net>().is_ok()) {
        return Ok(space);
    }
    Err(Refusal::invalid(
        "InvalidAddressPrefixFormat",
        format!(
            "Virtual network {id} needs addressSpace.addressPrefixes: one or more IPv4 ranges."
        ),
    ))
}

/// Refuses an address space that omits the range of an existing subnet.
fn check_space_covers(
    id: &ResourceId,
    space: &[String],
    subnets: &[Resource],
) -> Result<(), Refusal> {
    let spaces: Vec<Ipv4Net> = space.iter().filter_map(|it| it.parse().ok()).collect();
    let covered = |range: Ipv4Net| spaces.iter().any(|space| space.contains(&range));
    match subnets
        .iter()
        .find(|it| range_of(&it.body).is_some_and(|range| !covered(range)))
    {
        None => Ok(()),
        Some(subnet) => Err(Refusal::invalid(
            "InUsePrefixCannotBeDeleted",
            format!(
                "The address space of virtual network {id} cannot leave out the range of its \
                 subnet {}.",
                subnet.id.name()
            ),
        )),
    }
}

fn range_of(body: &Value) -> Option<Ipv4Net> {
    document::text(body, "/properties/addressPrefix")
        .or_else(|| document::text(body, "/properties/addressPrefixes/0"))?
        .parse()
        .ok()
}

/// Adds the subnets.
pub(super) fn add_read_only(state: &State, network: &Resource, shown: &mut Value) {
    let subnets: Vec<Value> = state
        .children(&network.id, Kind::Subnet)
        .map(|it| {
            let mut shown = it.shown();
            subnet::add_read_only(state, it, &mut shown);
            shown
        })
        .collect();
    document::put(shown, SUBNETS, subnets);
}
