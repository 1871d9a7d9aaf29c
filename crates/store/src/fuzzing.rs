//! Entry of the fuzz target about stored documents; `docs/reference/hostile-input.md` describes it.

use crate::kind::Kind;
use crate::stored_document::encoded_again;

/// Decodes a document, whose kind is the first line.
///
/// # Panics
/// A document that was decoded is encoded as one that cannot be decoded, or not to the same text.
pub fn stored_document(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Some((kind, body)) = text.split_once('\n') else {
        return;
    };
    let Some(kind) = Kind::stored(kind) else {
        return;
    };
    if let Some(first) = encoded_again(kind, body) {
        let second = encoded_again(kind, &first);
        assert_eq!(second.as_ref(), Some(&first), "a document is kept");
    }
}

#[cfg(test)]
mod tests {
    use crate::replay::replay;

    #[test]
    fn known_documents_break_no_rule() {
        replay("stored_document", super::stored_document);
    }
}
