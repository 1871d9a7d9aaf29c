//! Requests about operations: one, all of a place, and the reply to a repeated request.

use jiff::Timestamp;

use super::call::Call;
use super::location::Location;
use super::operation::Operation;
use super::page::list_reply;
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::state::State;

/// `GET …/operations/{name}` and `POST …/operations/{name}/wait`: how far it is now.
///
/// Who waits is the shell's business: the model answers at once, which the API may do too.
pub(super) fn get(
    state: &State,
    project: &str,
    location: &Location,
    name: &str,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let operation = find(state, project, location, name)?;
    Ok(Reply::ok(operation.to_document(now)))
}

/// `DELETE …/operations/{name}`: forgets one that is done.
pub(super) fn delete(
    state: &mut State,
    project: &str,
    location: &Location,
    name: &str,
) -> Result<Reply, Refusal> {
    let operation = find(state, project, location, name)?;
    if operation.completed.is_none() {
        let path = operation.path();
        let message = format!("The resource '{path}' is not ready");
        return Err(Refusal::new(400, "resourceNotReady", message));
    }
    state.remove_operation(name);
    Ok(Reply {
        status: 204,
        headers: Vec::new(),
        body: None,
    })
}

fn find<'a>(
    state: &'a State,
    project: &str,
    location: &Location,
    name: &str,
) -> Result<&'a Operation, Refusal> {
    state
        .operation(name)
        .filter(|it| it.is_in(project, location))
        .ok_or_else(|| {
            Refusal::not_found(&format!("projects/{project}/{location}/operations/{name}"))
        })
}

/// The answer to a request that was answered before under the same id.
///
/// # Errors
/// Refuses an id that is not a UUID, or the zero one.
pub(super) fn replayed(
    state: &State,
    request: &Request,
    project: &str,
    now: Timestamp,
) -> Result<Option<Reply>, Refusal> {
    let Some(id) = request.query("requestId") else {
        return Ok(None);
    };
    if !uuid::Uuid::try_parse(id).is_ok_and(|it| !it.is_nil()) {
        let why = "It must be a UUID other than 00000000-0000-0000-0000-000000000000.";
        return Err(Refusal::parameter("requestId", id, why));
    }
    let before = state.operation_of_request(project, id);
    Ok(before.map(|it| Reply::ok(it.to_document(now))))
}

pub(super) fn list(
    state: &State,
    call: &Call<'_>,
    project: &str,
    location: &Location,
) -> Result<Reply, Refusal> {
    let items = state
        .operations()
        .filter(|it| it.is_in(project, location))
        .map(|it| it.to_document(call.now))
        .collect();
    let path = format!("projects/{project}/{location}/operations");
    list_reply(call.request, "compute#operationList", &path, items)
}
