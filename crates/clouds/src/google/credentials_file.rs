//! Credentials in Google's JSON format: the kinds that are supported.

use serde::Deserialize;
use underpass_model::credentials::Secret;

use super::external_account::ExternalAccount;
use super::service_account::ServiceAccount;
use crate::secret_source::{BadSecret, SecretSource};

/// A parsed file.
pub(super) enum CredentialsFile {
    /// The key of a service account.
    ServiceAccount(ServiceAccount),
    /// A configuration of workload identity federation.
    ExternalAccount(ExternalAccount),
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    name: String,
}

impl CredentialsFile {
    /// Reads and parses a file.
    pub(super) fn read(source: &SecretSource) -> Result<Self, BadSecret> {
        let text = source.read()?;
        Self::parse(&text).map_err(|reason| {
            let remedy = "Use the file that `gcloud iam service-accounts keys create` or `gcloud \
                          iam workload-identity-pools create-cred-config` writes";
            BadSecret::new(format!("{}: {reason}", source.name()), remedy)
        })
    }

    fn parse(text: &Secret) -> Result<Self, String> {
        // The parser's messages may quote a secret.
        let kind: Kind = serde_json::from_str(text.expose())
            .map_err(|_quotes| "it is not JSON with a member `type`".to_owned())?;
        match kind.name.as_str() {
            "service_account" => ServiceAccount::parse(text)
                .map(Self::ServiceAccount)
                .map_err(str::to_owned),
            "external_account" => ExternalAccount::parse(text).map(Self::ExternalAccount),
            other => Err(format!(
                "credentials of the type `{}` are not supported. Valid types: service_account, \
                 external_account",
                crate::document::bounded(other, 40)
            )),
        }
    }
}
