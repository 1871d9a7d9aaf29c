//! Connections of a link with their reasons, and the decisions that the compatible API lacks.

use axum::extract::State;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use underpass_api_types::connection::{ConnectionList, ConnectionView, DecisionKind, LabelChange};
use underpass_api_types::remedy;
use underpass_model::condition::{self, ConditionKind};
use underpass_model::connection::{Connection, Decision, Identity, Label};
use underpass_model::link::{Link, shown_connection};
use underpass_model::name::HostLabel;
use underpass_model::part::Part;

use crate::api::body::JsonBody;
use crate::api::condition::condition_view;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::part_failure::failure;
use crate::api::privatelink::{LABELLED, REJECTED, RESTORED, decide, provider};
use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use crate::api::wire_time::wire_time;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    const ALL: &str =
        "/v1/underpass/project/{project}/service/{service}/privatelink/{provider}/connections";
    Router::new()
        .route(ALL, get(list))
        .route(&format!("{ALL}/{{connection}}/reject"), post(reject))
        .route(&format!("{ALL}/{{connection}}/restore"), post(restore))
        .route(&format!("{ALL}/{{connection}}/label"), put(label))
}

/// Returns one of all `connections` of a link.
pub(super) fn connection_view(
    snapshot: &LinkSnapshot,
    connections: &[Connection],
    connection: &Connection,
    label: &HostLabel,
    domain: &str,
) -> ConnectionView {
    let (link, observed) = (&snapshot.link.value, &snapshot.observed);
    let identity = &connection.identity;
    let (decision, reason) = match &connection.decision {
        Decision::Undecided => (DecisionKind::Undecided, None),
        Decision::Approved => (DecisionKind::Approved, None),
        Decision::Rejected(reason) => (DecisionKind::Rejected, Some(reason.explain())),
    };
    let part = Part::Admission(connection.id.clone());
    let condition = (!link.deleting)
        .then(|| condition::of_connection(link, connection, connections, observed))
        .flatten();
    // A missing address shows in the state.
    let unexplained = condition
        .as_ref()
        .filter(|it| it.kind != ConditionKind::AddressKnown);
    let reason = reason
        .map(str::to_owned)
        .or(unexplained.map(|it| it.message.clone()));
    let remedy = condition::remedy_for_connection(link, connection, connections, observed);
    ConnectionView {
        privatelink_connection_id: connection.id.to_string(),
        ordinal: connection.ordinal,
        label: connection.label.as_ref().map(|it| it.as_str().to_owned()),
        state: shown_connection(link, connection, observed),
        decision,
        reason,
        name: label.privatelink(connection.ordinal, domain),
        user_ip_address: connection.address,
        private_endpoint_id: identity.endpoint.clone(),
        subscription_id: identity.azure_subscription().map(|id| id.to_string()),
        location: identity.location.clone(),
        message: identity.message.clone(),
        provider_name: identity.name.clone(),
        link_identifier: identity.link_identifier.clone(),
        first_seen_at: wire_time(connection.first_seen_at),
        decided_at: connection.decided_at.map(wire_time),
        failure: observed.failures.get(&part).map(|it| failure(&part, it)),
        warning: shared_address(connections, connection),
        condition: condition.map(condition_view),
        next_action: remedy.as_ref().map(remedy::sentence),
    }
}

/// Returns a warning about an address on two connections of one consumer.
///
/// Consumers' ranges may overlap, so an address on two connections is legal; within one
/// subscription or project it is more likely a mistake.
fn shared_address(connections: &[Connection], connection: &Connection) -> Option<String> {
    let address = connection.address?;
    let (kind, consumer) = consumer(&connection.identity)?;
    let twin = connections.iter().find(|other| {
        other.id != connection.id
            && other.address == Some(address)
            && self::consumer(&other.identity).is_some_and(|(_, other)| other == consumer)
    })?;
    Some(format!(
        "connection {} of the same {kind} has address {address}, too; if both endpoints are in one \
         network, one of the two is wrong",
        twin.id
    ))
}

/// Returns the account of the endpoint, with the provider's term for it.
fn consumer(identity: &Identity) -> Option<(&'static str, String)> {
    if let Some(subscription) = identity.azure_subscription() {
        return Some(("subscription", subscription.to_string()));
    }
    let (project, _) = identity
        .endpoint
        .strip_prefix("projects/")?
        .split_once('/')?;
    Some(("project", project.to_owned()))
}

async fn list(State(app): State<App>, member: Member) -> Result<Json<ConnectionList>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let label = snapshot.service.value.host_label.clone();
    let link = snapshot.into_link(provider(&member)?)?;
    let all = link.bare_connections();
    let view = |it: &Connection| connection_view(&link, &all, it, &label, &app.settings.domain);
    let connections = all.iter().map(view).collect();
    Ok(Json(ConnectionList { connections }))
}

async fn reject(State(app): State<App>, member: Member) -> Result<Json<ConnectionView>, Error> {
    let (link, connection) = decide(
        &app,
        &member,
        provider(&member)?,
        &REJECTED,
        |link: &mut Link, connection, _, now| link.reject(connection, now),
    )
    .await?;
    show(&app, &member, &link, &connection)
}

async fn restore(State(app): State<App>, member: Member) -> Result<Json<ConnectionView>, Error> {
    let (link, connection) =
        decide(&app, &member, provider(&member)?, &RESTORED, Link::restore).await?;
    show(&app, &member, &link, &connection)
}

async fn label(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<LabelChange>,
) -> Result<Json<ConnectionView>, Error> {
    let label: Option<Label> = body.label.map(|text| text.parse()).transpose()?;
    let name_it =
        |_: &mut Link, connection: &mut Connection, _: &_, _| Ok(connection.name_it(label.clone()));
    let (link, connection) = decide(&app, &member, provider(&member)?, &LABELLED, name_it).await?;
    show(&app, &member, &link, &connection)
}

fn show(
    app: &App,
    member: &Member,
    link: &LinkSnapshot,
    connection: &Connection,
) -> Result<Json<ConnectionView>, Error> {
    let label = HostLabel::new(&link.link.value.service, member.name())?;
    Ok(Json(connection_view(
        link,
        &link.bare_connections(),
        connection,
        &label,
        &app.settings.domain,
    )))
}
