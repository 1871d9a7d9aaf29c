//! A node's membership in the balancer: one list in the node's interface, which is borrowed.
//!
//! The interface is read and written whole within one step, on the condition that nobody changed
//! it meanwhile; nothing but that list is changed, tags included.

use serde_json::{Value, json};
use underpass_model::part::{Confirmed, Doing, Spec};
use underpass_model::reconcile::Outcome;

use super::classify;
use super::job::{Job, present, require_tag};
use super::operation::{self, Stage};
use super::resource::{Kind, Resource};
use crate::document;
use crate::error::{Error, ErrorKind};

/// An interface's places for addresses.
const CONFIGURATIONS: &str = "/properties/ipConfigurations";

/// The pools that one of them is in.
const POOLS: &str = "/properties/loadBalancerBackendAddressPools";

/// Reads the membership. One in another IP configuration than the chosen one counts as failed:
/// the same write again puts it right.
pub(super) async fn read(job: Job<'_>, handle: &str) -> Result<Outcome, Error> {
    let interface = interface(handle, "read")?;
    let pool = job.names.pool()?;
    let Some(document) = job.get(&interface).await? else {
        return Ok(Outcome::Gone);
    };
    let members: Vec<_> = configurations(&document)
        .iter()
        .filter(|it| is_member(it, &pool))
        .collect();
    let found = present(&document, &interface);
    let is_right = |chosen: &Value| {
        members
            .iter()
            .all(|it| document::says(it, "/name", name(chosen)))
    };
    Ok(match chosen(job, handle, &document, &interface) {
        _ if members.is_empty() => Outcome::Gone,
        Ok(chosen) if !is_right(chosen) => Outcome::Failed(found),
        // Without the chosen configuration there is nothing to put right; it can be removed.
        Ok(_) | Err(_) => operation::seen_borrowed(&document, found, job.now),
    })
}

pub(super) async fn put(job: Job<'_>, handle: &str) -> Result<Outcome, Error> {
    let interface = interface(handle, "update")?;
    let pool = job.names.pool()?;
    let Some(mut document) = job.get(&interface).await? else {
        let doing = format!("update {interface}");
        let remedy = "Register the service's node again with the id of an interface that exists";
        return Err(classify::missing(&doing, &interface, remedy.to_owned()));
    };
    let found = present(&document, &interface);
    if matches!(Stage::of(&document), Stage::Working | Stage::Leaving) {
        return Ok(operation::seen(&document, found, job.now));
    }
    let chosen = name(chosen(job, handle, &document, &interface)?).to_owned();
    if !set_membership(&mut document, &pool, Some(&chosen)) {
        return Ok(Outcome::Ready(found));
    }
    let tag = require_tag(&document, &interface)?;
    let confirm = |document: &Value| confirm(document, &interface, &pool);
    Ok(job
        .put(&interface, &document, Some(&tag), &Spec::Present, confirm)
        .await?
        .1)
}

/// Takes the pool out of every IP configuration.
pub(super) async fn delete(job: Job<'_>, handle: &str) -> Result<Outcome, Error> {
    let interface = interface(handle, "update")?;
    let pool = job.names.pool()?;
    let Some(mut document) = job.get(&interface).await? else {
        return Ok(Outcome::Gone);
    };
    if matches!(Stage::of(&document), Stage::Working | Stage::Leaving) {
        return Ok(operation::later(Doing::Delete, job.now));
    }
    if !set_membership(&mut document, &pool, None) {
        return Ok(Outcome::Gone);
    }
    let tag = require_tag(&document, &interface)?;
    let confirm = |document: &Value| Ok(present(document, &interface));
    let (document, outcome) = job
        .put(&interface, &document, Some(&tag), &Spec::Present, confirm)
        .await?;
    match outcome {
        Outcome::Ready(_) if is_in(&document, &pool) => {
            let doing = format!("update {interface}");
            Err(classify::stale(&doing, &interface, "kept the membership"))
        }
        Outcome::Ready(_) | Outcome::Gone | Outcome::Failed(_) => Ok(Outcome::Gone),
        Outcome::Making {
            operation,
            check_after,
            ..
        } => Ok(Outcome::Making {
            operation,
            check_after,
            doing: Doing::Delete,
        }),
    }
}

/// The pools that an interface is in, by id.
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

fn is_member(configuration: &Value, pool: &str) -> bool {
    document::list(configuration, POOLS)
        .iter()
        .any(|it| document::says(it, "/id", pool))
}

fn is_in(document: &Value, pool: &str) -> bool {
    pools(document).any(|it| it.eq_ignore_ascii_case(pool))
}

fn confirm(document: &Value, interface: &Resource, pool: &str) -> Result<Confirmed, Error> {
    if is_in(document, pool) {
        return Ok(present(document, interface));
    }
    let doing = format!("update {interface}");
    Err(classify::stale(
        &doing,
        interface,
        "did not take the membership",
    ))
}

/// The interface that a node's handle names.
fn interface(handle: &str, verb: &str) -> Result<Resource, Error> {
    Resource::parse(Kind::Interface, handle).ok_or_else(|| {
        let doing = format!("{verb} the network interface of a node");
        let message = format!(
            "`{}` is not an id of the form /subscriptions/S/resourceGroups/G/providers/\
             Microsoft.Network/networkInterfaces/N",
            document::bounded(handle, 300)
        );
        let mut error = classify::own(ErrorKind::Invalid, &doing, "MalformedResourceId", message);
        let remedy = "Register the node again with the id that `az network nic show` prints";
        error.remedy = Some(remedy.to_owned());
        error
    })
}

/// The IP configuration that is to be the member: the one the node names, or the primary one.
fn chosen<'a>(
    job: Job<'_>,
    handle: &str,
    document: &'a Value,
    interface: &Resource,
) -> Result<&'a Value, Error> {
    let all = configurations(document);
    let wished = job.site().members.get(handle).and_then(Option::as_deref);
    let found = match wished {
        Some(wished) => all.iter().find(|it| document::says(it, "/name", wished)),
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
            wished.map_or_else(|| "primary".to_owned(), |wished| format!("`{wished}`")),
            names.join(", "),
        );
        let doing = format!("update {interface}");
        let mut error = classify::own(ErrorKind::Missing, &doing, "NoIpConfiguration", message);
        let remedy = "Register the node again and name one of these as its `ip_configuration`";
        error.remedy = Some(remedy.to_owned());
        error
    })
}

/// Makes exactly the chosen IP configuration a member (or none); tells whether that changed
/// anything.
fn set_membership(document: &mut Value, pool: &str, chosen: Option<&str>) -> bool {
    let Some(configurations) = document
        .pointer_mut(CONFIGURATIONS)
        .and_then(Value::as_array_mut)
    else {
        return false;
    };
    let mut is_changed = false;
    for configuration in configurations {
        let wanted = chosen.is_some_and(|chosen| document::says(configuration, "/name", chosen));
        if is_member(configuration, pool) == wanted {
            continue;
        }
        let mut pools = document::list(configuration, POOLS).to_vec();
        pools.retain(|it| !document::says(it, "/id", pool));
        if wanted {
            pools.push(json!({"id": pool}));
        }
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
