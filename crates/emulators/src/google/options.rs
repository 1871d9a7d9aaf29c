//! What an emulated Google is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::Ipv4Net;

use crate::error::Error;
use crate::listen;
use crate::secret::Secret;

/// What an emulated Google is told at its start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the cloud's API answers, over plain HTTP. Port 0 picks a free one and keeps it in the
    /// data directory.
    pub listen: SocketAddr,
    /// Where the admin routes answer, over plain HTTP; a loopback address. Port 0 picks a free one.
    pub admin_listen: SocketAddr,
    /// Where a proxy answers whose tunnels to Google's own hosts end here, over TLS with the
    /// emulator's certificate; none if absent. Port 0 as for `listen`.
    pub proxy_listen: Option<SocketAddr>,
    /// Where a metadata server gives the provider's token to whoever asks; none if absent.
    /// A loopback address. Port 0 as for `listen`.
    pub metadata_listen: Option<SocketAddr>,
    /// Everything durable is below it; no other process may use it at the same time.
    pub data_dir: PathBuf,
    /// How long an accepted operation takes; zero answers it finished.
    pub operation_delay: Duration,
    /// How long a service attachment still shows its old connections after a change.
    pub status_lag: Duration,
    /// Endpoint addresses inside it carry bytes; a range of 127.0.0.0/8.
    pub consumer_cidr: Option<Ipv4Net>,
    /// The id of the provider's project.
    pub provider_project: String,
    /// A bearer token that stands for the provider and never expires.
    pub provider_token: Secret,
    /// Content of a service account's key file; whoever holds it is the provider too.
    pub service_account: Option<Secret>,
}

// === impl Options ===

impl Options {
    /// Refuses what could never work, before anything is opened or written.
    pub(super) fn checked(self) -> Result<Self, Error> {
        listen::check(self.consumer_cidr, self.admin_listen)?;
        if let Some(address) = self.metadata_listen
            && !address.ip().is_loopback()
        {
            return Err(Error::MetadataAddress(address));
        }
        if !is_project(&self.provider_project) {
            return Err(Error::Project(self.provider_project));
        }
        if self.provider_token.reveal().is_empty() {
            return Err(Error::EmptyToken);
        }
        Ok(self)
    }

    /// The URL that clients use, given the port that was bound.
    pub(super) fn base_url(&self, port: u16) -> String {
        let host = listen::reachable(self.listen.ip());
        format!("http://{}", SocketAddr::new(host, port))
    }
}

/// Whether the text is a project's id.
fn is_project(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (6..=30).contains(&text.len())
        && text.bytes().all(known)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::is_project;

    #[test]
    fn only_what_google_takes_as_a_projects_id_is_one() {
        for id in ["underpass", "p-1234", "a23456"] {
            assert!(is_project(id), "{id}");
        }
        for text in [
            "", "short", "1project", "project-", "Project", "pro ject", "pro/ject",
        ] {
            assert!(!is_project(text), "{text}");
        }
        assert!(!is_project(&"p".repeat(31)));
    }
}
