//! What must hold after every step, and what must hold once everything rests.

use std::collections::{BTreeMap, BTreeSet};

use underpass_emulators::azure::model::Binding;
use underpass_model::connection::{Decision, Identity};
use underpass_model::link::{ConnectionState, Link, LinkState, shown_connection, shown_link};
use underpass_model::part::{Admission, Phase};

use crate::world::World;

/// What is true in each cloud in its own way.
pub(crate) trait CloudInvariants {
    /// What bindings tell a connection by.
    fn connection_key(&self, identity: &Identity) -> String;
    /// The same of a binding.
    fn binding_key(&self, binding: &Binding) -> String;
    /// Why bytes may pass here though nobody approved it through us, if they may.
    fn exemption(&self, world: &mut World, binding: &Binding) -> Option<String>;
    /// What of the link must never be replaced and is there now, by name, and what tells that it
    /// was.
    fn irreplaceable(&self, world: &mut World) -> Vec<(String, String)>;
    /// What else must hold after every step.
    fn check(&self, world: &mut World) -> Result<(), String>;
    /// Where the provider says that each connection stands, by the name it has at us; `None`: the
    /// link is not published.
    fn admissions(&self, world: &mut World) -> Option<BTreeMap<String, Admission>>;
    /// What else must hold of a link once everything rests.
    fn check_link(&self, world: &mut World, link: &Link) -> Result<(), String>;
    /// What else must hold, once everything rests, of a service that has no link.
    fn check_unpublished(&self, world: &mut World) -> Result<(), String>;
}

/// Safety.
pub(crate) fn check(world: &mut World) -> Result<(), String> {
    no_byte_without_approval(world)?;
    no_name_without_approval(world)?;
    world.for_each_service(generations_never_fall)?;
    world.for_each_service(nothing_irreplaceable_is_replaced)?;
    unrelated_resources_are_unchanged(world)?;
    world.cloud.check(world)
}

fn no_byte_without_approval(world: &mut World) -> Result<(), String> {
    let bindings = world.environment.lock().unwrap().model.bindings();
    for binding in bindings {
        let name = world.cloud.binding_key(&binding);
        if !world.approved.contains(&name) && world.cloud.exemption(world, &binding).is_none() {
            return Err(format!(
                "bytes pass for `{name}` ({}), which nobody approved",
                binding.endpoint
            ));
        }
    }
    Ok(())
}

fn no_name_without_approval(world: &mut World) -> Result<(), String> {
    let mut active = BTreeSet::new();
    world.for_each_service(|world| {
        if world.link().is_none_or(|link| link.value.deleting) {
            return Ok(());
        }
        for row in world.connections() {
            if row.value.decision == Decision::Approved && row.value.address.is_some() {
                active.insert(format!(
                    "privatelink-{}-{}-demo.sim.test",
                    row.value.ordinal, world.service
                ));
            }
        }
        Ok(())
    })?;
    let zone = world.zone();
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

/// Names hold the link's id, so a link that is made again has others.
fn nothing_irreplaceable_is_replaced(world: &mut World) -> Result<(), String> {
    for (name, now) in world.cloud.irreplaceable(world) {
        if let Some(before) = world.irreplaceable.insert(name.clone(), now.clone())
            && before != now
        {
            return Err(format!("{name} was replaced: {before} became {now}"));
        }
    }
    Ok(())
}

fn unrelated_resources_are_unchanged(world: &mut World) -> Result<(), String> {
    let unrelated_resources = world.unrelated_resources.clone();
    for (path, before) in unrelated_resources {
        let (_, now) = world.provider("GET", &path, None);
        if now != before {
            return Err(format!("somebody else's {path} was changed"));
        }
    }
    Ok(())
}

/// Liveness: everything wished for is so, and nothing else is.
pub(crate) fn check_end(world: &mut World) -> Result<(), String> {
    world.for_each_service(check_service)?;
    nothing_else_is_left(world)
}

fn check_service(world: &mut World) -> Result<(), String> {
    let Some(link) = world.link() else {
        return world.cloud.check_unpublished(world);
    };
    let link = link.value;
    if link.deleting {
        return Err("the link is still being deleted".to_owned());
    }
    let observed = world.observed();
    if shown_link(&link, &observed) != LinkState::Active {
        return Err(format!("the link is not active: {observed:?}"));
    }
    for (part, seen) in &observed.parts {
        // Whether what was waited for turned out is seen in its state.
        if !matches!(
            seen.phase,
            Phase::Ready | Phase::Gone | Phase::Awaited { .. }
        ) {
            return Err(format!("{part} is left in {:?}", seen.phase));
        }
    }
    if !observed.failures.is_empty() {
        return Err(format!("a failure is left: {:?}", observed.failures));
    }
    decisions_are_in_effect(world, &link)?;
    world.cloud.check_link(world, &link)
}

fn decisions_are_in_effect(world: &mut World, link: &Link) -> Result<(), String> {
    let observed = world.observed();
    let there = world.cloud.admissions(world);
    let there = there.ok_or("the published service is gone")?;
    let rows = world.connections();
    let mut open = BTreeSet::new();
    for row in &rows {
        let name = &row.value.identity.name;
        let Some(found) = there.get(name) else {
            return Err(format!("`{name}` is known here but not at the provider"));
        };
        let state = shown_connection(link, &row.value, &observed);
        let expected = match state {
            ConnectionState::PendingUserApproval => Admission::Pending,
            ConnectionState::Connected | ConnectionState::Active => Admission::Approved,
            ConnectionState::Rejected => Admission::Rejected,
            ConnectionState::UserApproved | ConnectionState::Disconnected => {
                return Err(format!("`{name}` rests as {}", state.as_str()));
            }
        };
        if *found != expected {
            return Err(format!(
                "`{name}` is {} here and {found:?} there",
                state.as_str()
            ));
        }
        if expected == Admission::Approved {
            open.insert(world.cloud.connection_key(&row.value.identity));
        }
    }
    if rows.len() != there.len() {
        return Err(format!(
            "{} connections here, {} there",
            rows.len(),
            there.len()
        ));
    }
    the_right_ports_are_open(world, open)
}

/// Each approved connection listens on exactly the open ports, and leads to exactly the nodes.
fn the_right_ports_are_open(world: &World, approved: BTreeSet<String>) -> Result<(), String> {
    let service = world.service().value;
    let open: BTreeSet<u16> = service
        .open_rules()
        .iter()
        .map(|rule| rule.link_port)
        .collect();
    let mut listening: BTreeMap<String, BTreeSet<u16>> = approved
        .into_iter()
        .map(|name| (name, BTreeSet::new()))
        .collect();
    for binding in world.environment.lock().unwrap().model.bindings() {
        // Whatever else listens is of another service.
        let Some(ports) = listening.get_mut(&world.cloud.binding_key(&binding)) else {
            continue;
        };
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

/// What was made for links, as named by us.
pub(crate) fn link_resources(world: &World) -> Vec<String> {
    let ids = world.environment.lock().unwrap().model.resource_ids();
    ids.into_iter()
        .filter(|id| id.contains("/up-") && !world.unrelated_resources.contains_key(id))
        .collect()
}

fn nothing_else_is_left(world: &mut World) -> Result<(), String> {
    let mut names = Vec::new();
    let mut listening: BTreeSet<String> = BTreeSet::new();
    world.for_each_service(|world| {
        names.extend(world.published_name());
        let connections = world.connections();
        let approved = connections.iter().map(|row| &row.value);
        let approved = approved.filter(|it| it.decision == Decision::Approved);
        listening.extend(approved.map(|it| world.cloud.connection_key(&it.identity)));
        Ok(())
    })?;
    let is_orphan = |id: &String| !names.iter().any(|name| id.contains(name));
    if let Some(id) = link_resources(world).iter().find(|id| is_orphan(id)) {
        return Err(format!("no link owns it, but it is left: {id}"));
    }
    let bindings = world.environment.lock().unwrap().model.bindings();
    let stray = bindings
        .iter()
        .find(|binding| !listening.contains(&world.cloud.binding_key(binding)));
    match stray {
        Some(binding) => Err(format!(
            "bytes pass for an unapproved connection of {}",
            binding.endpoint
        )),
        None => Ok(()),
    }
}
