//! Conditions on a node's network interface, checked before it is written.
//!
//! The interface is not ours, and its ID comes from a project: another one in the account must not
//! become reachable through that project's link.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::classify;
use super::client::Client;
use super::job::Job;
use super::resource::{Kind, Resource};
use crate::document;
use crate::error::{Error, ErrorKind};

/// The code of an interface outside the project VPC.
const OUTSIDE: &str = "InterfaceOutsideNodeSubnet";

/// Azure's code for an interface in two internal load balancers.
const ANOTHER: &str = "AnotherInternalLoadBalancerExists";

/// Refuses an IP configuration outside the node subnet of the project VPC.
pub(super) fn require_node_subnet(
    job: Job<'_>,
    configuration: &Value,
    interface: &Resource,
) -> Result<(), Error> {
    let required = job.names.node_subnet()?.id();
    let found = document::text(configuration, "/properties/subnet/id").unwrap_or_default();
    if found.eq_ignore_ascii_case(&required) {
        return Ok(());
    }
    // The interface may be another project's, so its place is told only to the operator.
    tracing::info!(
        %interface,
        subnet.found = document::bounded(found, 300),
        subnet.required = %required,
        "refused a network interface: it is outside the node subnet of the project VPC"
    );
    let message = format!("it is not in `{required}`, the node subnet of the project VPC");
    let action = format!("update {interface}");
    let mut error = classify::own(ErrorKind::Invalid, &action, OUTSIDE, message);
    let remedy = "Register the node with a network interface in that subnet, or move the service \
                  to a project VPC of the interface's subnet";
    error.remedy = Some(remedy.to_owned());
    Err(error)
}

/// Refuses an interface that is in a pool of another internal load balancer, ours or not: Azure
/// accepts one for each interface. Public load balancers do not count.
///
/// Costs one read for each other load balancer in `pools`, and none without any.
pub(super) async fn require_no_other_balancer(
    job: Job<'_>,
    pools: impl Iterator<Item = &str>,
    interface: &Resource,
    balancer: &Resource,
) -> Result<(), Error> {
    for id in other_balancers(pools, balancer).into_values() {
        // Azure itself decides about a pool of something that the driver does not know.
        let Some(other) = Resource::parse(Kind::Balancer, id) else {
            continue;
        };
        let action = format!("update {interface}");
        let Some(found) = job.get(&other).await? else {
            let message = "was not found, but the interface is in its pool";
            return Err(classify::stale(&action, &other, message));
        };
        if is_internal(&found) {
            // The load balancer may be another project's.
            tracing::info!(
                %interface,
                balancer.id = document::bounded(id, 300),
                "refused a network interface: it is in another internal load balancer"
            );
            let message = "it is in a pool of another internal load balancer. Azure accepts one \
                           internal load balancer for each network interface";
            let mut error = classify::own(ErrorKind::Invalid, &action, ANOTHER, message.to_owned());
            error.remedy = Some(classify::ANOTHER_BALANCER_REMEDY.to_owned());
            return Err(error);
        }
    }
    Ok(())
}

/// Internal load balancers that interfaces may be in, by ID in lower case, with those that are known.
pub(super) struct InternalBalancers<'a> {
    client: &'a Client,
    now: Timestamp,
    known: BTreeMap<String, bool>,
}

impl<'a> InternalBalancers<'a> {
    /// Knows these, and reads others when an interface is in one.
    pub(super) fn new(client: &'a Client, listed: &[Value], now: Timestamp) -> Self {
        let known = listed.iter().filter_map(|it| {
            let id = document::text(it, "/id")?;
            Some((id.to_ascii_lowercase(), is_internal(it)))
        });
        Self {
            client,
            now,
            known: known.collect(),
        }
    }

    /// Reports whether an interface in these pools is in another internal load balancer, for a
    /// condition. One that cannot be read counts as none; costs one read for each that is not known.
    pub(super) async fn are_shared(
        &mut self,
        pools: impl Iterator<Item = &str>,
        balancer: &Resource,
    ) -> bool {
        let mut is_shared = false;
        for (key, id) in other_balancers(pools, balancer) {
            let is_internal = match self.known.get(&key) {
                Some(is_internal) => *is_internal,
                None => self.read(id).await,
            };
            if is_internal {
                // It may be another project's, so only the operator is told which it is.
                tracing::info!(
                    %balancer,
                    balancer.other = document::bounded(id, 300),
                    "an interface is in two internal load balancers"
                );
            }
            is_shared |= is_internal;
            self.known.insert(key, is_internal);
        }
        is_shared
    }

    async fn read(&self, id: &str) -> bool {
        let Some(other) = Resource::parse(Kind::Balancer, id) else {
            return false;
        };
        match self.client.get(&other, self.now).await {
            Ok(found) => found.is_some_and(|answer| is_internal(&answer.body)),
            Err(error) => {
                tracing::info!(%error, "failed to read the other load balancer of an interface; skipping it");
                false
            }
        }
    }
}

/// The load balancers of pools, by ID in lower case, without one.
fn other_balancers<'a>(
    pools: impl Iterator<Item = &'a str>,
    balancer: &Resource,
) -> BTreeMap<String, &'a str> {
    pools
        .filter_map(balancer_of)
        .filter(|id| !id.eq_ignore_ascii_case(&balancer.id()))
        .map(|id| (id.to_ascii_lowercase(), id))
        .collect()
}

/// The ID of the load balancer of a pool.
fn balancer_of(pool: &str) -> Option<&str> {
    let (rest, _name) = pool.rsplit_once('/')?;
    let (balancer, collection) = rest.rsplit_once('/')?;
    collection
        .eq_ignore_ascii_case("backendAddressPools")
        .then_some(balancer)
}

/// Reports whether a load balancer has a frontend in a subnet.
fn is_internal(balancer: &Value) -> bool {
    document::list(balancer, "/properties/frontendIPConfigurations")
        .iter()
        .any(|frontend| document::text(frontend, "/properties/subnet/id").is_some())
}
