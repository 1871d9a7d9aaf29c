//! Transports of accounts.

use std::path::Path;
use std::sync::Arc;

use underpass_clouds::{CountedTransport, Counters, HttpTransport, Transport};
use underpass_model::cloud::Provider;

use crate::failure::Failure;

/// Transport of an account, which trusts the roots in `ca_file` or those of the system.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn transport(
    provider: Provider,
    ca_file: Option<&Path>,
    counters: &Arc<Counters>,
) -> Result<Arc<dyn Transport>, Failure> {
    let ca = match ca_file {
        None => None,
        Some(path) => Some(std::fs::read(path).map_err(|error| {
            Failure::refused(format!("read ca_file {}: {error}", path.display()))
        })?),
    };
    let http = HttpTransport::new(ca.as_deref())
        .map_err(|error| Failure::caused("set up TLS with ca_file", &error))?;
    let counted = CountedTransport::new(provider, Arc::clone(counters), Arc::new(http));
    Ok(Arc::new(counted))
}
