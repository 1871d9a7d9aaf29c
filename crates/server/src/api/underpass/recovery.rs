//! Ours: recovery of accounts whose store is older than their cloud. For operators only.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use underpass_api_types::recovery::{
    ConnectionDifferenceView, HeldAccountView, LinkDifferenceView, RecoveryView,
    SettledConnectionView, SettledView,
};
use underpass_clouds::{Depth, Scope};
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::NetworkPlacement;
use underpass_model::connection::{Connection, Decision};
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::id::{ConnectionId, LinkId};
use underpass_model::name::{AccountName, ServiceName};
use underpass_model::orphan::Orphan;
use underpass_model::project::Project;
use underpass_model::published_network::NetworkMatch;
use underpass_model::recovery::{ConnectionDifference, LinkDifference, PublishedService};
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Expectation, Key, Kind, Lookup, Versioned};

use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::Operator;
use crate::api::privatelink::{draft_azure, draft_google};
use crate::api::wire_time::wire_time;
use crate::app::App;
use crate::recovery::{HeldAccount, Side, resume as end_hold, settle};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/underpass/recovery", get(show))
        .route("/v1/underpass/recovery/{account}/adopt", post(adopt))
        .route("/v1/underpass/recovery/{account}/resume", post(resume))
}

/// Differences to settle as the cloud shows them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Selection {
    /// ID of a link; omitted: every link of the account.
    #[serde(default)]
    link_id: Option<LinkId>,
    /// IDs of connections of that link; empty: all of them.
    #[serde(default)]
    connections: BTreeSet<ConnectionId>,
}

/// Consent to the end of a hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    /// Settle the differences that are left as the store has them, which cuts connections.
    #[serde(default)]
    overrule: bool,
}

async fn show(State(app): State<App>, _operator: Operator) -> Result<Json<RecoveryView>, Error> {
    let held = HeldAccount::all(&*app.store).await?;
    Ok(Json(RecoveryView {
        accounts: held.iter().map(account_view).collect(),
    }))
}

/// Takes over what the cloud shows: connections that were decided since, links that were made since.
async fn adopt(
    State(app): State<App>,
    Operator(principal): Operator,
    Path(account): Path<String>,
    JsonBody(selection): JsonBody<Selection>,
) -> Result<Json<SettledView>, Error> {
    let actor = principal.actor();
    let mut connections = Vec::new();
    let held = held(&app, &account).await?;
    let selected: Vec<_> = held
        .links
        .iter()
        .filter(|row| match &selection.link_id {
            Some(link) => row.value.object == link.as_str(),
            None => true,
        })
        .map(|row| row.key.clone())
        .collect();
    if let (Some(link), true) = (&selection.link_id, selected.is_empty()) {
        let message = format!("Link {link} does not differ from the cloud");
        return Err(Refusal::not_found("no_difference", message)
            .with_remedy(Remedy::ShowRecovery)
            .into());
    }
    for key in selected {
        let settled = app
            .transact(|| async {
                let lookup = Lookup::One(Kind::LinkDifference, key.clone());
                let fetched = app.store.fetch(&[lookup]).await?;
                let Some(row) = fetched.one::<LinkDifference>(&key)? else {
                    return Ok((Change::new(), Vec::new()));
                };
                if row.value.is_known {
                    adopt_connections(&app, row, &selection.connections, &actor).await
                } else {
                    Ok((adopt_link(&app, row).await?, Vec::new()))
                }
            })
            .await?;
        connections.extend(settled);
        // A link that was just made has its connections settled like any other.
        let lookup = Lookup::One(Kind::LinkDifference, key.clone());
        let again = app.store.fetch(&[lookup]).await?;
        if let Some(row) = again.one::<LinkDifference>(&key)?
            && row.value.is_known
            && selection.connections.is_empty()
        {
            let settled = app
                .transact(|| async {
                    adopt_connections(&app, row.clone(), &selection.connections, &actor).await
                })
                .await?;
            connections.extend(settled);
        }
    }
    settled(&app, &account, &connections).await
}

async fn adopt_connections(
    app: &App,
    mut row: Versioned<LinkDifference>,
    only: &BTreeSet<ConnectionId>,
    actor: &str,
) -> Result<(Change, Vec<Connection>), Error> {
    let now = app.clock.now();
    let settled = settle(&*app.store, &row.value, only, Side::Provider, actor, now).await?;
    let done: BTreeSet<_> = settled.connections.iter().map(|it| it.id.clone()).collect();
    row.value.connections.retain(|id, _| !done.contains(id));
    let change = if row.value.connections.is_empty() {
        settled.change.delete(&row)
    } else {
        settled.change.update(&row)?
    };
    Ok((change, settled.connections))
}

/// Makes the link of a published service again, under its ID. The service must exist.
async fn adopt_link(app: &App, mut row: Versioned<LinkDifference>) -> Result<Change, Error> {
    let difference = &row.value;
    let unusable = || {
        let message = format!(
            "The published service of link {} was changed in the cloud, so the link cannot be made \
             again from it",
            difference.object
        );
        Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery)
    };
    let (Ok(WorkKey::Link(project, service, provider)), Ok(id), Some(published)) = (
        difference.managed.parse::<WorkKey>(),
        difference.object.parse::<LinkId>(),
        &difference.published,
    ) else {
        return Err(unusable().into());
    };
    let key = Key::project(&project);
    let lookup = Lookup::One(Kind::Project, key.clone());
    let found = app.store.fetch(&[lookup]).await?.one::<Project>(&key)?;
    let Some(found) = found else {
        let message =
            format!("Link {id} belongs to project `{project}`, which the store does not have");
        return Err(Refusal::conflict("project_missing", message)
            .with_remedy(Remedy::ListProjects)
            .into());
    };
    let (change, link) = match provider {
        Provider::Azure => {
            let subscriptions = published.subscriptions.clone();
            draft_azure(app, &found.value, &service, subscriptions, id.clone()).await?
        }
        Provider::Google => {
            draft_google(
                app,
                &found.value,
                &service,
                &published.nat_ranges,
                id.clone(),
            )
            .await?
        }
        Provider::Aws => return Err(unusable().into()),
    };
    let key = Key::vpc(&project, link.vpc);
    let lookup = Lookup::One(Kind::Vpc, key.clone());
    let vpc = app.store.fetch(&[lookup]).await?.one::<ProjectVpc>(&key)?;
    let Some(vpc) = vpc.filter(|vpc| vpc.value.account.as_ref() == Some(&difference.account))
    else {
        return Err(other_network(published, None, &service, &id).into());
    };
    check_network(app, published, &vpc.value, &service, &id)?;
    let change = keep(app, change, &row.value.account, &id).await?;
    row.value.is_known = true;
    row.value.published = None;
    Ok(if row.value.connections.is_empty() {
        change.delete(&row)
    } else {
        change.update(&row)?
    })
}

/// Adds the end of the orphan that a published service was, unless its removal is requested.
async fn keep(
    app: &App,
    change: Change,
    account: &AccountName,
    id: &LinkId,
) -> Result<Change, Error> {
    let key = Key::orphan(account, id);
    let lookup = Lookup::One(Kind::Orphan, key.clone());
    let found = app.store.fetch(&[lookup]).await?.one::<Orphan>(&key)?;
    match found {
        None => Ok(change.expect(Expectation::Absent(Kind::Orphan, key))),
        Some(orphan) if orphan.value.removal.is_none() => Ok(change.delete(&orphan)),
        Some(_) => {
            let message = format!(
                "Link {id} cannot be made again: an operator requested the removal of its \
                 published service"
            );
            Err(Refusal::conflict("orphan_being_removed", message)
                .with_remedy(Remedy::ListOrphans)
                .into())
        }
    }
}

/// Returns whether links of a project VPC are where a published service is.
fn is_in(published: &PublishedService, vpc: &ProjectVpc) -> bool {
    let placement = NetworkPlacement::of(vpc);
    let scope = placement
        .and_then(|placement| Scope::of(vpc.cloud.region(), &placement, Depth::Everything));
    scope.is_some_and(|scope| published.is_in(&scope.region, scope.group.as_deref()))
}

/// Refuses a published service that is in another network than links of a project VPC.
fn check_network(
    app: &App,
    published: &PublishedService,
    vpc: &ProjectVpc,
    service: &ServiceName,
    id: &LinkId,
) -> Result<(), Refusal> {
    if !is_in(published, vpc) {
        return Err(other_network(published, None, service, id));
    }
    let account = vpc.account.as_ref().and_then(|it| app.accounts.get(it));
    let native_id = account.map_or("", |account| account.native_id.as_str());
    match published.network.compare(vpc, native_id) {
        NetworkMatch::Same => Ok(()),
        NetworkMatch::Different { found, expected } => Err(other_network(
            published,
            Some((&found, &expected)),
            service,
            id,
        )),
        NetworkMatch::Unknown => {
            let message = format!(
                "No listing showed the network of the published service of link {id} yet, so the \
                 link cannot be made again. The next complete listing, within minutes, shows it. \
                 Then adopt again"
            );
            Err(Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery))
        }
    }
}

/// The refusal for a published service in another network; `ids` are the differing IDs that the
/// cloud shows and that the project VPC has.
fn other_network(
    published: &PublishedService,
    ids: Option<(&str, &str)>,
    service: &ServiceName,
    id: &LinkId,
) -> Refusal {
    let group = published.group.as_ref();
    let group = group.map_or_else(String::new, |group| format!("resource group `{group}` in "));
    let (place, registered) = if let Some((found, expected)) = ids {
        (format!("`{found}`"), format!("`{expected}`"))
    } else {
        let place = format!("{group}`{}`", published.region);
        (place, "another network".to_owned())
    };
    let message = format!(
        "Link {id} is published from {place}, but service `{service}` is registered in \
         {registered}, so the link cannot be made again. Register the service in the project VPC \
         of that network; if the store lost it, make it again with `underpass vpc create \
         --project-vpc-id`"
    );
    Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery)
}

/// Ends the hold of an account.
async fn resume(
    State(app): State<App>,
    Operator(principal): Operator,
    Path(account): Path<String>,
    JsonBody(consent): JsonBody<Consent>,
) -> Result<Json<SettledView>, Error> {
    let actor = principal.actor();
    let overruled = app
        .transact(|| async {
            let held = held(&app, &account).await?;
            if !held.links.is_empty() && !consent.overrule {
                return Err(left_over(&held).into());
            }
            let now = app.clock.now();
            Ok(end_hold(&*app.store, &held, &actor, now).await?)
        })
        .await?;
    settled(&app, &account, &overruled).await
}

fn left_over(held: &HeldAccount) -> Refusal {
    let account = &held.hold.value.account;
    let differences = held.links.iter().map(|row| &row.value);
    let connections: usize = differences.map(|link| link.connections.len()).sum();
    let message = format!(
        "{} link(s) with {connections} connection(s) of account `{account}` differ from the cloud. \
         Adopt what the cloud shows first, or overrule it, which rejects connections that the \
         store does not have as approved",
        held.links.len()
    );
    Refusal::conflict("recovery_differences", message).with_remedy(Remedy::AdoptRecovery {
        account: account.clone(),
    })
}

async fn held(app: &App, account: &str) -> Result<HeldAccount, Error> {
    let name: Result<AccountName, _> = account.parse();
    let found = match &name {
        Ok(name) => HeldAccount::of(&*app.store, name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| {
        let message = "The account is not on hold: its store is not older than its cloud";
        Refusal::not_found("account_not_on_hold", message.to_owned())
            .with_remedy(Remedy::ShowRecovery)
            .into()
    })
}

async fn settled(
    app: &App,
    account: &str,
    connections: &[Connection],
) -> Result<Json<SettledView>, Error> {
    let all = HeldAccount::all(&*app.store).await?;
    let remaining = all
        .iter()
        .find(|held| held.hold.value.account.to_string() == account);
    Ok(Json(SettledView {
        connections: connections.iter().map(settled_view).collect(),
        remaining: remaining.map(account_view),
    }))
}

fn settled_view(connection: &Connection) -> SettledConnectionView {
    SettledConnectionView {
        privatelink_connection_id: connection.id.to_string(),
        endpoint: connection.identity.endpoint.clone(),
        decision: decision_text(&connection.decision).to_owned(),
        user_ip_address: connection.address.map(|address| address.to_string()),
    }
}

fn account_view(held: &HeldAccount) -> HeldAccountView {
    HeldAccountView {
        account: held.hold.value.account.to_string(),
        since: wire_time(held.hold.value.since),
        cause: held.hold.value.cause.as_str().to_owned(),
        links: held.links.iter().map(|row| link_view(&row.value)).collect(),
    }
}

fn link_view(difference: &LinkDifference) -> LinkDifferenceView {
    let mut names = difference.managed.split('/').skip(1).map(str::to_owned);
    let mut next = || names.next().unwrap_or_default();
    LinkDifferenceView {
        link_id: difference.object.clone(),
        project_name: next(),
        service_name: next(),
        provider: next(),
        in_store: difference.is_known,
        connections: difference
            .connections
            .values()
            .map(connection_view)
            .collect(),
    }
}

fn connection_view(difference: &ConnectionDifference) -> ConnectionDifferenceView {
    ConnectionDifferenceView {
        privatelink_connection_id: difference.proven.connection.to_string(),
        ordinal: difference.proven.ordinal,
        endpoint: difference.identity.endpoint.clone(),
        cloud_decision: match difference.proven.decision {
            ProvenDecision::Approved => "approved",
            ProvenDecision::Rejected => "rejected",
        }
        .to_owned(),
        stored_decision: difference
            .stored
            .as_ref()
            .map(|decision| decision_text(decision).to_owned()),
        user_ip_address: difference.address().map(|address| address.to_string()),
    }
}

const fn decision_text(decision: &Decision) -> &'static str {
    match decision {
        Decision::Undecided => "undecided",
        Decision::Approved => "approved",
        Decision::Rejected(_) => "rejected",
    }
}
