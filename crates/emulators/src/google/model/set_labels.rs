//! `setLabels` of forwarding rules and addresses.

use super::call::Call;
use super::document;
use super::id::ResourceId;
use super::labels;
use super::operation::{Effect, Write};
use super::refusal::Refusal;
use super::request::Reply;
use super::resource::Content;
use super::run_operation;
use super::state::State;

/// `POST …/setLabels`: replaces all labels.
///
/// # Errors
/// 404 `notFound`, 400 `resourceNotReady`, 412 `conditionNotMet` for an absent or outdated
/// `labelFingerprint`, 400 `invalid` for invalid labels.
pub(super) fn set_labels(
    state: &mut State,
    call: &mut Call<'_>,
    id: &ResourceId,
) -> Result<Reply, Refusal> {
    let existing = state.require_idle(id)?;
    let request = document::without_nulls(call.body()?);
    let sent = document::text(&request, "/labelFingerprint");
    if sent != Some(&labels::fingerprint(existing.body())) {
        return Err(Refusal::labels_changed());
    }
    labels::check(&request, "labels")?;
    let mut body = existing.body().clone();
    match labels::of(&request) {
        Some(named) => document::set(&mut body, "labels", named.clone()),
        None => document::remove(&mut body, "labels"),
    }
    let pending = Content {
        body,
        members: existing.content.members.clone(),
    };
    let write = Write {
        effect: Effect::Update,
        operation_type: "setLabels",
        pending: Some(pending),
        error: None,
    };
    Ok(run_operation::start(state, call, id, write))
}
