//! Changes of durable state: the content of journal records.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One durable change made by a request or by time.
///
/// Applying all changes in order to an empty model gives the model back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Key of the changed entry, for instance `resource/<lower-cased id>`.
    pub key: String,
    /// New value; `None` if the entry was deleted.
    pub value: Option<Value>,
}

/// A journal that cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The key names no kind of state of this version.
    #[error(
        "read journal change `{key}`: no such kind of state; the journal is of another version"
    )]
    UnknownKey {
        /// The change's key.
        key: String,
    },
    /// The value does not have the form that the key requires.
    #[error("read journal change `{key}`: its value has an unexpected form")]
    Value {
        /// The change's key.
        key: String,
        /// Error of the JSON decoder.
        #[source]
        source: serde_json::Error,
    },
}
