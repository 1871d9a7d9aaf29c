//! The certificate of an app registration, whose key signs assertions (Microsoft identity platform,
//! "Certificate credentials").

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::RsaKeyPair;
use serde_json::json;

use crate::error::{Error, ErrorKind, own};
use crate::pem;
use crate::secret_source::{BadSecret, SecretSource};
use crate::signed_jwt::{self, Algorithm};
use crate::token_exchange::ACTION;

/// The lifetime of an assertion: 10 minutes, as in the provider's own clients.
const ASSERTION_SECONDS: i64 = 600;

/// The time by which the validity of an assertion begins earlier, for clocks that are behind ours.
const EARLIER_SECONDS: i64 = 60;

/// The number of random bytes in an assertion's ID: 16, as in a GUID.
const ID_BYTES: usize = 16;

/// A private key and the thumbprint of its certificate.
pub(super) struct ClientCertificate {
    key: RsaKeyPair,
    /// SHA-256 of the certificate, in base64url.
    thumbprint: String,
}

impl ClientCertificate {
    /// Reads key and certificate.
    pub(super) fn read(source: &SecretSource) -> Result<Self, BadSecret> {
        let text = source.read()?;
        Self::parse(text.expose()).map_err(|reason| {
            let remedy = "Use a PEM file with an unencrypted RSA key (`PRIVATE KEY`) and its \
                          certificate (`CERTIFICATE`)";
            BadSecret::new(format!("{}: {reason}", source.name()), remedy)
        })
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let key = pem::rsa_key(text)?;
        let certificates = pem::blocks(text, "CERTIFICATE");
        if certificates.is_empty() {
            return Err("there is no block `CERTIFICATE` in PEM");
        }
        // A certificate contains its public key in the same encoding (RFC 5280, RFC 8017). The file
        // may also contain those of the issuers.
        let public = key.public().as_ref();
        let own = certificates
            .iter()
            .find(|it| it.windows(public.len()).any(|part| part == public))
            .ok_or("no certificate is that of the private key")?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, own));
        Ok(Self { key, thumbprint })
    }

    /// Signs an assertion for a token endpoint.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        endpoint: &str,
        now: Timestamp,
    ) -> Result<String, Error> {
        let unusable = || {
            let message = "the certificate's key cannot sign".to_owned();
            own(ErrorKind::Invalid, ACTION, "UnusableKey", message)
        };
        let mut id = [0; ID_BYTES];
        SystemRandom::new()
            .fill(&mut id)
            .map_err(|_unspecified| unusable())?;
        let issued = now.as_second();
        let claims = json!({
            "aud": endpoint,
            "iss": client_id,
            "sub": client_id,
            "jti": URL_SAFE_NO_PAD.encode(id),
            "iat": issued,
            "nbf": issued - EARLIER_SECONDS,
            "exp": issued + ASSERTION_SECONDS,
        });
        let header = json!({"x5t#S256": self.thumbprint});
        signed_jwt::sign(Algorithm::Ps256, header, &claims, &self.key).ok_or_else(unusable)
    }
}
