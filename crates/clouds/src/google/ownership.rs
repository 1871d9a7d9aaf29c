//! Ownership in descriptions: not every resource here has labels, but all have a description.

use serde_json::Value;
use underpass_model::cloud_target::OwnershipTag;

use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind, own};

/// The prefix of descriptions of our resources.
const PREFIX: &str = "Underpass: ";

/// Returns the description of a new resource.
pub(super) fn description(ownership: &OwnershipTag) -> String {
    format!("{PREFIX}{} {}", ownership.managed, ownership.incarnation)
}

/// Returns the ownership in a document.
pub(super) fn of(document: &Value) -> Option<OwnershipTag> {
    let text = document::text(document, "/description")?.strip_prefix(PREFIX)?;
    let (managed, incarnation) = text.rsplit_once(' ')?;
    Some(OwnershipTag {
        managed: managed.to_owned(),
        incarnation: incarnation.to_owned(),
    })
}

/// Refuses a resource that is not ours.
pub(super) fn require(
    document: &Value,
    ownership: &OwnershipTag,
    resource: &Resource,
    action: &str,
) -> Result<(), Error> {
    if of(document).is_some_and(|found| found == *ownership) {
        return Ok(());
    }
    let message = format!(
        "{resource} exists, but without the description `{}`",
        description(ownership)
    );
    let mut error = own(ErrorKind::NotOurs, action, "NotOurs", message);
    error.remedy = Some(format!(
        "If Underpass created it, restore this description on {}. Otherwise delete or rename it",
        resource.path()
    ));
    Err(error)
}
