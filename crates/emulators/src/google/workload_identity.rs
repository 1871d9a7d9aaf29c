//! Workload identity providers: trust in the tokens of another issuer (OpenID Connect).

use jiff::Timestamp;
use serde::Deserialize;

use crate::limits;
use crate::rsa_jwt::{Jwk, RegisteredClaims, RsaJwt};

/// The longest validity of a subject token: 24 hours (docs: "Workload Identity Federation").
const LONGEST_VALIDITY_SECONDS: f64 = 24.0 * 60.0 * 60.0;

/// A provider of a workload identity pool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadIdentityProvider {
    /// `//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/POOL/providers/ID`.
    pub(super) audience: String,
    issuer: String,
    /// Audiences of subject tokens; empty: the provider's name, with or without `https:`.
    #[serde(default)]
    allowed_audiences: Vec<String>,
    /// The issuer's keys. The real cloud reads them from the issuer.
    keys: Vec<Jwk>,
    /// Set if identities of the pool have rights on the project without a service account.
    #[serde(default)]
    pub(super) direct_access: bool,
}

impl WorkloadIdentityProvider {
    /// Verifies a subject token and returns the principal, or the reason of the refusal.
    pub(super) fn principal(&self, token: &str, now: Timestamp) -> Result<String, String> {
        let jwt = RsaJwt::parse(token);
        let claims = jwt.as_ref().and_then(RsaJwt::claims::<RegisteredClaims>);
        let (Some(jwt), Some(claims)) = (jwt, claims) else {
            return Err("Unable to parse the ID Token.".to_owned());
        };
        if claims.iss != self.issuer {
            return Err(format!(
                "The issuer in ID Token {} does not match the expected ones.",
                claims.iss.escape_debug()
            ));
        }
        let own = [self.audience.clone(), format!("https:{}", self.audience)];
        let allowed = if self.allowed_audiences.is_empty() {
            own.as_slice()
        } else {
            &self.allowed_audiences
        };
        if !claims.has_audience(|audience| allowed.iter().any(|it| it == audience)) {
            let expected = allowed.join(", ");
            return Err(format!(
                "The audience in ID Token does not match the expected audience {expected}."
            ));
        }
        if jwt.header.alg != "RS256" || !jwt.is_signed_by_one(&self.keys) {
            return Err("Error validating the signature of the ID Token.".to_owned());
        }
        let validity = claims.iat.map(|iat| claims.exp - iat);
        let is_short = validity.is_some_and(|it| it <= LONGEST_VALIDITY_SECONDS);
        if !is_short || !claims.is_current(now.as_second(), limits::CLOCK_SKEW_SECONDS) {
            return Err(
                "The ID Token is expired, not valid yet, or valid for more than 24 hours."
                    .to_owned(),
            );
        }
        let pool = self
            .audience
            .split("/providers/")
            .next()
            .unwrap_or_default();
        Ok(format!("principal:{pool}/subject/{}", claims.sub))
    }
}
