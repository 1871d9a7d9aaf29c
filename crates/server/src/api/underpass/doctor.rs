//! Check of the path from a client to a service, as far as the control plane sees it.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use underpass_api_types::doctor::{ClientPort, ClientTarget, HopView, PathReport};
use underpass_api_types::remedy::RemedyView;
use underpass_model::cloud::Provider;
use underpass_model::condition::ServiceResources;
use underpass_model::connection::Connection;
use underpass_model::doctor::{
    AGREEING_ANSWERS, Asked, Difference, DifferenceKind, Hop, LinkPicture, Listing, PathPicture,
    ServedZone, examine, examined_connection,
};
use underpass_model::ended_connection::EndedConnection;
use underpass_model::excerpt::excerpt;
use underpass_model::id::ConnectionId;
use underpass_model::link::{Link, connection_not_found};
use underpass_model::name::AccountName;
use underpass_model::part::{Observed, Part, Phase};
use underpass_model::reconcile::Picture;
use underpass_model::refusal::Refusal;
use underpass_model::serial::serial;
use underpass_model::service::{Component, Service};
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Key, Kind, Lookup};

use super::link::picture;
use crate::api::account_outages::AccountOutages;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::network_problems::NetworkProblems;
use crate::api::privatelink::{not_offered, provider};
use crate::api::query::QueryParams;
use crate::api::service::shadowed;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::static_ip_counts::StaticIpCounts;
use crate::api::wire_time::wire_time;
use crate::app::App;
use crate::publish::ZoneSink;
use crate::reconcile::{RefreshOutcome, Refreshed};

/// Longest wait for the cloud: 15 s, so that the answer comes before clients give up after 30 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// Longest wait until what a listing does not show was read by itself: 5 s. The second read of an endpoint
/// comes after 2 s.
const SECOND_READ: Duration = Duration::from_secs(5);

/// Pause between two looks at the store meanwhile: 100 ms.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/service/{service}/privatelink/{provider}/doctor",
        get(check),
    )
}

/// Query parameters.
#[derive(Deserialize)]
struct Desired {
    connection: Option<String>,
    component: Option<String>,
}

/// Answers of the cloud for a check.
struct Answers {
    account: Option<AccountName>,
    listing: Listing,
    networks: Listing,
}

/// The zone of this process.
struct Zone<'a> {
    domain: &'a str,
    sink: &'a dyn ZoneSink,
}

async fn check(
    State(app): State<App>,
    member: Member,
    QueryParams(desired): QueryParams<Desired>,
) -> Result<Json<PathReport>, Error> {
    let (project, name) = (&member.project.value, member.service()?);
    let provider = provider(&member)?;
    let asked: Option<ConnectionId> = desired.connection.map(|it| it.parse()).transpose()?;
    let before = ServiceSnapshot::load(&app, project, &name).await?;
    if provider == Provider::Aws {
        return Err(not_offered(&before.service.value, provider).into());
    }
    let component = desired.component.as_deref();
    check_component(&before.service.value, component)?;
    let answers = match before.link(provider) {
        Ok(link) if !link.link.value.deleting => ask(&app, &member, &link.link.value).await?,
        Ok(_) | Err(_) => Answers::none(),
    };
    let snapshot = read_after(&app, &member, &answers, provider).await?;
    let service = &snapshot.service.value;
    let static_ips = StaticIpCounts::of_service(&app, member.name(), &service.name).await?;
    let now = app.clock.now();
    let zone = Zone {
        domain: &app.settings.domain,
        sink: app.names.sink(),
    };
    let Ok(found) = snapshot.link(provider) else {
        let path = PathPicture {
            service,
            provider,
            static_ips,
            link: None,
            connection: None,
            component,
            now,
        };
        return Ok(Json(report(&path, &project.ca_pem)));
    };
    let link = &found.link.value;
    let connections = found.bare_connections();
    let ended = ended(&app, link, asked.as_ref()).await?;
    let connection = match &asked {
        None => None,
        Some(id) => Some(
            asked_for(&connections, ended.as_ref(), id)
                .ok_or_else(|| connection_not_found(&service.name, id))?,
        ),
    };
    let one = std::slice::from_ref(&snapshot);
    let resources = ServiceResources {
        static_ips,
        shared_interfaces: Vec::new(),
        outage: AccountOutages::load(&app, member.name()).await?.of(link),
        network: NetworkProblems::load(&app, member.name(), one)
            .await?
            .of(link),
        backends: app.health.backends(link, service),
    };
    let open = link.open_rules(service);
    let shadowed = shadowed(&app.settings, &open).await;
    let picture = picture(service, found, app.settings.reject_list);
    let path = PathPicture {
        service,
        provider,
        static_ips,
        link: Some(LinkPicture {
            link,
            picture: &picture,
            connections: &connections,
            account: answers.account.as_ref(),
            resources: &resources,
            listing: &answers.listing,
            networks: &answers.networks,
            zone: &zone,
            shadowed: &shadowed,
        }),
        connection,
        component,
        now,
    };
    Ok(Json(report(&path, &project.ca_pem)))
}

/// Refuses a component that is not registered.
fn check_component(service: &Service, component: Option<&str>) -> Result<(), Refusal> {
    let Some(component) = component else {
        return Ok(());
    };
    let mut registered = service.components.iter().map(|it| it.component.as_str());
    if registered.clone().any(|it| it == component) {
        return Ok(());
    }
    let first = registered.next().unwrap_or("none");
    let all = registered.fold(first.to_owned(), |all, it| format!("{all}, {it}"));
    Err(Refusal::invalid(
        "unknown_component",
        format!(
            "Component `{}` is not registered. Registered: {all}",
            excerpt(component)
        ),
    ))
}

/// Has the cloud listed and the health of the backends read, each at most once for all requests that
/// wait for it.
async fn ask(app: &App, member: &Member, link: &Link) -> Result<Answers, Error> {
    let vpc = Key::vpc(member.name(), link.vpc);
    let fetched = app
        .store
        .fetch(&[Lookup::One(Kind::Vpc, vpc.clone())])
        .await?;
    let vpc = fetched.readable_one::<ProjectVpc>(&vpc);
    let account = vpc.and_then(|it| it.value.account);
    let network = WorkKey::Vpc(link.project.clone(), link.vpc);
    let work = link.work_key();
    let health = async {
        if let Some(account) = &account {
            let now = app.clock.now();
            // Answers that do not come are shown by their age.
            let _fresh = app.health.fresh(link, account, now, PATIENCE).await;
        }
    };
    let (listed, networks, ()) = tokio::join!(
        app.sweeps.listed(&work, PATIENCE),
        app.sweeps.listed(&network, PATIENCE),
        health
    );
    let at = app.clock.now();
    Ok(Answers {
        account,
        listing: listing(listed, at),
        networks: listing(networks, at),
    })
}

impl Answers {
    fn none() -> Self {
        let reason = "There is nothing to list".to_owned();
        Self {
            account: None,
            listing: Listing::NotDone(reason.clone()),
            networks: Listing::NotDone(reason),
        }
    }
}

fn listing(refreshed: Refreshed, at: Timestamp) -> Listing {
    match (refreshed.outcome, refreshed.differences) {
        (RefreshOutcome::Recorded, Some(differences)) => Listing::Done { at, differences },
        (RefreshOutcome::Recorded, None) => {
            Listing::NotDone("No cloud account serves the network of the link".to_owned())
        }
        (RefreshOutcome::Contended, _) => Listing::NotDone(
            "The cloud was listed, but the link changed during each listing".to_owned(),
        ),
        (RefreshOutcome::TimedOut, _) => Listing::NotDone(format!(
            "The cloud was not listed within {} s",
            PATIENCE.as_secs()
        )),
        (RefreshOutcome::Failed(failure), _) if failure.is_passing => Listing::NotDone(format!(
            "The cloud could not be listed just now: {}",
            excerpt(&failure.reason)
        )),
        (RefreshOutcome::Failed(failure), _) => Listing::Failed(excerpt(&failure.reason)),
    }
}

/// Reads the service after the cloud was asked. What a listing does not show, or shows otherwise soon after
/// it was written, is read by itself first, because listings lag.
async fn read_after(
    app: &App,
    member: &Member,
    answers: &Answers,
    provider: Provider,
) -> Result<ServiceSnapshot, Error> {
    let (project, name) = (&member.project.value, member.service()?);
    let deadline = tokio::time::Instant::now() + SECOND_READ;
    loop {
        let snapshot = ServiceSnapshot::load(app, project, &name).await?;
        let is_settled = match snapshot.link(provider) {
            Ok(link) => {
                let picture = picture(&snapshot.service.value, link, app.settings.reject_list);
                let differences = match &answers.listing {
                    Listing::Done { differences, .. } => differences.as_slice(),
                    Listing::Failed(_) | Listing::NotDone(_) => &[],
                };
                !has_unconfirmed_absence(&picture.observed)
                    && !awaits_second_read(&picture, differences)
            }
            Err(_) => true,
        };
        if is_settled || tokio::time::Instant::now() >= deadline {
            return Ok(snapshot);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn has_unconfirmed_absence(observed: &Observed) -> bool {
    observed.parts.iter().any(|(part, seen)| {
        let needed = match part {
            Part::Admission(_) => AGREEING_ANSWERS,
            _ => 1,
        };
        matches!(seen.phase, Phase::Missing { reads, .. } if reads < needed)
    })
}

/// Returns whether a part that the listing lacks, or showed otherwise shortly after it was written, was not
/// read since, or is being written again.
fn awaits_second_read(picture: &Picture, differences: &[Difference]) -> bool {
    let mut doubtful = differences.iter().filter(|it| match &it.kind {
        DifferenceKind::Changed(change) => change.doubtful_since.is_some(),
        DifferenceKind::Missing { .. } => !picture.observed.is_suspected(&it.part),
        _ => false,
    });
    doubtful.any(|it| !picture.is_satisfied(&it.part))
}

async fn ended(
    app: &App,
    link: &Link,
    id: Option<&ConnectionId>,
) -> Result<Option<EndedConnection>, Error> {
    let Some(id) = id else {
        return Ok(None);
    };
    let key = Key::connection(&link.project, &link.service, link.provider, id);
    let lookup = Lookup::One(Kind::EndedConnection, key.clone());
    let fetched = app.store.fetch(&[lookup]).await?;
    let row = fetched.readable_one::<EndedConnection>(&key);
    Ok(row.map(|it| it.value))
}

fn asked_for<'a>(
    connections: &'a [Connection],
    ended: Option<&'a EndedConnection>,
    id: &ConnectionId,
) -> Option<Asked<'a>> {
    let known = connections.iter().find(|it| it.id == *id);
    known.map(Asked::Known).or(ended.map(Asked::Ended))
}

fn report(path: &PathPicture<'_>, project_ca: &str) -> PathReport {
    let service = path.service;
    let examined = examined_connection(path);
    let asked = match path.connection {
        Some(Asked::Ended(ended)) => Some(&ended.connection.id),
        Some(Asked::Known(_)) | None => examined.map(|it| &it.id),
    };
    let all = path.link.map_or(0, |it| it.connections.len());
    let mut report = PathReport {
        service_name: service.name.to_string(),
        service_type: service.service_type.clone(),
        provider: path.provider.to_string(),
        privatelink_connection_id: asked.map(ToString::to_string),
        other_connections: all.saturating_sub(usize::from(examined.is_some())),
        component: path.component.map(str::to_owned),
        checked_at: wire_time(path.now),
        hops: Vec::new(),
        broken: None,
        client: examined
            .zip(path.link.as_ref())
            .map(|(connection, link)| target(path, link, connection, project_ca)),
    };
    let mut again = format!(
        "underpass doctor {} --cloud {}",
        service.name, path.provider
    );
    if let Some(id) = asked {
        again = format!(
            "underpass doctor {} {id} --cloud {}",
            service.name, path.provider
        );
    }
    let hops = examine(path).into_iter().map(hop_view).collect();
    report.set_hops(hops, &again);
    report
}

fn hop_view(hop: Hop) -> HopView {
    HopView {
        hop: hop.kind,
        title: hop.kind.title().to_owned(),
        status: hop.status,
        evidence: hop.evidence,
        checked_at: hop.checked_at.map(wire_time),
        remedy: hop.remedy.map(RemedyView::new),
    }
}

fn target(
    path: &PathPicture<'_>,
    link: &LinkPicture<'_>,
    connection: &Connection,
    project_ca: &str,
) -> ClientTarget {
    let service = path.service;
    let label = &service.host_label;
    let name = label.privatelink(connection.ordinal, link.zone.domain());
    let of_rule = |rule: &str| -> Option<&Component> {
        let is_it = |it: &&Component| {
            let name = it.rule_name();
            rule.strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let found = service.components.iter().filter(is_it);
        found.max_by_key(|it| it.rule_name().len())
    };
    let open = link.link.open_rules(service);
    let ports = open.into_iter().filter(|rule| path.is_checked(rule));
    let ports = ports.filter_map(|rule| {
        let component = of_rule(&rule.name)?;
        Some(ClientPort {
            server_name: match rule.node {
                Some(_) => label.brokers(link.zone.domain()),
                None => name.clone(),
            },
            rule: rule.name,
            component: component.component.clone(),
            port: rule.link_port,
            tls: component.tls.is_on(),
            is_own_ca: component.kafka_ssl_ca.is_project_ca(),
        })
    });
    ClientTarget {
        ports: ports.collect(),
        name,
        address: connection.address,
        ca_pem: service
            .ca_pem
            .clone()
            .unwrap_or_else(|| project_ca.to_owned()),
    }
}

// === impl Zone ===

impl fmt::Debug for Zone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zone").finish_non_exhaustive()
    }
}

impl ServedZone for Zone<'_> {
    fn domain(&self) -> &str {
        self.domain
    }

    fn serial(&self) -> Option<u32> {
        self.sink.generation().map(serial)
    }

    fn address(&self, name: &str) -> Option<Ipv4Addr> {
        self.sink.address(name)
    }
}
