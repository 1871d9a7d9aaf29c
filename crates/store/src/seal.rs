//! Encryption of secrets at rest.
//!
//! AES-256-GCM by ring. A sealed body is `{"sealed": base64(nonce, ciphertext, tag)}`; kind and
//! key of its row are authenticated with it, so a sealed body does not open in another row's
//! place. The nonce is random, which is safe for some 2^32 seals with one key (NIST SP 800-38D
//! §8.3); secrets are written when people change them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};

use crate::private_file;

/// Length of a key: 32 bytes, as AES-256 has it.
const KEY_LEN: usize = 32;

/// The one member of a sealed body.
const MEMBER: &str = "sealed";

/// Seals secrets and opens them.
pub struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
}

/// Why a secret could not be sealed or opened, or no key be had.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key file cannot be read or written.
    #[error("{action} key file `{}`", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The key file can be read by others.
    #[error(
        "key file `{path}` has mode {mode:04o}, but only its owner may have access: run \
         `chmod 600 {path}`, and consider who may have read it",
        path = path.display()
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file holds something else.
    #[error(
        "key file `{}` does not hold a key (32 bytes in base64): put back the key file that \
         belongs to the store", path.display()
    )]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// Sealing itself failed.
    #[error("the secret is too large to be sealed")]
    TooLarge,
    /// What is stored is not sealed.
    #[error("what is stored is not sealed, as it must be: it was altered")]
    NotSealed,
    /// The seal does not open.
    #[error(
        "the key does not open it: it was sealed with another key or for another row, or it was \
         altered"
    )]
    Shut,
}

// === impl Sealer ===

impl Sealer {
    /// Uses this key.
    #[expect(
        clippy::missing_panics_doc,
        reason = "a key of this length is always taken"
    )]
    pub fn from_bytes(key: &[u8; KEY_LEN]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key)
            .expect("invariant: a key of 32 bytes is what AES-256 takes");
        Self {
            key: LessSafeKey::new(key),
            random: SystemRandom::new(),
        }
    }

    /// Uses the key in this file, made first if there is none: one line of base64, readable by
    /// its owner alone. Whoever calls this must be alone with the file's directory.
    ///
    /// # Errors
    /// When others may read the file, or it holds no key, or it cannot be read or made.
    pub fn from_key_file(path: &Path) -> Result<Self, SealError> {
        let file = |action| {
            move |source| SealError::File {
                action,
                path: path.to_owned(),
                source,
            }
        };
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => {
                let mut key = [0; KEY_LEN];
                SystemRandom::new()
                    .fill(&mut key)
                    .map_err(|_| SealError::Random)?;
                let line = BASE64.encode(key) + "\n";
                private_file::create(path, line.as_bytes()).map_err(file("create"))?;
            }
            Err(source) => return Err(file("look for")(source)),
        }
        if let Some(mode) = private_file::exposed_mode(path).map_err(file("inspect"))? {
            return Err(SealError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let line = std::fs::read(path).map_err(file("read"))?;
        let key = BASE64
            .decode(line.trim_ascii())
            .ok()
            .and_then(|key| key.try_into().ok());
        let key = key.ok_or_else(|| SealError::Malformed {
            path: path.to_owned(),
        })?;
        Ok(Self::from_bytes(&key))
    }

    /// Seals the body of a row.
    pub(crate) fn seal(&self, kind: &str, key: &str, body: &Value) -> Result<Value, SealError> {
        let mut nonce = [0; NONCE_LEN];
        self.random
            .fill(&mut nonce)
            .map_err(|_| SealError::Random)?;
        let mut secret = body.to_string().into_bytes();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(format!("{kind}/{key}")),
                &mut secret,
            )
            .map_err(|_| SealError::TooLarge)?;
        let sealed = [nonce.as_slice(), &secret].concat();
        Ok(json!({ MEMBER: BASE64.encode(sealed) }))
    }

    /// Opens the body of a row.
    pub(crate) fn open(&self, kind: &str, key: &str, body: &Value) -> Result<Value, SealError> {
        let text = body
            .get(MEMBER)
            .and_then(Value::as_str)
            .ok_or(SealError::NotSealed)?;
        let sealed = BASE64.decode(text).map_err(|_| SealError::Shut)?;
        let (nonce, secret) = sealed.split_first_chunk().ok_or(SealError::Shut)?;
        let mut secret = secret.to_vec();
        let plain = self
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(format!("{kind}/{key}")),
                &mut secret,
            )
            .map_err(|_| SealError::Shut)?;
        serde_json::from_slice(plain).map_err(|_| SealError::Shut)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

#[cfg(test)]
mod tests;
