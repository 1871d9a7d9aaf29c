//! The decision about one consumer's endpoint connection.

use serde_json::{Value, json};
use underpass_model::connection::Identity;
use underpass_model::decision_proof::DecisionProof;
use underpass_model::id::ConnectionId;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::{Admission, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::classify;
use super::job::{Job, confirmed};
use super::operation;
use super::resource::{Kind, Resource, is_name};
use crate::document;
use crate::error::{Error, ErrorKind};

/// The maximum of characters kept of each text about a connection: 1,024. A message has at most
/// 140, and an endpoint's ID about 300.
const TEXT_LENGTH: usize = 1024;

/// The message to the consumer about an approval.
const APPROVED: &str = "Approved by the provider of the service";

/// The message to the consumer about a rejection.
const REJECTED: &str = "Rejected by the provider of the service";

const STATE: &str = "/properties/privateLinkServiceConnectionState";

pub(super) async fn read(job: Job<'_>, id: &ConnectionId) -> Result<Outcome, Error> {
    let connection = connection(job, id)?;
    Ok(match job.get(&connection).await? {
        None => Outcome::Absent(Evidence::Alone),
        Some(document) => {
            let spec = Spec::Admission(admission(&document));
            let confirmed = confirmed(spec, &document, &connection);
            operation::observed_outcome_of_adopted(&document, confirmed, job.now)
        }
    })
}

/// Writes a decision; it takes effect with the answer.
pub(super) async fn put(
    job: Job<'_>,
    id: &ConnectionId,
    decision: Admission,
) -> Result<Outcome, Error> {
    let connection = connection(job, id)?;
    let (status, description) = match decision {
        Admission::Approved => ("Approved", APPROVED),
        Admission::Rejected => ("Rejected", REJECTED),
        Admission::Pending | Admission::NeedsAttention | Admission::Disconnected => {
            let action = format!("decide on {connection}");
            let message = "a provider of a service can only approve or reject".to_owned();
            return Err(classify::own(
                ErrorKind::Invalid,
                &action,
                "NoDecision",
                message,
            ));
        }
    };
    let description = match job.target().proofs.decisions.get(id) {
        Some(proof) => format!("{description} [{proof}]"),
        None => description.to_owned(),
    };
    let body = json!({
        "name": connection.name(),
        "properties": {
            "privateLinkServiceConnectionState": {"status": status, "description": description},
        },
    });
    let Some(answer) = job.client.decide(&connection, &body, job.now).await? else {
        return Ok(Outcome::Absent(Evidence::Alone));
    };
    let desired = Spec::Admission(decision);
    let spec = Spec::Admission(admission(&answer.body));
    let confirmed = confirmed(spec, &answer.body, &connection);
    operation::written(
        job.client,
        &connection,
        &answer,
        confirmed,
        &desired,
        job.now,
    )
}

/// Deletes the connection permanently.
pub(super) async fn delete(job: Job<'_>, id: &ConnectionId) -> Result<Outcome, Error> {
    job.remove(&connection(job, id)?).await
}

/// Parses a listed connection; `None` if it has no name to address it by.
pub(super) fn reported(document: &Value) -> Option<ObservedConnection> {
    let text = |pointer: &str| {
        document::text(document, pointer).map(|text| document::bounded(text, TEXT_LENGTH))
    };
    let name = document::text(document, "/name").filter(|name| is_name(name));
    let Some(name) = name else {
        tracing::warn!(
            cloud = "azure",
            "failed to read a listed connection; skipping it"
        );
        return None;
    };
    let description = text(&format!("{STATE}/description"));
    let proof = description.as_deref().and_then(DecisionProof::find_in);
    let identity = Identity {
        name: name.to_owned(),
        link_identifier: link_identifier(document),
        endpoint: text("/properties/privateEndpoint/id").unwrap_or_default(),
        location: text("/properties/privateEndpointLocation"),
        message: description.filter(|message| !message.is_empty()),
    };
    Some(ObservedConnection {
        identity,
        admission: admission(document),
        id: document::text(document, "/id")
            .unwrap_or_default()
            .to_owned(),
        tag: document::text(document, "/etag").map(str::to_owned),
        proof,
    })
}

/// The link identifier: documented as text; a number is accepted as well.
fn link_identifier(document: &Value) -> Option<String> {
    let value = document.pointer("/properties/linkIdentifier")?;
    match value.as_str() {
        Some("") => None,
        Some(text) => Some(document::bounded(text, TEXT_LENGTH)),
        None => value.as_u64().map(|number| number.to_string()),
    }
}

/// The state of a connection. An unknown state counts as pending, because it is not approved.
fn admission(document: &Value) -> Admission {
    let status = document::text(document, &format!("{STATE}/status")).unwrap_or_default();
    match status.to_ascii_lowercase().as_str() {
        "approved" => Admission::Approved,
        "rejected" => Admission::Rejected,
        "disconnected" | "removed" => Admission::Disconnected,
        _ => Admission::Pending,
    }
}

/// Returns the connection resource of one of our IDs.
pub(super) fn connection(job: Job<'_>, id: &ConnectionId) -> Result<Resource, Error> {
    let service = job.names.attachment()?;
    let name = job
        .target()
        .connections
        .get(id)
        .filter(|name| is_name(name));
    name.map(|name| service.child(Kind::EndpointConnection, name))
        .ok_or_else(|| {
            let action = format!("name connection {id} of {service}");
            let message = "no connection of that id has a usable name at the provider".to_owned();
            classify::own(ErrorKind::Invalid, &action, "UnknownConnection", message)
        })
}
