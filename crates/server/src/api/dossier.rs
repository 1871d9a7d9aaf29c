//! Everything stored about a service, read as of one moment.

use underpass_model::access::{Entrance, Way, entrances, ways};
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::connection_info::Candidate;
use underpass_model::credentials::{Credentials, ServiceUser};
use underpass_model::id::ConnectionId;
use underpass_model::link::{self, Link, shown_connection};
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::service::{Service, service_not_found};
use underpass_store::{Fetched, Key, Kind, Lookup, Versioned};

use super::Error;
use crate::app::App;

/// A service with its logins and links.
pub(super) struct Dossier {
    pub(super) service: Versioned<Service>,
    pub(super) credentials: Option<Versioned<Credentials>>,
    pub(super) links: Vec<LinkDossier>,
}

/// A link with its connections, in the order of sighting, and what was seen of it.
pub(super) struct LinkDossier {
    pub(super) link: Versioned<Link>,
    pub(super) connections: Vec<Versioned<Connection>>,
    pub(super) observed: Observed,
}

// === impl Dossier ===

impl Dossier {
    /// Reads one service.
    pub(super) async fn load(
        app: &App,
        project: &ProjectName,
        service: &ServiceName,
    ) -> Result<Self, Error> {
        let key = Key::service(project, service);
        let lookups = [
            Lookup::One(Kind::Service, key.clone()),
            Lookup::One(Kind::Credentials, key.clone()),
            Lookup::Under(Kind::Link, key.clone()),
            Lookup::Under(Kind::Connection, key.clone()),
            Lookup::Under(Kind::Observed, Key::observed_links(project)),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let row = fetched.one::<Service>(&key)?.ok_or_else(|| service_not_found(service))?;
        Self::assemble(&fetched, row)
    }

    /// Reads every service of a project, by name.
    pub(super) async fn load_all(app: &App, project: &ProjectName) -> Result<Vec<Self>, Error> {
        let key = Key::project(project);
        let lookups = [
            Lookup::Under(Kind::Service, key.clone()),
            Lookup::Under(Kind::Credentials, key.clone()),
            Lookup::Under(Kind::Link, key.clone()),
            Lookup::Under(Kind::Connection, key),
            Lookup::Under(Kind::Observed, Key::observed_links(project)),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let rows = fetched.all::<Service>()?;
        rows.into_iter().map(|row| Self::assemble(&fetched, row)).collect()
    }

    fn assemble(fetched: &Fetched, service: Versioned<Service>) -> Result<Self, Error> {
        let credentials = fetched.one(&service.key)?;
        let mut links = Vec::new();
        for link in fetched.all::<Link>()? {
            if !service.key.is_above(&link.key) {
                continue;
            }
            let mut connections = fetched.all::<Connection>()?;
            connections.retain(|connection| link.key.is_above(&connection.key));
            connections.sort_by_key(|connection| connection.value.ordinal);
            let observed = fetched.one::<Observed>(&Key::observed(&link.value.work_key()))?;
            let observed = observed.map(|row| row.value).unwrap_or_default();
            links.push(LinkDossier { link, connections, observed });
        }
        Ok(Self { service, credentials, links })
    }

    /// The logins, the main one first.
    pub(super) fn users(&self) -> &[ServiceUser] {
        self.credentials.as_ref().map(|row| row.value.users.as_slice()).unwrap_or_default()
    }

    /// The link in one cloud, or the refusal that names what is missing.
    pub(super) fn link(&self, provider: Provider) -> Result<&LinkDossier, Error> {
        let found = self.links.iter().find(|it| it.link.value.provider == provider);
        found.ok_or_else(|| link::link_not_found(&self.service.value.name, provider).into())
    }

    /// Every way to the service now.
    pub(super) fn ways(&self, domain: &str) -> Vec<Way> {
        let entrances: Vec<Entrance> =
            self.links.iter().flat_map(LinkDossier::entrances).collect();
        ways(&self.service.value, &entrances, domain)
    }

    /// The connections a client could mean.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        self.links.iter().flat_map(LinkDossier::candidates).collect()
    }
}

// === impl LinkDossier ===

impl LinkDossier {
    /// The connections without their rows' versions.
    pub(super) fn bare_connections(&self) -> Vec<Connection> {
        self.connections.iter().map(|row| row.value.clone()).collect()
    }

    /// A connection by its id, or the refusal that says what to do.
    pub(super) fn connection(&self, id: &ConnectionId) -> Result<&Versioned<Connection>, Error> {
        let found = self.connections.iter().find(|row| row.value.id == *id);
        found.ok_or_else(|| link::connection_not_found(&self.link.value.service, id).into())
    }

    fn entrances(&self) -> Vec<Entrance> {
        entrances(&self.link.value, &self.bare_connections(), &self.observed)
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        self.connections.iter().map(|row| Candidate {
            id: row.value.id.clone(),
            state: shown_connection(&self.link.value, &row.value, &self.observed),
            endpoint: row.value.identity.endpoint.clone(),
        })
    }
}
