//! Certificate and key of the API's listener, in files.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use underpass_http_server::TlsIdentity;

use crate::certificate_end;
use crate::clock;
use crate::config::TlsFiles;
use crate::failure::Failure;

/// Time before the end of a certificate from which it is warned of: 7 days. Certificates of 45 days are renewed
/// after two thirds of that.
const WARNED_BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Reads both files for a listener.
///
/// # Errors
/// If a file cannot be read, or they do not belong together.
pub(super) fn identity(files: &TlsFiles) -> Result<TlsIdentity, Failure> {
    let (chain, key) = read(files)?;
    let identity = TlsIdentity::from_pem(&chain, &key).map_err(|error| refused(files, &error))?;
    warn_of_end(files, &chain, clock::now());
    Ok(identity)
}

/// Reads both files again; after a failure, the former certificate stays.
///
/// # Errors
/// As [`identity`].
pub(super) fn renew(identity: &TlsIdentity, files: &TlsFiles) -> Result<(), Failure> {
    let (chain, key) = read(files)?;
    let replaced = identity.replace(&chain, &key);
    replaced.map_err(|error| refused(files, &error))?;
    warn_of_end(files, &chain, clock::now());
    Ok(())
}

/// Warns of a certificate that clients refuse, or will refuse soon. It is used all the same: the former one is no
/// better, and some clients verify nothing.
fn warn_of_end(files: &TlsFiles, chain: &[u8], now: Timestamp) {
    let Some(end) = certificate_end::of_chain(chain) else {
        return;
    };
    let file = files.certificate.display();
    if end <= now {
        tracing::warn!(%file, %end, "the certificate of the listener has expired: clients refuse it");
    } else if end.duration_since(now) < WARNED_BEFORE {
        tracing::warn!(%file, %end, "the certificate of the listener expires soon");
    }
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
