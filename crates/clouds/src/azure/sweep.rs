//! The listing of a resource group: the parts of every link in it.
//!
//! Only resources with our tags are reported; the caller finds their owner by the object.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use underpass_model::cloud_target::OwnershipTag;
use underpass_model::part::{AzurePart, Confirmed, Part};
use underpass_model::published_network::PublishedNetwork;

use super::action::read as read_action;
use super::attachment::{self, NAT_CONFIGURATION};
use super::balancer;
use super::client::Client;
use super::interface::InternalBalancers;
use super::member;
use super::names::{
    FRONTEND, POOL, attachment_name, balancer_name, node_of_pool, object_of_balancer,
};
use super::operation;
use super::ownership;
use super::resource::{Kind, Resource};
use crate::cloud::Report;
use crate::document;
use crate::error::{Error, ErrorKind, own};
use crate::listing::{Depth, Finding, Listing, PlacedAttachment, Scope};

/// The maximum of characters kept of the ID of a subnet: 400, more than the limits of its names
/// allow.
const ID_LENGTH: usize = 400;

/// Lists the scope. A group that does not exist is empty.
pub(super) async fn sweep(
    client: &Client,
    subscription: &str,
    scope: &Scope,
    now: Timestamp,
) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    // All resources of ours are in resource groups.
    let Some(group) = &scope.group else {
        return Ok(listing);
    };
    let group = Resource::group(subscription, group);
    for document in list(client, &group, Kind::LinkService, now).await? {
        listing.findings.extend(of_service(&group, &document, now));
    }
    listing.coverage.add(|part| *part == Part::Attachment);
    if scope.depth == Depth::Everything {
        let balancers = list(client, &group, Kind::Balancer, now).await?;
        let found = balancers
            .iter()
            .filter_map(|it| of_balancer(&group, it, now));
        let found: Vec<_> = found.collect();
        let others = other_groups(subscription, &group, &found);
        listing.findings.extend(found);
        listing
            .coverage
            .add(|part| *part == Part::Azure(AzurePart::Balancer));
        let mut internal = InternalBalancers::new(client, &balancers, now);
        for document in list(client, &group, Kind::Interface, now).await? {
            let found = of_interface(&group, &document, &mut internal, now).await;
            listing.findings.extend(found);
        }
        let inside = format!("{}/", group.id().to_ascii_lowercase());
        listing.coverage.add(move |part| {
            matches!(
                part,
                Part::Azure(AzurePart::Member(interface))
                    if interface.to_ascii_lowercase().starts_with(&inside)
            )
        });
        // Of interfaces in other groups, only those that are shown are covered.
        let mut shown = BTreeSet::new();
        for other in others.into_values() {
            for document in list_other(client, &other, now).await {
                let found = of_interface(&group, &document, &mut internal, now).await;
                shown.extend(found.iter().map(|it| it.resource.to_ascii_lowercase()));
                listing.findings.extend(found);
            }
        }
        listing.coverage.add(move |part| {
            matches!(
                part,
                Part::Azure(AzurePart::Member(interface))
                    if shown.contains(&interface.to_ascii_lowercase())
            )
        });
    }
    Ok(listing)
}

/// Returns the other resource groups of the subscription with interfaces in pools of ours, by name in
/// lower case.
fn other_groups(
    subscription: &str,
    group: &Resource,
    balancers: &[Finding],
) -> BTreeMap<String, Resource> {
    let members = balancers.iter().flat_map(|it| it.related.values());
    let groups = members.filter_map(|id| {
        let interface = Resource::parse(Kind::Interface, id)?;
        let found = interface.group_of(subscription)?;
        let is_other = !found.id().eq_ignore_ascii_case(&group.id());
        is_other.then(|| (found.name().to_ascii_lowercase(), found))
    });
    groups.collect()
}

/// Lists the interfaces of a resource group of the operator; none if that fails, because nothing
/// depends on it but conditions.
async fn list_other(client: &Client, group: &Resource, now: Timestamp) -> Vec<Value> {
    match list(client, group, Kind::Interface, now).await {
        Ok(documents) => documents,
        Err(error) => {
            tracing::info!(cloud = "azure", %group, %error, "failed to list the interfaces of another resource group; skipping it");
            Vec::new()
        }
    }
}

/// Lists the attachments of the whole subscription.
pub(super) async fn attachments(
    client: &Client,
    subscription: &str,
    now: Timestamp,
) -> Result<Vec<PlacedAttachment>, Error> {
    let kind = Kind::LinkService;
    let action = format!("list every {} of the subscription", kind.kind_name());
    let path = Resource::listing_in(subscription, kind);
    let documents = client.list(&path, &action, read_action(kind), now).await?;
    // A subscription that does not exist is not an empty one.
    let documents = documents.ok_or_else(|| {
        let message = format!("subscription `{subscription}` does not exist");
        own(ErrorKind::Missing, &action, "SubscriptionNotFound", message)
    })?;
    let placed = documents.iter().filter_map(|document| {
        let id = document::text(document, "/id")?;
        let group = Resource::parse(kind, id)?.group_of(subscription)?;
        Some(PlacedAttachment {
            scope: Scope {
                region: document::text(document, "/location")?.to_owned(),
                group: Some(group.name().to_owned()),
                depth: Depth::Everything,
            },
            finding: of_service(&group, document, now)?,
        })
    });
    Ok(placed.collect())
}

async fn list(
    client: &Client,
    group: &Resource,
    kind: Kind,
    now: Timestamp,
) -> Result<Vec<Value>, Error> {
    let action = format!("list every {} of {group}", kind.kind_name());
    Ok(client
        .list(&group.listing(kind), &action, read_action(kind), now)
        .await?
        .unwrap_or_default())
}

fn of_service(group: &Resource, document: &Value, now: Timestamp) -> Option<Finding> {
    let OwnershipTag {
        managed,
        incarnation: object,
    } = own_tag(document, attachment_name)?;
    let service = group.inside(Kind::LinkService, &attachment_name(&object));
    let balancer = group.inside(Kind::Balancer, &balancer_name(&object));
    let frontend = attachment::frontend_of(&balancer);
    let confirmed = skip_unreadable(attachment::confirm(document, &service, &frontend))?;
    let outcome = operation::observed_outcome(document, confirmed, now);
    let Report {
        outcome,
        connections,
    } = attachment::report(outcome, document);
    Some(Finding {
        object,
        part: Part::Attachment,
        resource: service.id(),
        managed: Some(managed),
        related: BTreeMap::new(),
        outcome,
        connections,
        origin: ownership::origin(document),
        network: PublishedNetwork {
            nat_subnet: subnet_of(document, "/properties/ipConfigurations", NAT_CONFIGURATION),
            ..PublishedNetwork::default()
        },
    })
}

fn of_balancer(group: &Resource, document: &Value, now: Timestamp) -> Option<Finding> {
    let OwnershipTag {
        managed,
        incarnation: object,
    } = own_tag(document, balancer_name)?;
    let balancer = group.inside(Kind::Balancer, &balancer_name(&object));
    let confirmed = skip_unreadable(balancer::confirm(document, &balancer))?;
    let outcome = operation::observed_outcome(document, confirmed, now);
    Some(Finding {
        object,
        part: Part::Azure(AzurePart::Balancer),
        resource: balancer.id(),
        managed: Some(managed),
        related: members(document),
        outcome,
        connections: None,
        origin: None,
        network: PublishedNetwork {
            node_subnet: subnet_of(document, "/properties/frontendIPConfigurations", FRONTEND),
            ..PublishedNetwork::default()
        },
    })
}

/// Returns the ID of the subnet of an IP configuration.
fn subnet_of(document: &Value, collection: &str, name: &str) -> Option<String> {
    let all = document::list(document, collection);
    let configuration = all.iter().find(|it| document::says(it, "/name", name))?;
    let id = document::text(configuration, "/properties/subnet/id")?;
    Some(document::bounded(id, ID_LENGTH))
}

/// Returns the memberships of an interface, which has no tags: the pools' names identify them. One
/// for each load balancer, in any of its pools.
async fn of_interface(
    group: &Resource,
    document: &Value,
    internal: &mut InternalBalancers<'_>,
    now: Timestamp,
) -> Vec<Finding> {
    let interface =
        document::text(document, "/id").and_then(|id| Resource::parse(Kind::Interface, id));
    let Some(interface) = interface else {
        return Vec::new();
    };
    let objects: BTreeSet<String> = member::pools(document)
        .filter_map(|pool| {
            let balancer = balancer_of_pool(pool)?;
            let own = group.inside(Kind::Balancer, balancer.name());
            let is_ours = own.id().eq_ignore_ascii_case(&balancer.id());
            let object = object_of_balancer(&balancer.name().to_ascii_lowercase())?.to_owned();
            is_ours.then_some(object)
        })
        .collect();
    let mut findings = Vec::new();
    for object in objects {
        let balancer = group.inside(Kind::Balancer, &balancer_name(&object));
        let is_shared = internal
            .are_shared(member::pools(document), &balancer)
            .await;
        findings.push(Finding {
            object,
            part: Part::Azure(AzurePart::Member(interface.id())),
            resource: interface.id(),
            managed: None,
            related: BTreeMap::new(),
            outcome: member::observed_outcome(document, &interface, &balancer, is_shared, now),
            connections: None,
            origin: None,
            network: PublishedNetwork::default(),
        });
    }
    findings
}

/// Returns the load balancer of a pool with a name of ours.
fn balancer_of_pool(pool: &str) -> Option<Resource> {
    let (rest, name) = pool.rsplit_once('/')?;
    let (balancer, collection) = rest.rsplit_once('/')?;
    let is_pool = collection.eq_ignore_ascii_case("backendAddressPools")
        && (name.eq_ignore_ascii_case(POOL) || node_of_pool(name).is_some());
    is_pool
        .then(|| Resource::parse(Kind::Balancer, balancer))
        .flatten()
}

/// Returns the tag of a resource, unless its name shows that it was copied.
fn own_tag(document: &Value, name_of: fn(&str) -> String) -> Option<OwnershipTag> {
    let tag = ownership::of(document)?;
    document::says(document, "/name", &name_of(&tag.incarnation)).then_some(tag)
}

/// Returns the memberships of interfaces in the pools of a load balancer, also of those in other
/// resource groups.
fn members(document: &Value) -> BTreeMap<Part, String> {
    let pools = document::list(document, "/properties/backendAddressPools").iter();
    let configurations =
        pools.flat_map(|pool| document::list(pool, "/properties/backendIPConfigurations"));
    configurations
        .filter_map(|configuration| {
            let id = document::text(configuration, "/id")?;
            let (rest, _name) = id.rsplit_once('/')?;
            let (interface, _collection) = rest.rsplit_once('/')?;
            let interface = Resource::parse(Kind::Interface, interface)?.id();
            Some((Part::Azure(AzurePart::Member(interface.clone())), interface))
        })
        .collect()
}

/// Omits unreadable resources: a reconcile pass reads them itself and reports the failure.
fn skip_unreadable(confirmed: Result<Confirmed, Error>) -> Option<Confirmed> {
    confirmed
        .inspect_err(|error| tracing::warn!(cloud = "azure", %error, "failed to read a listed resource; skipping it"))
        .ok()
}
