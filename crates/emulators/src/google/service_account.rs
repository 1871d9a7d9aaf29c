//! The provider's service account, and JWTs signed with its key.
//!
//! Only the public key of the key file is kept, to verify signatures.

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

/// URL of Google's token endpoint.
pub(super) const REAL_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// A service account.
#[derive(Debug)]
pub(super) struct ServiceAccount {
    pub(super) email: String,
    /// URL of the token endpoint in the key file.
    pub(super) token_uri: String,
    /// The key's id; a JWT with another `kid` is invalid.
    key_id: Option<String>,
    key: PublicKeyComponents<Vec<u8>>,
}

/// The members of a key file that are used.
#[derive(Deserialize)]
struct KeyFile {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: Option<String>,
    #[serde(default = "real_token_uri")]
    token_uri: String,
}

/// The header of a JSON Web Token.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
}

/// The claims of a JWT signed by the service account.
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

/// The reason why a JWT is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AssertionError {
    /// Not a JSON Web Token with the required claims.
    Malformed,
    /// Issued for another service account.
    UnknownAccount,
    /// Not signed by the account's key.
    Signature,
    /// Expired, not valid yet, or with too long a lifetime.
    Timeframe,
}

fn real_token_uri() -> String {
    REAL_TOKEN_URI.to_owned()
}

// === impl ServiceAccount ===

impl ServiceAccount {
    /// Parses a key file in Google's format.
    ///
    /// # Errors
    /// [`Error::ServiceAccount`] for a file without an account or a usable private key.
    pub(super) fn parse(file: &Secret) -> Result<Self, Error> {
        // The decoder's message may quote the key, so it is dropped.
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

    /// Verifies a JWT and returns its claims; the caller checks audience and scope.
    ///
    /// # Errors
    /// [`AssertionError`] for an invalid JWT.
    pub(super) fn claims(&self, token: &str, now: Timestamp) -> Result<Claims, AssertionError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(AssertionError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(AssertionError::Malformed)?;
        let header: Header = decoded(header).ok_or(AssertionError::Malformed)?;
        let claims: Claims = decoded(payload).ok_or(AssertionError::Malformed)?;
        if claims.iss != self.email || claims.sub.as_ref().is_some_and(|sub| *sub != self.email) {
            return Err(AssertionError::UnknownAccount);
        }
        let other_key = match (&header.kid, &self.key_id) {
            (Some(named), Some(ours)) => named != ours,
            (None, _) | (_, None) => false,
        };
        let signature = URL_SAFE_NO_PAD
            .decode(signature.trim_end_matches('='))
            .map_err(|_| AssertionError::Signature)?;
        let verified = self
            .key
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature);
        if header.alg != "RS256" || other_key || verified.is_err() {
            return Err(AssertionError::Signature);
        }
        if !claims.is_current(now.as_second()) {
            return Err(AssertionError::Timeframe);
        }
        Ok(claims)
    }
}

// === impl Claims ===

impl Claims {
    /// Reports whether the claims are valid at `now` (Unix seconds) and for an hour at most, with
    /// some clock skew.
    fn is_current(&self, now: i64) -> bool {
        let skew = limits::CLOCK_SKEW_SECONDS;
        let lifetime = self.exp.saturating_sub(self.iat);
        self.iat <= now.saturating_add(skew)
            && now < self.exp
            && (1..=limits::ASSERTION_LIFETIME_SECONDS).contains(&lifetime)
    }

    /// Reports whether `accepts` accepts the audience, or one of several audiences.
    pub(super) fn has_audience(&self, accepts: impl Fn(&str) -> bool) -> bool {
        match &self.aud {
            Some(Value::String(one)) => accepts(one),
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).any(accepts),
            _ => false,
        }
    }

    /// Reports whether one of the scopes grants access to the compute API.
    pub(super) fn has_compute_scope(&self) -> bool {
        let scopes = self.scope.as_deref().unwrap_or_default();
        scopes.split_ascii_whitespace().any(grants_compute)
    }
}

/// Reports whether a scope grants write access to the compute API.
pub(super) fn grants_compute(scope: &str) -> bool {
    let name = scope.strip_prefix("https://www.googleapis.com/auth/");
    matches!(name, Some("compute" | "cloud-platform"))
}

/// Reports whether a scope grants access to the IAM Service Account Credentials API.
pub(super) fn grants_iam(scope: &str) -> bool {
    let name = scope.strip_prefix("https://www.googleapis.com/auth/");
    matches!(name, Some("iam" | "cloud-platform"))
}

/// Reports whether a scope grants read access to all of Google Cloud.
pub(super) fn grants_reading(scope: &str) -> bool {
    let name = scope.strip_prefix("https://www.googleapis.com/auth/");
    matches!(name, Some("cloud-platform.read-only" | "cloud-platform"))
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests;
