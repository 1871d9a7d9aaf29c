//! Snapshot of everything stored about a service.

use std::collections::BTreeMap;

use underpass_model::access::{Entrance, Way, entrances, ways};
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::connection_info::Candidate;
use underpass_model::credentials::{Credentials, Secrecy, ServiceUser, user_not_found};
use underpass_model::id::ConnectionId;
use underpass_model::link::{self, Link, shown_connection};
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::refusal::Refusal;
use underpass_model::service::{Service, service_not_found};
use underpass_store::{Fetched, Key, Kind, Lookup, Versioned};

use super::error::Error;
use super::extract::Member;
use crate::app::App;

/// Service with its logins and links.
pub(super) struct ServiceSnapshot {
    pub(super) service: Versioned<Service>,
    pub(super) credentials: Option<Versioned<Credentials>>,
    pub(super) links: Vec<LinkSnapshot>,
}

/// Link with its connections in the order of discovery, and its observed state.
pub(super) struct LinkSnapshot {
    pub(super) link: Versioned<Link>,
    pub(super) connections: Vec<Versioned<Connection>>,
    pub(super) observed: Observed,
}

// === impl ServiceSnapshot ===

impl ServiceSnapshot {
    /// Loads one service of a project, which must still be the one of the authorization: a client
    /// may send the body of its request later than the deletion of the project.
    pub(super) async fn load(
        app: &App,
        project: &Project,
        service: &ServiceName,
    ) -> Result<Self, Error> {
        let home = Key::project(&project.name);
        let key = Key::service(&project.name, service);
        let lookups = [
            Lookup::One(Kind::Project, home.clone()),
            Lookup::One(Kind::Service, key.clone()),
            Lookup::One(Kind::Credentials, key.clone()),
            Lookup::Under(Kind::Link, key.clone()),
            Lookup::Under(Kind::Connection, key),
            Lookup::Under(
                Kind::Observed,
                Key::observed_links_of(&project.name, service),
            ),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let found = match fetched.one::<Project>(&home)? {
            Some(row) if row.value.incarnation == project.incarnation => {
                check_whole(&fetched)?;
                assemble(&fetched).pop()
            }
            Some(_) | None => None,
        };
        found.ok_or_else(|| service_not_found(service).into())
    }

    /// Loads all services of a project, by name.
    pub(super) async fn load_all(app: &App, project: &ProjectName) -> Result<Vec<Self>, Error> {
        let key = Key::project(project);
        let lookups = [
            Lookup::Under(Kind::Service, key.clone()),
            Lookup::Under(Kind::Credentials, key.clone()),
            Lookup::Under(Kind::Link, key.clone()),
            Lookup::Under(Kind::Connection, key),
            Lookup::Under(Kind::Observed, Key::observed_links(project)),
        ];
        Ok(assemble(&app.store.fetch(&lookups).await?))
    }

    /// Loads all services without their logins, which are not decrypted.
    pub(super) async fn load_all_without_logins(
        app: &App,
        project: &ProjectName,
    ) -> Result<Vec<Self>, Error> {
        let key = Key::project(project);
        let lookups = [
            Lookup::Under(Kind::Service, key.clone()),
            Lookup::Under(Kind::Link, key.clone()),
            Lookup::Under(Kind::Connection, key),
            Lookup::Under(Kind::Observed, Key::observed_links(project)),
        ];
        Ok(assemble(&app.store.fetch(&lookups).await?))
    }

    /// Loads these services without their logins, by name; missing ones are omitted.
    pub(super) async fn load_some_without_logins(
        app: &App,
        project: &ProjectName,
        services: &[ServiceName],
    ) -> Result<Vec<Self>, Error> {
        let mut lookups = Vec::new();
        for service in services {
            let key = Key::service(project, service);
            lookups.push(Lookup::One(Kind::Service, key.clone()));
            lookups.push(Lookup::Under(Kind::Link, key.clone()));
            lookups.push(Lookup::Under(Kind::Connection, key));
            lookups.push(Lookup::Under(
                Kind::Observed,
                Key::observed_links_of(project, service),
            ));
        }
        Ok(assemble(&app.store.fetch(&lookups).await?))
    }

    /// Returns the logins, the main one first.
    pub(super) fn users(&self) -> &[ServiceUser] {
        self.credentials
            .as_ref()
            .map(|row| row.value.users.as_slice())
            .unwrap_or_default()
    }

    /// Returns the refusal for a login that does not exist.
    pub(super) fn user_not_found(&self, username: &str) -> Refusal {
        user_not_found(&self.service.value.name, self.users(), username)
    }

    /// Returns the link in one cloud, or the refusal that it does not exist.
    pub(super) fn link(&self, provider: Provider) -> Result<&LinkSnapshot, Error> {
        let found = self
            .links
            .iter()
            .find(|it| it.link.value.provider == provider);
        found.ok_or_else(|| link::link_not_found(&self.service.value.name, provider).into())
    }

    /// Returns the link, and drops the rest of the snapshot.
    pub(super) fn into_link(self, provider: Provider) -> Result<LinkSnapshot, Error> {
        let name = self.service.value.name;
        let found = self
            .links
            .into_iter()
            .find(|it| it.link.value.provider == provider);
        found.ok_or_else(|| link::link_not_found(&name, provider).into())
    }

    /// Returns all routes to the service.
    pub(super) fn ways(&self, domain: &str) -> Vec<Way> {
        let entrances: Vec<Entrance> = self
            .links
            .iter()
            .flat_map(LinkSnapshot::entrances)
            .collect();
        ways(&self.service.value, &entrances, domain)
    }

    /// Returns the connections that a client can select.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        self.links
            .iter()
            .flat_map(LinkSnapshot::candidates)
            .collect()
    }
}

/// Refuses a service of which a row cannot be read: a change would be decided without it.
fn check_whole(fetched: &Fetched) -> Result<(), Error> {
    fetched.all::<Service>()?;
    fetched.all::<Credentials>()?;
    fetched.all::<Link>()?;
    fetched.all::<Connection>()?;
    fetched.all::<Observed>()?;
    Ok(())
}

/// Groups the rows by service, reading each row once. Services, links and connections that cannot be
/// read are left out, and links whose observed state cannot.
fn assemble(fetched: &Fetched) -> Vec<ServiceSnapshot> {
    let by_key = |row: Versioned<Credentials>| (row.key.clone(), row);
    let mut credentials: BTreeMap<_, _> = fetched.readable().into_iter().map(by_key).collect();
    let mut observed: BTreeMap<_, Observed> = fetched
        .readable()
        .into_iter()
        .map(|row| (row.key, row.value))
        .collect();
    let mut links = BTreeMap::new();
    for link in fetched.readable::<Link>() {
        let observed_key = Key::observed(&link.value.work_key());
        if fetched.is_unreadable::<Observed>(&observed_key) {
            continue;
        }
        let observed = observed.remove(&observed_key).unwrap_or_default();
        links.insert(
            link.key.clone(),
            LinkSnapshot {
                link,
                connections: Vec::new(),
                observed,
            },
        );
    }
    for connection in fetched.readable::<Connection>() {
        // A link's key precedes the keys below it.
        let link = links.range_mut(..&connection.key).next_back();
        if let Some((_, link)) = link.filter(|(key, _)| key.is_above(&connection.key)) {
            link.connections.push(connection);
        }
    }
    let mut services = BTreeMap::new();
    for service in fetched.readable::<Service>() {
        let credentials = credentials.remove(&service.key);
        services.insert(
            service.key.clone(),
            ServiceSnapshot {
                service,
                credentials,
                links: Vec::new(),
            },
        );
    }
    for mut link in links.into_values() {
        link.connections.sort_by_key(|row| row.value.ordinal);
        let key = Key::service(&link.link.value.project, &link.link.value.service);
        if let Some(service) = services.get_mut(&key) {
            service.links.push(link);
        }
    }
    services.into_values().collect()
}

// === impl LinkSnapshot ===

impl LinkSnapshot {
    /// Returns the connections without the versions of their rows.
    pub(super) fn bare_connections(&self) -> Vec<Connection> {
        self.connections
            .iter()
            .map(|row| row.value.clone())
            .collect()
    }

    /// Returns a connection by its ID, or the refusal that it does not exist.
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
            provider: self.link.value.provider,
            state: shown_connection(&self.link.value, &row.value, &self.observed),
            endpoint: row.value.identity.endpoint.clone(),
        })
    }
}

// === impl Member ===

impl Member {
    /// Returns whether the caller may see the secrets of logins.
    pub(super) fn secrecy(&self) -> Secrecy {
        if self.sees_secrets() {
            Secrecy::Told
        } else {
            Secrecy::Redacted
        }
    }

    /// Returns the same, unless the caller declines secrets. The default is to show them, because
    /// the compatible command line reads passwords and sends no parameter.
    pub(super) fn secrecy_unless_declined(&self, include_secrets: Option<bool>) -> Secrecy {
        match (self.secrecy(), include_secrets) {
            (Secrecy::Told, Some(false)) => Secrecy::Withheld,
            (secrecy, _) => secrecy,
        }
    }
}
