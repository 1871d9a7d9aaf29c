//! The key of a service account, which signs an assertion that is exchanged for an access token
//! (RFC 7523; Google's OAuth 2.0 for server-to-server applications).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::json;
use underpass_model::credentials::Secret;

use super::credentials::BadKey;
use super::token_request::form_request;
use crate::error::{Error, ErrorKind, own};

/// The scope of tokens: all of Compute Engine.
const SCOPE: &str = "https://www.googleapis.com/auth/compute";

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
    pub(super) fn parse(key_file: &Secret) -> Result<Self, BadKey> {
        // The parser's message may quote the key.
        let file: KeyFile = serde_json::from_str(key_file.expose())
            .map_err(|_quotes| BadKey("it is not the JSON of a service account key"))?;
        let key = pkcs8(&file.private_key)
            .and_then(|der| RsaKeyPair::from_pkcs8(&der).ok())
            .ok_or(BadKey("its private_key is not an RSA key in PKCS #8 PEM"))?;
        Ok(Self {
            email: file.client_email,
            key_id: file.private_key_id,
            token_uri: file.token_uri,
            key,
        })
    }

    /// Returns the request for a token.
    pub(super) fn request(&self, now: Timestamp) -> Result<Request<Bytes>, Error> {
        let assertion = self.assertion(now)?;
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let form = format!(
            "grant_type={}&assertion={}",
            escaped(GRANT),
            escaped(&assertion)
        );
        form_request(&self.token_uri, form)
    }

    fn assertion(&self, now: Timestamp) -> Result<String, Error> {
        let issued = now.as_second();
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id});
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri,
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        // The random numbers only blind the computation: key and text determine the signature.
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_unspecified| {
                own(
                    ErrorKind::Invalid,
                    "sign a request for an access token",
                    "UnusableKey",
                    "the service account's key cannot sign".to_owned(),
                )
            })?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The content of a PEM block of that kind.
fn pkcs8(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let text: String = body.split_whitespace().collect();
    STANDARD.decode(text).ok()
}
