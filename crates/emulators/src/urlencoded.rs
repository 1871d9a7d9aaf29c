//! Decoding of URL paths, queries and forms.

use percent_encoding::percent_decode_str;

/// Decodes a URL path; `None` if it is not UTF-8 or holds control characters.
pub(crate) fn path(encoded: &str) -> Option<String> {
    let decoded = percent_decode_str(encoded).decode_utf8().ok()?;
    (!decoded.contains(char::is_control)).then(|| decoded.into_owned())
}

/// Decodes `a=b&c=d` as in a query or a form; `None` if it is not UTF-8.
pub(crate) fn pairs(encoded: &str) -> Option<Vec<(String, String)>> {
    let parts = encoded.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(pair)
        .collect()
}

fn pair((name, value): (&str, &str)) -> Option<(String, String)> {
    Some((text(name)?, text(value)?))
}

/// Decodes one name or value; a plus sign is a space here, unlike in a path.
pub(crate) fn text(encoded: &str) -> Option<String> {
    let spaced = encoded.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{pairs, path};

    #[test]
    fn a_path_is_decoded_and_hostile_ones_are_refused() {
        assert_eq!(path("/a%20b/%C3%A9+").as_deref(), Some("/a b/é+"));
        assert_eq!(path("/%FF"), None);
        assert_eq!(path("/a%0d%0ab"), None);
    }

    #[test]
    fn pairs_keep_their_order_and_decode_spaces() {
        let expected = [("$filter", "name eq 'v'"), ("x", ""), ("scope", "a b")];
        let decoded = pairs("%24filter=name+eq+%27v%27&x&&scope=a%20b").unwrap();
        assert_eq!(
            decoded,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(pairs("a=%FF"), None);
    }
}
