//! What must hold after every step, and what must hold once everything rests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use underpass_model::connection::Verdict;
use underpass_model::link::{ConnectionState, LinkState, shown_connection, shown_link};
use underpass_model::part::Phase;

use crate::world::{FOREIGN, World, provider_base};

/// Safety.
pub(crate) fn check(world: &mut World) -> Result<(), String> {
    no_byte_without_approval(world)?;
    no_name_without_approval(world)?;
    generations_never_fall(world)?;
    the_attachment_is_never_replaced(world)?;
    strangers_are_left_alone(world)
}

fn no_byte_without_approval(world: &World) -> Result<(), String> {
    for binding in world.sky.lock().unwrap().azure.bindings() {
        let name = binding
            .connection
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        if binding.endpoint.contains(FOREIGN) {
            return Err(format!(
                "bytes pass for a foreign endpoint: {}",
                binding.endpoint
            ));
        }
        if !world.approved.contains(&name) {
            return Err(format!("bytes pass for `{name}`, which nobody approved"));
        }
    }
    Ok(())
}

fn no_name_without_approval(world: &World) -> Result<(), String> {
    let zone = world.zone();
    let active: BTreeSet<String> = match world.link() {
        Some(link) if !link.value.deleting => world
            .connections()
            .iter()
            .filter(|row| row.value.verdict == Verdict::Approved && row.value.address.is_some())
            .map(|row| format!("privatelink-{}-pg-1-demo.sim.test", row.value.ordinal))
            .collect(),
        _ => BTreeSet::new(),
    };
    match zone.records.keys().find(|name| !active.contains(*name)) {
        Some(name) => Err(format!(
            "`{name}` is answered, though its connection is not active"
        )),
        None => Ok(()),
    }
}

fn generations_never_fall(world: &mut World) -> Result<(), String> {
    let Some(link) = world.link() else {
        return Ok(());
    };
    let (id, generation) = (link.value.id.to_string(), link.value.generation);
    match world.generations.insert(id, generation) {
        Some(before) if before > generation => Err("a generation fell".to_owned()),
        _ => Ok(()),
    }
}

fn the_attachment_is_never_replaced(world: &mut World) -> Result<(), String> {
    let (Some(name), Some(published)) = (world.published_name(), world.published()) else {
        return Ok(());
    };
    let alias = published["properties"]["alias"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    match world.aliases.insert(name, alias.clone()) {
        Some(before) if before != alias => Err(format!(
            "the published service was replaced: {before} became {alias}"
        )),
        _ => Ok(()),
    }
}

fn strangers_are_left_alone(world: &mut World) -> Result<(), String> {
    let path = format!("{}/loadBalancers/bystander", provider_base());
    let (status, bystander) = world.provider("GET", &path, None);
    if status == 200 && bystander["properties"]["loadBalancingRules"] == serde_json::json!([]) {
        return Ok(());
    }
    Err("somebody else's balancer was changed".to_owned())
}

/// Liveness: everything wished for is so, and nothing else is.
pub(crate) fn check_end(world: &mut World) -> Result<(), String> {
    let Some(link) = world.link() else {
        return nothing_is_left(world);
    };
    if link.value.deleting {
        return Err("the link is still being deleted".to_owned());
    }
    let observed = world.observed();
    if shown_link(&link.value, &observed) != LinkState::Active {
        return Err(format!("the link is not active: {observed:?}"));
    }
    for (part, seen) in &observed.parts {
        if !matches!(seen.phase, Phase::Ready | Phase::Gone) {
            return Err(format!("{part} is left in {:?}", seen.phase));
        }
    }
    if !observed.troubles.is_empty() {
        return Err(format!("trouble is left: {:?}", observed.troubles));
    }
    what_was_decided_is_so(world)?;
    only_this_link_is_there(world)
}

fn what_was_decided_is_so(world: &mut World) -> Result<(), String> {
    let link = world.link().map(|row| row.value).ok_or("no link")?;
    let observed = world.observed();
    let published = world.published().ok_or("the published service is gone")?;
    let empty = Vec::new();
    let there: BTreeMap<String, String> = published["properties"]["privateEndpointConnections"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|connection| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let status =
                text(&connection["properties"]["privateLinkServiceConnectionState"]["status"]);
            (text(&connection["name"]), status)
        })
        .collect();
    let rows = world.connections();
    for row in &rows {
        let name = &row.value.identity.name;
        let Some(status) = there.get(name) else {
            return Err(format!("`{name}` is known here but not at the provider"));
        };
        let state = shown_connection(&link, &row.value, &observed);
        let expected = match state {
            ConnectionState::PendingUserApproval => "Pending",
            ConnectionState::Connected | ConnectionState::Active => "Approved",
            ConnectionState::Rejected => "Rejected",
            ConnectionState::UserApproved | ConnectionState::Disconnected => {
                return Err(format!("`{name}` rests as {}", state.as_str()));
            }
        };
        if status != expected {
            return Err(format!(
                "`{name}` is {} here and {status} there",
                state.as_str()
            ));
        }
    }
    if rows.len() != there.len() {
        return Err(format!(
            "{} connections here, {} there",
            rows.len(),
            there.len()
        ));
    }
    the_right_ports_are_open(world, &there)
}

/// Each approved connection listens on exactly the open ports, and leads to exactly the nodes.
fn the_right_ports_are_open(world: &World, there: &BTreeMap<String, String>) -> Result<(), String> {
    let service = world.service().value;
    let open: BTreeSet<u16> = service
        .open_rules()
        .iter()
        .map(|rule| rule.link_port)
        .collect();
    let mut listening: BTreeMap<String, BTreeSet<u16>> = there
        .iter()
        .filter(|(_, status)| *status == "Approved")
        .map(|(name, _)| (name.clone(), BTreeSet::new()))
        .collect();
    for binding in world.sky.lock().unwrap().azure.bindings() {
        let name = binding.connection.rsplit('/').next().unwrap_or_default();
        let ports = listening
            .get_mut(name)
            .ok_or("bytes pass for an unapproved connection")?;
        ports.insert(binding.listen.port());
        if binding.backends.len() != service.nodes.len() {
            return Err(format!(
                "{} backends, {} nodes",
                binding.backends.len(),
                service.nodes.len()
            ));
        }
    }
    match listening.iter().find(|(_, ports)| **ports != open) {
        Some((name, ports)) => Err(format!("`{name}` listens on {ports:?}, not {open:?}")),
        None => Ok(()),
    }
}

fn ours(world: &World) -> Vec<String> {
    let ids = world.sky.lock().unwrap().azure.resource_ids();
    ids.into_iter().filter(|id| id.contains("/up-")).collect()
}

fn only_this_link_is_there(world: &World) -> Result<(), String> {
    let name = world.published_name().ok_or("no link")?;
    match ours(world).into_iter().find(|id| !id.contains(&name)) {
        Some(id) => Err(format!("an orphan is left: {id}")),
        None => Ok(()),
    }
}

fn nothing_is_left(world: &mut World) -> Result<(), String> {
    if let Some(id) = ours(world).first() {
        return Err(format!("the link is gone, but {id} is left"));
    }
    for nic in crate::world::NODES {
        let (_, body) = world.provider("GET", &crate::world::nic_id(nic), None);
        if body.to_string().contains("/up-") {
            return Err(format!("{nic} is still a member of a pool of ours"));
        }
    }
    Ok(())
}
