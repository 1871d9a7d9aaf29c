//! JSON Web Tokens that others signed with RSA: assertions of clients and tokens of other issuers
//! (RFC 7515, RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A token, taken apart; nothing is verified yet.
pub(crate) struct RsaJwt<'a> {
    pub(crate) header: Header,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

/// The header's members that are used.
#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    /// SHA-1 of the certificate.
    #[serde(default)]
    pub(crate) x5t: Option<String>,
    /// SHA-256 of the certificate.
    #[serde(default, rename = "x5t#S256")]
    pub(crate) x5t_s256: Option<String>,
}

/// The registered claims (RFC 7519).
#[derive(Debug, Deserialize)]
pub(crate) struct RegisteredClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Value,
    pub(crate) exp: f64,
    #[serde(default)]
    pub(crate) nbf: Option<f64>,
    #[serde(default)]
    pub(crate) iat: Option<f64>,
}

/// A public key of another issuer, as a JSON Web Key.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Jwk {
    #[serde(default)]
    kid: Option<String>,
    n: String,
    e: String,
}

impl<'a> RsaJwt<'a> {
    /// Takes a token apart; `None` if it is none.
    pub(crate) fn parse(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        Some(Self {
            header: decoded(header)?,
            signed,
            payload,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// The claims; `None` if they are not those.
    pub(crate) fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        decoded(self.payload)
    }

    /// Reports whether the holder of the key signed it; `key` is an `RSAPublicKey` in DER.
    pub(crate) fn is_signed_by(&self, key: &[u8]) -> bool {
        let text = self.signed.as_bytes();
        self.algorithm().is_some_and(|algorithm| {
            UnparsedPublicKey::new(algorithm, key)
                .verify(text, &self.signature)
                .is_ok()
        })
    }

    /// Reports whether the holder of one of the keys signed it.
    pub(crate) fn is_signed_by_one(&self, keys: &[Jwk]) -> bool {
        let named = |key: &&Jwk| match (&self.header.kid, &key.kid) {
            (Some(kid), Some(known)) => kid == known,
            (None, _) | (_, None) => true,
        };
        keys.iter().filter(named).any(|key| {
            let components = key.components();
            let verified = components
                .zip(self.algorithm())
                .map(|(components, algorithm)| {
                    components.verify(algorithm, self.signed.as_bytes(), &self.signature)
                });
            matches!(verified, Some(Ok(())))
        })
    }

    fn algorithm(&self) -> Option<&'static RsaParameters> {
        match self.header.alg.as_str() {
            "RS256" => Some(&RSA_PKCS1_2048_8192_SHA256),
            "PS256" => Some(&RSA_PSS_2048_8192_SHA256),
            _ => None,
        }
    }
}

// === impl RegisteredClaims ===

impl RegisteredClaims {
    /// Reports whether the audience, or one of several, is accepted.
    pub(crate) fn has_audience(&self, accepts: impl Fn(&str) -> bool) -> bool {
        match &self.aud {
            Value::String(one) => accepts(one),
            Value::Array(many) => many.iter().filter_map(Value::as_str).any(accepts),
            _ => false,
        }
    }

    /// Reports whether they are valid at `now` (Unix seconds), give or take `skew` seconds.
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this age are exact, and clients send fractions"
    )]
    pub(crate) fn is_current(&self, now: i64, skew: i64) -> bool {
        let (now, skew) = (now as f64, skew as f64);
        let begin = self.nbf.or(self.iat).unwrap_or(f64::MIN);
        begin <= now + skew && now < self.exp + skew
    }
}

// === impl Jwk ===

impl Jwk {
    fn components(&self) -> Option<PublicKeyComponents<Vec<u8>>> {
        Some(PublicKeyComponents {
            n: URL_SAFE_NO_PAD.decode(&self.n).ok()?,
            e: URL_SAFE_NO_PAD.decode(&self.e).ok()?,
        })
    }
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
