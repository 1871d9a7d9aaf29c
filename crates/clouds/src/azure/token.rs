//! Access tokens of Microsoft Entra (OAuth 2.0 client credentials, v2) and of managed identities.

use bytes::Bytes;
use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::utf8_percent_encode;

use super::certificate::ClientCertificate;
use super::credentials::Credentials;
use super::resource::ESCAPED;
use crate::answer::Answer;
use crate::bearer::{Bearer, BearerCache};
use crate::error::{Error, ErrorKind};
use crate::secret_source::{FileVersion, SecretSource};
use crate::token_exchange::{ACTION, Issuer, Token, exchange, form_request, malformed, token};
use crate::transport::Transport;

/// The time before expiry at which a token is renewed: 5 minutes, as in the provider's own clients.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// The type of a client's assertion (RFC 7523).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The path and version of the tokens of managed identities.
const IMDS_PATH: &str = "/metadata/identity/oauth2/token?api-version=2018-02-01";

/// Statuses of the instance metadata service that are transient: it is being updated (404, and 410
/// for at most 70 s; Microsoft, "How to use managed identities ... to acquire an access token").
const IMDS_TRANSIENT: &[u16] = &[404, 410];

/// Requests tokens, and caches the last one.
pub(super) struct TokenSource {
    credentials: Credentials,
    authority: String,
    scope: String,
    cache: BearerCache,
}

impl TokenSource {
    pub(super) fn new(credentials: Credentials, authority: &str, scope: String) -> Self {
        Self {
            credentials,
            authority: authority.trim_end_matches('/').to_owned(),
            scope,
            cache: BearerCache::new(RENEW_BEFORE),
        }
    }

    /// Returns a valid token.
    pub(super) async fn bearer(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<Bearer, Error> {
        let request = async { token(&self.request(transport, now).await?) };
        self.cache.bearer(now, self.version(), request).await
    }

    /// Drops a rejected token, unless another one was requested in between.
    pub(super) fn reject(&self, bearer: &Bearer) {
        self.cache.reject(bearer);
    }

    /// Requests a token now, whatever is cached, and returns it with its issuer's answer.
    pub(super) async fn sign_in(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<(Token, Answer), Error> {
        let answer = self.request(transport, now).await?;
        Ok((token(&answer)?, answer))
    }

    /// Requests a token; once more if the file changed during a refused request.
    async fn request(&self, transport: &dyn Transport, now: Timestamp) -> Result<Answer, Error> {
        let version = self.version();
        let answer = self.request_once(transport, now).await;
        match answer {
            Err(error) if error.kind == ErrorKind::Denied && self.version() != version => {
                self.request_once(transport, now).await
            }
            answer => answer,
        }
    }

    async fn request_once(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let request = match &self.credentials {
            Credentials::ClientSecret {
                tenant,
                client_id,
                secret,
            } => {
                let secret = secret.read().map_err(|bad| bad.error(ACTION))?;
                let proof = [("client_secret", secret.expose())];
                self.client_request(tenant, client_id, &proof)?
            }
            Credentials::ClientCertificate {
                tenant,
                client_id,
                pem,
            } => {
                let certificate = ClientCertificate::read(pem).map_err(|bad| bad.error(ACTION))?;
                let endpoint = self.endpoint(tenant);
                let assertion = certificate.assertion(client_id, &endpoint, now)?;
                self.client_request(tenant, client_id, &asserted(&assertion))?
            }
            Credentials::WorkloadIdentity {
                tenant,
                client_id,
                token_file,
            } => {
                let source = SecretSource::File(token_file.clone());
                let assertion = source.read().map_err(|bad| bad.error(ACTION))?;
                self.client_request(tenant, client_id, &asserted(assertion.expose()))?
            }
            Credentials::ManagedIdentity {
                client_id,
                endpoint,
            } => self.identity_request(endpoint, client_id.as_deref())?,
        };
        exchange(transport, &self.issuer(), request, now).await
    }

    /// Returns the version of the file whose change renews the token. A federated token only proves
    /// the identity, and is replaced all the time.
    fn version(&self) -> FileVersion {
        match &self.credentials {
            Credentials::ClientSecret { secret: file, .. }
            | Credentials::ClientCertificate { pem: file, .. } => file.version(),
            Credentials::WorkloadIdentity { .. } | Credentials::ManagedIdentity { .. } => {
                FileVersion::default()
            }
        }
    }

    fn endpoint(&self, tenant: &str) -> String {
        let tenant = utf8_percent_encode(tenant, ESCAPED);
        format!("{}/{tenant}/oauth2/v2.0/token", self.authority)
    }

    fn client_request(
        &self,
        tenant: &str,
        client_id: &str,
        proof: &[(&str, &str)],
    ) -> Result<Request<Bytes>, Error> {
        let grant = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
        ];
        let scope = [("scope", self.scope.as_str())];
        let members = grant.iter().chain(proof).chain(&scope);
        let form: Vec<_> = members
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED)))
            .collect();
        form_request(&self.endpoint(tenant), form.join("&"))
    }

    fn identity_request(
        &self,
        endpoint: &str,
        client_id: Option<&str>,
    ) -> Result<Request<Bytes>, Error> {
        let escaped = |text| utf8_percent_encode(text, ESCAPED);
        // This older protocol names the resource, not a scope of it.
        let resource = self.scope.trim_end_matches("/.default");
        let endpoint = endpoint.trim_end_matches('/');
        let mut url = format!("{endpoint}{IMDS_PATH}&resource={}", escaped(resource));
        if let Some(client_id) = client_id {
            url = format!("{url}&client_id={}", escaped(client_id));
        }
        Request::builder()
            .method(Method::GET)
            .uri(&url)
            // Prevents token theft through a browser or proxy, which cannot set this header.
            .header("metadata", "true")
            .body(Bytes::new())
            .map_err(|_malformed| malformed(&url))
    }

    fn issuer(&self) -> Issuer {
        let remedy = match &self.credentials {
            Credentials::ClientSecret { client_id, .. } => format!(
                "Check the account's tenant, client id and client secret. An expired secret is \
                 replaced with `az ad app credential reset --id {client_id} --append`"
            ),
            Credentials::ClientCertificate { client_id, .. } => format!(
                "Check the account's tenant and client id, and that the app knows the certificate \
                 (`az ad app credential list --id {client_id} --cert`). It is added with `az ad \
                 app credential reset --id {client_id} --append --cert @CERTIFICATE.pem`"
            ),
            Credentials::WorkloadIdentity { client_id, .. } => format!(
                "Check the account's tenant and client id, and that a federated credential has the \
                 token's issuer, subject and audience (`az ad app federated-credential list --id \
                 {client_id}`)"
            ),
            Credentials::ManagedIdentity {
                client_id: None, ..
            } => "Assign a managed identity to this machine (`az vm identity assign`). If it has \
                  several, configure the client id of one"
                .to_owned(),
            Credentials::ManagedIdentity {
                client_id: Some(client_id),
                ..
            } => format!(
                "Assign the identity with the client id {client_id} to this machine (`az vm \
                 identity assign --identities ID`)"
            ),
        };
        let issuer = Issuer::of("azure", remedy);
        match &self.credentials {
            Credentials::ManagedIdentity { .. } => Issuer {
                unreachable: Some(
                    "Managed identities exist only on machines of Azure. Run Underpass on one and \
                     let it reach the instance metadata service, or configure another way to sign \
                     in",
                ),
                transient: IMDS_TRANSIENT,
                ..issuer
            },
            Credentials::ClientSecret { .. }
            | Credentials::ClientCertificate { .. }
            | Credentials::WorkloadIdentity { .. } => issuer,
        }
    }
}

/// The members of a form that prove a client's identity by an assertion.
fn asserted(assertion: &str) -> [(&'static str, &str); 2] {
    [
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ]
}
