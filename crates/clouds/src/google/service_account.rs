//! The key of a service account, which signs an assertion that is exchanged for an access token
//! (RFC 7523; Google's OAuth 2.0 for server-to-server applications).

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::signature::RsaKeyPair;
use serde::Deserialize;
use serde_json::json;
use underpass_model::credentials::Secret;

use super::transport_security;
use crate::error::{Error, ErrorKind, own};
use crate::pem;
use crate::signed_jwt::{self, Algorithm};
use crate::token_exchange::{ACTION, form_request};

/// The lifetime of an assertion: 1 hour, the maximum.
const ASSERTION_SECONDS: i64 = 3600;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A service account with its signing key.
pub(super) struct ServiceAccount {
    email: String,
    key_id: String,
    token_uri: String,
    key: RsaKeyPair,
}

#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: String,
    private_key_id: String,
    token_uri: String,
}

impl ServiceAccount {
    /// Parses a key file in Google's JSON format.
    pub(super) fn parse(key_file: &Secret) -> Result<Self, &'static str> {
        // The parser's message may quote the key.
        let file: KeyFile = serde_json::from_str(key_file.expose())
            .map_err(|_quotes| "it is not the JSON of a service account key")?;
        transport_security::check(&file.token_uri)?;
        let key = pem::rsa_key(&file.private_key)
            .map_err(|_reason| "its private_key is not an RSA key in PKCS #8 PEM")?;
        Ok(Self {
            email: file.client_email,
            key_id: file.private_key_id,
            token_uri: file.token_uri,
            key,
        })
    }

    /// The account's email address.
    pub(super) fn email(&self) -> &str {
        &self.email
    }

    /// Returns the request for a token with this scope.
    pub(super) fn request(&self, scope: &str, now: Timestamp) -> Result<Request<Bytes>, Error> {
        let assertion = self.assertion(scope, now)?;
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = format!(
            "grant_type={}&assertion={}",
            escaped(GRANT),
            escaped(&assertion)
        );
        form_request(&self.token_uri, form)
    }

    fn assertion(&self, scope: &str, now: Timestamp) -> Result<String, Error> {
        let issued = now.as_second();
        let header = json!({"kid": self.key_id});
        let claims = json!({
            "iss": self.email,
            "scope": scope,
            "aud": self.token_uri,
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
        });
        signed_jwt::sign(Algorithm::Rs256, header, &claims, &self.key).ok_or_else(|| {
            let message = "the service account's key cannot sign".to_owned();
            own(ErrorKind::Invalid, ACTION, "UnusableKey", message)
        })
    }
}
