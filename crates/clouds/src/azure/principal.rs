//! The identity that an access token proves.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use underpass_model::credentials::Secret;

/// The claims of an access token that name its principal. Microsoft does not promise their form to
/// clients, so they are shown and suggested, never relied on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Principal {
    appid: Option<String>,
    pub(super) oid: Option<String>,
    tid: Option<String>,
}

impl Principal {
    /// Reads a token; without claims if it has another form.
    pub(super) fn of(token: &Secret) -> Self {
        let payload = token.expose().split('.').nth(1);
        let bytes = payload.and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claims = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let claims: Self = claims.unwrap_or_default();
        Self {
            appid: claims.appid.filter(|it| is_id(it)),
            oid: claims.oid.filter(|it| is_id(it)),
            tid: claims.tid.filter(|it| is_id(it)),
        }
    }

    /// The identity in words.
    pub(super) fn in_words(&self) -> String {
        let named = [
            ("application", &self.appid),
            ("object", &self.oid),
            ("tenant", &self.tid),
        ];
        let named: Vec<_> = named
            .iter()
            .filter_map(|(what, id)| Some(format!("{what} {}", id.as_deref()?)))
            .collect();
        if named.is_empty() {
            return "signed in; the token does not name its principal".to_owned();
        }
        format!("signed in as {}", named.join(", "))
    }
}

/// Reports whether a claim has the form of an ID: it is printed, and put into commands.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Secret {
        Secret::new(format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)))
    }

    #[test]
    fn a_token_names_its_principal() {
        let principal = Principal::of(&token(r#"{"appid":"a-1","oid":"o-2","tid":"t-3"}"#));
        assert_eq!(
            principal.in_words(),
            "signed in as application a-1, object o-2, tenant t-3"
        );
        let hostile = Principal::of(&token(r#"{"oid":"x; rm -rf /"}"#));
        assert_eq!(hostile.oid, None);
        for text in ["", "opaque", "a.b", "a.%%.c"] {
            let principal = Principal::of(&Secret::new(text.to_owned()));
            assert!(principal.in_words().starts_with("signed in; "), "{text}");
        }
    }
}
