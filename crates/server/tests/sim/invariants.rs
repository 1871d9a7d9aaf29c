//! Invariants after every step (safety) and at rest (liveness).

use std::collections::{BTreeMap, BTreeSet};

use underpass_emulators::azure::model::Binding;
use underpass_model::cloud::Provider;
use underpass_model::connection::{Decision, Identity};
use underpass_model::google::RejectList;
use underpass_model::link::{ConnectionState, Link, LinkState, shown_connection, shown_link};
use underpass_model::part::{Admission, Phase};

use crate::simulation::Simulation;

/// Invariants that differ between the clouds.
pub(crate) trait CloudInvariants {
    /// Key by which bindings and connections are matched.
    fn connection_key(&self, identity: &Identity) -> String;
    /// Key of a binding's connection.
    fn binding_key(&self, binding: &Binding) -> String;
    /// Reason why a connection without approval may relay bytes, if it may.
    fn exemption(&self, sim: &mut Simulation, binding: &Binding) -> Option<String>;
    /// Existing resources of the link that must never be replaced: names and identities.
    fn irreplaceable(&self, sim: &mut Simulation) -> Vec<(String, String)>;
    /// Checks the cloud's own invariants after every step.
    fn check(&self, sim: &mut Simulation) -> Result<(), String>;
    /// Admissions in the cloud, by the stored name of the connection; `None` if the link is not
    /// published.
    fn admissions(&self, sim: &mut Simulation) -> Option<BTreeMap<String, Admission>>;
    /// Checks the cloud's own invariants of a link at rest.
    fn check_link(&self, sim: &mut Simulation, link: &Link) -> Result<(), String>;
    /// Checks the cloud's own invariants, at rest, of a service without a link.
    fn check_unpublished(&self, sim: &mut Simulation) -> Result<(), String>;
}

/// Checks safety.
pub(crate) fn check(sim: &mut Simulation) -> Result<(), String> {
    no_byte_without_approval(sim)?;
    no_name_without_approval(sim)?;
    sim.for_each_service(generations_never_fall)?;
    sim.for_each_service(nothing_irreplaceable_is_replaced)?;
    unrelated_resources_are_unchanged(sim)?;
    sim.for_each_service(existing_endpoints_keep_their_connections)?;
    sim.cloud.check(sim)
}

fn no_byte_without_approval(sim: &mut Simulation) -> Result<(), String> {
    let bindings = sim.environment.lock().unwrap().model.bindings();
    for binding in bindings {
        let name = sim.cloud.binding_key(&binding);
        if !sim.approved.contains(&name) && sim.cloud.exemption(sim, &binding).is_none() {
            return Err(format!(
                "bytes pass for `{name}` ({}) without approval",
                binding.endpoint
            ));
        }
    }
    Ok(())
}

fn no_name_without_approval(sim: &mut Simulation) -> Result<(), String> {
    let mut active = BTreeSet::new();
    sim.for_each_service(|sim| {
        if sim.link().is_none_or(|link| link.value.deleting) {
            return Ok(());
        }
        for row in sim.connections() {
            if row.value.decision == Decision::Approved && row.value.address.is_some() {
                active.insert(format!(
                    "privatelink-{}-{}-demo.sim.test",
                    row.value.ordinal, sim.service
                ));
            }
        }
        Ok(())
    })?;
    let zone = sim.zone();
    match zone.records.keys().find(|name| !active.contains(*name)) {
        Some(name) => Err(format!(
            "`{name}` is answered, though its connection is not active"
        )),
        None => Ok(()),
    }
}

fn generations_never_fall(sim: &mut Simulation) -> Result<(), String> {
    let Some(link) = sim.link() else {
        return Ok(());
    };
    let (id, generation) = (link.value.id.to_string(), link.value.generation);
    match sim.generations.insert(id, generation) {
        Some(before) if before > generation => Err("a generation fell".to_owned()),
        _ => Ok(()),
    }
}

/// Names contain the link's ID, so a new link has other names.
fn nothing_irreplaceable_is_replaced(sim: &mut Simulation) -> Result<(), String> {
    for (name, now) in sim.cloud.irreplaceable(sim) {
        if let Some(before) = sim.irreplaceable.insert(name.clone(), now.clone())
            && before != now
        {
            return Err(format!("{name} was replaced: {before} became {now}"));
        }
    }
    Ok(())
}

/// A connection whose endpoint exists keeps its ID, whatever the cloud answers.
fn existing_endpoints_keep_their_connections(sim: &mut Simulation) -> Result<(), String> {
    let Some(link) = sim.link().filter(|link| !link.value.deleting) else {
        return Ok(());
    };
    let link = link.value.id.to_string();
    let Some(there) = sim.cloud.admissions(sim) else {
        return Ok(());
    };
    let rows = sim.connections();
    sim.connection_ids
        .retain(|(of, name), _| *of != link || there.contains_key(name));
    for ((of, name), id) in &sim.connection_ids {
        if *of == link && !rows.iter().any(|row| row.value.id == *id) {
            return Err(format!(
                "the connection {id} of `{name}` ended, though its endpoint exists"
            ));
        }
    }
    for row in rows {
        let name = row.value.identity.name;
        if there.contains_key(&name) {
            sim.connection_ids
                .insert((link.clone(), name), row.value.id);
        }
    }
    Ok(())
}

fn unrelated_resources_are_unchanged(sim: &mut Simulation) -> Result<(), String> {
    let unrelated_resources = sim.unrelated_resources.clone();
    for (path, before) in unrelated_resources {
        let (_, now) = sim.provider("GET", &path, None);
        if now != before {
            return Err(format!("{path}, which no link owns, was changed"));
        }
    }
    Ok(())
}

/// Checks liveness: the desired state is reached, and nothing else exists.
pub(crate) fn check_end(sim: &mut Simulation) -> Result<(), String> {
    sim.for_each_service(check_service)?;
    nothing_else_is_left(sim)
}

fn check_service(sim: &mut Simulation) -> Result<(), String> {
    let Some(link) = sim.link() else {
        return sim.cloud.check_unpublished(sim);
    };
    let link = link.value;
    if link.deleting {
        return Err("the link is still being deleted".to_owned());
    }
    let observed = sim.observed();
    if shown_link(&link, &observed) != LinkState::Active {
        return Err(format!("the link is not active: {observed:?}"));
    }
    for (part, observed_part) in &observed.parts {
        // The state shows the outcome of an awaited part.
        if !matches!(
            observed_part.phase,
            Phase::Ready | Phase::Gone | Phase::Awaited { .. }
        ) {
            return Err(format!("{part} is left in {:?}", observed_part.phase));
        }
    }
    if !observed.failures.is_empty() {
        return Err(format!("a failure is left: {:?}", observed.failures));
    }
    decisions_are_in_effect(sim, &link)?;
    sim.cloud.check_link(sim, &link)
}

fn decisions_are_in_effect(sim: &mut Simulation, link: &Link) -> Result<(), String> {
    let observed = sim.observed();
    let there = sim.cloud.admissions(sim);
    let there = there.ok_or("the published service is gone")?;
    let rows = sim.connections();
    let mut open = BTreeSet::new();
    // Such an endpoint is on no list.
    let is_omitted =
        sim.cloud.provider() == Provider::Google && sim.engine.reject_list == RejectList::Omit;
    for row in &rows {
        let name = &row.value.identity.name;
        let Some(found) = there.get(name) else {
            return Err(format!("`{name}` is known here but not at the provider"));
        };
        let state = shown_connection(link, &row.value, &observed);
        let expected = match state {
            ConnectionState::PendingUserApproval => Admission::Pending,
            ConnectionState::Connected | ConnectionState::Active => Admission::Approved,
            ConnectionState::Rejected if is_omitted => Admission::Pending,
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
            open.insert(sim.cloud.connection_key(&row.value.identity));
        }
    }
    if rows.len() != there.len() {
        return Err(format!(
            "{} connections here, {} there",
            rows.len(),
            there.len()
        ));
    }
    the_right_ports_are_open(sim, open)
}

/// Checks that each approved connection listens on exactly the open ports, with one backend for each
/// node.
fn the_right_ports_are_open(sim: &Simulation, approved: BTreeSet<String>) -> Result<(), String> {
    let service = sim.service().value;
    let open: BTreeSet<u16> = service
        .open_rules()
        .iter()
        .map(|rule| rule.link_port)
        .collect();
    let mut listening: BTreeMap<String, BTreeSet<u16>> = approved
        .into_iter()
        .map(|name| (name, BTreeSet::new()))
        .collect();
    for binding in sim.environment.lock().unwrap().model.bindings() {
        // Other listeners belong to other services.
        let Some(ports) = listening.get_mut(&sim.cloud.binding_key(&binding)) else {
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

/// IDs of the links' resources, recognized by their names.
pub(crate) fn link_resources(sim: &Simulation) -> Vec<String> {
    let ids = sim.environment.lock().unwrap().model.resource_ids();
    ids.into_iter()
        .filter(|id| id.contains("/up-") && !sim.unrelated_resources.contains_key(id))
        .collect()
}

fn nothing_else_is_left(sim: &mut Simulation) -> Result<(), String> {
    let mut names = Vec::new();
    let mut listening: BTreeSet<String> = BTreeSet::new();
    sim.for_each_service(|sim| {
        names.extend(sim.published_name());
        let connections = sim.connections();
        let approved = connections.iter().map(|row| &row.value);
        let approved = approved.filter(|it| it.decision == Decision::Approved);
        listening.extend(approved.map(|it| sim.cloud.connection_key(&it.identity)));
        Ok(())
    })?;
    let is_orphan = |id: &String| !names.iter().any(|name| id.contains(name));
    if let Some(id) = link_resources(sim).iter().find(|id| is_orphan(id)) {
        return Err(format!("no link owns it, but it is left: {id}"));
    }
    let bindings = sim.environment.lock().unwrap().model.bindings();
    let stray = bindings
        .iter()
        .find(|binding| !listening.contains(&sim.cloud.binding_key(binding)));
    match stray {
        Some(binding) => Err(format!(
            "bytes pass for an unapproved connection of {}",
            binding.endpoint
        )),
        None => Ok(()),
    }
}
