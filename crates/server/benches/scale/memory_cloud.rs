//! Cloud in memory that accepts every step immediately.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_clouds::{Cloud, Depth, Error, Finding, Listing, PlacedAttachment, Report, Scope};
use underpass_model::cloud_target::{CloudTarget, NetworkPlacement};
use underpass_model::connection::Identity;
use underpass_model::id::ConnectionId;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::{Admission, Confirmed, Facts, Part, Spec};
use underpass_model::published_network::PublishedNetwork;
use underpass_model::reconcile::{Evidence, Outcome, Step};

use crate::fill::{CONNECTIONS, SUBSCRIPTION};

/// Parts of every object, with the connections of links.
#[derive(Default)]
pub(crate) struct MemoryCloud {
    objects: Mutex<BTreeMap<String, Object>>,
    /// Number of list calls.
    pub(crate) lists: AtomicU64,
    /// Number of other calls.
    pub(crate) calls: AtomicU64,
    /// Answers to no call while it is set.
    pub(crate) is_down: AtomicBool,
    version: AtomicU64,
    endpoints: AtomicU64,
}

/// Parts of one object.
#[derive(Default)]
struct Object {
    group: Option<String>,
    parts: BTreeMap<Part, Confirmed>,
    connections: Vec<ObservedConnection>,
}

impl MemoryCloud {
    /// Returns the number of published links and that of approved connections.
    pub(crate) fn published(&self) -> (usize, usize) {
        let objects = self.objects.lock().unwrap();
        let links = objects
            .values()
            .filter(|object| object.parts.contains_key(&Part::Attachment));
        links.fold((0, 0), |(links, approved), object| {
            let own = object.connections.iter();
            let own = own.filter(|it| it.admission == Admission::Approved);
            (links + 1, approved + own.count())
        })
    }

    /// Deletes the oldest endpoint of a published link and makes a new one, as its consumer does.
    /// `pick` chooses the link.
    pub(crate) fn replace_endpoint(&self, pick: usize) {
        let mut objects = self.objects.lock().unwrap();
        let published = objects.iter_mut();
        let mut published =
            published.filter(|(_, object)| object.parts.contains_key(&Part::Attachment));
        let Some((name, object)) = published.nth(pick) else {
            return;
        };
        if !object.connections.is_empty() {
            object.connections.remove(0);
        }
        let number = self.endpoints.fetch_add(1, Ordering::Relaxed);
        object.connections.push(endpoint(name, 1000 + number));
    }

    /// Returns the connections of each published link, by the names of the objects.
    pub(crate) fn connections(&self) -> BTreeMap<String, BTreeMap<String, Admission>> {
        let objects = self.objects.lock().unwrap();
        let admissions = |object: &Object| {
            let all = object.connections.iter();
            all.map(|it| (it.identity.name.clone(), it.admission))
                .collect()
        };
        let published = objects
            .iter()
            .filter(|(_, object)| object.parts.contains_key(&Part::Attachment));
        published
            .map(|(name, object)| (name.clone(), admissions(object)))
            .collect()
    }

    /// Returns the names of the objects that have any part.
    pub(crate) fn objects(&self) -> BTreeSet<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    /// Returns the error of a call while the cloud answers none.
    fn outage(&self) -> Option<Error> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        is_down.then(|| Error::overdue("call the cloud", Duration::from_secs(30)))
    }

    fn confirmed(&self, target: &CloudTarget, part: &Part, spec: &Spec) -> Confirmed {
        let version = self.version.fetch_add(1, Ordering::Relaxed);
        Confirmed {
            spec: spec.clone(),
            tag: Some(format!("W/\"{version}\"")),
            facts: Facts {
                id: Some(format!(
                    "/subscriptions/{SUBSCRIPTION}/resourceGroups/nodes/providers/Microsoft.Network/{part}/{}",
                    target.object
                )),
                alias: (*part == Part::Attachment)
                    .then(|| format!("{}.guid.westeurope.azure.privatelinkservice", target.object)),
                address: None,
                ..Facts::default()
            },
        }
    }
}

/// The endpoint with a number that a consumer made at a link.
fn endpoint(object: &str, number: u64) -> ObservedConnection {
    let name = format!("pe-{object}-{number}");
    ObservedConnection {
        identity: Identity {
            name: format!("{name}.5f3b7a52"),
            link_identifier: Some(format!("5368{number}")),
            endpoint: format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/consumers/providers/Microsoft.Network/privateEndpoints/{name}"
            ),
            location: Some("westeurope".to_owned()),
            message: None,
        },
        admission: Admission::Pending,
        id: format!("{object}/privateEndpointConnections/{name}"),
        tag: None,
        proof: None,
    }
}

fn connection<'a>(
    object: &'a mut Object,
    target: &CloudTarget,
    id: &ConnectionId,
) -> Option<&'a mut ObservedConnection> {
    let known = target.connections.get(id)?;
    let mut all = object.connections.iter_mut();
    all.find(|it| it.identity.name == *known)
}

#[async_trait]
impl Cloud for MemoryCloud {
    async fn perform(
        &self,
        target: &CloudTarget,
        step: &Step,
        _: Timestamp,
    ) -> Result<Report, Error> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(outage) = self.outage() {
            return Err(outage);
        }
        let mut objects = self.objects.lock().unwrap();
        let object = objects.entry(target.object.clone()).or_default();
        object.group = match &target.placement {
            NetworkPlacement::Azure(placement) => Some(placement.resource_group().to_owned()),
            NetworkPlacement::Account | NetworkPlacement::Google(_) => None,
        };
        let part = step.part();
        let outcome = match step {
            Step::Put { spec, .. } => {
                let confirmed = self.confirmed(target, part, spec);
                if let (Part::Admission(id), Spec::Admission(admission)) = (part, spec) {
                    if let Some(listed) = connection(object, target, id) {
                        listed.admission = *admission;
                    }
                } else {
                    if *part == Part::Attachment && object.connections.is_empty() {
                        let numbers = 1..=u64::from(CONNECTIONS);
                        object.connections =
                            numbers.map(|it| endpoint(&target.object, it)).collect();
                    }
                    object.parts.insert(part.clone(), confirmed.clone());
                }
                Outcome::Ready(confirmed)
            }
            Step::Survey(_) => Outcome::Empty,
            Step::Delete(_) => {
                object.parts.remove(part);
                match part {
                    Part::Attachment => object.connections.clear(),
                    // Otherwise listings show it until the link is gone, which an outage delays.
                    Part::Admission(id) => {
                        let name = target.connections.get(id);
                        object
                            .connections
                            .retain(|listed| Some(&listed.identity.name) != name);
                    }
                    _ => {}
                }
                Outcome::Gone
            }
            Step::Read(_) | Step::Poll { .. } => {
                let found = match part {
                    // Connections are beside the parts.
                    Part::Admission(id) => connection(object, target, id)
                        .map(|listed| Spec::Admission(listed.admission))
                        .map(|spec| self.confirmed(target, part, &spec)),
                    _ => object.parts.get(part).cloned(),
                };
                found.map_or(Outcome::Absent(Evidence::ParentLacks), Outcome::Ready)
            }
        };
        if object.parts.is_empty() {
            objects.remove(&target.object);
        }
        Ok(Report {
            outcome,
            connections: None,
        })
    }

    async fn sweep(&self, scope: &Scope, _: Timestamp) -> Result<Listing, Error> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        if let Some(outage) = self.outage() {
            return Err(outage);
        }
        let mut listing = Listing::default();
        let depth = scope.depth;
        listing.coverage.add(move |part| {
            *part == Part::Attachment
                || (depth == Depth::Everything && !matches!(part, Part::Admission(_)))
        });
        let objects = self.objects.lock().unwrap();
        for (name, object) in objects.iter().filter(|(_, it)| it.group == scope.group) {
            for (part, confirmed) in &object.parts {
                if depth == Depth::Connections && *part != Part::Attachment {
                    continue;
                }
                listing.findings.push(Finding {
                    object: name.clone(),
                    part: part.clone(),
                    resource: format!("{name}/{part}"),
                    managed: None,
                    related: BTreeMap::new(),
                    outcome: Outcome::Ready(confirmed.clone()),
                    connections: (*part == Part::Attachment).then(|| object.connections.clone()),
                    origin: None,
                    network: PublishedNetwork::default(),
                });
            }
        }
        Ok(listing)
    }

    async fn attachments(&self, _: Timestamp) -> Result<Vec<PlacedAttachment>, Error> {
        // Every published service is in the network of a project VPC.
        self.lists.fetch_add(1, Ordering::Relaxed);
        if let Some(outage) = self.outage() {
            return Err(outage);
        }
        Ok(Vec::new())
    }

    async fn networks(&self, _: &[CloudTarget], _: Timestamp) -> Result<Listing, Error> {
        Ok(Listing::default())
    }
}
