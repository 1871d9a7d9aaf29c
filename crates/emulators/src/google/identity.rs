//! The identities of the provider's project, which the admin routes replace: keys of service accounts,
//! workload identity providers, and who may issue tokens of a service account.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::service_account::{AssertionError, Claims, ServiceAccount};
use super::workload_identity::WorkloadIdentityProvider;
use crate::secret::Secret;

/// The body of `PUT /credentials`. It replaces all identities.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct NewIdentity {
    /// Key files in Google's format; the first is that of the machine's own account.
    service_account_keys: Vec<Value>,
    workload_identity_providers: Vec<WorkloadIdentityProvider>,
    token_creators: Vec<TokenCreators>,
    /// Set to make the tokens that were issued invalid.
    revoke_tokens: bool,
}

/// The members with `iam.serviceAccounts.getAccessToken` on a service account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenCreators {
    service_account: String,
    /// Email addresses of service accounts, and `principal://…` of federated identities.
    members: Vec<String>,
}

/// The present identities.
#[derive(Default)]
pub(super) struct Identity {
    present: RwLock<Arc<Present>>,
}

/// One state of the identities.
#[derive(Default)]
pub(super) struct Present {
    accounts: Vec<ServiceAccount>,
    pub(super) providers: Vec<WorkloadIdentityProvider>,
    token_creators: Vec<TokenCreators>,
    /// The number of revocations; tokens contain it.
    pub(super) revocations: u64,
}

impl Identity {
    /// The identities at the start.
    pub(super) fn new(account: Option<ServiceAccount>) -> Self {
        let present = Present {
            accounts: account.into_iter().collect(),
            ..Present::default()
        };
        Self {
            present: RwLock::new(Arc::new(present)),
        }
    }

    /// The present state.
    pub(super) fn present(&self) -> Arc<Present> {
        Arc::clone(&self.present.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces all identities; refuses key files that cannot be read.
    pub(super) fn replace(&self, new: NewIdentity) -> Result<(), &'static str> {
        let keys = new.service_account_keys.iter();
        let accounts: Result<Vec<_>, _> = keys
            .map(|file| ServiceAccount::parse(&Secret::new(file.to_string())))
            .collect();
        let accounts = accounts
            .map_err(|_reason| "service_account_keys has something else than key files.")?;
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        let revocations = present.revocations + u64::from(new.revoke_tokens);
        *present = Arc::new(Present {
            accounts,
            providers: new.workload_identity_providers,
            token_creators: new.token_creators,
            revocations,
        });
        Ok(())
    }
}

impl Present {
    /// The machine's own service account.
    pub(super) fn own_account(&self) -> Option<&ServiceAccount> {
        self.accounts.first()
    }

    /// Verifies a JWT that a service account signed; the caller checks audience and scope.
    pub(super) fn claims(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(&ServiceAccount, Claims), AssertionError> {
        let mut failure = AssertionError::UnknownAccount;
        for account in &self.accounts {
            match account.claims(token, now) {
                Ok(claims) => return Ok((account, claims)),
                // Another key of the same account may have signed it.
                Err(AssertionError::UnknownAccount) => {}
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Reports whether a member may issue tokens of a service account.
    pub(super) fn may_issue(&self, member: &str, service_account: &str) -> bool {
        self.token_creators.iter().any(|it| {
            it.service_account == service_account && it.members.iter().any(|one| one == member)
        })
    }
}
