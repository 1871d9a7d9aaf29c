//! Long-running operations: how a write that takes time is followed.
//!
//! A write answers with the address of its operation; that address is signed, so only exactly
//! what was handed out answers.
//! A failure is reported with status 200 and `"status": "Failed"`.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Request;
use super::answer::{Reply, reply};
use super::endpoint_connection;
use super::fault::Failure;
use super::guid::guid;
use super::id::{Kind, ResourceId};
use super::network_interface;
use super::private_endpoint;
use super::private_link_service;
use super::reading;
use super::refusal::Refusal;
use super::resource::{Provisioning, Resource};
use super::resource_group;
use super::state::State;
use super::virtual_network;
use super::write;
use super::write::Call;

/// How long clients are asked to wait between polls, in seconds.
///
/// The real value varies; Python's SDK waits 30 s when none is sent.
const RETRY_AFTER_SECONDS: &str = "1";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verb {
    Put,
    Delete,
}

/// An accepted write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) verb: Verb,
    /// What the client wrote first, then what changes with it.
    pub(super) targets: Vec<ResourceId>,
    pub(super) due: Timestamp,
    pub(super) finished: Option<Timestamp>,
    /// Whether it is due but waits for others to let go of its group.
    #[serde(default)]
    pub(super) held: bool,
    /// The address at which it is followed, below the base URL and without its query.
    location: String,
    /// The query of that address: the api-version and the signature.
    query: Vec<(String, String)>,
    /// The entity tag of everything that its end changes.
    closing_version: String,
    /// How it is to fail, if it is.
    failure: Option<Failure>,
}

impl Operation {
    /// Where `Azure-AsyncOperation` points.
    fn status_url(&self, base_url: &str) -> String {
        self.url(base_url, "operations")
    }

    /// Where `Location` points.
    fn outcome_url(&self, base_url: &str) -> String {
        self.url(base_url, "operationResults")
    }

    fn url(&self, base_url: &str, area: &str) -> String {
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!(
            "{base_url}{}/{area}/{}?{}",
            self.location,
            self.id,
            query.join("&")
        )
    }

    /// What becomes of a target that is still there when the operation ends.
    ///
    /// A delete that failed leaves things as they were; a child that failed does not make its
    /// parent fail.
    fn end_of(&self, target: &ResourceId) -> Provisioning {
        let first = self.targets.first();
        let is_parent = first
            .and_then(ResourceId::parent)
            .is_some_and(|it| it.is(target));
        match (self.verb, &self.failure) {
            (Verb::Put, Some(_)) if !is_parent => Provisioning::Failed,
            (Verb::Put | Verb::Delete, _) => Provisioning::Succeeded,
        }
    }

    /// Whether its only target is a group, which the resource manager itself deletes.
    fn is_of_group(&self) -> bool {
        self.targets
            .first()
            .is_some_and(|target| target.kind() == Kind::ResourceGroup)
    }
}

// === opening ===

/// Opens an operation on its targets; one that takes no time is finished on return.
pub(super) fn open_operation(
    state: &mut State,
    call: &mut Call<'_>,
    verb: Verb,
    targets: Vec<ResourceId>,
    region: &str,
) -> Operation {
    let subscription = targets
        .first()
        .map(ResourceId::subscription)
        .unwrap_or_default();
    let mut location = format!("/subscriptions/{subscription}");
    if targets
        .first()
        .is_some_and(|it| it.kind() != Kind::ResourceGroup)
    {
        location = format!("{location}/providers/Microsoft.Network/locations/{region}");
    }
    let delay = state.configuration().operation_delay;
    let operation = Operation {
        id: guid(call.rng),
        verb,
        targets,
        due: later(call.now, delay),
        finished: None,
        held: false,
        location,
        query: signed_query(call),
        closing_version: guid(call.rng),
        failure: call.failure.take(),
    };
    for target in &operation.targets {
        state.change(target, |resource| {
            resource.operation = Some(operation.id.clone());
            resource.provisioning = match (verb, resource.provisioning) {
                (Verb::Delete, _) => Provisioning::Deleting,
                (Verb::Put, Provisioning::Succeeded) => Provisioning::Updating,
                (Verb::Put, other) => other,
            };
        });
    }
    state.keep_operation(operation.clone());
    if delay.is_zero() {
        close_operation(state, &operation.id, call.now);
    }
    operation
}

/// The answer to an accepted DELETE. One that removed its target at once has nothing to follow.
pub(super) fn answer_delete(state: &State, operation: &Operation) -> Reply {
    let is_left = |target: &ResourceId| state.resource(target).is_some();
    if !operation.targets.iter().any(is_left) {
        return reply(200, None);
    }
    Reply {
        status: 202,
        headers: operation_headers(state, operation),
        body: None,
    }
}

/// The headers of an answer that opened an operation.
pub(super) fn operation_headers(state: &State, operation: &Operation) -> Vec<(String, String)> {
    let base_url = &state.configuration().base_url;
    let mut headers = Vec::new();
    if operation.is_of_group() {
        // The resource manager deletes groups; it has no status address.
        let url = operation.url(base_url, "operationresults");
        headers.push(("location".to_owned(), url));
    } else {
        headers.push((
            "azure-asyncoperation".to_owned(),
            operation.status_url(base_url),
        ));
        headers.push(("azure-asyncnotification".to_owned(), "Enabled".to_owned()));
        if operation.verb == Verb::Delete {
            headers.push(("location".to_owned(), operation.outcome_url(base_url)));
        }
    }
    let finished = state
        .operation(&operation.id)
        .is_none_or(|it| it.finished.is_some());
    if !finished {
        headers.push(("retry-after".to_owned(), RETRY_AFTER_SECONDS.to_owned()));
    }
    headers
}

/// The refusal of a write while `operation` is open on the resource.
pub(super) fn another_operation(state: &State, operation: &str) -> Refusal {
    let base_url = &state.configuration().base_url;
    let url = state.operation(operation).map(|it| it.status_url(base_url));
    Refusal::network(
        409,
        "AnotherOperationInProgress",
        format!(
            "Another operation on this or dependent resource is in progress. \
             To retrieve status of the operation use uri: {}.",
            url.unwrap_or_default()
        ),
    )
}

/// `now` and a delay; the end of time if that is beyond it.
fn later(now: Timestamp, delay: Duration) -> Timestamp {
    now.checked_add(delay).unwrap_or(Timestamp::MAX)
}

/// The api-version of the request and a signature nobody can guess.
fn signed_query(call: &mut Call<'_>) -> Vec<(String, String)> {
    let mut query = vec![("api-version".to_owned(), call.api_version.to_owned())];
    for name in ["t", "c", "s", "h"] {
        query.push((name.to_owned(), guid(call.rng).replace('-', "")));
    }
    query
}

// === closing ===

/// Ends an operation, or holds it back while something outside uses its group.
pub(super) fn close_operation(state: &mut State, id: &str, now: Timestamp) {
    let Some(mut operation) = state.operation(id).cloned() else {
        return;
    };
    let Some(target) = operation.targets.first().cloned() else {
        return;
    };
    let removes = operation.verb == Verb::Delete && operation.failure.is_none();
    if removes && operation.is_of_group() && resource_group::is_group_held(state, &target) {
        if !operation.held {
            operation.held = true;
            state.keep_operation(operation);
        }
        return;
    }
    let version = operation.closing_version.clone();
    // A target may have been deleted and made anew meanwhile.
    let own = |it: &Resource| it.operation.as_deref() == Some(id);
    if removes && state.resource(&target).is_some_and(own) {
        remove(state, &target, &version);
    }
    for it in &operation.targets {
        let end = operation.end_of(it);
        if state.resource(it).is_some_and(own) {
            state.change(it, |resource| {
                resource.operation = None;
                resource.provisioning = end;
                resource.version.clone_from(&version);
            });
        }
    }
    if operation.verb == Verb::Put {
        write::finish_put(state, &target, &version);
    }
    operation.finished = Some(now);
    state.keep_operation(operation);
}

/// Ends the deletions of groups that nothing outside uses any more.
///
/// The end of one may set another free.
pub(super) fn release_groups(state: &mut State, now: Timestamp) {
    loop {
        let before = state.held_operations();
        for operation in &before {
            close_operation(state, operation, now);
        }
        if state.held_operations().len() == before.len() {
            return;
        }
    }
}

/// Takes a resource away and tells those that showed it.
pub(super) fn remove(state: &mut State, id: &ResourceId, version: &str) {
    let Some(resource) = state.remove(id) else {
        return;
    };
    match id.kind() {
        Kind::PrivateEndpoint => private_endpoint::forget_endpoint(state, &resource, version),
        Kind::EndpointConnection => {
            endpoint_connection::forget_connection(state, &resource, version)
        }
        Kind::PrivateLinkService => private_link_service::forget_service(state, &resource, version),
        Kind::NetworkInterface => network_interface::touch_pools_of(state, &resource.body, version),
        Kind::Subnet => {
            if let Some(network) = id.parent() {
                state.touch(&network, version);
            }
        }
        Kind::VirtualNetwork => virtual_network::forget_subnets(state, id),
        Kind::ResourceGroup => resource_group::forget_contents(state, id, version),
        Kind::LoadBalancer | Kind::PublicIp => {}
    }
}

// === asking ===

/// `GET …/operations/{id}`: status 200 whatever became of it.
pub(super) fn operation_status(
    state: &State,
    request: &Request,
    id: &str,
) -> Result<Reply, Refusal> {
    let operation = asked_operation(state, request, id)?;
    if operation.finished.is_none() {
        let mut answer = reply(200, Some(json!({ "status": "InProgress" })));
        answer
            .headers
            .push(("retry-after".to_owned(), RETRY_AFTER_SECONDS.to_owned()));
        return Ok(answer);
    }
    let body = match &operation.failure {
        None => json!({ "status": "Succeeded" }),
        Some(failure) => json!({ "status": "Failed", "error": failure.refusal(200).error() }),
    };
    Ok(reply(200, Some(body)))
}

/// `GET …/operationResults/{id}`: 202 until the operation ended.
pub(super) fn operation_outcome(
    state: &State,
    request: &Request,
    id: &str,
) -> Result<Reply, Refusal> {
    let operation = asked_operation(state, request, id)?;
    if operation.finished.is_none() {
        let headers = operation_headers(state, operation);
        return Ok(Reply {
            status: 202,
            headers,
            body: None,
        });
    }
    if let Some(failure) = &operation.failure {
        return Err(failure.refusal(400));
    }
    let target = operation.targets.first();
    match (operation.verb, operation.is_of_group()) {
        (Verb::Delete, true) => Ok(reply(200, None)),
        (Verb::Delete, false) => Ok(reply(204, None)),
        (Verb::Put, _) => {
            let resource = target.and_then(|target| state.resource(target));
            Ok(reply(
                200,
                resource.map(|resource| reading::show(state, resource)),
            ))
        }
    }
}

/// The operation at exactly the address that was handed out.
fn asked_operation<'a>(
    state: &'a State,
    request: &Request,
    id: &str,
) -> Result<&'a Operation, Refusal> {
    state
        .operation(id)
        .filter(|operation| operation.query == request.query)
        .filter(|operation| {
            let place = format!("{}/", operation.location).to_ascii_lowercase();
            request.path.to_ascii_lowercase().starts_with(&place)
        })
        .ok_or_else(|| {
            Refusal::network(
                404,
                "OperationNotFound",
                format!(
                    "The operation '{id}' is not known at this address. Poll the address of \
                     the Azure-AsyncOperation or Location header unchanged, query included."
                ),
            )
        })
}
