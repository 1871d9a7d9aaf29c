//! A typed document together with the answer that contains it.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A document of an API: typed for the program, unchanged for the output.
#[derive(Debug, Clone)]
pub(crate) struct Document<T> {
    /// The document as received, including members that `T` does not have.
    pub(crate) raw: Value,
    /// The members that the program reads.
    pub(crate) content: T,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Document<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Value::deserialize(deserializer)?;
        let content = T::deserialize(&raw).map_err(D::Error::custom)?;
        Ok(Self { raw, content })
    }
}

/// Returns documents as received.
pub(crate) fn raw_rows<T>(documents: Vec<Document<T>>) -> Vec<Value> {
    documents.into_iter().map(|it| it.raw).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Name {
        name: String,
    }

    #[test]
    fn a_document_keeps_unknown_members() {
        let answer = json!({ "name": "pg-1", "new": [1] });
        let document: Document<Name> = serde_json::from_value(answer.clone()).unwrap();
        assert_eq!(document.content.name, "pg-1");
        assert_eq!(document.raw, answer);
    }
}
