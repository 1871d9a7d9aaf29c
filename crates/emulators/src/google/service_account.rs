//! The provider's service account: whoever holds its key is the provider.
//!
//! Of the key file only the public half is kept: enough to check what the holder signs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rsa::{self, PublicKeyComponents};
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::limits;
use crate::secret::Secret;

/// Where the real cloud exchanges claims for tokens.
pub(super) const REAL_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// What is known of a service account.
#[derive(Debug)]
pub(super) struct ServiceAccount {
    pub(super) email: String,
    /// Where its holder exchanges a signed claim for a token, as the key file says.
    pub(super) token_uri: String,
    /// The key's id; a signature that names another is not by this key.
    key_id: Option<String>,
    key: PublicKeyComponents<Vec<u8>>,
}

/// The members of a key file that matter here.
#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: Option<String>,
    #[serde(default = "real_token_uri")]
    token_uri: String,
}

/// What a JSON Web Token's first part says.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
}

/// What the account's holder claims, signed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    #[serde(default)]
    pub(super) sub: Option<String>,
    #[serde(default)]
    pub(super) aud: Option<Value>,
    #[serde(default)]
    pub(super) scope: Option<String>,
    pub(super) iat: i64,
    pub(super) exp: i64,
}

/// Why a signed claim proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unproven {
    /// It is not a JSON Web Token with the claims that are needed.
    Malformed,
    /// Another account than the provider's.
    UnknownAccount,
    /// The signature is not by the account's key.
    Signature,
    /// It is too old, not valid yet, or valid for too long.
    Timeframe,
}

fn real_token_uri() -> String {
    REAL_TOKEN_URI.to_owned()
}

// === impl ServiceAccount ===

impl ServiceAccount {
    /// Reads a key file as Google's console hands it out.
    pub(super) fn read(file: &Secret) -> Result<Self, Error> {
        // What the decoder says could quote the key, so it is not passed on.
        let file: KeyFile = serde_json::from_str(file.reveal()).map_err(|_| {
            Error::ServiceAccount("it is not JSON with client_email and private_key as text")
        })?;
        let unreadable = |_| {
            Error::ServiceAccount("its private_key is not a PEM block of PKCS #8 (PRIVATE KEY)")
        };
        let der =
            PrivatePkcs8KeyDer::from_pem_slice(file.private_key.as_bytes()).map_err(unreadable)?;
        let pair = rsa::KeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| {
            Error::ServiceAccount("its private_key is not an RSA key of 2048 to 4096 bits")
        })?;
        Ok(Self {
            email: file.client_email,
            token_uri: file.token_uri,
            key_id: file.private_key_id.filter(|id| !id.is_empty()),
            key: PublicKeyComponents::from(pair.public()),
        })
    }

    /// What the account's holder claims; the audience is for the caller to check.
    pub(super) fn claims(&self, token: &str, now: Timestamp) -> Result<Claims, Unproven> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Unproven::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Unproven::Malformed)?;
        let header: Header = decoded(header).ok_or(Unproven::Malformed)?;
        let claims: Claims = decoded(payload).ok_or(Unproven::Malformed)?;
        if claims.iss != self.email || claims.sub.as_ref().is_some_and(|sub| *sub != self.email) {
            return Err(Unproven::UnknownAccount);
        }
        let other_key = match (&header.kid, &self.key_id) {
            (Some(named), Some(ours)) => named != ours,
            (None, _) | (_, None) => false,
        };
        let signature = URL_SAFE_NO_PAD
            .decode(signature.trim_end_matches('='))
            .map_err(|_| Unproven::Signature)?;
        let verified = self
            .key
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature);
        if header.alg != "RS256" || other_key || verified.is_err() {
            return Err(Unproven::Signature);
        }
        if !claims.timely(now.as_second()) {
            return Err(Unproven::Timeframe);
        }
        Ok(claims)
    }
}

// === impl Claims ===

impl Claims {
    /// Valid now and for an hour at most; clocks may differ a little.
    fn timely(&self, now: i64) -> bool {
        let skew = limits::CLOCK_SKEW_SECONDS;
        let life = self.exp.saturating_sub(self.iat);
        self.iat <= now.saturating_add(skew)
            && now < self.exp
            && (1..=limits::ASSERTION_LIFETIME_SECONDS).contains(&life)
    }

    /// Whether the claim is meant for somebody `accepts` knows: one audience or a list of them.
    pub(super) fn is_for(&self, accepts: impl Fn(&str) -> bool) -> bool {
        match &self.aud {
            Some(Value::String(one)) => accepts(one),
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).any(accepts),
            _ => false,
        }
    }

    /// Whether one of the scopes opens the compute API.
    pub(super) fn has_compute_scope(&self) -> bool {
        let scopes = self.scope.as_deref().unwrap_or_default();
        scopes.split_ascii_whitespace().any(opens_compute)
    }
}

/// Whether a scope allows to change the compute API's resources.
pub(super) fn opens_compute(scope: &str) -> bool {
    let name = scope.strip_prefix("https://www.googleapis.com/auth/");
    matches!(name, Some("compute" | "cloud-platform"))
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests;
