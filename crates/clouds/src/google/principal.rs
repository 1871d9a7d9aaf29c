//! The identity that a way to sign in leads to, as far as it is known without a call.

use super::credentials::Credentials;
use super::credentials_file::CredentialsFile;

/// The identity whose rights are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A service account, by its email address.
    ServiceAccount(String),
    /// A federated identity, by the workload identity provider that its token names.
    Federated(String),
    /// The service account of the machine, whatever it is.
    Machine,
    /// The identity of a token that the operator gave.
    GivenToken,
    /// The identity of a file that cannot be read.
    Unreadable,
}

impl Principal {
    /// The identity of credentials. Reads their file.
    pub fn of(credentials: &Credentials) -> Self {
        match credentials {
            Credentials::Impersonation {
                service_account, ..
            } => Self::ServiceAccount(service_account.clone()),
            Credentials::Metadata {
                service_account, ..
            } => match service_account {
                Some(email) if email != "default" => Self::ServiceAccount(email.clone()),
                Some(_) | None => Self::Machine,
            },
            Credentials::AccessToken(_) => Self::GivenToken,
            Credentials::File(source) => match CredentialsFile::read(source) {
                Ok(CredentialsFile::ServiceAccount(account)) => {
                    Self::ServiceAccount(account.email().to_owned())
                }
                Ok(CredentialsFile::ExternalAccount(account)) => match account.impersonation() {
                    Some(impersonation) => Self::ServiceAccount(impersonation.email().to_owned()),
                    None => Self::Federated(account.audience().to_owned()),
                },
                Err(_unreadable) => Self::Unreadable,
            },
        }
    }

    /// The identity in words.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::ServiceAccount(email) => format!("signed in as service account {email}"),
            Self::Federated(audience) => format!("signed in as a federated identity of {audience}"),
            Self::Machine => "signed in as the machine's service account".to_owned(),
            Self::GivenToken => "uses the access token of the configuration".to_owned(),
            Self::Unreadable => "signed in".to_owned(),
        }
    }

    /// The member of bindings in commands.
    pub fn member(&self) -> String {
        match self {
            Self::ServiceAccount(email) => format!("serviceAccount:{email}"),
            Self::Federated(_) | Self::Machine | Self::GivenToken | Self::Unreadable => {
                "MEMBER".to_owned()
            }
        }
    }
}
