//! Removal of stored links that the cloud does not have: they were deleted after the backup.

use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::recovery::Presence;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Error, Store};

use super::planned::StoredLink;
use crate::reconcile::link_removal;

/// Removes a stored link, so that the end of the hold does not publish it again; `None` if the store
/// does not have it. Nothing is written to the cloud.
///
/// # Errors
/// If the store fails.
pub async fn drop_link(
    store: &dyn Store,
    key: &WorkKey,
    actor: &str,
    now: Timestamp,
) -> Result<Option<Change>, Error> {
    let Some((link, change)) = link_removal(store, key, &[], now).await? else {
        return Ok(None);
    };
    let message = format!(
        "Link {} was dropped: it was deleted in the cloud after the backup from which the store was \
         restored",
        link.value.id
    );
    let change = change.delete(&link);
    Ok(Some(
        match event(key, "link.dropped", message, actor, now) {
            Some(event) => change.event(event),
            None => change,
        },
    ))
}

/// Returns an event about a link; `None` if the key is another object's.
pub(crate) fn event(
    key: &WorkKey,
    code: &str,
    message: String,
    actor: &str,
    now: Timestamp,
) -> Option<Event> {
    let WorkKey::Link(project, service, provider) = key else {
        return None;
    };
    Some(Event {
        at: now,
        project: project.clone(),
        subject: format!("service/{service}/privatelink/{provider}"),
        actor: actor.to_owned(),
        code: code.to_owned(),
        message,
        details: serde_json::Value::Null,
    })
}

/// Checks that the cloud has nothing of a stored link.
///
/// # Errors
/// * `link_in_cloud`: a part exists, or it is not proven that none does.
pub fn check_absent(link: &StoredLink) -> Result<(), Refusal> {
    let id = &link.id;
    let message = match link.presence {
        Presence::Absent => return Ok(()),
        Presence::Suspected => format!(
            "The cloud does not show link {id} of the store, but this is not proven yet: one read \
             can be wrong. Wait until `underpass recovery show` lists it as absent, which takes \
             minutes"
        ),
        Presence::Unread => format!(
            "The cloud was not read completely yet, so it may have link {id} of the store. This \
             takes some seconds"
        ),
        Presence::Present => format!("The cloud has link {id} of the store"),
    };
    Err(Refusal::conflict("link_in_cloud", message).with_remedy(Remedy::ShowRecovery))
}
