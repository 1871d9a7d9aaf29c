//! Ownership tags on Azure resources.

use serde_json::{Value, json};
use underpass_model::cloud_target::OwnershipTag;

use super::classify;
use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind};
use crate::listing::LinkOrigin;

/// The tag with the managed object. Stored resources have this name.
pub(super) const MANAGED_TAG: &str = "underpass-wish";

/// The tag with the incarnation of the object. Stored resources have this name.
pub(super) const INCARNATION_TAG: &str = "underpass-life";

/// The tag with the proof that a link is ours, on its private link service.
const PROOF_TAG: &str = "underpass-proof";

/// Returns the tags of a new private link service.
pub(super) fn link_tags(ownership: &OwnershipTag, proof: &str) -> Value {
    let mut tags = tags(ownership);
    document::set(&mut tags, "", PROOF_TAG, json!(proof));
    tags
}

/// Returns the tags of a new resource.
pub(super) fn tags(ownership: &OwnershipTag) -> Value {
    json!({ MANAGED_TAG: ownership.managed, INCARNATION_TAG: ownership.incarnation })
}

/// Returns the ownership of a document.
pub(super) fn of(document: &Value) -> Option<OwnershipTag> {
    Some(OwnershipTag {
        managed: tag(document, MANAGED_TAG)?,
        incarnation: tag(document, INCARNATION_TAG)?,
    })
}

/// Returns the origin of the link in a private link service's document.
pub(super) fn origin(document: &Value) -> Option<LinkOrigin> {
    Some(LinkOrigin {
        managed: tag(document, MANAGED_TAG)?,
        proof: tag(document, PROOF_TAG)?,
    })
}

/// Returns the value of a tag. Azure does not keep the case of tag names.
fn tag(document: &Value, name: &str) -> Option<String> {
    let tags = document.pointer("/tags")?.as_object()?;
    let found = tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found
        .and_then(|(_, value)| value.as_str())
        .map(str::to_owned)
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
