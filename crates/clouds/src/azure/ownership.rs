//! Ownership tags on Azure resources.

use serde_json::{Value, json};
use underpass_model::cloud_target::OwnershipTag;

use super::classify;
use super::resource::Resource;
use crate::document;
use crate::error::{Error, ErrorKind};
use crate::listing::LinkOrigin;

/// The tag with the managed object.
pub(super) const MANAGED_TAG: &str = "underpass-managed";

/// The tag with the incarnation of the object.
pub(super) const INCARNATION_TAG: &str = "underpass-incarnation";

/// The names of both tags on resources that earlier versions created.
const EARLIER_TAGS: (&str, &str) = ("underpass-wish", "underpass-life");

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
    let pair = |managed: &str, incarnation: &str| {
        Some(OwnershipTag {
            managed: tag(document, managed)?,
            incarnation: tag(document, incarnation)?,
        })
    };
    pair(MANAGED_TAG, INCARNATION_TAG).or_else(|| pair(EARLIER_TAGS.0, EARLIER_TAGS.1))
}

/// Returns the origin of the link in a private link service's document.
pub(super) fn origin(document: &Value) -> Option<LinkOrigin> {
    Some(LinkOrigin {
        managed: tag(document, MANAGED_TAG).or_else(|| tag(document, EARLIER_TAGS.0))?,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ownership(incarnation: &str) -> OwnershipTag {
        OwnershipTag {
            managed: "link/demo/pg-1/azure".to_owned(),
            incarnation: incarnation.to_owned(),
        }
    }

    #[test]
    fn tags_of_this_and_of_earlier_versions_are_read() {
        let ours = ownership("s000000000001");
        assert_eq!(of(&json!({ "tags": tags(&ours) })), Some(ours.clone()));
        let earlier = json!({
            "Underpass-Wish": "link/demo/pg-1/azure",
            "underpass-life": "s000000000001",
        });
        assert_eq!(of(&json!({ "tags": earlier })), Some(ours.clone()));
        // The present pair decides, and half a pair is none.
        let mut both = earlier;
        both[MANAGED_TAG] = json!(ours.managed);
        assert_eq!(of(&json!({ "tags": both })), Some(ours));
        both[INCARNATION_TAG] = json!("s000000000002");
        let found = of(&json!({ "tags": both }));
        assert_eq!(found, Some(ownership("s000000000002")));
        assert_eq!(of(&json!({ "tags": { MANAGED_TAG: "x" } })), None);
    }
}
