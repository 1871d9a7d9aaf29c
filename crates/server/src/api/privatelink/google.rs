//! Routes of the compatible API for links on Google.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use ipnet::Ipv4Net;
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::id::LinkId;
use underpass_model::link::{CreateContext, Link};
use underpass_model::name::ServiceName;
use underpass_model::part::Observed;
use underpass_model::project::Project;
use underpass_model::project_limits::Limited;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, Kind, Lookup};

use super::decision::{APPROVED, decide};
use super::existing_link::ExistingLink;
use super::provider_routes::{self, ProviderRoutes};
use super::wire::{AddressBody, GoogleConnectionView, GoogleLinkBody, GoogleLinkView};
use crate::api::body::OptionalJsonBody;
use crate::api::cloud_resource::reserve_for_link;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::history::Subject;
use crate::api::neighbours::neighbours;
use crate::api::one_more::one_more;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::app::App;
use crate::nat_pool::NatPool;

/// Documents of links on Google.
pub(super) struct Google;

impl ProviderRoutes for Google {
    const PROVIDER: Provider = Provider::Google;
    const ENDPOINT: &'static str = "the endpoint (its forwarding rule)";
    type Link = GoogleLinkView;
    type Connection = GoogleConnectionView;

    fn link(link: &Link, observed: &Observed) -> GoogleLinkView {
        GoogleLinkView::new(link, observed)
    }

    fn connection(
        link: &Link,
        connection: &Connection,
        observed: &Observed,
    ) -> GoogleConnectionView {
        GoogleConnectionView::new(link, connection, observed)
    }
}

pub(super) fn routes() -> Router<App> {
    const LINK: &str = "/v1/project/{project}/service/{service}/privatelink/google";
    let at = |rest: &str| format!("{LINK}{rest}");
    // A link has no changeable members; `PUT` returns it unchanged.
    let link = get(provider_routes::show::<Google>)
        .put(provider_routes::show::<Google>)
        .post(create)
        .delete(provider_routes::delete::<Google>);
    Router::new()
        .route(LINK, link)
        .route(&at("/refresh"), provider_routes::refreshing::<Google>())
        .route(&at("/connections"), provider_routes::listing::<Google>())
        .route(
            &at("/connections/{connection}"),
            provider_routes::addressing::<Google>(),
        )
        .route(&at("/connections/{connection}/approve"), post(approve))
}

async fn create(
    State(app): State<App>,
    member: Member,
    OptionalJsonBody(_nothing): OptionalJsonBody<GoogleLinkBody>,
) -> Result<Json<GoogleLinkView>, Error> {
    let name = member.service()?;
    app.transact(|| async {
        let id = app.ids.link();
        let (change, link) = draft(
            &app,
            &member.project.value,
            &name,
            &BTreeSet::new(),
            id,
            None,
        )
        .await?;
        let subject = Subject::Link(&name, Provider::Google);
        let message = format!("A private link on Google was requested for service `{name}`");
        let event = member.event(link.created_at, &subject, "link.created", message);
        let change = one_more(&app, &member.project.value, Limited::Links, change).await?;
        let view = GoogleLinkView::new(&link, &Observed::default());
        Ok((change.event(event), Json(view)))
    })
    .await
}

/// Validates a new link, and returns it with the change that inserts it.
///
/// `published`: the NAT ranges of an attachment that exists already; if empty, a free one is taken.
/// `replaced`: a stored link that the new one replaces; the caller removes its other rows.
pub(in crate::api) async fn draft(
    app: &App,
    project: &Project,
    name: &ServiceName,
    published: &BTreeSet<Ipv4Net>,
    id: LinkId,
    replaced: Option<&LinkId>,
) -> Result<(Change, Link), Error> {
    let now = app.clock.now();
    let snapshot = ServiceSnapshot::load(app, project, name).await?;
    let service = &snapshot.service.value;
    let vpc = match service.project_vpc_id {
        Some(id) => {
            let key = Key::vpc(&project.name, id);
            let lookup = Lookup::One(Kind::Vpc, key.clone());
            app.store.fetch(&[lookup]).await?.one::<ProjectVpc>(&key)?
        }
        None => None,
    };
    let stored = ExistingLink::new(&snapshot, Provider::Google, replaced);
    let mut pool = match &vpc {
        Some(vpc) => NatPool::of(&*app.store, &vpc.value, &id).await?,
        None => NatPool::default(),
    };
    if let Some(replaced) = stored.replaced() {
        pool.release(&replaced.value);
    }
    let neighbours = neighbours(app, service).await?;
    let context = CreateContext {
        project,
        service,
        vpc: vpc.as_ref().map(|row| &row.value),
        static_ips: 0,
        existing: stored.existing(),
        neighbours: &neighbours,
    };
    // A link that exists keeps its ranges, so that it needs no free one.
    let taken = if published.is_empty() {
        pool.others(&[])
    } else {
        Vec::new()
    };
    let mut link = Link::create_google(context, &taken, id, now)?;
    if !published.is_empty() {
        check_free(published, &pool, &link)?;
        link.nat_ranges = published.iter().copied().collect();
    }
    // The service is written unchanged, so that a concurrent change or removal is repeated and finds
    // the link.
    let mut change = Change::new().update(&snapshot.service)?;
    if let Some(vpc) = &vpc {
        change = change.expect_unchanged(vpc);
    }
    for range in &link.nat_ranges {
        change = pool.claim(change, &link, *range)?;
    }
    let vpc = vpc.as_ref().map(|row| &row.value);
    let change = reserve_for_link(app, change, service, vpc).await?;
    let change = stored
        .put(change, &mut link)?
        .enqueue(provider_routes::pass_over(&link));
    Ok((change, link))
}

/// Checks that no other link has a range of a published service. A repeated attempt would not help.
///
/// # Errors
/// `link_not_adoptable`: another link has it.
fn check_free(published: &BTreeSet<Ipv4Net>, pool: &NatPool, link: &Link) -> Result<(), Refusal> {
    let mut ranges = published.iter();
    let Some((range, owner)) = ranges.find_map(|range| Some((range, pool.owner(*range)?))) else {
        return Ok(());
    };
    let message = format!(
        "The published service of service `{}` uses the NAT range {range}, which {owner} \
         of the network has in the store, so one of both is not in the cloud as the store has it",
        link.service
    );
    Err(Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::manual(
        "If `underpass recovery show` lists the other link as absent from the cloud, drop it with \
         `underpass recovery drop ACCOUNT LINK`, and adopt again. Otherwise `underpass recovery \
         resume ACCOUNT --overrule` leaves this one in the cloud as an orphan, with its endpoints",
    )))
}

/// Approves a connection; the request contains the endpoint address, which Google does not report.
async fn approve(
    State(app): State<App>,
    member: Member,
    OptionalJsonBody(body): OptionalJsonBody<AddressBody>,
) -> Result<Json<GoogleConnectionView>, Error> {
    let address = body.address(Google::ENDPOINT, "--user-ip-address")?;
    app.settings.endpoints.check(address)?;
    let decision = decide(
        &app,
        &member,
        Provider::Google,
        &APPROVED,
        |link, connection, observed, now| link.approve_at(connection, address, observed, now),
    )
    .await?;
    Ok(provider_routes::decided::<Google>(&decision))
}
