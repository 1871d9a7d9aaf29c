//! What a model hands to its journal, and takes back from it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One durable difference made by a request or by time, for the journal.
///
/// Applying all changes in order to an empty model gives the model back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What changed, for instance `resource/<lower-cased id>`.
    pub key: String,
    /// Its new value; `None` when it is gone.
    pub value: Option<Value>,
}

/// Why a journal does not give a cloud back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The key names no kind of state.
    #[error(
        "read journal change `{key}`: no such kind of state; the journal is of another version"
    )]
    UnknownKey {
        /// The change's key.
        key: String,
    },
    /// The value has another form than the key requires.
    #[error("read journal change `{key}`: its value has an unexpected form")]
    Value {
        /// The change's key.
        key: String,
        /// What the decoder says.
        #[source]
        source: serde_json::Error,
    },
}

/// Carries a change of `key` over to the map it belongs to, where it concerns `id`.
pub(crate) fn set<K: Ord, V: DeserializeOwned>(
    map: &mut BTreeMap<K, V>,
    id: K,
    key: &str,
    value: Option<Value>,
) -> Result<(), RestoreError> {
    match value {
        None => {
            map.remove(&id);
        }
        Some(value) => {
            let value = serde_json::from_value(value).map_err(|source| RestoreError::Value {
                key: key.to_owned(),
                source,
            })?;
            map.insert(id, value);
        }
    }
    Ok(())
}

/// A piece of durable state as a change holds it.
pub(crate) fn encoded(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("invariant: durable state has text keys only")
}
