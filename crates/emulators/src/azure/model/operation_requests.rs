//! Requests for the status and the result of an operation.

use serde_json::json;

use super::operation::{Operation, RETRY_AFTER_SECONDS, Verb};
use super::refusal::Refusal;
use super::reply::{Reply, reply};
use super::request::Request;
use super::show::show;
use super::state::State;

/// `GET …/operations/{id}`: status 200, also for a failed operation.
///
/// # Errors
/// `OperationNotFound`.
pub(super) fn status(state: &State, request: &Request, id: &str) -> Result<Reply, Refusal> {
    let operation = find(state, request, id)?;
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

/// `GET …/operationResults/{id}`: 202 until the operation is finished.
///
/// # Errors
/// `OperationNotFound`, and the error of a failed operation.
pub(super) fn result(state: &State, request: &Request, id: &str) -> Result<Reply, Refusal> {
    let operation = find(state, request, id)?;
    if operation.finished.is_none() {
        let headers = operation.headers(&state.configuration().base_url);
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
        _ if operation.removes_part => Ok(reply(204, None)),
        (Verb::Delete, true) => Ok(reply(200, None)),
        (Verb::Delete, false) => Ok(reply(204, None)),
        (Verb::Put, _) => {
            let resource = target.and_then(|target| state.resource(target));
            Ok(reply(200, resource.map(|resource| show(state, resource))))
        }
    }
}

/// The operation at the exact URL of the reply that started it.
fn find<'a>(state: &'a State, request: &Request, id: &str) -> Result<&'a Operation, Refusal> {
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
