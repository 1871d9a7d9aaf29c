//! Instances: virtual machines with addresses in subnets. They run nothing; a host mapping names the
//! host on this machine that stands for one.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::address::check_purpose;
use super::document;
use super::draft::Draft;
use super::id::ResourceId;
use super::ip_allocation;
use super::kind::Kind;
use super::refusal::Refusal;
use super::resource::Resource;
use super::state::State;

/// Checks and completes an instance: interfaces, subnets and addresses.
///
/// # Errors
/// 400 `required` or `invalid`, 404 `notFound` or 400 `resourceNotReady` for a network or subnetwork.
pub(super) fn prepare(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let Some(Value::Array(interfaces)) = draft.body.get("networkInterfaces").cloned() else {
        return Err(Refusal::required("networkInterfaces"));
    };
    if interfaces.is_empty() {
        return Err(Refusal::required("networkInterfaces"));
    }
    let mut taken = BTreeSet::new();
    let mut prepared = Vec::new();
    for (index, mut interface) in interfaces.into_iter().enumerate() {
        let path = format!("networkInterfaces[{index}]");
        let subnet = subnet(draft, &path, &interface)?;
        let field = format!("{path}.networkIP");
        let requested = match document::text(&interface, "/networkIP") {
            None => None,
            Some(text) => Some(text.parse::<Ipv4Addr>().map_err(|_malformed| {
                Refusal::text(&field, text, "It must be an IPv4 address.")
            })?),
        };
        let Some(address) = ip_allocation::allocate(draft, &field, subnet, requested, &taken)?
        else {
            // The operation will fail, so the rest is not needed.
            return Ok(());
        };
        taken.insert(address);
        let network = document::text_or_empty(subnet.body(), "/network");
        document::set(&mut interface, "name", format!("nic{index}"));
        document::set(&mut interface, "network", network);
        document::set(&mut interface, "subnetwork", subnet.id.link());
        document::set(&mut interface, "networkIP", address.to_string());
        prepared.push(interface);
    }
    document::set(&mut draft.body, "networkInterfaces", prepared);
    Ok(())
}

/// Returns the subnet of an interface: the one it names, or the first of its network in the region.
fn subnet<'a>(draft: &Draft<'a>, path: &str, interface: &Value) -> Result<&'a Resource, Refusal> {
    let region = draft.id.location.region().unwrap_or_default();
    let field = format!("{path}.subnetwork");
    if let Some(link) = document::text(interface, "/subnetwork") {
        let subnet = draft.resolve_ready(&field, link, Kind::Subnetwork)?;
        if subnet.id.location.region() != Some(region) {
            let why = format!("The subnetwork must be in region '{region}', that of the zone.");
            return Err(Refusal::text(&field, link, &why));
        }
        check_purpose(subnet)?;
        return Ok(subnet);
    }
    let link = document::text(interface, "/network").unwrap_or("global/networks/default");
    let network = draft.resolve_ready(&format!("{path}.network"), link, Kind::Network)?;
    ip_allocation::subnet_of(draft.state, &network.id, region, None).ok_or_else(|| {
        let why = format!("The network has no subnetwork for instances in region '{region}'.");
        Refusal::text(&field, "", &why)
    })
}

/// Returns the address of an instance in a subnet.
pub(super) fn address_in(instance: &Resource, subnet: &ResourceId) -> Option<Ipv4Addr> {
    let link = subnet.link();
    document::list(instance.body(), "/networkInterfaces")
        .iter()
        .find(|it| document::text(it, "/subnetwork") == Some(&link))
        .and_then(|it| document::text(it, "/networkIP")?.parse().ok())
}

/// Adds the output-only member `status`: instances always run.
pub(super) fn add_output_only(shown: &mut Value) {
    document::set(shown, "status", json!("RUNNING"));
}

/// Removes a deleted instance from every group.
pub(super) fn leave_groups(state: &mut State, instance: &ResourceId) {
    let groups: Vec<ResourceId> = state
        .of_kind(Kind::EndpointGroup)
        .chain(state.of_kind(Kind::InstanceGroup))
        .filter(|group| {
            let contents = [Some(&group.content), group.pending.as_ref()];
            let mut members = contents.into_iter().flatten().flat_map(|it| &it.members);
            members.any(|it| it.instance == *instance)
        })
        .map(|group| group.id.clone())
        .collect();
    for group in groups {
        state.change(&group, |group| {
            let contents = [Some(&mut group.content), group.pending.as_mut()];
            for content in contents.into_iter().flatten() {
                content.members.retain(|it| it.instance != *instance);
            }
        });
    }
}
