//! The description that tells what is ours: not every resource here has labels, all have this.

use serde_json::Value;
use underpass_model::site::Mark;

use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind, own};

/// What the description of everything of ours begins with.
const PREFIX: &str = "Underpass: ";

/// The description of something we make.
pub(super) fn description(mark: &Mark) -> String {
    format!("{PREFIX}{} {}", mark.wish, mark.life)
}

/// The mark that a document carries.
pub(super) fn of(document: &Value) -> Option<Mark> {
    let text = document::text(document, "/description")?.strip_prefix(PREFIX)?;
    let (wish, life) = text.rsplit_once(' ')?;
    Some(Mark {
        wish: wish.to_owned(),
        life: life.to_owned(),
    })
}

/// Refuses to go on with what is not ours.
pub(super) fn require(
    document: &Value,
    mark: &Mark,
    resource: &Resource,
    action: &str,
) -> Result<(), Error> {
    if of(document).is_some_and(|found| found == *mark) {
        return Ok(());
    }
    let message = format!(
        "{resource} is there, but not with the description `{}`",
        description(mark)
    );
    let mut error = own(ErrorKind::NotOurs, action, "NotOurs", message);
    error.remedy = Some(format!(
        "If it was made by Underpass, give {} this description back; if not, remove or rename it",
        resource.path()
    ));
    Err(error)
}
