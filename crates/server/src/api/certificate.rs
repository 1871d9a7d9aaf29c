//! Ours: node certificates, signed by the project's CA.
//!
//! A certificate contains the service's name, the private names of its connections and of the next
//! ones, and the names of its nodes on the public and the private route, so that clients verify the
//! server on every route.

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::Deserialize;
use underpass_api_types::certificate::{CertificateOffer, IssuedCertificate};
use underpass_model::certificate_names::CertificateNames;
use underpass_model::credentials::CaKey;
use underpass_model::link::{ConnectionState, shown_connection};
use underpass_model::name::{DnsName, ServiceName};
use underpass_model::ordinals::ConnectionOrdinals;
use underpass_model::refusal::Refusal;
use underpass_model::route::Route;
use underpass_model::service::{RouteAddress, Service};
use underpass_model::service_certificate::ServiceCertificate;
use underpass_store::{Change, Key, Kind, Lookup};

use super::body::JsonBody;
use super::error::Error;
use super::extract::Member;
use super::history::Subject;
use super::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use super::wire_time::wire_time;
use crate::app::App;
use crate::project_ca;

/// Most names, and most addresses, that a request may add: 64 each, so that a certificate stays
/// within the limit of TLS stacks (16 KiB, one record).
const MAX_ADDED: usize = 64;

/// Default validity of a certificate: 365 days (design decision).
const DEFAULT_DAYS: i64 = 365;

/// Longest validity: 825 days, the most that Apple's clients accept from a private CA (Apple
/// support article 103769, "Requirements for trusted certificates").
const MAX_DAYS: i64 = 825;

pub(super) fn routes() -> Router<App> {
    let route = "/v1/underpass/project/{project}/service/{service}/certificate";
    Router::new().route(route, get(show).post(issue))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Request {
    /// Wide enough for any input, so that the refusal can contain it.
    days: Option<i64>,
    names: Vec<DnsName>,
    addresses: Vec<IpAddr>,
}

/// Returns the contents of a certificate without additions, and the limits of a request. Issues
/// nothing.
async fn show(State(app): State<App>, member: Member) -> Result<Json<CertificateOffer>, Error> {
    let name = member.service()?;
    let (snapshot, private) = load(&app, &member, &name).await?;
    let service = &snapshot.service.value;
    let subject = subject(service, &private, &Request::default(), &app.settings.domain);
    Ok(Json(CertificateOffer {
        addresses: subject.addresses,
        default_days: DEFAULT_DAYS,
        max_added: MAX_ADDED,
        max_days: MAX_DAYS,
        names: subject.names,
        connections: private.connections,
        spare_connections: private.spare,
        missing_names: private.missing,
    }))
}

/// Signs a certificate for a new key. The key is only in this answer.
async fn issue(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<Request>,
) -> Result<Json<IssuedCertificate>, Error> {
    let days = desired.days.unwrap_or(DEFAULT_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Refusal::invalid(
            "certificate_days",
            format!("`days` is {days}, but must be from 1 to {MAX_DAYS}"),
        )
        .into());
    }
    if desired.names.len() > MAX_ADDED || desired.addresses.len() > MAX_ADDED {
        return Err(Refusal::invalid(
            "certificate_names",
            format!("A request may add at most {MAX_ADDED} `names` and {MAX_ADDED} `addresses`"),
        )
        .into());
    }
    let name = member.service()?;
    let project = Key::project(member.name());
    app.transact(async || {
        let (snapshot, private) = load(&app, &member, &name).await?;
        let service = &snapshot.service.value;
        let lookups = [Lookup::One(Kind::CaKey, project.clone())];
        let fetched = member.fetch(&app, &lookups).await?;
        let ca = fetched.one::<CaKey>(&project)?.ok_or_else(|| {
            Error::Internal(
                format!(
                    "read the CA key of project `{}`: it has none",
                    member.name()
                )
                .into(),
            )
        })?;
        let subject = subject(service, &private, &desired, &app.settings.domain);
        let now = app.clock.now();
        let validity = SignedDuration::from_hours(24 * days);
        let node = project_ca::sign(&member.project.value, &ca.value, &subject, validity, now)
            .map_err(|error| Error::Internal(Box::new(error)))?;
        let mut row = snapshot.service.clone();
        row.value.certificate = Some(ServiceCertificate {
            domain: app.settings.domain.clone(),
            ordinals: ordinals(&private, &subject),
            issued_at: now,
            not_after: node.not_after,
        });
        let answer = IssuedCertificate {
            addresses: subject.addresses,
            ca: member.project.value.ca_pem.clone(),
            certificate: node.certificate,
            names: subject.names,
            connections: private.connections,
            spare_connections: private.spare,
            missing_names: private.missing,
            not_after: wire_time(node.not_after),
            private_key: node.private_key,
        };
        let sentence = format!("A node certificate was issued for service `{name}`");
        let about = Subject::Service(&name);
        let event = member.event(now, &about, "certificate.issued", sentence);
        Ok((Change::new().update(&row)?.event(event), Json(answer)))
    })
    .await
}

/// Loads a service with the private names that its certificate contains.
async fn load(
    app: &App,
    member: &Member,
    name: &ServiceName,
) -> Result<(ServiceSnapshot, CertificateNames), Error> {
    let snapshot = ServiceSnapshot::load(app, &member.project.value, name).await?;
    let key = Key::service(member.name(), name);
    let lookups = [Lookup::One(Kind::ConnectionOrdinals, key.clone())];
    let counted = app.store.fetch(&lookups).await?;
    let counted = counted.one::<ConnectionOrdinals>(&key)?;
    let links = &snapshot.links;
    let connections = links.iter().flat_map(|link| &link.connections);
    let ordinals = counted
        .map_or_else(ConnectionOrdinals::default, |row| row.value)
        .including(connections.map(|row| row.value.ordinal))
        .including(links.iter().map(|link| link.observed.ordinals));
    let mut live: Vec<_> = links
        .iter()
        .flat_map(LinkSnapshot::live_connections)
        .collect();
    live.sort_unstable();
    let live: Vec<u32> = live.into_iter().map(|(_, ordinal)| ordinal).collect();
    let label = &snapshot.service.value.host_label;
    let private = CertificateNames::new(label, &app.settings.domain, &live, ordinals);
    Ok((snapshot, private))
}

/// Returns the ordinals of the connections whose private names a certificate has, also those that the
/// request added.
fn ordinals(private: &CertificateNames, subject: &project_ca::Subject) -> BTreeSet<u32> {
    let left_out = private.missing.iter().zip(&private.missing_ordinals);
    let added = left_out.filter(|(name, _)| subject.names.contains(name));
    let added = added.map(|(_, ordinal)| *ordinal);
    private.ordinals.iter().copied().chain(added).collect()
}

fn subject(
    service: &Service,
    private: &CertificateNames,
    desired: &Request,
    domain: &str,
) -> project_ca::Subject {
    let mut names = names(service, private, domain);
    let mut addresses: BTreeSet<IpAddr> = desired.addresses.iter().copied().collect();
    let mut further: Vec<&DnsName> = desired.names.iter().collect();
    for node in &service.nodes {
        addresses.insert(node.address);
        for address in [Route::Public, Route::Private].map(|route| node.address_on(route)) {
            match address {
                Some(RouteAddress::Address(address)) => {
                    addresses.insert(IpAddr::V4(*address));
                }
                Some(RouteAddress::Name(name)) => further.push(name),
                None => {}
            }
        }
    }
    for added in further {
        if !names.iter().any(|name| name == added.as_str()) {
            names.push(added.as_str().to_owned());
        }
    }
    project_ca::Subject {
        names,
        addresses: addresses.into_iter().collect(),
    }
}

/// Returns all names of a service, by the naming rules of the compatible API.
fn names(service: &Service, private: &CertificateNames, domain: &str) -> Vec<String> {
    let label = &service.host_label;
    let dynamic = label.dynamic(domain);
    let public = ["public-", "replica-", "public-replica-"].map(|way| format!("{way}{dynamic}"));
    let advertises = service.broker_listeners().next().is_some();
    let brokers = advertises.then(|| label.brokers(domain));
    std::iter::once(dynamic)
        .chain(public)
        .chain(brokers)
        .chain(private.names.iter().cloned())
        .collect()
}

// === impl LinkSnapshot ===

impl LinkSnapshot {
    /// Returns the connections that can have flows, now or after an approval, each with its rank:
    /// approved ones first.
    fn live_connections(&self) -> impl Iterator<Item = (bool, u32)> {
        self.connections.iter().filter_map(|row| {
            let state = shown_connection(&self.link.value, &row.value, &self.observed);
            let waits = match state {
                ConnectionState::PendingUserApproval => true,
                ConnectionState::UserApproved
                | ConnectionState::Connected
                | ConnectionState::Active => false,
                ConnectionState::Rejected | ConnectionState::Disconnected => return None,
            };
            Some((waits, row.value.ordinal))
        })
    }
}
