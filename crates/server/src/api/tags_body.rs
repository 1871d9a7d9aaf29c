//! Request bodies with tags of projects and services.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Tags.
#[derive(Deserialize)]
pub(super) struct TagsBody {
    pub(super) tags: BTreeMap<String, String>,
}

/// Change of tags; `null` removes a tag.
#[derive(Deserialize)]
pub(super) struct TagsChangeBody {
    pub(super) tags: BTreeMap<String, Option<String>>,
}
