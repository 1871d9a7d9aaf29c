//! Routes of the compatible API for links on Azure.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::id::{LinkId, SubscriptionId};
use underpass_model::link::{CreateContext, Link};
use underpass_model::name::ServiceName;
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::project_limits::Limited;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, Kind, Lookup, OwnedRows};

use super::decision::{APPROVED, decide};
use super::existing_link::ExistingLink;
use super::provider_routes::{self, ProviderRoutes, pass_over};
use super::wire::{AddressBody, AzureConnectionView, AzureLinkBody, AzureLinkView};
use crate::api::body::{JsonBody, OptionalJsonBody};
use crate::api::cloud_resource::reserve_for_link;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::history::Subject;
use crate::api::neighbours::neighbours;
use crate::api::one_more::one_more;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::app::App;

const AZURE: Provider = Provider::Azure;

/// Documents of links on Azure.
pub(super) struct Azure;

impl ProviderRoutes for Azure {
    const PROVIDER: Provider = AZURE;
    const ENDPOINT: &'static str = "the endpoint's network interface";
    type Link = AzureLinkView;
    type Connection = AzureConnectionView;

    fn link(link: &Link, observed: &Observed) -> AzureLinkView {
        AzureLinkView::new(link, observed)
    }

    fn connection(
        link: &Link,
        connection: &Connection,
        observed: &Observed,
    ) -> AzureConnectionView {
        AzureConnectionView::new(link, connection, observed)
    }
}

pub(super) fn routes() -> Router<App> {
    const LINK: &str = "/v1/project/{project}/service/{service}/privatelink/azure";
    let at = |rest: &str| format!("{LINK}{rest}");
    let link = get(provider_routes::show::<Azure>)
        .post(create)
        .put(update)
        .delete(provider_routes::delete::<Azure>);
    Router::new()
        .route(LINK, link)
        .route(&at("/refresh"), provider_routes::refreshing::<Azure>())
        .route(&at("/connections"), provider_routes::listing::<Azure>())
        .route(
            &at("/connections/{connection}"),
            provider_routes::addressing::<Azure>(),
        )
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
        let id = app.ids.link();
        let project = &member.project.value;
        let (change, link) = draft(&app, project, &name, subscriptions.clone(), id, None).await?;
        let subject = Subject::Link(&name, AZURE);
        let message = format!("A private link on Azure was requested for service `{name}`");
        let event = member.event(link.created_at, &subject, "link.created", message);
        let change = one_more(&app, &member.project.value, Limited::Links, change).await?;
        let view = AzureLinkView::new(&link, &Observed::default());
        Ok((change.event(event), Json(view)))
    })
    .await
}

/// Validates a new link, and returns it with the change that inserts it.
///
/// `replaced`: a stored link that the new one replaces; the caller removes its other rows.
pub(in crate::api) async fn draft(
    app: &App,
    project: &Project,
    name: &ServiceName,
    subscriptions: BTreeSet<SubscriptionId>,
    id: LinkId,
    replaced: Option<&LinkId>,
) -> Result<(Change, Link), Error> {
    let now = app.clock.now();
    let snapshot = ServiceSnapshot::load(app, project, name).await?;
    let service = &snapshot.service.value;
    let mut lookups = vec![Lookup::Owned(OwnedRows::static_ips(&project.name, name))];
    let vpc = service.project_vpc_id.map(|id| Key::vpc(&project.name, id));
    lookups.extend(vpc.iter().map(|key| Lookup::One(Kind::Vpc, key.clone())));
    let fetched = app.store.fetch(&lookups).await?;
    let vpc = match &vpc {
        Some(key) => fetched.one::<ProjectVpc>(key)?,
        None => None,
    };
    let mut kept = fetched.readable::<StaticIp>();
    kept.retain(|ip| !ip.value.deleting);
    let neighbours = neighbours(app, service).await?;
    let stored = ExistingLink::new(&snapshot, AZURE, replaced);
    let context = CreateContext {
        project,
        service,
        vpc: vpc.as_ref().map(|row| &row.value),
        static_ips: kept.len(),
        existing: stored.existing(),
        neighbours: &neighbours,
    };
    let mut link = Link::create_azure(context, subscriptions, id, now)?;
    // The service is written unchanged, so that a concurrent change or removal is repeated and finds
    // the link. The static IPs must still be associated with it.
    let mut change = Change::new().update(&snapshot.service)?;
    for ip in &kept {
        change = change.expect_unchanged(ip);
    }
    let vpc = vpc.as_ref().map(|row| &row.value);
    let change = reserve_for_link(app, change, service, vpc).await?;
    let change = stored.put(change, &mut link)?.enqueue(pass_over(&link));
    Ok((change, link))
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
        let mut snapshot = ServiceSnapshot::load(&app, &member.project.value, &name)
            .await?
            .into_link(AZURE)?;
        let connections = snapshot.bare_connections();
        let link = &mut snapshot.link;
        let rejected = link.value.allow(subscriptions.clone(), &connections, now)?;
        let subject = Subject::Link(&name, AZURE);
        let message = format!(
            "{} subscription(s) may create endpoints for service `{name}`. {} pending \
             connection(s) were rejected",
            subscriptions.len(),
            rejected.len()
        );
        let mut change = Change::new()
            .update(link)?
            .enqueue(pass_over(&link.value))
            .event(member.event(now, &subject, "link.updated", message));
        for connection in rejected {
            let mut row = snapshot.connection(&connection.id)?.clone();
            row.value = connection;
            change = change.update(&row)?;
        }
        let view = AzureLinkView::new(&snapshot.link.value, &snapshot.observed);
        Ok((change, Json(view)))
    })
    .await
}

/// Approves a connection, with the endpoint address if the request contains one: a separate request
/// for the address could be refused after the approval.
async fn approve(
    State(app): State<App>,
    member: Member,
    OptionalJsonBody(body): OptionalJsonBody<AddressBody>,
) -> Result<Json<AzureConnectionView>, Error> {
    let address = body.optional_address(Azure::ENDPOINT, "--user-ip-address")?;
    if let Some(address) = address {
        app.settings.endpoints.check(address)?;
    }
    let decision = decide(
        &app,
        &member,
        AZURE,
        &APPROVED,
        |link, connection, observed, now| match address {
            Some(address) => link.approve_at(connection, address, observed, now),
            None => link.approve(connection, observed, now),
        },
    )
    .await?;
    Ok(provider_routes::decided::<Azure>(&decision))
}
