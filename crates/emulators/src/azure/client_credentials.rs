//! The credentials of the provider's app registration, which the admin routes replace, and the check
//! of what a client proves its identity with.

use std::sync::{PoisonError, RwLock};

use jiff::Timestamp;
use serde::Deserialize;

use super::certificate::Certificate;
use super::token_error::TokenError;
use super::token_request::Proof;
use crate::limits;
use crate::rsa_jwt::{Jwk, RegisteredClaims, RsaJwt};
use crate::secret::Secret;

/// The body of `PUT /credentials`. It replaces all credentials.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct NewCredentials {
    secrets: Vec<String>,
    /// PEM, one or more.
    certificates: String,
    federated: Vec<FederatedCredential>,
    /// Client IDs of the managed identities of this machine; `null`: the provider's client.
    identities: Option<Vec<String>>,
    /// Further applications of the provider's tenant, which have the actions of their roles alone.
    applications: Vec<Application>,
    /// Set to make the tokens that were issued to the provider invalid.
    revoke_tokens: bool,
}

/// A further application with client secrets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Application {
    client_id: String,
    secrets: Vec<String>,
}

/// A token issuer that the app trusts (Microsoft Graph: `federatedIdentityCredential`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FederatedCredential {
    issuer: String,
    subject: String,
    audiences: Vec<String>,
    /// The issuer's keys. The real cloud reads them from the issuer.
    keys: Vec<Jwk>,
}

/// The present credentials.
pub(super) struct ClientCredentials {
    client: String,
    present: RwLock<Present>,
}

struct Present {
    secrets: Vec<Secret>,
    certificates: Vec<Certificate>,
    federated: Vec<FederatedCredential>,
    identities: Vec<String>,
    /// Client IDs with their secrets.
    applications: Vec<(String, Vec<Secret>)>,
    /// The number of revocations; tokens contain it.
    revocations: u64,
}

impl ClientCredentials {
    /// The credentials of a client with one secret.
    pub(super) fn new(client: &str, secret: Secret) -> Self {
        Self {
            client: client.to_owned(),
            present: RwLock::new(Present {
                secrets: vec![secret],
                certificates: Vec::new(),
                federated: Vec::new(),
                identities: vec![client.to_owned()],
                applications: Vec::new(),
                revocations: 0,
            }),
        }
    }

    /// Replaces all credentials; refuses certificates that cannot be read.
    pub(super) fn replace(&self, new: NewCredentials) -> Result<(), &'static str> {
        let certificates = match new.certificates.trim() {
            "" => Vec::new(),
            pem => Certificate::read_all(pem).ok_or("certificates is not PEM of certificates.")?,
        };
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        *present = Present {
            secrets: new.secrets.into_iter().map(Secret::new).collect(),
            certificates,
            federated: new.federated,
            identities: new.identities.unwrap_or_else(|| vec![self.client.clone()]),
            applications: new
                .applications
                .into_iter()
                .map(Application::read)
                .collect(),
            revocations: present.revocations + u64::from(new.revoke_tokens),
        };
        Ok(())
    }

    /// Adds a further application with a secret.
    pub(super) fn add_application(&self, client_id: String, secret: Secret) {
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        present.applications.push((client_id, vec![secret]));
    }

    /// The number of revocations.
    pub(super) fn revocations(&self) -> u64 {
        self.read(|present| present.revocations)
    }

    /// Reports whether this machine has a managed identity: that one, or exactly one.
    pub(super) fn has_identity(&self, client: Option<&str>) -> bool {
        self.read(|present| match client {
            Some(client) => present
                .identities
                .iter()
                .any(|own| own.eq_ignore_ascii_case(client)),
            None => present.identities.len() == 1,
        })
    }

    /// Checks the secret of a further application; `None` if there is no such application.
    pub(super) fn check_application(
        &self,
        proof: &Proof,
        client: &str,
    ) -> Option<Result<(), TokenError>> {
        self.read(|present| {
            let mut applications = present.applications.iter();
            let (_, secrets) = applications.find(|(id, _)| id.eq_ignore_ascii_case(client))?;
            let is_right = match proof {
                Proof::Secret(secret) => secrets
                    .iter()
                    .fold(false, |found, own| found | own.matches(secret)),
                Proof::Assertion(_) => false,
            };
            Some(if is_right {
                Ok(())
            } else {
                Err(TokenError::WrongSecret)
            })
        })
    }

    /// Checks the proof of the provider's client. `audiences` are those of the token endpoint.
    pub(super) fn check(
        &self,
        proof: &Proof,
        client: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<(), TokenError> {
        self.read(|present| match proof {
            Proof::Secret(secret) => {
                // All are compared, so that the duration tells nothing.
                let found = present
                    .secrets
                    .iter()
                    .fold(false, |found, own| found | own.matches(secret));
                if found {
                    Ok(())
                } else {
                    Err(TokenError::WrongSecret)
                }
            }
            Proof::Assertion(assertion) => present.check(assertion, client, audiences, now),
        })
    }

    fn read<T>(&self, view: impl FnOnce(&Present) -> T) -> T {
        view(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Application {
    fn read(self) -> (String, Vec<Secret>) {
        let secrets = self.secrets.into_iter().map(Secret::new);
        (self.client_id, secrets.collect())
    }
}

impl Present {
    fn check(
        &self,
        assertion: &str,
        client: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<(), TokenError> {
        let jwt = RsaJwt::parse(assertion).ok_or(TokenError::AssertionMalformed)?;
        let claims: RegisteredClaims = jwt.claims().ok_or(TokenError::AssertionMalformed)?;
        let header = &jwt.header;
        let is_current = claims.is_current(now.as_second(), limits::CLOCK_SKEW_SECONDS);
        if header.x5t.is_some() || header.x5t_s256.is_some() {
            let (sha1, sha256) = (header.x5t.as_deref(), header.x5t_s256.as_deref());
            let mut known = self.certificates.iter();
            let certificate = known
                .find(|it| it.is_named(sha1, sha256))
                .ok_or(TokenError::UnknownCertificate)?;
            if !jwt.is_signed_by(&certificate.key) {
                return Err(TokenError::UnknownCertificate);
            }
            let is_client = |text: &str| text.eq_ignore_ascii_case(client);
            if !is_client(&claims.iss) || !is_client(&claims.sub) {
                return Err(TokenError::AssertionClient);
            }
            if !claims.has_audience(|audience| audiences.iter().any(|own| own == audience)) {
                return Err(TokenError::AssertionAudience);
            }
        } else {
            let of_issuer: Vec<_> = self
                .federated
                .iter()
                .filter(|it| it.issuer == claims.iss)
                .collect();
            if of_issuer.is_empty() {
                return Err(TokenError::FederatedIssuer);
            }
            let of_subject = of_issuer.iter().find(|it| it.subject == claims.sub);
            let credential = of_subject.ok_or(TokenError::FederatedSubject)?;
            if !claims.has_audience(|audience| credential.audiences.iter().any(|it| it == audience))
            {
                return Err(TokenError::FederatedAudience);
            }
            if !jwt.is_signed_by_one(&credential.keys) {
                return Err(TokenError::AssertionSignature);
            }
        }
        if is_current {
            Ok(())
        } else {
            Err(TokenError::AssertionTime)
        }
    }
}
