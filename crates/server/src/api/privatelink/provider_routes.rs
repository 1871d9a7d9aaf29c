//! Routes that links of all clouds share, generic over their documents.

use axum::Json;
use axum::extract::State;
use axum::routing::{MethodRouter, get, post, put};
use serde::Serialize;
use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::link::{Link, shown_connection};
use underpass_model::part::Observed;
use underpass_model::work::{Enqueue, Priority};
use underpass_store::Change;

use super::decision::{ADDRESS_CHANGED, decide};
use super::wire::AddressBody;
use crate::api::body::JsonBody;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::history::Subject;
use crate::api::refresh::{self, Refreshed};
use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use crate::app::App;

/// Documents of links and connections of one cloud.
pub(super) trait ProviderRoutes: Send + 'static {
    /// Provider of the cloud.
    const PROVIDER: Provider;
    /// Name of the consumer's endpoint in that cloud.
    const ENDPOINT: &'static str;
    /// Document of a link.
    type Link: Serialize + Send;
    /// Document of a connection.
    type Connection: Serialize + Send;

    fn link(link: &Link, observed: &Observed) -> Self::Link;

    fn connection(link: &Link, connection: &Connection, observed: &Observed) -> Self::Connection;
}

/// Connections of a link.
#[derive(Serialize)]
pub(super) struct ConnectionsAnswer<C> {
    connections: Vec<C>,
}

/// Returns the link.
pub(super) async fn show<F: ProviderRoutes>(
    State(app): State<App>,
    member: Member,
) -> Result<Json<F::Link>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let link = snapshot.link(F::PROVIDER)?;
    Ok(Json(F::link(&link.link.value, &link.observed)))
}

/// Requests the deletion of the link.
pub(super) async fn delete<F: ProviderRoutes>(
    State(app): State<App>,
    member: Member,
) -> Result<Json<F::Link>, Error> {
    let name = member.service()?;
    app.transact(|| async {
        let now = app.clock.now();
        let mut snapshot = ServiceSnapshot::load(&app, &member.project.value, &name)
            .await?
            .into_link(F::PROVIDER)?;
        let (before, cut) = (snapshot.link.value.deleting, snapshot.connections.len());
        snapshot.link.value.delete(now);
        let view = Json(F::link(&snapshot.link.value, &snapshot.observed));
        if before {
            return Ok((Change::new(), view));
        }
        let subject = Subject::Link(&name, F::PROVIDER);
        let message = format!(
            "Deletion of the private link of service `{name}` was requested, with its {cut} connection(s)"
        );
        let change = Change::new()
            .update(&snapshot.link)?
            .enqueue(pass_over(&snapshot.link.value))
            .event(member.event(now, &subject, "link.deleting", message));
        Ok((change, view))
    })
    .await
}

/// Lists the cloud immediately, to discover endpoints.
pub(super) fn refreshing<F: ProviderRoutes>() -> MethodRouter<App> {
    post(refresh::<F>)
}

/// Lists the connections in a documented state, in the order of discovery.
pub(super) fn listing<F: ProviderRoutes>() -> MethodRouter<App> {
    get(connections::<F>)
}

/// Sets the address of a connection's endpoint.
pub(super) fn addressing<F: ProviderRoutes>() -> MethodRouter<App> {
    put(update_connection::<F>)
}

/// Returns the document of a changed connection.
pub(super) fn decided<F: ProviderRoutes>(
    (snapshot, connection): &(LinkSnapshot, Connection),
) -> Json<F::Connection> {
    let link = &snapshot.link.value;
    Json(F::connection(link, connection, &snapshot.observed))
}

/// Returns the work that makes a link due immediately.
pub(super) fn pass_over(link: &Link) -> Enqueue {
    Enqueue {
        key: link.work_key(),
        due_at: link.updated_at,
        generation: link.generation,
        priority: Priority::User,
    }
}

async fn refresh<F: ProviderRoutes>(
    State(app): State<App>,
    member: Member,
) -> Result<Json<Value>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let key = snapshot.link(F::PROVIDER)?.link.value.work_key();
    let outcome = app.sweeps.fresh(&key, refresh::PATIENCE).await;
    Ok(Json(
        json!({"message": refresh::describe(&outcome, F::PROVIDER, Refreshed::Link)}),
    ))
}

async fn connections<F: ProviderRoutes>(
    State(app): State<App>,
    member: Member,
) -> Result<Json<ConnectionsAnswer<F::Connection>>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let snapshot = snapshot.link(F::PROVIDER)?;
    let (link, observed) = (&snapshot.link.value, &snapshot.observed);
    let connections = snapshot
        .connections
        .iter()
        .filter(|row| shown_connection(link, &row.value, observed).is_documented())
        .map(|row| F::connection(link, &row.value, observed))
        .collect();
    Ok(Json(ConnectionsAnswer { connections }))
}

async fn update_connection<F: ProviderRoutes>(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<AddressBody>,
) -> Result<Json<F::Connection>, Error> {
    let address = body.address(F::ENDPOINT, "--endpoint-ip-address")?;
    app.settings.endpoints.check(address)?;
    let decision = decide(
        &app,
        &member,
        F::PROVIDER,
        &ADDRESS_CHANGED,
        |link, connection, observed, now| {
            let before = connection.address;
            link.set_address(connection, address, observed, now)?;
            Ok(before != Some(address))
        },
    )
    .await?;
    Ok(decided::<F>(&decision))
}
