//! Requests about operations, and the replies to repeated requests.

use jiff::Timestamp;

use super::call::Call;
use super::location::Location;
use super::operation::Operation;
use super::page::list_reply;
use super::refusal::Refusal;
use super::request::{Reply, Request};
use super::state::State;

/// `GET …/operations/{name}` and `POST …/operations/{name}/wait`.
///
/// The model replies immediately, also to `wait`, as the API may; the shell waits.
///
/// # Errors
/// 404 `notFound`.
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

/// `DELETE …/operations/{name}`.
///
/// # Errors
/// 404 `notFound`, 400 `resourceNotReady` for an operation that is not `DONE`.
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

/// Returns the reply to an earlier request with the same `requestId`.
///
/// # Errors
/// 400 `invalid` for an id that is not a UUID, and for the nil UUID.
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

/// `GET …/operations`.
///
/// # Errors
/// 400 `invalid` for invalid list parameters.
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
    list_reply(call.request, None, "compute#operationList", &path, items)
}
