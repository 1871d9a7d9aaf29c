//! Links on Azure, as compatible clients ask for them.

use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::link::{CreateContext, Link};
use underpass_model::part::Observed;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::{Enqueue, Priority};
use underpass_store::{Change, Key, Kind, Lookup};

use super::decision::{ADDRESSED, APPROVED, decide};
use super::wire::{
    AzureConnectionBody, AzureConnectionView, AzureConnectionsAnswer, AzureLinkBody, AzureLinkView,
};
use crate::api::dossier::Dossier;
use crate::api::history::Subject;
use crate::api::{Error, JsonBody, Member};
use crate::app::App;

/// How long a refresh waits for a fresh look at the cloud: 20 s, less than the 30 s after which
/// compatible clients give up.
const REFRESH_PATIENCE: Duration = Duration::from_secs(20);

const AZURE: Provider = Provider::Azure;

pub(super) fn routes() -> Router<App> {
    const LINK: &str = "/v1/project/{project}/service/{service}/privatelink/azure";
    let at = |rest: &str| format!("{LINK}{rest}");
    Router::new()
        .route(LINK, get(show).post(create).put(update).delete(delete))
        .route(&at("/refresh"), post(refresh))
        .route(&at("/connections"), get(connections))
        .route(&at("/connections/{connection}"), put(update_connection))
        .route(&at("/connections/{connection}/approve"), post(approve))
}

async fn create(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<AzureLinkBody>,
) -> Result<Json<AzureLinkView>, Error> {
    let name = member.service()?;
    let subscriptions = body.subscriptions()?;
    app.transact(|| async {
        let now = app.clock.now();
        let dossier = Dossier::load(&app, member.name(), &name).await?;
        let service = &dossier.service.value;
        let mut lookups = vec![Lookup::Under(Kind::StaticIp, Key::project(member.name()))];
        let vpc = service.project_vpc_id.map(|id| Key::vpc(member.name(), id));
        lookups.extend(vpc.iter().map(|key| Lookup::One(Kind::Vpc, key.clone())));
        let fetched = app.store.fetch(&lookups).await?;
        let vpc = match &vpc {
            Some(key) => fetched.one::<ProjectVpc>(key)?,
            None => None,
        };
        let mut kept = fetched.all::<StaticIp>()?;
        kept.retain(|ip| ip.value.service.as_ref() == Some(&name) && !ip.value.deleting);
        let context = CreateContext {
            project: &member.project.value,
            service,
            vpc: vpc.as_ref().map(|row| &row.value),
            static_ips: kept.len(),
            existing: dossier
                .link(AZURE)
                .ok()
                .map(|existing| &existing.link.value),
        };
        let link = Link::create_azure(context, subscriptions.clone(), app.ids.link(), now)?;
        let subject = Subject::Link(&name, AZURE);
        let message = format!("A privatelink on Azure was asked for service `{name}`");
        // The service is written, though unchanged: whoever changes or removes it meanwhile must
        // look again and find the link. The static IPs must still be kept for it.
        let mut change = Change::new().update(&dossier.service)?;
        for ip in &kept {
            change = change.expect_unchanged(ip);
        }
        let change = change
            .insert(Key::link(member.name(), &name, AZURE), &link)?
            .enqueue(pass_over(&link))
            .event(member.told(now, &subject, "link.created", message));
        Ok((
            change,
            Json(AzureLinkView::new(&link, &Observed::default())),
        ))
    })
    .await
}

async fn show(State(app): State<App>, member: Member) -> Result<Json<AzureLinkView>, Error> {
    let dossier = Dossier::load(&app, member.name(), &member.service()?).await?;
    let link = dossier.link(AZURE)?;
    Ok(Json(AzureLinkView::new(&link.link.value, &link.observed)))
}

async fn update(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<AzureLinkBody>,
) -> Result<Json<AzureLinkView>, Error> {
    let name = member.service()?;
    let subscriptions = body.subscriptions()?;
    app.transact(|| async {
        let now = app.clock.now();
        let mut dossier = Dossier::load(&app, member.name(), &name)
            .await?
            .into_link(AZURE)?;
        let connections = dossier.bare_connections();
        let link = &mut dossier.link;
        let turned_away = link.value.allow(subscriptions.clone(), &connections, now)?;
        let subject = Subject::Link(&name, AZURE);
        let message = format!(
            "{} subscription(s) may ask for connections to service `{name}`; {} waiting \
             connection(s) were turned away",
            subscriptions.len(),
            turned_away.len()
        );
        let mut change = Change::new()
            .update(link)?
            .enqueue(pass_over(&link.value))
            .event(member.told(now, &subject, "link.updated", message));
        for rejected in turned_away {
            let mut row = dossier.connection(&rejected.id)?.clone();
            row.value = rejected;
            change = change.update(&row)?;
        }
        let view = AzureLinkView::new(&dossier.link.value, &dossier.observed);
        Ok((change, Json(view)))
    })
    .await
}

async fn delete(State(app): State<App>, member: Member) -> Result<Json<AzureLinkView>, Error> {
    let name = member.service()?;
    app.transact(|| async {
        let now = app.clock.now();
        let mut dossier = Dossier::load(&app, member.name(), &name)
            .await?
            .into_link(AZURE)?;
        let (before, cut) = (dossier.link.value.deleting, dossier.connections.len());
        dossier.link.value.delete(now);
        let view = Json(AzureLinkView::new(&dossier.link.value, &dossier.observed));
        if before {
            return Ok((Change::new(), view));
        }
        let subject = Subject::Link(&name, AZURE);
        let message = format!(
            "The privatelink of service `{name}` is to be deleted, with its {cut} connection(s)"
        );
        let change = Change::new()
            .update(&dossier.link)?
            .enqueue(pass_over(&dossier.link.value))
            .event(member.told(now, &subject, "link.deleting", message));
        Ok((change, view))
    })
    .await
}

async fn refresh(State(app): State<App>, member: Member) -> Result<Json<Value>, Error> {
    let dossier = Dossier::load(&app, member.name(), &member.service()?).await?;
    let key = dossier.link(AZURE)?.link.value.work_key();
    let message = if app.sweeps.fresh(&key, REFRESH_PATIENCE).await {
        "refreshed".to_owned()
    } else {
        format!(
            "Azure was not read within {} s; what it shows will be seen later, by itself",
            REFRESH_PATIENCE.as_secs()
        )
    };
    Ok(Json(json!({"message": message})))
}

async fn connections(
    State(app): State<App>,
    member: Member,
) -> Result<Json<AzureConnectionsAnswer>, Error> {
    let dossier = Dossier::load(&app, member.name(), &member.service()?).await?;
    Ok(Json(AzureConnectionsAnswer::new(dossier.link(AZURE)?)))
}

async fn approve(
    State(app): State<App>,
    member: Member,
) -> Result<Json<AzureConnectionView>, Error> {
    let (dossier, connection) = decide(&app, &member, AZURE, &APPROVED, Link::approve).await?;
    Ok(Json(AzureConnectionView::new(
        &dossier.link.value,
        &connection,
        &dossier.observed,
    )))
}

async fn update_connection(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<AzureConnectionBody>,
) -> Result<Json<AzureConnectionView>, Error> {
    let address = body.address()?;
    app.settings.endpoints.check(address)?;
    let (dossier, connection) = decide(
        &app,
        &member,
        AZURE,
        &ADDRESSED,
        |link, connection, observed, now| {
            let before = connection.address;
            link.set_address(connection, address, observed, now)?;
            Ok(before != Some(address))
        },
    )
    .await?;
    Ok(Json(AzureConnectionView::new(
        &dossier.link.value,
        &connection,
        &dossier.observed,
    )))
}

/// Work on a link for whoever asked, now.
fn pass_over(link: &Link) -> Enqueue {
    Enqueue {
        key: link.work_key(),
        due_at: link.updated_at,
        generation: link.generation,
        priority: Priority::User,
    }
}
