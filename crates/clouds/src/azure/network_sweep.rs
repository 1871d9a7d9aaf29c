//! The listing of networks and public addresses: the parts of project VPCs and static IPs.
//!
//! One listing of the virtual networks of a subscription, which contain their subnets, and one of the
//! public addresses of the account's own group, for any number of project VPCs and static IPs. A
//! resource of ours under another owner's tag is shown as not found: its own read reports the owner.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use underpass_model::cloud_target::{AzurePlacement, NetworkPlacement};
use underpass_model::part::{AzurePart, Part};
use underpass_model::reconcile::{Evidence, Outcome};

use super::action::read as read_action;
use super::job::Job;
use super::resource::{Kind, Resource};
use super::{address, network, operation, ownership};
use crate::document;
use crate::error::{Error, ErrorKind, own};
use crate::listing::{Finding, Listing};

/// Documents by the ID of their resource, in lower case.
type Listed = BTreeMap<String, Value>;

/// Lists the parts of these targets.
pub(super) async fn sweep(jobs: &[Job<'_>]) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let Some(first) = jobs.first() else {
        return Ok(listing);
    };
    let mut networks = Listed::new();
    for (subscription, objects) in subscriptions(jobs) {
        match list_networks(*first, &subscription).await {
            Ok(listed) => {
                networks.extend(listed);
                listing.coverage.add_of(objects, |part| {
                    matches!(part, Part::Network | Part::Azure(AzurePart::NatPolicy))
                });
            }
            Err(error) => listing.leave_out(objects, error)?,
        }
    }
    let mut addresses = Listed::new();
    let on_account = |job: &&Job<'_>| job.target().placement == NetworkPlacement::Account;
    let of_addresses = jobs.iter().filter(on_account);
    let of_addresses: BTreeSet<_> = of_addresses.map(|it| it.target().object.clone()).collect();
    if !of_addresses.is_empty() {
        match list_addresses(*first).await {
            Ok(listed) => {
                addresses = listed;
                listing.coverage.add_of(of_addresses, |part| {
                    *part == Part::Azure(AzurePart::Address)
                });
            }
            Err(error) => listing.leave_out(of_addresses, error)?,
        }
    }
    for job in jobs {
        let found = match &job.target().placement {
            NetworkPlacement::Account => Ok(of_address(*job, &addresses)),
            NetworkPlacement::Azure(AzurePlacement::Made { .. }) => of_network(*job, &networks),
            NetworkPlacement::Azure(AzurePlacement::Adopted(_)) => of_subnet(*job, &networks),
            NetworkPlacement::Azure(AzurePlacement::Group(_)) | NetworkPlacement::Google(_) => {
                Ok(None)
            }
        };
        // A target whose resources cannot be named is reported by its own steps.
        listing.findings.extend(found.ok().flatten());
    }
    Ok(listing)
}

/// Returns the subscriptions of the networks, each with the objects whose networks it has.
fn subscriptions(jobs: &[Job<'_>]) -> BTreeMap<String, BTreeSet<String>> {
    let mut subscriptions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let networks = jobs.iter().filter_map(|job| {
        let subnet = job.names.nat_subnet().ok()?;
        let subscription = subnet.subscription()?.to_ascii_lowercase();
        Some((subscription, job.target().object.clone()))
    });
    for (subscription, object) in networks {
        subscriptions
            .entry(subscription)
            .or_default()
            .insert(object);
    }
    subscriptions
}

async fn list_networks(job: Job<'_>, subscription: &str) -> Result<Listed, Error> {
    let kind = Kind::Network;
    let action = format!("list every {} of the subscription", kind.kind_name());
    let path = Resource::listing_in(subscription, kind);
    let documents = job
        .client
        .list(&path, &action, read_action(kind), job.now)
        .await?;
    // A subscription that does not exist is not an empty one.
    let documents = documents.ok_or_else(|| {
        let message = format!("subscription `{subscription}` does not exist");
        own(ErrorKind::Missing, &action, "SubscriptionNotFound", message)
    })?;
    Ok(by_id(documents))
}

async fn list_addresses(job: Job<'_>) -> Result<Listed, Error> {
    let group = Resource::group(job.names.subscription, job.names.account_group);
    let kind = Kind::PublicAddress;
    let action = format!("list every {} of {group}", kind.kind_name());
    let documents = job
        .client
        .list(&group.listing(kind), &action, read_action(kind), job.now)
        .await?;
    Ok(by_id(documents.unwrap_or_default()))
}

fn by_id(documents: Vec<Value>) -> Listed {
    let with_id = documents.into_iter().filter_map(|document| {
        let id = document::text(&document, "/id")?.to_ascii_lowercase();
        Some((id, document))
    });
    with_id.collect()
}

fn find<'a>(listed: &'a Listed, resource: &Resource) -> Option<&'a Value> {
    listed.get(&resource.id().to_ascii_lowercase())
}

fn is_own(job: Job<'_>, document: &Value) -> bool {
    ownership::of(document).is_some_and(|found| found == job.target().ownership)
}

fn finding(job: Job<'_>, part: Part, resource: &Resource, outcome: Outcome) -> Finding {
    Finding::of_network(job.target(), part, resource.id(), outcome)
}

fn of_network(job: Job<'_>, networks: &Listed) -> Result<Option<Finding>, Error> {
    let network = job.names.network()?;
    let Some(document) = find(networks, &network) else {
        return Ok(None);
    };
    let outcome = if is_own(job, document) {
        let confirmed = network::confirm(job, &network, document)?;
        operation::observed_outcome(document, confirmed, job.now)
    } else {
        Outcome::Absent(Evidence::Alone)
    };
    Ok(Some(finding(job, Part::Network, &network, outcome)))
}

fn of_subnet(job: Job<'_>, networks: &Listed) -> Result<Option<Finding>, Error> {
    let subnet = job.names.nat_subnet()?;
    let network = networks.iter().find(|(id, _)| {
        let inside = format!("{id}/subnets/");
        subnet.id().to_ascii_lowercase().starts_with(&inside)
    });
    let subnets = network.map(|(_, network)| document::list(network, "/properties/subnets"));
    let mut subnets = subnets.into_iter().flatten();
    let document = subnets.find(|it| {
        let name = document::text(it, "/name");
        name.is_some_and(|name| name.eq_ignore_ascii_case(subnet.name()))
    });
    Ok(document.map(|document| {
        let outcome = network::observed_policy(job, document, &subnet);
        let part = Part::Azure(AzurePart::NatPolicy);
        finding(job, part, &subnet, outcome)
    }))
}

fn of_address(job: Job<'_>, addresses: &Listed) -> Option<Finding> {
    let address = job.names.address();
    let document = find(addresses, &address)?;
    let outcome = if is_own(job, document) {
        address::observed(document, &address, job.now)
    } else {
        Outcome::Absent(Evidence::Alone)
    };
    let part = Part::Azure(AzurePart::Address);
    Some(finding(job, part, &address, outcome))
}
