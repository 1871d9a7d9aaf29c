//! The listing of a region: the parts of every link in it.
//!
//! Only resources with our description under the matching name are reported: a copy of one has the
//! same description. The caller finds their owner by the object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use underpass_model::cloud_target::OwnershipTag;
use underpass_model::part::{Confirmed, GooglePart, GoogleSpec, Part, PartOn, Spec};
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::Outcome;

use super::client::Client;
use super::endpoint_listings::EndpointListings;
use super::job::confirmed;
use super::names::{self, nat_name, range_of};
use super::permission::{self, Permission};
use super::resource::{Kind, Resource, Scope as ResourceScope, path_of};
use super::{attachment, backend_service, endpoint_group, firewall, health_check, ownership};
use crate::cloud::Report;
use crate::document;
use crate::error::{Error, ErrorKind};
use crate::listing::{Depth, Finding, Listing, PlacedAttachment, Scope};

/// The maximum of characters kept of a path: 300. A name has at most 63.
const PATH_LENGTH: usize = 300;

/// Lists the scope.
pub(super) async fn sweep(
    client: &Client,
    project: &str,
    scope: &Scope,
    listings: &EndpointListings,
    now: Timestamp,
) -> Result<Listing, Error> {
    let region = RegionListing {
        client,
        project,
        region: &scope.region,
        now,
    };
    let mut listing = Listing::default();
    listing
        .findings
        .extend(region.list(Kind::ServiceAttachment).await?);
    listing.coverage.add(|part| *part == Part::Attachment);
    if scope.depth == Depth::Everything {
        for kind in [
            Kind::ForwardingRule,
            Kind::BackendService,
            Kind::HealthCheck,
            Kind::Subnetwork,
            Kind::Firewall,
        ] {
            listing.findings.extend(region.list(kind).await?);
            listing.coverage.add(move |part| is_shown(part, kind));
        }
        let mut groups = region.groups().await?;
        region.list_endpoints(&mut groups, listings).await?;
        listing.findings.extend(groups);
        let name = scope.region.clone();
        listing.coverage.add(move |part| match part.on_google() {
            Some(PartOn::Own(GooglePart::EndpointGroup(zone) | GooglePart::Endpoints(zone))) => {
                is_zone_of(zone, &name)
            }
            Some(_) | None => false,
        });
    }
    Ok(listing)
}

/// Lists the attachments of the whole project.
pub(super) async fn attachments(
    client: &Client,
    project: &str,
    now: Timestamp,
) -> Result<Vec<PlacedAttachment>, Error> {
    let kind = Kind::ServiceAttachment;
    let collection = kind.collection();
    let path = format!("projects/{project}/aggregated/{collection}");
    let action = format!("list {collection} of every region");
    let needs = permission::of(kind).list;
    let pages = client.pages(&path, None, &action, needs, now).await?;
    let mut placed = Vec::new();
    for (location, listed) in pages.iter().filter_map(Value::as_object).flatten() {
        let Some(region) = location.strip_prefix("regions/") else {
            continue;
        };
        for document in document::list(listed, &format!("/{collection}")) {
            let Some(name) = document::text(document, "/name") else {
                continue;
            };
            let at = ResourceScope::Region(region.to_owned());
            let found = finding(kind, document, &Resource::new(kind, project, at, name));
            placed.extend(found.map(|finding| PlacedAttachment {
                scope: Scope {
                    region: region.to_owned(),
                    group: None,
                    depth: Depth::Everything,
                },
                finding,
            }));
        }
    }
    Ok(placed)
}

/// Reports whether a listing of this kind of resource shows a link's part.
fn is_shown(part: &Part, kind: Kind) -> bool {
    let Some(PartOn::Own(part)) = part.on_google() else {
        return false;
    };
    match part {
        GooglePart::ForwardingRule => kind == Kind::ForwardingRule,
        GooglePart::BackendService => kind == Kind::BackendService,
        GooglePart::HealthCheck => kind == Kind::HealthCheck,
        GooglePart::NatSubnet(_) => kind == Kind::Subnetwork,
        GooglePart::Deny | GooglePart::Allow => kind == Kind::Firewall,
        // Groups are listed by zone; the other kinds belong to project VPCs, which are not swept.
        GooglePart::EndpointGroup(_)
        | GooglePart::Endpoints(_)
        | GooglePart::Subnet
        | GooglePart::Probes => false,
    }
}

fn is_zone_of(zone: &str, region: &str) -> bool {
    zone.rsplit_once('-').map(|(region, _)| region) == Some(region)
}

#[derive(Clone, Copy)]
struct RegionListing<'a> {
    client: &'a Client,
    project: &'a str,
    region: &'a str,
    now: Timestamp,
}

impl RegionListing<'_> {
    async fn list(&self, kind: Kind) -> Result<Vec<Finding>, Error> {
        let placement = match kind {
            Kind::Firewall | Kind::Network => ResourceScope::Global,
            Kind::Subnetwork
            | Kind::HealthCheck
            | Kind::EndpointGroup
            | Kind::BackendService
            | Kind::ForwardingRule
            | Kind::ServiceAttachment => ResourceScope::Region(self.region.to_owned()),
        };
        let resource = |name: &str| Resource::new(kind, self.project, placement.clone(), name);
        let path = resource("").listing();
        let action = format!("list {} of region {}", kind.collection(), self.region);
        let needs = permission::of(kind).list;
        let pages = self
            .client
            .pages(&path, None, &action, needs, self.now)
            .await?;
        let documents = pages.iter().filter_map(Value::as_array).flatten();
        Ok(documents
            .filter_map(|document| {
                let name = document::text(document, "/name")?;
                finding(kind, document, &resource(name))
            })
            .collect())
    }

    /// Endpoint groups are zonal: one listing of all zones, filtered by region.
    async fn groups(&self) -> Result<Vec<Finding>, Error> {
        let collection = Kind::EndpointGroup.collection();
        let path = format!("projects/{}/aggregated/{collection}", self.project);
        let action = format!("list {collection} of every zone");
        let needs = Permission::ListEndpointGroups;
        let pages = self
            .client
            .pages(&path, None, &action, needs, self.now)
            .await?;
        let mut findings = Vec::new();
        for (scope, listed) in pages.iter().filter_map(Value::as_object).flatten() {
            let Some(zone) = scope.strip_prefix("zones/") else {
                continue;
            };
            if !is_zone_of(zone, self.region) {
                continue;
            }
            let member = format!("/{collection}");
            for document in document::list(listed, &member) {
                findings.extend(self.of_group(document, zone));
            }
        }
        Ok(findings)
    }

    /// Replaces the numbers of endpoints by the endpoints themselves, of as many groups as a sweep may
    /// list.
    async fn list_endpoints(
        &self,
        findings: &mut [Finding],
        listings: &EndpointListings,
    ) -> Result<(), Error> {
        let is_number = |finding: &&mut Finding| {
            matches!(
                finding.part.on_google(),
                Some(PartOn::Own(GooglePart::Endpoints(_)))
            )
        };
        let mut numbers: Vec<_> = findings.iter_mut().filter(is_number).collect();
        let paths = numbers.iter().map(|it| it.resource.clone()).collect();
        let chosen = listings.choose(self.region, &paths, self.now);
        for finding in &mut numbers {
            let Some(PartOn::Own(GooglePart::Endpoints(zone))) = finding.part.on_google() else {
                continue;
            };
            if !chosen.contains(&finding.resource) {
                continue;
            }
            let placement = ResourceScope::Zone(zone.clone());
            let name = names::name(&finding.object, names::GROUP);
            let group = Resource::new(Kind::EndpointGroup, self.project, placement, &name);
            match endpoint_group::instances(self.client, &group, self.now).await {
                Ok(instances) => {
                    finding.outcome = Outcome::Ready(endpoint_group::confirm(instances, &group));
                }
                // Deleted meanwhile; the next sweep shows it.
                Err(error) if error.kind == ErrorKind::Missing => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn of_group(&self, document: &Value, zone: &str) -> Vec<Finding> {
        let (Some(ownership), Some(name)) =
            (ownership::of(document), document::text(document, "/name"))
        else {
            return Vec::new();
        };
        if name != names::name(&ownership.incarnation, names::GROUP) {
            return Vec::new();
        }
        let placement = ResourceScope::Zone(zone.to_owned());
        let group = Resource::new(Kind::EndpointGroup, self.project, placement, name);
        let found = |part: Part, spec: Spec| Finding {
            object: ownership.incarnation.clone(),
            part,
            resource: group.path(),
            managed: Some(ownership.managed.clone()),
            related: BTreeMap::new(),
            outcome: Outcome::Ready(confirmed(spec, document, &group)),
            connections: None,
            origin: None,
            network: PublishedNetwork::default(),
        };
        let size = document.get("size").and_then(Value::as_u64).unwrap_or(0);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut findings = vec![found(
            Part::Google(GooglePart::EndpointGroup(zone.to_owned())),
            Spec::Present,
        )];
        if size > 0 {
            let endpoints = Part::Google(GooglePart::Endpoints(zone.to_owned()));
            findings.push(found(
                endpoints,
                Spec::Google(GoogleSpec::EndpointCount(size)),
            ));
        }
        findings
    }
}

fn finding(kind: Kind, document: &Value, resource: &Resource) -> Option<Finding> {
    let OwnershipTag {
        managed,
        incarnation: object,
    } = ownership::of(document)?;
    let name = resource.name();
    let is = |suffix: &str| name == names::name(&object, suffix);
    let alone = |part: Part, confirmed: Confirmed| (part, Outcome::Ready(confirmed), None);
    let present = || confirmed(Spec::Present, document, resource);
    let (part, outcome, connections) = match kind {
        Kind::ServiceAttachment if is("") => {
            let confirmed = attachment::confirm(document, resource);
            let Report {
                outcome,
                connections,
            } = attachment::report(Outcome::Ready(confirmed), document);
            (Part::Attachment, outcome, connections)
        }
        Kind::ForwardingRule if is(names::RULE) => {
            alone(Part::Google(GooglePart::ForwardingRule), present())
        }
        Kind::BackendService if is(names::SERVICE) => alone(
            Part::Google(GooglePart::BackendService),
            backend_service::confirm(document, resource),
        ),
        Kind::HealthCheck if is(names::HEALTH_CHECK) => alone(
            Part::Google(GooglePart::HealthCheck),
            health_check::confirm(document, resource),
        ),
        Kind::Subnetwork => {
            let range = range_of(name)?;
            if name != nat_name(&object, range) {
                return None;
            }
            alone(Part::Google(GooglePart::NatSubnet(range)), present())
        }
        Kind::Firewall if is(names::ALLOW) => alone(
            Part::Google(GooglePart::Allow),
            firewall::confirm_allow(document, resource, None),
        ),
        Kind::Firewall if is(names::DENY) => alone(
            Part::Google(GooglePart::Deny),
            firewall::confirm_deny(document, resource, None),
        ),
        // Parts of project VPCs, which are not swept; copies; groups are listed by zone.
        Kind::ServiceAttachment
        | Kind::ForwardingRule
        | Kind::BackendService
        | Kind::HealthCheck
        | Kind::Firewall
        | Kind::Network
        | Kind::EndpointGroup => return None,
    };
    let path = |pointer: &str| {
        let link = document::text(document, pointer)?;
        Some(document::bounded(path_of(link), PATH_LENGTH))
    };
    let network = if part == Part::Google(GooglePart::ForwardingRule) {
        PublishedNetwork {
            network: path("/network"),
            node_subnet: path("/subnetwork"),
            nat_subnet: None,
        }
    } else {
        PublishedNetwork::default()
    };
    let is_attachment = part == Part::Attachment;
    let origin = is_attachment
        .then(|| attachment::origin(document))
        .flatten();
    Some(Finding {
        object,
        part,
        resource: resource.path(),
        managed: Some(managed),
        related: BTreeMap::new(),
        outcome,
        connections,
        origin,
        network,
    })
}
