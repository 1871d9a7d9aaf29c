//! Secrets: in a file, in an environment variable, or inline.

use std::path::PathBuf;

use underpass_clouds::SecretSource;
use underpass_model::credentials::Secret;
use underpass_private_file as private_file;

use crate::failure::Failure;

/// Last parts of keys whose values are secrets.
const SECRETS: [&str; 5] = [
    "client_secret",
    "credentials",
    "access_token",
    "https_proxy",
    "secret",
];

/// Reports whether the value of a key is a secret, which is never shown.
pub(super) fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or_default();
    SECRETS.contains(&last)
}

/// Place of a secret.
#[derive(Debug, Clone)]
pub(crate) enum SecretPlace {
    File(PathBuf),
    /// Name of the variable.
    Environment(String),
    /// In the configuration itself.
    Inline(Secret),
}

impl SecretPlace {
    /// The place that is set, if any.
    ///
    /// # Errors
    /// If several are set; `key` is the key without suffix.
    pub(super) fn one_of(
        key: &str,
        file: Option<PathBuf>,
        variable: Option<String>,
        inline: Option<String>,
    ) -> Result<Option<Self>, String> {
        match (file, variable, inline) {
            (Some(file), None, None) => Ok(Some(Self::File(file))),
            (None, Some(variable), None) => Ok(Some(Self::Environment(variable))),
            (None, None, Some(secret)) => Ok(Some(Self::Inline(Secret::new(secret)))),
            (None, None, None) => Ok(None),
            _ => Err(format!("set only one of {key}_file, {key}_env and {key}")),
        }
    }

    /// Source for a driver, which reads a file again when it changes.
    ///
    /// # Errors
    /// If an environment variable is missing or empty.
    pub(crate) fn source(&self) -> Result<SecretSource, Failure> {
        match self {
            Self::File(path) => Ok(SecretSource::File(path.clone())),
            Self::Environment(_) | Self::Inline(_) => self.read().map(SecretSource::Given),
        }
    }

    /// Reads the secret, without blanks around it.
    ///
    /// # Errors
    /// If it is missing or empty.
    pub(crate) fn read(&self) -> Result<Secret, Failure> {
        let (place, text) = match self {
            Self::File(path) => (
                path.display().to_string(),
                private_file::read_to_string(path)?,
            ),
            Self::Environment(name) => (format!("variable {name}"), variable(name)),
            Self::Inline(secret) => return Ok(secret.clone()),
        };
        let text = text.ok_or_else(|| Failure::refused(format!("{place} does not exist")))?;
        match text.trim() {
            "" => Err(Failure::refused(format!("{place} is empty"))),
            secret => Ok(Secret::new(secret.to_owned())),
        }
    }

    /// Reports whether the secret is in the configuration itself.
    pub(super) const fn is_inline(&self) -> bool {
        matches!(self, Self::Inline(_))
    }
}

/// The value of an environment variable that the configuration names.
#[expect(
    clippy::disallowed_methods,
    reason = "the configuration names the variable, so the command line cannot declare it"
)]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
