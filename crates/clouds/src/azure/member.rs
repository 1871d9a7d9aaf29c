//! A node's membership in the load balancer's pools: one list in the node's interface, a borrowed
//! resource.
//!
//! The interface is read and written as a whole within one step, on the condition that it did not
//! change in between; only that list is changed, not even tags.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use underpass_model::name::NodeName;
use underpass_model::part::{AzureSpec, Confirmed, OperationKind, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::classify;
use super::interface::{InternalBalancers, require_no_other_balancer, require_node_subnet};
use super::job::{Job, present, require_tag};
use super::names::{POOL, node_of_pool, node_pool};
use super::operation::{self, ProvisioningState};
use super::resource::{Kind, Resource};
use crate::document;
use crate::error::{Error, ErrorKind};

/// The pointer to an interface's IP configurations.
const CONFIGURATIONS: &str = "/properties/ipConfigurations";

/// The pointer to the pools of an IP configuration.
const POOLS: &str = "/properties/loadBalancerBackendAddressPools";

/// Reads the membership. A membership in another IP configuration than the chosen one, or without
/// the pool of all nodes, counts as failed: repeating the write corrects it.
pub(super) async fn read(job: Job<'_>, handle: &str) -> Result<Outcome, Error> {
    let interface = interface(handle, "read")?;
    let balancer = job.names.balancer()?;
    let Some(document) = job.get(&interface).await? else {
        return Ok(Outcome::Absent(Evidence::Alone));
    };
    let members: Vec<_> = configurations(&document)
        .iter()
        .filter(|it| !own_pools(it, &balancer).is_empty())
        .collect();
    let mut found = membership(&document, &interface, &balancer);
    let mut others = InternalBalancers::new(job.client, &[], job.now);
    found.facts.is_shared = others.are_shared(pools(&document), &balancer).await;
    let is_right = |chosen: &Value| {
        members
            .iter()
            .all(|it| document::says(it, "/name", name(chosen)))
    };
    Ok(match chosen(job, handle, &document, &interface) {
        _ if members.is_empty() => Outcome::Absent(Evidence::ParentLacks),
        Ok(chosen) if !is_right(chosen) || !is_in(&document, &balancer, POOL) => {
            Outcome::Failed(found)
        }
        // Without the chosen configuration there is nothing to correct; the membership can be
        // deleted.
        Ok(_) | Err(_) => operation::observed_outcome_of_adopted(&document, found, job.now),
    })
}

/// Adds an interface to the pool of all nodes, and to exactly these pools of single nodes.
pub(super) async fn put(
    job: Job<'_>,
    handle: &str,
    nodes: &BTreeSet<NodeName>,
) -> Result<Outcome, Error> {
    let interface = interface(handle, "update")?;
    let balancer = job.names.balancer()?;
    let desired: BTreeSet<String> = std::iter::once(POOL.to_owned())
        .chain(nodes.iter().map(node_pool))
        .collect();
    let Some(mut document) = job.get(&interface).await? else {
        let action = format!("update {interface}");
        let remedy = "Register the service's node again with the ID of an existing interface";
        return Err(classify::missing(&action, &interface, remedy.to_owned()));
    };
    let found = membership(&document, &interface, &balancer);
    if matches!(
        ProvisioningState::of(&document),
        ProvisioningState::Updating | ProvisioningState::Deleting
    ) {
        return Ok(operation::observed_outcome(&document, found, job.now));
    }
    let before = document.clone();
    let configuration = chosen(job, handle, &before, &interface)?;
    if !set_membership(
        &mut document,
        &balancer,
        Some((name(configuration), &desired)),
    ) {
        return Ok(Outcome::Found(found));
    }
    require_node_subnet(job, configuration, &interface)?;
    // A member stays: links of earlier versions may share an interface.
    if !is_in_any(&before, &balancer) {
        require_no_other_balancer(job, pools(&before), &interface, &balancer).await?;
    }
    let tag = require_tag(&document, &interface)?;
    let spec = spec_of(nodes.clone());
    let confirm = |document: &Value| confirm(document, &interface, &balancer);
    Ok(job
        .put(&interface, &document, Some(&tag), &spec, confirm)
        .await?
        .1)
}

/// Removes every IP configuration from the load balancer's pools.
pub(super) async fn delete(job: Job<'_>, handle: &str) -> Result<Outcome, Error> {
    let interface = interface(handle, "update")?;
    let balancer = job.names.balancer()?;
    let Some(mut document) = job.get(&interface).await? else {
        return Ok(Outcome::Absent(Evidence::Alone));
    };
    if matches!(
        ProvisioningState::of(&document),
        ProvisioningState::Updating | ProvisioningState::Deleting
    ) {
        return Ok(operation::later(OperationKind::Delete, job.now));
    }
    if !set_membership(&mut document, &balancer, None) {
        return Ok(Outcome::Absent(Evidence::ParentLacks));
    }
    let tag = require_tag(&document, &interface)?;
    let confirm = |document: &Value| Ok(present(document, &interface));
    let (document, outcome) = job
        .put(&interface, &document, Some(&tag), &Spec::Present, confirm)
        .await?;
    match outcome {
        Outcome::Ready(_) if is_in_any(&document, &balancer) => {
            let action = format!("update {interface}");
            Err(classify::stale(&action, &interface, "kept the membership"))
        }
        Outcome::Ready(_)
        | Outcome::Found(_)
        | Outcome::Gone
        | Outcome::Empty
        | Outcome::Failed(_)
        | Outcome::Absent(_) => Ok(Outcome::Gone),
        Outcome::Making {
            operation,
            check_after,
            ..
        } => Ok(Outcome::Making {
            operation,
            check_after,
            kind: OperationKind::Delete,
        }),
    }
}

/// Returns the IDs of the pools that an interface is in.
pub(super) fn pools(document: &Value) -> impl Iterator<Item = &str> {
    configurations(document)
        .iter()
        .flat_map(|configuration| document::list(configuration, POOLS))
        .filter_map(|pool| document::text(pool, "/id"))
}

fn configurations(document: &Value) -> &[Value] {
    document::list(document, CONFIGURATIONS)
}

fn name(configuration: &Value) -> &str {
    document::text(configuration, "/name").unwrap_or_default()
}

/// Returns the names of our pools of the load balancer that an IP configuration is in.
fn own_pools(configuration: &Value, balancer: &Resource) -> BTreeSet<String> {
    document::list(configuration, POOLS)
        .iter()
        .filter_map(|pool| own_pool(document::text(pool, "/id")?, balancer))
        .collect()
}

/// Returns the name of a pool by its ID, if it is one of ours of the load balancer.
fn own_pool(id: &str, balancer: &Resource) -> Option<String> {
    let (rest, name) = id.rsplit_once('/')?;
    let (within, collection) = rest.rsplit_once('/')?;
    let is_there = within.eq_ignore_ascii_case(&balancer.id())
        && collection.eq_ignore_ascii_case("backendAddressPools");
    let name = name.to_ascii_lowercase();
    (is_there && (name == POOL || node_of_pool(&name).is_some())).then_some(name)
}

fn is_in(document: &Value, balancer: &Resource, pool: &str) -> bool {
    all_pools(document, balancer).contains(pool)
}

fn is_in_any(document: &Value, balancer: &Resource) -> bool {
    !all_pools(document, balancer).is_empty()
}

fn all_pools(document: &Value, balancer: &Resource) -> BTreeSet<String> {
    configurations(document)
        .iter()
        .flat_map(|configuration| own_pools(configuration, balancer))
        .collect()
}

/// Returns the membership of a listed interface that is in a pool of ours.
pub(super) fn observed_outcome(
    document: &Value,
    interface: &Resource,
    balancer: &Resource,
    is_shared: bool,
    now: Timestamp,
) -> Outcome {
    let mut found = membership(document, interface, balancer);
    found.facts.is_shared = is_shared;
    if is_in(document, balancer, POOL) {
        operation::observed_outcome_of_adopted(document, found, now)
    } else {
        Outcome::Failed(found)
    }
}

/// Returns the membership of an interface in a load balancer's pools.
fn membership(document: &Value, interface: &Resource, balancer: &Resource) -> Confirmed {
    let nodes = all_pools(document, balancer)
        .iter()
        .filter_map(|name| node_of_pool(name))
        .collect();
    Confirmed {
        spec: spec_of(nodes),
        ..present(document, interface)
    }
}

/// A membership without pools of single nodes has no variable property.
fn spec_of(pools: BTreeSet<NodeName>) -> Spec {
    if pools.is_empty() {
        Spec::Present
    } else {
        Spec::Azure(AzureSpec::Member { pools })
    }
}

fn confirm(
    document: &Value,
    interface: &Resource,
    balancer: &Resource,
) -> Result<Confirmed, Error> {
    if is_in(document, balancer, POOL) {
        return Ok(membership(document, interface, balancer));
    }
    let action = format!("update {interface}");
    Err(classify::stale(
        &action,
        interface,
        "did not accept the membership",
    ))
}

/// Returns the interface that a node's handle names.
pub(super) fn interface(handle: &str, verb: &str) -> Result<Resource, Error> {
    Resource::parse(Kind::Interface, handle).ok_or_else(|| {
        let action = format!("{verb} the network interface of a node");
        let message = format!(
            "`{}` is not an id of the form /subscriptions/S/resourceGroups/G/providers/\
             Microsoft.Network/networkInterfaces/N",
            document::bounded(handle, 300)
        );
        let mut error = classify::own(ErrorKind::Invalid, &action, "MalformedResourceId", message);
        let remedy = "Register the node again with the id that `az network nic show` prints";
        error.remedy = Some(remedy.to_owned());
        error
    })
}

/// Returns the IP configuration for the membership: the one the node names, or the primary one.
fn chosen<'a>(
    job: Job<'_>,
    handle: &str,
    document: &'a Value,
    interface: &Resource,
) -> Result<&'a Value, Error> {
    let all = configurations(document);
    let requested = job.target().members.get(handle).and_then(Option::as_deref);
    let found = match requested {
        Some(requested) => all.iter().find(|it| document::says(it, "/name", requested)),
        None => all
            .iter()
            .find(|it| document::flag(it, "/properties/primary"))
            .or_else(|| all.first().filter(|_| all.len() == 1)),
    };
    found.ok_or_else(|| {
        let names: Vec<_> = all
            .iter()
            .map(|it| document::bounded(name(it), 80))
            .collect();
        let message = format!(
            "{interface} has no {} IP configuration; it has {}",
            requested.map_or_else(
                || "primary".to_owned(),
                |requested| format!("`{requested}`")
            ),
            names.join(", "),
        );
        let action = format!("update {interface}");
        let mut error = classify::own(ErrorKind::Missing, &action, "NoIpConfiguration", message);
        let remedy = "Register the node again and name one of these as its `ip_configuration`";
        error.remedy = Some(remedy.to_owned());
        error
    })
}

/// Makes only the chosen IP configuration a member of exactly these pools of ours (or of none).
/// Returns whether that changed anything. Correct memberships keep their position.
fn set_membership(
    document: &mut Value,
    balancer: &Resource,
    chosen: Option<(&str, &BTreeSet<String>)>,
) -> bool {
    let Some(configurations) = document
        .pointer_mut(CONFIGURATIONS)
        .and_then(Value::as_array_mut)
    else {
        return false;
    };
    let nothing = BTreeSet::new();
    let mut is_changed = false;
    for configuration in configurations {
        let desired = match chosen {
            Some((name, pools)) if document::says(configuration, "/name", name) => pools,
            Some(_) | None => &nothing,
        };
        let there = own_pools(configuration, balancer);
        if there == *desired {
            continue;
        }
        let mut pools = document::list(configuration, POOLS).to_vec();
        pools.retain(|pool| {
            let id = document::text(pool, "/id").unwrap_or_default();
            own_pool(id, balancer).is_none_or(|name| desired.contains(&name))
        });
        let missing = desired.difference(&there);
        pools.extend(
            missing.map(|name| json!({"id": balancer.element("backendAddressPools", name)})),
        );
        document::set(
            configuration,
            "/properties",
            "loadBalancerBackendAddressPools",
            json!(pools),
        );
        is_changed = true;
    }
    is_changed
}
