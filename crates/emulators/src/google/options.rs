//! Options of an emulated Google.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::Ipv4Net;

use super::model::IamPolicy;
use crate::error::Error;
use crate::listen;
use crate::secret::Secret;

/// Options of an emulated Google.
#[derive(Debug, Clone)]
pub struct Options {
    /// Listen address of the API, over plain HTTP. Port 0 chooses a free port and stores it in the
    /// data directory.
    pub listen: SocketAddr,
    /// Listen address of the admin routes, over plain HTTP; must be a loopback address. Port 0 as for
    /// `listen`.
    pub admin_listen: SocketAddr,
    /// Listen address of the proxy, whose tunnels to Google's hosts end in the emulator, over TLS
    /// with the emulator's certificate; `None` disables it. Port 0 as for `listen`.
    pub proxy_listen: Option<SocketAddr>,
    /// Listen address of the metadata server, which issues the provider's token to local processes;
    /// must be a loopback address; `None` disables it. Port 0 as for `listen`.
    pub metadata_listen: Option<SocketAddr>,
    /// Directory of all durable data; for one process at a time.
    pub data_dir: PathBuf,
    /// Duration of an operation; zero completes it in the reply.
    pub operation_delay: Duration,
    /// Regions that are accepted besides those of the list, by the provider's own names.
    pub further_regions: BTreeSet<String>,
    /// Delay after which the connected endpoints of a service attachment show a change.
    pub status_lag: Duration,
    /// The range of endpoint addresses that carry bytes; must be inside 127.0.0.0/8.
    pub consumer_cidr: Option<Ipv4Net>,
    /// The id of the provider's project.
    pub provider_project: String,
    /// A bearer token of the provider that never expires.
    pub provider_token: Secret,
    /// Content of the key file of the provider's service account.
    pub service_account: Option<Secret>,
    /// A service account with a token of its own, until an admin route replaces the policy.
    pub principal: Option<Principal>,
}

/// A service account that has exactly the permissions of its roles.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Its email address.
    pub email: String,
    /// A bearer token that never expires.
    pub token: Secret,
    /// The bindings in effect, its own among them.
    pub policy: IamPolicy,
}

// === impl Options ===

impl Options {
    /// Validates the options, before anything is opened or written.
    ///
    /// # Errors
    /// [`Error`] for an admin or metadata address that is not a loopback address, a consumer range
    /// outside of 127.0.0.0/8, an invalid project id, or an empty token.
    pub(super) fn checked(self) -> Result<Self, Error> {
        listen::check(self.consumer_cidr, self.admin_listen)?;
        listen::check_metadata(self.metadata_listen)?;
        if !is_valid_project_id(&self.provider_project) {
            return Err(Error::Project(self.provider_project));
        }
        if self.provider_token.reveal().is_empty() {
            return Err(Error::EmptyToken);
        }
        Ok(self)
    }

    /// Returns the URL that clients use, with the bound port.
    pub(super) fn base_url(&self, port: u16) -> String {
        let host = listen::reachable(self.listen.ip());
        format!("http://{}", SocketAddr::new(host, port))
    }
}

/// Reports whether a text is a valid project id (docs: "Creating and managing projects").
fn is_valid_project_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (6..=30).contains(&text.len())
        && text.bytes().all(is_allowed)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::is_valid_project_id;

    #[test]
    fn project_ids_are_valid_as_google_documents_them() {
        for id in ["underpass", "p-1234", "a23456"] {
            assert!(is_valid_project_id(id), "{id}");
        }
        for text in [
            "", "short", "1project", "project-", "Project", "pro ject", "pro/ject",
        ] {
            assert!(!is_valid_project_id(text), "{text}");
        }
        assert!(!is_valid_project_id(&"p".repeat(31)));
    }
}
