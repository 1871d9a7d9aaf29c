//! Transports of accounts.

use std::path::Path;
use std::sync::Arc;

use underpass_clouds::{CountedTransport, Counters, HttpTransport, Proxy, Transport, Trust};
use underpass_model::cloud::Provider;

use crate::failure::Failure;

/// Parts that the transports of all accounts share.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedTransport {
    /// Counts the calls.
    pub(super) counters: Arc<Counters>,
    pub(super) proxy: Option<Proxy>,
}

impl SharedTransport {
    /// Transport of an account, which trusts the roots in `ca_file` besides the system's.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(super) fn transport(
        &self,
        provider: Provider,
        ca_file: Option<&Path>,
    ) -> Result<Arc<dyn Transport>, Failure> {
        let ca = match ca_file {
            None => None,
            Some(path) => Some(std::fs::read(path).map_err(|error| {
                Failure::refused(format!("read ca_file {}: {error}", path.display()))
            })?),
        };
        let trust = ca.as_deref().map_or(Trust::System, Trust::SystemAnd);
        let http = HttpTransport::with(trust, self.proxy.as_ref())
            .map_err(|error| Failure::caused("set up TLS with ca_file", &error))?;
        let counters = Arc::clone(&self.counters);
        let counted = CountedTransport::new(provider, counters, Arc::new(http));
        Ok(Arc::new(counted))
    }
}
