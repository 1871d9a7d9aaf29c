//! Access tokens of Google Cloud: from a credentials file, from the metadata server, or given by the
//! operator; and tokens of other service accounts by these.

use bytes::Bytes;
use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};

use super::credentials::Credentials;
use super::credentials_file::CredentialsFile;
use super::impersonation::{self, Impersonation};
use crate::answer::Answer;
use crate::bearer::{Bearer, BearerCache};
use crate::error::{Error, ErrorKind, own};
use crate::secret_source::{FileVersion, SecretSource};
use crate::token_exchange::{ACTION, Issuer, Token, exchange, malformed, token};
use crate::transport::Transport;

/// The path of a service account on the metadata server.
const METADATA_PATH: &str = "/computeMetadata/v1/instance/service-accounts";

/// The scope of tokens for the driver: all of Compute Engine.
pub(super) const COMPUTE: &str = "https://www.googleapis.com/auth/compute";

/// The scope of tokens for the account check: reading all of Google Cloud, which
/// `projects.testIamPermissions` and `services.get` accept.
pub(super) const READ_ONLY: &str = "https://www.googleapis.com/auth/cloud-platform.read-only";

/// The scope of tokens that only request other tokens.
const IAM: &str = "https://www.googleapis.com/auth/iam";

/// The time before expiry at which a token is renewed: 60 s, twice the longest exchange.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// Requests tokens, and caches the last one.
pub(super) struct TokenSource {
    origin: Credentials,
    /// Service accounts whose tokens are requested with the origin's, in this order.
    impersonations: Vec<Impersonation>,
    /// The scope of the tokens.
    scope: &'static str,
    cache: BearerCache,
}

impl TokenSource {
    pub(super) fn new(credentials: Credentials, scope: &'static str) -> Self {
        let mut origin = credentials;
        let mut impersonations = Vec::new();
        while let Credentials::Impersonation {
            source,
            service_account,
            delegates,
            base_url,
        } = origin
        {
            let account = Impersonation::of(&base_url, &service_account, &delegates);
            impersonations.push(account);
            origin = *source;
        }
        impersonations.reverse();
        Self {
            origin,
            impersonations,
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
        if let (Credentials::AccessToken(token), []) = (&self.origin, &*self.impersonations) {
            // A given token cannot be renewed, so its rejection is final.
            return Ok(Bearer {
                token: token.clone(),
                is_fresh: true,
            });
        }
        let request = async { Ok(self.request(transport, now).await?.0) };
        self.cache.bearer(now, self.version(), request).await
    }

    /// Drops a rejected token, unless another one was requested in between.
    pub(super) fn reject(&self, bearer: &Bearer) {
        self.cache.reject(bearer);
    }

    /// Requests a token now, whatever is cached, and returns it with the last issuer's answer. A
    /// given token has none.
    pub(super) async fn sign_in(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<(Token, Option<Answer>), Error> {
        self.request(transport, now).await
    }

    /// Requests a token; once more if the file changed during a refused request.
    async fn request(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<(Token, Option<Answer>), Error> {
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
    ) -> Result<(Token, Option<Answer>), Error> {
        let file = match &self.origin {
            Credentials::File(source) => Some(read(source)?),
            _ => None,
        };
        let from_file = match &file {
            Some(CredentialsFile::ExternalAccount(account)) => account.impersonation(),
            _ => None,
        };
        let accounts: Vec<_> = from_file.iter().chain(&self.impersonations).collect();
        let scope = |is_last| if is_last { self.scope } else { IAM };

        let first = scope(accounts.is_empty());
        let (mut token, mut answer) = self.first(file.as_ref(), transport, first, now).await?;
        for (position, account) in accounts.iter().enumerate() {
            let email = account.email();
            let remedy = format!(
                "Let the source issue tokens of {email}: `gcloud iam service-accounts \
                 add-iam-policy-binding {email} --member=PRINCIPAL \
                 --role=roles/iam.serviceAccountTokenCreator` (a federated identity: \
                 roles/iam.workloadIdentityUser), and enable iamcredentials.googleapis.com"
            );
            let issuer = Issuer::of("google", remedy);
            let request = account.request(&token.0, scope(position + 1 == accounts.len()))?;
            let answered = exchange(transport, &issuer, request, now).await?;
            token = impersonation::token(&answered, now)?;
            answer = Some(answered);
        }
        Ok((token, answer))
    }

    /// Requests the origin's own token.
    async fn first(
        &self,
        file: Option<&CredentialsFile>,
        transport: &dyn Transport,
        scope: &str,
        now: Timestamp,
    ) -> Result<(Token, Option<Answer>), Error> {
        let (request, issuer) = match (&self.origin, file) {
            (_, Some(CredentialsFile::ServiceAccount(account))) => {
                let remedy = format!(
                    "Check the service account and its key (`gcloud iam service-accounts keys \
                     list --iam-account={}`), and this machine's clock",
                    account.email()
                );
                (account.request(scope, now)?, Issuer::of("google", remedy))
            }
            (_, Some(CredentialsFile::ExternalAccount(account))) => {
                let remedy = format!(
                    "Check that the workload identity provider {} exists, and that it trusts the \
                     issuer and audience of the other token (`gcloud iam \
                     workload-identity-pools providers describe`)",
                    account.audience()
                );
                let request = account.request(transport, scope).await?;
                (request, Issuer::of("google", remedy))
            }
            (
                Credentials::Metadata {
                    base_url,
                    service_account,
                },
                None,
            ) => {
                let account = service_account.as_deref().unwrap_or("default");
                let request = metadata_request(base_url, account)?;
                (request, metadata_issuer())
            }
            (Credentials::AccessToken(token), None) => {
                let lifetime = SignedDuration::from_hours(1);
                return Ok(((token.clone(), lifetime), None));
            }
            (Credentials::File(_) | Credentials::Impersonation { .. }, None) => {
                let message = "the account has no origin of tokens".to_owned();
                return Err(own(ErrorKind::Invalid, ACTION, "NoOrigin", message));
            }
        };
        let answer = exchange(transport, &issuer, request, now).await?;
        Ok((token(&answer)?, Some(answer)))
    }

    /// Returns the version of the file whose change renews the token.
    fn version(&self) -> FileVersion {
        match &self.origin {
            Credentials::File(source) => source.version(),
            _ => FileVersion::default(),
        }
    }
}

fn read(source: &SecretSource) -> Result<CredentialsFile, Error> {
    CredentialsFile::read(source).map_err(|bad| bad.error(ACTION))
}

fn metadata_request(base_url: &str, account: &str) -> Result<Request<Bytes>, Error> {
    let base_url = base_url.trim_end_matches('/');
    let url = format!("{base_url}{METADATA_PATH}/{account}/token");
    Request::builder()
        .method(Method::GET)
        .uri(&url)
        // Prevents token theft through a browser or proxy, which cannot set this header.
        .header("metadata-flavor", "Google")
        .body(Bytes::new())
        .map_err(|_malformed| malformed(&url))
}

fn metadata_issuer() -> Issuer {
    let remedy = "Attach a service account with the scope cloud-platform to this machine (`gcloud \
                  compute instances set-service-account`)";
    Issuer {
        unreachable: Some(
            "The metadata server exists only on machines of Google. Run Underpass on one, or \
             configure another way to sign in",
        ),
        ..Issuer::of("google", remedy)
    }
}
