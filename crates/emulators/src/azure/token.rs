//! Access tokens: issue and verification.
//!
//! A token is a [`crate::jwt`] with the claims of Entra, because some clients read their own token.
//!
//! The provider's tenant has one service principal. Every other tenant belongs to a consumer and
//! accepts any client with any secret or assertion.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client_credentials::ClientCredentials;
use super::model::Caller;
use super::token_error::TokenError;
use super::token_request::{Proof, TokenRequest};
use crate::ids;
use crate::jwt::JwtKey;
use crate::limits;
use crate::secret::Secret;

/// Issues and verifies tokens.
pub(super) struct Tokens {
    jwt_key: JwtKey,
    provider: Caller,
    pub(super) credentials: ClientCredentials,
    /// The URL of the token endpoints, without a trailing slash.
    base_url: Arc<str>,
}

/// A token and its validity.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

/// The claims of a token.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    /// Expiration time, in seconds since 1970.
    exp: i64,
    appid: String,
    oid: String,
    sub: String,
    tid: String,
    /// Makes tokens issued in the same second differ.
    #[serde(default)]
    uti: String,
    ver: String,
    /// The number of revocations before the issue; other numbers are invalid.
    #[serde(default)]
    revocations: u64,
}

// === impl Tokens ===

impl Tokens {
    /// Signs with `key`; `provider` is the only principal of the provider's tenant.
    pub(super) fn new(
        key: &[u8],
        provider: Caller,
        provider_secret: Secret,
        base_url: Arc<str>,
    ) -> Self {
        Self {
            jwt_key: JwtKey::new(key),
            credentials: ClientCredentials::new(&provider.client, provider_secret),
            provider,
            base_url,
        }
    }

    /// Issues a token for a managed identity of this machine, which is the provider's; `None` if the
    /// machine does not have it.
    ///
    /// # Errors
    /// [`TokenError::Unwritable`].
    pub(super) fn issue_to_identity(
        &self,
        client: Option<&str>,
        audience: String,
        now: Timestamp,
    ) -> Option<Result<Issued, TokenError>> {
        if !self.credentials.has_identity(client) {
            return None;
        }
        let request = TokenRequest {
            tenant: self.provider.tenant.clone(),
            client: self.provider.client.clone(),
            proof: Proof::Secret(String::new()),
            audience,
        };
        Some(self.sign(&request, now))
    }

    /// The client ID of the provider.
    pub(super) fn provider_client(&self) -> &str {
        &self.provider.client
    }

    /// Checks the credentials of a request and issues a token.
    ///
    /// # Errors
    /// [`TokenError`] for a client or proof that is not the provider's; [`TokenError::Unwritable`].
    pub(super) fn issue(
        &self,
        request: &TokenRequest,
        now: Timestamp,
    ) -> Result<Issued, TokenError> {
        if request.tenant == self.provider.tenant {
            if !request.client.eq_ignore_ascii_case(&self.provider.client) {
                let checked = self
                    .credentials
                    .check_application(&request.proof, &request.client);
                checked.ok_or(TokenError::UnknownClient)??;
                return self.sign(request, now);
            }
            let audiences = ["oauth2/v2.0/token", "oauth2/token", "v2.0"]
                .map(|end| format!("{}/{}/{end}", self.base_url, request.tenant));
            let proof = &request.proof;
            self.credentials
                .check(proof, &request.client, &audiences, now)?;
        }
        self.sign(request, now)
    }

    fn sign(&self, request: &TokenRequest, now: Timestamp) -> Result<Issued, TokenError> {
        let client = request.client.to_ascii_lowercase();
        // A principal has the same object ID in each token, as in Entra.
        let object = object_id(&request.tenant, &client);
        let until = now
            .saturating_add(limits::TOKEN_LIFETIME)
            .unwrap_or(Timestamp::MAX);
        let id = ids::guid().map_err(|_| TokenError::Unwritable)?;
        let claims = Claims {
            aud: request.audience.clone(),
            iss: format!("https://sts.windows.net/{}/", request.tenant),
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: until.as_second(),
            appid: client,
            oid: object.clone(),
            sub: object,
            tid: request.tenant.clone(),
            uti: id.to_string(),
            ver: "1.0".to_owned(),
            revocations: self.revocations(&request.tenant),
        };
        let token = self
            .jwt_key
            .sign(&claims)
            .map_err(|_| TokenError::Unwritable)?;
        Ok(Issued {
            token,
            since: now,
            until,
        })
    }

    /// The caller that presents `token`; `None` if the signature is not ours or it is not valid now.
    pub(super) fn caller(&self, token: &str, now: Timestamp) -> Option<Caller> {
        let claims: Claims = self.jwt_key.verify(token)?;
        let good = claims.nbf <= now.as_second()
            && now.as_second() < claims.exp
            && claims.revocations == self.revocations(&claims.tid);
        good.then_some(Caller {
            tenant: claims.tid,
            client: claims.appid,
        })
    }

    fn revocations(&self, tenant: &str) -> u64 {
        let is_provider = tenant == self.provider.tenant;
        if is_provider {
            self.credentials.revocations()
        } else {
            0
        }
    }
}

fn object_id(tenant: &str, client: &str) -> String {
    let hash = ring::digest::digest(
        &ring::digest::SHA256,
        format!("{tenant}/{client}").as_bytes(),
    );
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan as _};

    use super::{Proof, TokenRequest, Tokens};
    use crate::azure::model::Caller;
    use crate::azure::token_error::TokenError;
    use crate::secret::Secret;

    const PROVIDER: &str = "11111111-1111-4111-8111-111111111111";
    const CONSUMER: &str = "22222222-2222-4222-8222-222222222222";

    fn tokens(key: u8) -> Tokens {
        let provider = Caller {
            tenant: PROVIDER.to_owned(),
            client: "Robot".to_owned(),
        };
        let base_url = "https://azure.test".into();
        Tokens::new(&[key; 32], provider, Secret::new("open sesame"), base_url)
    }

    fn request(tenant: &str, client: &str, secret: &str) -> TokenRequest {
        TokenRequest {
            tenant: tenant.to_owned(),
            client: client.to_owned(),
            proof: Proof::Secret(secret.to_owned()),
            audience: "https://management.azure.com".to_owned(),
        }
    }

    #[test]
    fn the_providers_tenant_knows_one_client_with_one_secret() {
        let (tokens, now) = (tokens(1), Timestamp::UNIX_EPOCH);
        let refusal = |client, secret| tokens.issue(&request(PROVIDER, client, secret), now).err();
        assert_eq!(refusal("robot", "open sesame"), None);
        assert_eq!(refusal("robot", "open"), Some(TokenError::WrongSecret));
        assert_eq!(
            refusal("other", "open sesame"),
            Some(TokenError::UnknownClient)
        );
        assert!(tokens.issue(&request(CONSUMER, "app", "x"), now).is_ok());
    }

    #[test]
    fn a_token_proves_its_caller_until_it_expires() {
        let (tokens, now) = (tokens(1), Timestamp::UNIX_EPOCH);
        let issued = tokens.issue(&request(CONSUMER, "App", "x"), now).unwrap();
        let caller = Caller {
            tenant: CONSUMER.to_owned(),
            client: "app".to_owned(),
        };
        assert_eq!(tokens.caller(&issued.token, now), Some(caller.clone()));
        assert_eq!(
            tokens.caller(&issued.token, issued.until - 1.second()),
            Some(caller)
        );
        assert_eq!(tokens.caller(&issued.token, issued.until), None);
        assert_eq!(tokens.caller(&issued.token, now - 1.second()), None);
    }

    #[test]
    fn a_changed_or_foreign_token_proves_nothing() {
        let (ours, now) = (tokens(1), Timestamp::UNIX_EPOCH);
        let token = ours
            .issue(&request(CONSUMER, "app", "x"), now)
            .unwrap()
            .token;
        let foreign = tokens(2)
            .issue(&request(CONSUMER, "app", "x"), now)
            .unwrap()
            .token;
        assert_eq!(ours.caller(&foreign, now), None);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(ours.caller(&changed, now), None, "changed at {at}");
        }
        for text in ["", ".", "..", "a.b.c"] {
            assert_eq!(ours.caller(text, now), None);
        }
    }
}
