//! `[dns.keys.NAME]`

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use underpass_model::credentials::Secret;
use underpass_net::dns::{TsigAlgorithm, TsigKey};

use super::secret::SecretPlace;
use super::value;
use crate::failure::Failure;

/// A TSIG key, which a secondary has, too.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DnsKeyConfig {
    #[serde(default = "default_algorithm")]
    algorithm: String,
    #[serde(default, deserialize_with = "value::path")]
    secret_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::text")]
    secret_env: Option<String>,
    #[serde(default)]
    secret: Option<Secret>,
}

fn default_algorithm() -> String {
    TsigAlgorithm::Sha256.as_str().to_owned()
}

impl DnsKeyConfig {
    /// Checks everything but the secret in another place.
    ///
    /// # Errors
    /// The rest of the key in the configuration, and the message.
    pub(super) fn check(&self, name: &str) -> Result<(), (String, String)> {
        let algorithm = self.algorithm();
        let algorithm = algorithm.map_err(|message| (".algorithm".to_owned(), message))?;
        TsigKey::new(name, algorithm, &[]).map_err(|error| (String::new(), error.to_string()))?;
        let place = self.place();
        let place = place.map_err(|message| (String::new(), message))?;
        if let SecretPlace::Inline(secret) = place {
            decoded(&secret).map_err(|message| (".secret".to_owned(), message.to_owned()))?;
        }
        Ok(())
    }

    /// Reads the key.
    ///
    /// # Errors
    /// If the secret is missing, or not base64.
    pub(crate) fn read(&self, name: &str) -> Result<TsigKey, Failure> {
        let refused = |message: &str| Failure::refused(format!("dns.keys.{name}: {message}"));
        let algorithm = self.algorithm().map_err(|message| refused(&message))?;
        let place = self.place().map_err(|message| refused(&message))?;
        let secret = decoded(&place.read()?).map_err(refused)?;
        TsigKey::new(name, algorithm, &secret).map_err(|error| refused(&error.to_string()))
    }

    /// Reports whether the secret is in the configuration itself.
    pub(super) const fn is_inline(&self) -> bool {
        self.secret.is_some()
    }

    fn algorithm(&self) -> Result<TsigAlgorithm, String> {
        let mut known = TsigAlgorithm::ALL.into_iter();
        let found = known.find(|algorithm| algorithm.as_str() == self.algorithm);
        found.ok_or_else(|| {
            let valid = TsigAlgorithm::ALL.map(TsigAlgorithm::as_str).join(", ");
            format!(
                "`{}` is not supported. Valid values: {valid}",
                self.algorithm
            )
        })
    }

    fn place(&self) -> Result<SecretPlace, String> {
        let place = SecretPlace::one_of(
            "secret",
            self.secret_file.clone(),
            self.secret_env.clone(),
            self.secret
                .as_ref()
                .map(|secret| secret.expose().to_owned()),
        )?;
        place.ok_or_else(|| "secret_file or secret_env is required".to_owned())
    }
}

fn decoded(secret: &Secret) -> Result<Vec<u8>, &'static str> {
    let decoded = STANDARD.decode(secret.expose().trim());
    let decoded = decoded.ok().filter(|bytes| !bytes.is_empty());
    decoded.ok_or("the secret must be base64, as `keymgr -t` and `tsig-keygen` print it")
}
