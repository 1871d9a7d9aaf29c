//! A wish with everything the decision and the driver need, loaded from the store.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use underpass_clouds::{Error as CloudError, Report};
use underpass_model::blueprint;
use underpass_model::connection::Connection;
use underpass_model::discovery::{self, Discovery};
use underpass_model::event::{Event, SYSTEM_ACTOR};
use underpass_model::id::Generation;
use underpass_model::link::{ConnectionState, Link, LinkState, shown_connection, shown_link};
use underpass_model::part::{Observed, Part};
use underpass_model::project::{ExternalApproval, Project};
use underpass_model::reconcile::{Picture, Step};
use underpass_model::service::{NodeHandle, Service};
use underpass_model::site::{Mark, Place, Site};
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::{ProjectVpc, VpcPlace};
use underpass_model::work::WorkKey;
use underpass_store::{Change, Error, Expectation, Fetched, Key, Kind, Lookup, Store, Versioned};

use crate::ids::Ids;

/// A wish as it stands, with what a pass changed of it in memory.
pub(super) struct Wish {
    /// Its key.
    pub(super) key: WorkKey,
    /// What to decide on.
    pub(super) picture: Picture,
    /// Where to carry it out; `None` when no account serves it: then nothing was ever built.
    pub(super) site: Option<Site>,
    noun: Noun,
    /// The row as read; the picture holds the present.
    observed: Option<Versioned<Observed>>,
    shown_at_load: Shown,
    events: Vec<Event>,
}

enum Noun {
    Link(Box<LinkNoun>),
    Vpc(Box<Versioned<ProjectVpc>>),
    StaticIp(Box<Versioned<StaticIp>>),
}

struct LinkNoun {
    link: Versioned<Link>,
    service: Service,
    vpc: ProjectVpc,
    policy: ExternalApproval,
    /// The rows as read.
    stored: Vec<Versioned<Connection>>,
    /// The connections now.
    connections: Vec<Connection>,
}

impl Wish {
    /// Reads a wish; `None` when it is gone.
    pub(super) async fn load(store: &dyn Store, key: &WorkKey) -> Result<Option<Self>, Error> {
        let observed_key = Key::observed(key);
        let seen = Lookup::One(Kind::Observed, observed_key.clone());
        let noun = match key {
            WorkKey::Link(project, service, provider) => {
                let link_key = Key::link(project, service, *provider);
                let service_key = Key::service(project, service);
                let fetched = store
                    .fetch(&[
                        Lookup::One(Kind::Link, link_key.clone()),
                        Lookup::Under(Kind::Connection, link_key.clone()),
                        Lookup::One(Kind::Service, service_key.clone()),
                        Lookup::Under(Kind::Vpc, Key::project(project)),
                        Lookup::One(Kind::Project, Key::project(project)),
                        seen,
                    ])
                    .await?;
                load_link(&fetched, &link_key, &service_key)?.map(|noun| (noun, fetched))
            }
            WorkKey::Vpc(project, id) => {
                let row = Key::vpc(project, *id);
                let fetched = store
                    .fetch(&[Lookup::One(Kind::Vpc, row.clone()), seen])
                    .await?;
                fetched
                    .one(&row)?
                    .map(|vpc| (Noun::Vpc(Box::new(vpc)), fetched))
            }
            WorkKey::StaticIp(project, id) => {
                let row = Key::static_ip(project, id);
                let fetched = store
                    .fetch(&[Lookup::One(Kind::StaticIp, row.clone()), seen])
                    .await?;
                fetched
                    .one(&row)?
                    .map(|ip| (Noun::StaticIp(Box::new(ip)), fetched))
            }
        };
        let Some((noun, fetched)) = noun else {
            return Ok(None);
        };
        let observed: Option<Versioned<Observed>> = fetched.one(&observed_key)?;
        let mut wish = Self {
            key: key.clone(),
            picture: Picture {
                generation: noun.generation(),
                wanted: BTreeMap::new(),
                observed: observed
                    .as_ref()
                    .map(|row| row.value.clone())
                    .unwrap_or_default(),
            },
            site: None,
            noun,
            observed,
            shown_at_load: Shown::default(),
            events: Vec::new(),
        };
        wish.replan();
        wish.shown_at_load = wish.shown();
        Ok(Some(wish))
    }

    /// Derives again what follows from the connections and from what was seen.
    fn replan(&mut self) {
        self.picture.wanted = self.noun.wanted(&self.picture.observed);
        self.site = self.noun.site(&self.key);
    }

    /// Takes in what a step saw, or that it failed.
    pub(super) fn fold(
        &mut self,
        step: &Step,
        answer: &Result<Report, CloudError>,
        ids: &Ids,
        now: Timestamp,
    ) {
        let before = self.shown();
        match answer {
            Ok(report) => {
                self.picture.record(step, report.outcome.clone(), now);
                if let Some(listed) = &report.connections {
                    self.take_in(listed, ids, now);
                }
                self.end_connections(now);
            }
            Err(error) => {
                let failure = error.failure();
                let generation = self.picture.generation;
                self.picture
                    .observed
                    .fail(step, &failure, generation, now, ids.jitter());
                self.report_trouble(step, now);
            }
        }
        self.replan();
        self.report_moves(&before, now);
    }

    /// Takes in a complete listing of a link's connections.
    pub(super) fn take_in(
        &mut self,
        listed: &[underpass_model::connection::Sighted],
        ids: &Ids,
        now: Timestamp,
    ) {
        let Noun::Link(noun) = &mut self.noun else {
            return;
        };
        let discovery = discovery::take_in(
            &noun.link.value,
            noun.policy,
            &noun.connections,
            &mut self.picture.observed,
            listed,
            &mut || ids.connection(),
            now,
        );
        self.adopt(discovery, now);
        self.replan();
    }

    fn end_connections(&mut self, now: Timestamp) {
        let Noun::Link(noun) = &self.noun else { return };
        let mut discovery = Discovery::default();
        discovery.end(&noun.connections, &mut self.picture.observed);
        self.adopt(discovery, now);
    }

    fn adopt(&mut self, discovery: Discovery, now: Timestamp) {
        let Noun::Link(noun) = &mut self.noun else {
            return;
        };
        noun.connections.retain(|connection| {
            !discovery
                .ended
                .iter()
                .any(|ended| ended.id == connection.id)
        });
        for changed in discovery.changed {
            if let Some(slot) = noun.connections.iter_mut().find(|own| own.id == changed.id) {
                *slot = changed;
            }
        }
        noun.connections.extend(discovery.new);
        let subject = subject_of(&self.key);
        for (code, id, message) in discovery.news {
            self.events.push(Event {
                at: now,
                project: self.key.project().clone(),
                subject: format!("{subject}/connection/{id}"),
                actor: SYSTEM_ACTOR.to_owned(),
                code: code.to_owned(),
                message,
                details: json!({"privatelink_connection_id": id}),
            });
        }
    }

    fn tell(&mut self, subject: String, code: &str, message: String, now: Timestamp) {
        self.events.push(Event {
            at: now,
            project: self.key.project().clone(),
            subject,
            actor: SYSTEM_ACTOR.to_owned(),
            code: code.to_owned(),
            message,
            details: serde_json::Value::Null,
        });
    }

    fn report_trouble(&mut self, step: &Step, now: Timestamp) {
        let Some(trouble) = self.picture.observed.troubles.get(step.part()) else {
            return;
        };
        let delay = trouble.retry_at.duration_since(now);
        // What passes by itself within a minute is no news; what only a person can end is.
        if trouble.attempts == 1 && delay >= jiff::SignedDuration::from_mins(1) {
            let message = format!("{}: {}", step.part(), trouble.message);
            self.tell(subject_of(&self.key), "trouble", message, now);
        }
    }

    fn shown(&self) -> Shown {
        match &self.noun {
            Noun::Link(noun) => Shown {
                link: Some(shown_link(&noun.link.value, &self.picture.observed)),
                connections: noun
                    .connections
                    .iter()
                    .map(|connection| {
                        let link = &noun.link.value;
                        let state = shown_connection(link, connection, &self.picture.observed);
                        (connection.id.to_string(), state)
                    })
                    .collect(),
            },
            Noun::Vpc(_) | Noun::StaticIp(_) => Shown::default(),
        }
    }

    fn report_moves(&mut self, before: &Shown, now: Timestamp) {
        let after = self.shown();
        let subject = subject_of(&self.key);
        if after.link == Some(LinkState::Active) && before.link != after.link {
            let message = "The link is published: consumers can make endpoints".to_owned();
            self.tell(subject.clone(), "link.active", message, now);
        }
        for (id, state) in &after.connections {
            let was = before.connections.get(id);
            if was.is_some() && was != Some(state) {
                let message = format!("The connection is {} now", state.as_str());
                let code = format!("connection.{}", state.as_str());
                self.tell(format!("{subject}/connection/{id}"), &code, message, now);
            }
        }
    }

    /// Marks a part as in doubt, before it is written.
    pub(super) fn doubt(&mut self, part: &Part, now: Timestamp) {
        self.picture.observed.doubt(part, now);
    }

    /// Whether what people see of it changed since it was read, names included.
    pub(super) fn looks_different(&self) -> bool {
        self.shown() != self.shown_at_load
    }

    /// Whether the wish is to go and nothing of it is left.
    pub(super) fn is_over(&self) -> bool {
        self.noun.is_deleting() && self.picture.is_settled()
    }

    /// What the pass changed, guarded against everyone else who may have changed it.
    pub(super) fn change(&self) -> Result<Change, Error> {
        let mut change = Change::new();
        change = match &self.observed {
            Some(row) if row.value == self.picture.observed => change,
            Some(row) => change.update(&Versioned {
                value: self.picture.observed.clone(),
                key: row.key.clone(),
                version: row.version,
            })?,
            None if self.picture.observed == Observed::default() => change,
            None => change.insert(Key::observed(&self.key), &self.picture.observed)?,
        };
        if let Noun::Link(noun) = &self.noun {
            change = noun.connection_edits(change)?;
        }
        change.events.extend(self.events.iter().cloned());
        Ok(change)
    }

    /// Removes every row of a wish that is over.
    pub(super) fn removal(&self, now: Timestamp) -> Change {
        let observed = Key::observed(&self.key);
        let mut change = Change::new();
        if let Some(row) = &self.observed {
            change = change.delete(row);
        } else {
            change = change.expect(Expectation::Absent(Kind::Observed, observed));
        }
        let code = match &self.noun {
            Noun::Link(noun) => {
                change = change.delete(&noun.link);
                for row in &noun.stored {
                    change = change.delete(row);
                }
                "link.deleted"
            }
            Noun::Vpc(row) => {
                change = change.delete(row);
                "vpc.deleted"
            }
            Noun::StaticIp(row) => {
                change = change.delete(row);
                "static_ip.deleted"
            }
        };
        change.events.extend(self.events.iter().cloned());
        change.event(Event {
            at: now,
            project: self.key.project().clone(),
            subject: subject_of(&self.key),
            actor: SYSTEM_ACTOR.to_owned(),
            code: code.to_owned(),
            message: "Nothing of it is left in the cloud".to_owned(),
            details: serde_json::Value::Null,
        })
    }
}

#[derive(Default, PartialEq, Eq)]
struct Shown {
    link: Option<LinkState>,
    connections: BTreeMap<String, ConnectionState>,
}

/// What events about a wish are filed under.
fn subject_of(key: &WorkKey) -> String {
    match key {
        WorkKey::Link(_, service, provider) => format!("service/{service}/privatelink/{provider}"),
        WorkKey::StaticIp(_, id) => format!("static-ip/{id}"),
        WorkKey::Vpc(_, id) => format!("vpc/{id}"),
    }
}

fn load_link(fetched: &Fetched, link_key: &Key, service_key: &Key) -> Result<Option<Noun>, Error> {
    let Some(link) = fetched.one::<Link>(link_key)? else {
        return Ok(None);
    };
    let service = fetched.one::<Service>(service_key)?;
    let vpcs = fetched.all::<ProjectVpc>()?;
    let vpc = vpcs.into_iter().find(|vpc| vpc.value.id == link.value.vpc);
    let (Some(service), Some(vpc)) = (service, vpc) else {
        // Deletion of either is refused while the link is there.
        tracing::error!(link.id = %link.value.id, "find a link without its service or network");
        return Ok(None);
    };
    let project: Option<Versioned<Project>> = fetched.one(&Key::project(&link.value.project))?;
    let stored = fetched.all::<Connection>()?;
    Ok(Some(Noun::Link(Box::new(LinkNoun {
        service: service.value,
        vpc: vpc.value,
        policy: project
            .map(|project| project.value.external_approval)
            .unwrap_or_default(),
        connections: stored.iter().map(|row| row.value.clone()).collect(),
        stored,
        link,
    }))))
}

impl LinkNoun {
    fn connection_edits(&self, mut change: Change) -> Result<Change, Error> {
        let link = &self.link.value;
        for connection in &self.connections {
            let stored = self.stored.iter().find(|row| row.value.id == connection.id);
            change = match stored {
                Some(row) if row.value == *connection => change,
                Some(row) => change.update(&Versioned {
                    key: row.key.clone(),
                    version: row.version,
                    value: connection.clone(),
                })?,
                None => {
                    let (project, service) = (&link.project, &link.service);
                    let key = Key::connection(project, service, link.provider, &connection.id);
                    change.insert(key, connection)?
                }
            };
        }
        for row in &self.stored {
            if !self
                .connections
                .iter()
                .any(|connection| connection.id == row.value.id)
            {
                change = change.delete(row);
            }
        }
        Ok(change)
    }
}

impl Noun {
    fn generation(&self) -> Generation {
        match self {
            Self::Link(noun) => noun.link.value.generation,
            Self::Vpc(vpc) => vpc.value.generation,
            Self::StaticIp(ip) => ip.value.generation,
        }
    }

    fn is_deleting(&self) -> bool {
        match self {
            Self::Link(noun) => noun.link.value.deleting,
            Self::Vpc(vpc) => vpc.value.deleting,
            Self::StaticIp(ip) => ip.value.deleting,
        }
    }

    fn wanted(&self, observed: &Observed) -> BTreeMap<Part, underpass_model::part::Want> {
        match self {
            Self::Link(noun) => {
                blueprint::of_link(&noun.link.value, &noun.service, &noun.connections, observed)
            }
            Self::Vpc(vpc) => blueprint::of_vpc(&vpc.value),
            Self::StaticIp(ip) => blueprint::of_static_ip(&ip.value),
        }
    }

    fn site(&self, key: &WorkKey) -> Option<Site> {
        let (account, cloud, object, place) = match self {
            Self::Link(noun) => {
                let vpc = &noun.vpc;
                let object = noun.link.value.id.to_string();
                (vpc.account.clone()?, &vpc.cloud, object, place_of(vpc))
            }
            Self::Vpc(vpc) => {
                let vpc = &vpc.value;
                (
                    vpc.account.clone()?,
                    &vpc.cloud,
                    vpc.id.to_string(),
                    place_of(vpc),
                )
            }
            Self::StaticIp(ip) => {
                let ip = &ip.value;
                (
                    ip.account.clone()?,
                    &ip.cloud,
                    ip.id.to_string(),
                    Place::Account,
                )
            }
        };
        let (members, connections) = match self {
            Self::Link(noun) => (members_of(&noun.service), names_of(&noun.connections)),
            Self::Vpc(_) | Self::StaticIp(_) => (BTreeMap::new(), BTreeMap::new()),
        };
        Some(Site {
            account,
            region: cloud.region().to_owned(),
            mark: Mark {
                wish: key.to_string(),
                life: object.clone(),
            },
            object,
            place,
            members,
            connections,
        })
    }
}

pub(super) fn place_of(vpc: &ProjectVpc) -> Place {
    match &vpc.place {
        VpcPlace::Made => Place::Made {
            group: vpc.group_name(),
            cidr: vpc.cidr,
        },
        VpcPlace::Adopted(adopted) => Place::AdoptedAzure(adopted.clone()),
    }
}

fn members_of(service: &Service) -> BTreeMap<String, Option<String>> {
    service
        .nodes
        .iter()
        .filter_map(|node| match &node.cloud {
            Some(NodeHandle::Azure {
                nic_id,
                ip_configuration,
            }) => Some((nic_id.clone(), ip_configuration.clone())),
            Some(NodeHandle::Google { .. }) | None => None,
        })
        .collect()
}

fn names_of(connections: &[Connection]) -> BTreeMap<underpass_model::id::ConnectionId, String> {
    connections
        .iter()
        .map(|connection| (connection.id.clone(), connection.identity.name.clone()))
        .collect()
}
