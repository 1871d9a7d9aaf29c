//! Test helper: serialising and deserialising a document is the identity.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Asserts that a document equals its own text, read back.
///
/// # Panics
/// When it does not.
pub(crate) fn assert_round_trip<T>(document: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let text = serde_json::to_string(document).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), document);
}
