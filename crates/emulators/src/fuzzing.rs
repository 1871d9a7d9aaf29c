//! Entries of the fuzz targets about the emulated clouds; `docs/reference/hostile-input.md` describes them.

pub(crate) mod request_lines;
pub(crate) mod scenario;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::urlencoded;
use crate::{azure, google};

/// Sends requests to an emulated Azure with a published service and a pending endpoint.
///
/// # Panics
/// A reply is a failure of the server or a refusal in another form, or the journal does not give the cloud
/// back.
pub fn azure_requests(input: &[u8]) {
    azure::fuzzing::requests(input);
}

/// Sends requests to an emulated Google with a published service and a pending endpoint.
///
/// # Panics
/// As for [`azure_requests`].
pub fn google_requests(input: &[u8]) {
    google::fuzzing::requests(input);
}

/// Reads a text as a query, a form, a path and a filter of lists.
///
/// # Panics
/// The encoding of a decoded text is decoded as another one, or parentheses around a filter change it.
pub fn queries(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    if let Some(pairs) = urlencoded::pairs(text) {
        let encoded: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let again = urlencoded::pairs(&encoded.join("&"));
        assert_eq!(again, Some(pairs), "pairs are kept");
    }
    if let Some(path) = urlencoded::path(text) {
        assert!(!path.contains(char::is_control), "{path:?}");
        assert_eq!(urlencoded::path(&encode(&path)), Some(path));
    }
    google::model::fuzzing::filter(text);
}

/// Reads bytes as tokens, as claims of tokens, and as requests for tokens.
///
/// # Panics
/// A token that was not issued proves a caller, or a client gets a token without its secret.
pub fn tokens(input: &[u8]) {
    azure::fuzzing::tokens(input);
    google::fuzzing::tokens(input);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn known_requests_to_azure_break_no_rule() {
        replay("azure_requests", azure_requests);
    }

    #[test]
    fn known_requests_to_google_break_no_rule() {
        replay("google_requests", google_requests);
    }

    #[test]
    fn known_queries_break_no_rule() {
        replay("queries", queries);
    }

    #[test]
    fn known_tokens_break_no_rule() {
        replay("tokens", tokens);
    }
}
