//! The listing of networks, subnets and firewall rules: the parts of project VPCs.
//!
//! One listing of each kind for the whole project, for any number of project VPCs. A resource of ours
//! under another owner's description is shown as not found: its own read reports the owner.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use serde_json::Value;
use underpass_model::cloud_target::{GooglePlacement, NetworkPlacement};
use underpass_model::part::{Confirmed, GooglePart, Part};
use underpass_model::reconcile::{Evidence, Outcome};
use underpass_model::vpc::GOOGLE_RESERVED;

use super::job::Job;
use super::permission::{self, Permission};
use super::resource::{Kind, Resource, Scope, path_of};
use super::{firewall, network, ownership};
use crate::document;
use crate::error::Error;
use crate::listing::{Finding, Listing};

/// The most ranges that are kept of subnets of one network that are not ours: 512. Google refuses the
/// others when they are written.
const MOST_FOREIGN: usize = 512;

/// Documents by their path.
type Listed = BTreeMap<String, Value>;

/// Lists the parts of these targets.
pub(super) async fn sweep(jobs: &[Job<'_>]) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let on_google = |job: &&Job<'_>| matches!(job.target().placement, NetworkPlacement::Google(_));
    let Some(first) = jobs.iter().find(on_google) else {
        return Ok(listing);
    };
    let (mut rules, mut networks, mut subnets) = (Listed::new(), Listed::new(), Listed::new());
    let objects = |jobs: &mut dyn Iterator<Item = &Job<'_>>| -> BTreeSet<String> {
        jobs.map(|job| job.target().object.clone()).collect()
    };
    let all = objects(&mut jobs.iter().filter(on_google));
    match list_global(*first, Kind::Firewall).await {
        Ok(listed) => {
            rules = listed;
            let is_probes = |part: &Part| *part == Part::Google(GooglePart::Probes);
            listing.coverage.add_of(all, is_probes);
        }
        Err(error) => listing.leave_out(all, error)?,
    }
    let made = objects(&mut jobs.iter().filter(|job| is_made(**job)));
    if !made.is_empty() {
        match list_global(*first, Kind::Network).await {
            Ok(listed) => {
                networks = listed;
                let is_network = |part: &Part| *part == Part::Network;
                listing.coverage.add_of(made.clone(), is_network);
            }
            Err(error) => listing.leave_out(made.clone(), error)?,
        }
    }
    // Of adopted networks, it shows what is not ours.
    match list_subnets(*first).await {
        Ok(listed) => {
            let is_subnet = |part: &Part| *part == Part::Google(GooglePart::Subnet);
            listing.coverage.add_of(made, is_subnet);
            for job in jobs.iter().filter(on_google) {
                let ranges = foreign_ranges(*job, &listed);
                let object = job.target().object.clone();
                listing.foreign_ranges.insert(object, ranges);
            }
            subnets = listed;
        }
        Err(error) => listing.leave_out(made, error)?,
    }
    for job in jobs.iter().filter(on_google) {
        // A target whose resources cannot be named is reported by its own steps.
        let found = of_vpc(*job, &rules, &networks, &subnets);
        listing.findings.extend(found.into_iter().flatten());
    }
    Ok(listing)
}

fn is_made(job: Job<'_>) -> bool {
    let placement = job.target().placement.google();
    matches!(placement, Some(GooglePlacement::Made { .. }))
}

async fn list_global(job: Job<'_>, kind: Kind) -> Result<Listed, Error> {
    let path = Resource::new(kind, job.names.project, Scope::Global, "").listing();
    let action = format!("list {} of the project", kind.collection());
    let needs = permission::of(kind).list;
    let pages = job
        .client
        .pages(&path, None, &action, needs, job.now)
        .await?;
    Ok(by_path(pages.iter().filter_map(Value::as_array).flatten()))
}

async fn list_subnets(job: Job<'_>) -> Result<Listed, Error> {
    let collection = Kind::Subnetwork.collection();
    let path = format!("projects/{}/aggregated/{collection}", job.names.project);
    let action = format!("list {collection} of every region");
    let needs = Permission::ListSubnetworks;
    let pages = job
        .client
        .pages(&path, None, &action, needs, job.now)
        .await?;
    let locations = pages.iter().filter_map(Value::as_object).flatten();
    let member = format!("/{collection}");
    Ok(by_path(
        locations.flat_map(|(_, listed)| document::list(listed, &member)),
    ))
}

fn by_path<'a>(documents: impl Iterator<Item = &'a Value>) -> Listed {
    let with_path = documents.filter_map(|document| {
        let path = path_of(document::text(document, "/selfLink")?);
        Some((path.to_owned(), document.clone()))
    });
    with_path.collect()
}

fn of_vpc(
    job: Job<'_>,
    rules: &Listed,
    networks: &Listed,
    subnets: &Listed,
) -> Result<Vec<Finding>, Error> {
    let rule = job.names.probes();
    let link = job.names.known_network_link()?;
    let probes = |document: &Value| firewall::confirm_probes(document, &rule, link.as_deref());
    let part = Part::Google(GooglePart::Probes);
    let mut found: Vec<_> = finding(job, part, &rule, rules, probes)
        .into_iter()
        .collect();
    if is_made(job) {
        let of_project = job.names.network()?;
        let present = network::present(&of_project);
        found.extend(finding(job, Part::Network, &of_project, networks, present));
        let subnet = job.names.node_subnet()?;
        let confirm = |document: &Value| network::confirm_subnet(document, &subnet);
        let part = Part::Google(GooglePart::Subnet);
        found.extend(finding(job, part, &subnet, subnets, confirm));
    }
    Ok(found)
}

/// Returns the ranges within the one for NAT of the subnets of a project VPC's network that carry no tag
/// of ours: links get others. Those of links are known by their parts.
fn foreign_ranges(job: Job<'_>, subnets: &Listed) -> BTreeSet<Ipv4Net> {
    let Ok(Some(network)) = job.names.known_network_link() else {
        return BTreeSet::new();
    };
    let is_inside = |document: &&Value| {
        let link = document::text(document, "/network");
        link.is_some_and(|link| path_of(link) == path_of(&network))
    };
    let foreign = subnets.values().filter(is_inside);
    let foreign = foreign.filter(|document| ownership::of(document).is_none());
    let ranges = foreign.flat_map(|document| {
        let secondary = document::list(document, "/secondaryIpRanges").iter();
        let secondary = secondary.filter_map(|it| document::text(it, "/ipCidrRange"));
        document::text(document, "/ipCidrRange")
            .into_iter()
            .chain(secondary)
    });
    ranges
        .filter_map(|range| within_reserved(range.parse().ok()?))
        .take(MOST_FOREIGN)
        .collect()
}

/// Returns the part of a range that is within the one for NAT.
fn within_reserved(range: Ipv4Net) -> Option<Ipv4Net> {
    match range.trunc() {
        whole if whole.contains(&GOOGLE_RESERVED) => Some(GOOGLE_RESERVED),
        part if GOOGLE_RESERVED.contains(&part) => Some(part),
        _ => None,
    }
}

fn finding(
    job: Job<'_>,
    part: Part,
    resource: &Resource,
    listed: &Listed,
    confirm: impl Fn(&Value) -> Confirmed,
) -> Option<Finding> {
    let document = listed.get(&resource.path())?;
    let is_own = ownership::of(document).is_some_and(|it| it == job.target().ownership);
    let outcome = if is_own {
        Outcome::Ready(confirm(document))
    } else {
        Outcome::Absent(Evidence::Alone)
    };
    Some(Finding::of_network(
        job.target(),
        part,
        resource.path(),
        outcome,
    ))
}
