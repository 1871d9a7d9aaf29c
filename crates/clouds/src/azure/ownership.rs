//! Ownership tags on Azure resources.

use serde_json::{Value, json};
use underpass_model::cloud_target::OwnershipTag;

use super::classify;
use super::resource::Resource;
use crate::error::{Error, ErrorKind};

/// The tag with the managed object. Stored resources have this name.
pub(super) const MANAGED_TAG: &str = "underpass-wish";

/// The tag with the incarnation of the object. Stored resources have this name.
pub(super) const INCARNATION_TAG: &str = "underpass-life";

/// Returns the tags of a new resource.
pub(super) fn tags(ownership: &OwnershipTag) -> Value {
    json!({ MANAGED_TAG: ownership.managed, INCARNATION_TAG: ownership.incarnation })
}

/// Returns the ownership of a document. Azure does not keep the case of tag names.
pub(super) fn of(document: &Value) -> Option<OwnershipTag> {
    let tags = document.pointer("/tags")?.as_object()?;
    let tag = |name: &str| {
        let found = tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .and_then(|(_, value)| value.as_str())
            .map(str::to_owned)
    };
    Some(OwnershipTag {
        managed: tag(MANAGED_TAG)?,
        incarnation: tag(INCARNATION_TAG)?,
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
    let mut error = classify::own(
        ErrorKind::NotOurs,
        action,
        "NotOurs",
        format!(
            "{resource} exists, but without the tags `{MANAGED_TAG}={}` and `{INCARNATION_TAG}={}`",
            ownership.managed, ownership.incarnation
        ),
    );
    error.remedy = Some(format!(
        "If Underpass created it, restore these tags on {}. Otherwise delete or rename it",
        resource.id()
    ));
    Err(error)
}
