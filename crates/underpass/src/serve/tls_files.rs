//! Certificate and key of the API's listener, in files.

use std::path::Path;

use underpass_http_server::TlsIdentity;

use crate::config::TlsFiles;
use crate::failure::Failure;

/// Reads both files for a listener.
///
/// # Errors
/// If a file cannot be read, or they do not belong together.
pub(super) fn identity(files: &TlsFiles) -> Result<TlsIdentity, Failure> {
    let (chain, key) = read(files)?;
    TlsIdentity::from_pem(&chain, &key).map_err(|error| refused(files, &error))
}

/// Reads both files again; after a failure, the former certificate stays.
///
/// # Errors
/// As [`identity`].
pub(super) fn renew(identity: &TlsIdentity, files: &TlsFiles) -> Result<(), Failure> {
    let (chain, key) = read(files)?;
    let replaced = identity.replace(&chain, &key);
    replaced.map_err(|error| refused(files, &error))
}

fn read(files: &TlsFiles) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let read = |key: &str, path: &Path| {
        std::fs::read(path)
            .map_err(|error| Failure::refused(format!("read {key} {}: {error}", path.display())))
    };
    Ok((
        read("server.certificate_file", &files.certificate)?,
        read("server.key_file", &files.key)?,
    ))
}

fn refused(files: &TlsFiles, error: &dyn std::error::Error) -> Failure {
    Failure::refused(format!(
        "use {} with {}: {error}",
        files.certificate.display(),
        files.key.display()
    ))
    .hint("the files must be PEM: the certificate with its chain, and its private key")
}
