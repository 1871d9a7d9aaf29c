//! Stored documents that cannot be read.

use serde::{Deserialize, Serialize};

/// Unreadable documents: `GET /v1/underpass/unreadable-documents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableDocumentList {
    /// Documents, by kind and key.
    pub documents: Vec<UnreadableDocument>,
}

/// A stored document that this version cannot read. It is set aside and left unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableDocument {
    /// Kind, as `link`.
    pub kind: String,
    /// Key within its kind, as `demo/pg-1/azure`.
    pub key: String,
    /// Reason: `newer`, `undecryptable`, `malformed` or `unsupported`.
    pub defect: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn unreadable_documents() {
        let document = UnreadableDocument {
            kind: "link".to_owned(),
            key: "demo/pg-1/azure".to_owned(),
            defect: "newer".to_owned(),
        };
        assert_round_trip(&UnreadableDocumentList {
            documents: vec![document],
        });
    }
}
