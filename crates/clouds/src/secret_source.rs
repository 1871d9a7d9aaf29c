//! Secrets of cloud accounts: given as text, or in files that are read again when they change.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use underpass_model::credentials::Secret;

use crate::error::{Error, ErrorKind, own};

/// The largest file of a secret: 1 MiB. Keys and tokens have a few KiB; a larger file is a mistake.
const LARGEST_FILE: u64 = 1024 * 1024;

/// The place of a secret.
///
/// Files are small and local. They are read without a runtime's help, because the simulation has no
/// runtime.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// The secret itself, for as long as the account exists.
    Given(Secret),
    /// A file, read for every request that needs the secret. White space around it is ignored. A
    /// changed file is used from the next call on.
    File(PathBuf),
}

/// A version of a file: equal as long as the file is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FileVersion(Option<(u64, u64, i64, i64)>);

/// A secret that cannot be used, with the reason; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}. {remedy}")]
pub struct BadSecret {
    /// The failure.
    what: String,
    /// The next step.
    remedy: String,
}

impl SecretSource {
    /// Reads the secret.
    ///
    /// # Errors
    /// The file cannot be read, is empty, is too large, or is not text.
    pub(crate) fn read(&self) -> Result<Secret, BadSecret> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) => read(path),
        }
    }

    /// Returns the present version of the file.
    pub(crate) fn version(&self) -> FileVersion {
        match self {
            Self::Given(_) => FileVersion::default(),
            Self::File(path) => FileVersion(fs::metadata(path).ok().map(|found| {
                let (seconds, nanoseconds) = (found.mtime(), found.mtime_nsec());
                (found.ino(), found.len(), seconds, nanoseconds)
            })),
        }
    }

    /// Names the source in an error.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Given(_) => "the configured secret".to_owned(),
            Self::File(path) => format!("`{}`", path.display()),
        }
    }
}

fn read(path: &Path) -> Result<Secret, BadSecret> {
    let name = path.display();
    let failed = |error: &std::io::Error| {
        let what = format!("`{name}` cannot be read ({error})");
        BadSecret::new(
            what,
            "Check the path and that this process's user may read it",
        )
    };
    let length = fs::metadata(path).map_err(|error| failed(&error))?.len();
    if length > LARGEST_FILE {
        let what = format!("`{name}` has {length} bytes, more than {LARGEST_FILE}");
        return Err(BadSecret::new(what, "Name the file with the secret"));
    }
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    let text = text.trim();
    if text.is_empty() {
        let what = format!("`{name}` is empty");
        return Err(BadSecret::new(what, "Write the secret into the file"));
    }
    Ok(Secret::new(text.to_owned()))
}

// === impl BadSecret ===

impl BadSecret {
    pub(crate) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// Returns the error of a request that needs the secret.
    pub(crate) fn error(self, action: &str) -> Error {
        let mut error = own(ErrorKind::Denied, action, "UnusableCredentials", self.what);
        error.remedy = Some(self.remedy);
        error
    }
}

#[cfg(test)]
impl FileVersion {
    /// Returns the version of a file that need not exist.
    pub(crate) const fn of_test(number: u64) -> Self {
        Self(Some((number, 0, 0, 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_the_reason() {
        for (path, reason) in [
            ("/dev/null", "is empty"),
            ("/nonexistent/secret", "cannot be read"),
            ("/proc", "cannot be read"),
        ] {
            let source = SecretSource::File(path.into());
            let error = source.read().expect_err(path).to_string();
            assert!(error.contains(path) && error.contains(reason), "{error}");
        }
    }
}
