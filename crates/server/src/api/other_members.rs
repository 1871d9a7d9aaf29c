//! Members of a compatible request that its type does not have.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use underpass_model::misplaced_member::refuse_misplaced;
use underpass_model::refusal::Refusal;

/// The other members of a compatible body, by name; to be flattened.
#[derive(Default, Deserialize)]
#[serde(transparent)]
#[expect(
    clippy::zero_sized_map_values,
    reason = "serde collects the members of an object into a map; their values are ignored"
)]
pub(super) struct OtherMembers(BTreeMap<String, IgnoredAny>);

impl OtherMembers {
    /// Refuses members that belong into the `underpass` object, with `own` members. Others are
    /// ignored, because compatible clients send them.
    ///
    /// # Errors
    /// * `invalid_body`: a member belongs into the object.
    pub(super) fn check(&self, own: &[&'static str]) -> Result<(), Refusal> {
        refuse_misplaced(self.names(), own)
    }

    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
