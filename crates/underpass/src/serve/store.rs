//! Engine of the store by the configuration.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use underpass_store::PostgresOptions;

use crate::config::StoreConfig;
use crate::control_plane::StoreEngine;
use crate::control_plane::data_dir::DataDir;
use crate::failure::Failure;

/// File of this server with its position in a database, in the data directory. Another one than that of
/// SQLite, which may have been the store before.
const POSITION: &str = "database.position";

/// Engine of the store: a database if its URL is set.
///
/// # Errors
/// If the URL or the roots cannot be read.
pub(super) fn engine(config: &StoreConfig, directory: &DataDir) -> Result<StoreEngine, Failure> {
    let Some(mut options) = database(config)? else {
        return Ok(StoreEngine::Sqlite);
    };
    options.position_file = Some(directory.join(POSITION));
    Ok(StoreEngine::Postgres(Box::new(options)))
}

/// Database of a configuration; `None`: SQLite.
///
/// # Errors
/// If the URL or the roots cannot be read.
pub(crate) fn database(config: &StoreConfig) -> Result<Option<PostgresOptions>, Failure> {
    let Some(url) = config.database_url() else {
        return Ok(None);
    };
    let mut options = PostgresOptions::new(url.read()?.expose());
    options.readers = config.readers;
    if let Some(path) = &config.database_ca_file {
        options.roots = database_roots(path)?;
    }
    Ok(Some(options))
}

/// Roots in a PEM file.
///
/// # Errors
/// If the file cannot be read, or contains no certificate.
pub(crate) fn database_roots(path: &Path) -> Result<RootCertStore, Failure> {
    let refused = |reason: &str| Failure::refused(format!("read {}: {reason}", path.display()));
    let pem = std::fs::read(path).map_err(|error| refused(&error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(&pem) {
        let root = root.map_err(|error| refused(&error.to_string()))?;
        roots
            .add(root)
            .map_err(|error| refused(&error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refused("it contains no certificate"));
    }
    Ok(roots)
}
