//! Static IPs of the compatible API.
//!
//! An association of a static IP and its end also write the service's row, so that a concurrent
//! deletion of the service, a change of its nodes or a new link is repeated.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::static_ip::{
    AzureAddress, CompatibleStaticIpList, StaticIpDetails, StaticIpView,
};
use underpass_model::cloud::Provider;
use underpass_model::id::{Generation, StaticIpId};
use underpass_model::link::Link;
use underpass_model::name::ServiceName;
use underpass_model::part::{AzurePart, Observed, Part};
use underpass_model::project_limits::Limited;
use underpass_model::refusal::Refusal;
use underpass_model::service::{Service, service_not_found};
use underpass_model::static_ip::{StaticIp, static_ip_not_found};
use underpass_model::work::{Enqueue, Priority};
use underpass_store::{Change, Fetched, Key, Kind, Lookup, ResourceHolder, Versioned};

use super::body::JsonBody;
use super::cloud_resource::{ResourceUse, reserve};
use super::error::Error;
use super::extract::Member;
use super::history::Subject;
use super::network_condition::static_ip_conditions;
use super::one_more::one_more;
use super::part_failure::failures;
use super::sorted::Sorted;
use super::static_ip_counts::StaticIpCounts;
use super::whole_project::{WholeProject, on_own_threads};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    let one = "/v1/project/{project}/static-ips/{static_ip}";
    Router::new()
        .route(
            "/v1/project/{project}/static-ips",
            on_own_threads(get(list)).post(create),
        )
        .route(one, patch(protect).delete(remove))
        .route(
            &format!("{one}/association"),
            post(associate).delete(dissociate),
        )
        .route(
            "/v1/underpass/project/{project}/static-ips/{static_ip}",
            get(inspect),
        )
}

#[derive(Deserialize)]
struct NewStaticIp {
    cloud_name: String,
    #[serde(default)]
    termination_protection: Option<bool>,
}

#[derive(Deserialize)]
struct Protection {
    #[serde(default)]
    termination_protection: Option<bool>,
}

#[derive(Deserialize)]
struct Association {
    service_name: String,
}

async fn list(
    State(app): State<App>,
    WholeProject(member): WholeProject,
) -> Result<Sorted<CompatibleStaticIpList>, Error> {
    let fetched = fetch(&app, &member).await?;
    let mut ips = fetched.readable::<StaticIp>();
    ips.sort_by_key(|row| row.value.created_at);
    let ips = ips.iter().map(|row| json_of(&row.value, &fetched));
    Ok(Sorted(CompatibleStaticIpList {
        static_ips: ips.collect(),
    }))
}

async fn create(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<NewStaticIp>,
) -> Result<Json<StaticIpView>, Error> {
    let cloud = app.settings.cloud(&desired.cloud_name)?;
    if cloud.provider() != Provider::Azure {
        return Err(Refusal::invalid(
            "static_ip_cloud",
            format!(
                "Static IP addresses are needed on Azure only, where load balancers probe from \
                 outside the network; services in {cloud} do without"
            ),
        )
        .into());
    }
    let id = app.ids.static_ip();
    let project = Key::project(member.name());
    app.transact(async || {
        let fetched = app
            .store
            .fetch(&[Lookup::One(Kind::Project, project.clone())])
            .await?;
        let row = member.reread(&fetched)?;
        let now = app.clock.now();
        let ip = StaticIp {
            id: id.clone(),
            project: member.name().clone(),
            cloud: cloud.clone(),
            account: app.accounts.serving(&cloud, Some(member.name())).cloned(),
            service: None,
            termination_protection: desired.termination_protection.unwrap_or(false),
            generation: Generation(1),
            deleting: false,
            created_at: now,
        };
        let sentence = format!("Static IP {id} in {cloud} was requested");
        let event = member.event(
            now,
            &Subject::StaticIp(&id),
            "static_ip.requested",
            sentence,
        );
        let change = Change::new()
            .expect_unchanged(&row)
            .insert(Key::static_ip(member.name(), &id), &ip)?
            .enqueue(pass(&ip, &app))
            .event(event);
        let change = one_more(&app, &row.value, Limited::StaticIps, change).await?;
        let resources: BTreeSet<_> = ip.cloud_resource().into_iter().collect();
        let holder = ResourceHolder::StaticIp(id.clone());
        let new = ResourceUse::new(&holder, &resources);
        let change = reserve(&app, &member, change, new).await?;
        Ok((change, Json(json_of(&ip, &fetched))))
    })
    .await
}

/// Enables or disables the termination protection.
async fn protect(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<Protection>,
) -> Result<Json<StaticIpView>, Error> {
    app.transact(async || {
        let (mut row, fetched) = find(&app, &member, None).await?;
        let before = row.value.termination_protection;
        row.value.termination_protection = desired.termination_protection.unwrap_or(before);
        let answer = Json(json_of(&row.value, &fetched));
        if row.value.termination_protection == before {
            return Ok((Change::new(), answer));
        }
        let word = if before { "off" } else { "on" };
        let sentence = format!(
            "The termination protection of static IP {} was switched {word}",
            row.value.id
        );
        Ok((
            edit(&app, &member, &row, "static_ip.protection", sentence)?,
            answer,
        ))
    })
    .await
}

async fn remove(State(app): State<App>, member: Member) -> Result<Json<StaticIpView>, Error> {
    app.transact(async || {
        let (mut row, fetched) = find(&app, &member, None).await?;
        let changed = row.value.delete()?;
        let answer = Json(json_of(&row.value, &fetched));
        if !changed {
            return Ok((Change::new(), answer));
        }
        let sentence = format!("Deletion of static IP {} was requested", row.value.id);
        let change = edit(&app, &member, &row, "static_ip.deleting", sentence)?;
        Ok((change.enqueue(pass(&row.value, &app)), answer))
    })
    .await
}

async fn associate(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<Association>,
) -> Result<Json<StaticIpView>, Error> {
    let name: ServiceName = desired.service_name.parse()?;
    app.transact(async || {
        let (mut row, fetched) = find(&app, &member, Some(&name)).await?;
        let service = fetched
            .one::<Service>(&Key::service(member.name(), &name))?
            .ok_or_else(|| service_not_found(&name))?;
        let before = row.value.service.clone();
        row.value.associate(&name, &service.value.cloud)?;
        let answer = Json(json_of(&row.value, &fetched));
        if row.value.service == before {
            return Ok((Change::new(), answer));
        }
        let sentence = format!(
            "Static IP {} is associated with service `{name}`",
            row.value.id
        );
        let change = edit(&app, &member, &row, "static_ip.associated", sentence)?;
        Ok((change.update(&service)?, answer))
    })
    .await
}

async fn dissociate(State(app): State<App>, member: Member) -> Result<Json<StaticIpView>, Error> {
    app.transact(async || {
        let (mut row, fetched) = find(&app, &member, None).await?;
        let Some(before) = row.value.service.clone() else {
            return Ok((Change::new(), Json(json_of(&row.value, &fetched))));
        };
        let key = Key::service(member.name(), &before);
        let service = fetched.one::<Service>(&key)?;
        let associated = StaticIpCounts::of_service(&app, member.name(), &before).await?;
        let links = app.store.fetch(&[Lookup::Under(Kind::Link, key)]).await?;
        let is_azure = |row: &Versioned<Link>| row.value.provider == Provider::Azure;
        let published = links.all::<Link>()?.iter().any(is_azure);
        let user = service.as_ref().map(|row| &row.value);
        row.value.dissociate(user, associated, published)?;
        let answer = Json(json_of(&row.value, &fetched));
        let sentence = format!(
            "Static IP {} was dissociated from service `{before}`",
            row.value.id
        );
        let mut change = edit(&app, &member, &row, "static_ip.dissociated", sentence)?;
        if let Some(service) = &service {
            change = change.update(service)?;
        }
        Ok((change, answer))
    })
    .await
}

/// Ours: the ID in the cloud, for the operator who assigns the address to a node, and the failures.
async fn inspect(State(app): State<App>, member: Member) -> Result<Sorted<StaticIpDetails>, Error> {
    let (row, fetched) = find(&app, &member, None).await?;
    let observed = seen(&row.value, &fetched);
    let address = observed
        .known(&Part::Azure(AzurePart::Address))
        .and_then(|address| address.facts.id.clone());
    Ok(Sorted(StaticIpDetails {
        account: row.value.account.as_ref().map(ToString::to_string),
        azure: address.map(|public_ip_id| AzureAddress { public_ip_id }),
        conditions: static_ip_conditions(&app, &row.value, &observed),
        failures: failures(&observed),
        static_ip: json_of(&row.value, &fetched),
    }))
}

/// Reads all static IPs of the project with their observed states and services.
async fn fetch(app: &App, member: &Member) -> Result<Fetched, Error> {
    let project = Key::project(member.name());
    let lookups = [
        Lookup::Under(Kind::StaticIp, project.clone()),
        Lookup::Under(Kind::Service, project),
        Lookup::Under(Kind::Observed, Key::observed_static_ips(member.name())),
    ];
    member.fetch(app, &lookups).await
}

/// Reads one static IP with its observed state, the service that it is associated with, and another
/// service that the request names.
async fn find(
    app: &App,
    member: &Member,
    named: Option<&ServiceName>,
) -> Result<(Versioned<StaticIp>, Fetched), Error> {
    let id: StaticIpId = member.segment("static_ip")?;
    let key = Key::static_ip(member.name(), &id);
    let own = Lookup::One(Kind::StaticIp, key.clone());
    // Read first, so that a change meanwhile repeats the request.
    let found = member.fetch(app, &[own]).await?;
    let row = found.one::<StaticIp>(&key)?;
    let row = row.ok_or_else(|| static_ip_not_found(&id))?;
    let observed = Key::observed(&row.value.work_key());
    let services = row.value.service.iter().chain(named);
    let services = services.map(|name| Key::service(member.name(), name));
    let mut lookups = vec![Lookup::One(Kind::Observed, observed.clone())];
    lookups.extend(services.map(|key| Lookup::One(Kind::Service, key)));
    let fetched = member.fetch(app, &lookups).await?;
    fetched.one::<Observed>(&observed)?;
    Ok((row, fetched))
}

/// Returns the update of the row with an event.
fn edit(
    app: &App,
    member: &Member,
    row: &Versioned<StaticIp>,
    code: &'static str,
    sentence: String,
) -> Result<Change, Error> {
    let event = member.event(
        app.clock.now(),
        &Subject::StaticIp(&row.value.id),
        code,
        sentence,
    );
    Ok(Change::new().update(row)?.event(event))
}

fn pass(ip: &StaticIp, app: &App) -> Enqueue {
    Enqueue {
        key: ip.work_key(),
        due_at: app.clock.now(),
        generation: ip.generation,
        priority: Priority::User,
    }
}

fn is_in_use(ip: &StaticIp, fetched: &Fetched) -> bool {
    let Some(name) = &ip.service else {
        return false;
    };
    let key = Key::service(&ip.project, name);
    let service = fetched.readable_one::<Service>(&key);
    // A service that cannot be read may use it.
    fetched.is_unreadable::<Service>(&key)
        || service.is_some_and(|service| service.value.uses_static_ips())
}

pub(super) fn seen(ip: &StaticIp, fetched: &Fetched) -> Observed {
    let row = fetched.readable_one::<Observed>(&Key::observed(&ip.work_key()));
    row.map(|row| row.value).unwrap_or_default()
}

/// Returns the document of the compatible API; `fetched` contains the observed state and the
/// service.
pub(super) fn json_of(ip: &StaticIp, fetched: &Fetched) -> StaticIpView {
    let observed = seen(ip, fetched);
    StaticIpView {
        static_ip_address_id: ip.id.to_string(),
        cloud_name: ip.cloud.to_string(),
        ip_address: ip.address(&observed).map(|address| address.to_string()),
        service_name: ip.service.as_ref().map(ToString::to_string),
        state: ip.state(&observed, is_in_use(ip, fetched)),
        termination_protection: ip.termination_protection,
    }
}
