//! Encryption of secrets at rest.
//!
//! AES-256-GCM by ring. An encrypted body is `{"sealed": base64(nonce, ciphertext, tag)}`. The kind
//! and key of its row are authenticated with it, so an encrypted body moved to another row does not
//! decrypt. The nonce is random, which is safe for 2^32 encryptions with one key (NIST SP 800-38D
//! §8.3). Secrets are written only on user requests.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Value, json};
use underpass_private_file as private_file;

/// Key length of AES-256: 32 bytes (FIPS 197).
const KEY_LEN: usize = 32;

/// The only member of an encrypted body. Stored databases contain it.
const MEMBER: &str = "sealed";

/// Encrypts and decrypts secrets with one key.
pub struct Cipher {
    key: LessSafeKey,
    /// Key from which keys for other purposes are derived.
    base: hmac::Key,
    random: SystemRandom,
}

/// An error of encryption, decryption, or the key file.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// The key file cannot be read or written.
    #[error("{action} key file `{}`", path.display())]
    File {
        /// The attempted operation, as a present-tense verb.
        action: &'static str,
        /// The key file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// Other users have access to the key file.
    #[error(
        "key file `{path}` has mode {mode:04o}, but only its owner may have access. Run \
         `chmod 600 {path}`. If another user may have read the key, treat the stored secrets as \
         disclosed",
        path = path.display()
    )]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file does not contain a key.
    #[error(
        "key file `{}` does not contain a key (32 bytes in base64). Restore the key file that \
         belongs to the store", path.display()
    )]
    Malformed {
        /// The key file.
        path: PathBuf,
    },
    /// The operating system returned no random bytes.
    #[error("the operating system returned no random bytes")]
    Random,
    /// The secret exceeds the length limit of AES-GCM.
    #[error("the secret is too large to be encrypted")]
    TooLarge,
    /// The stored body is plain text.
    #[error("the stored body is not encrypted, as its kind requires. The database was altered")]
    NotEncrypted,
    /// The key does not decrypt the stored body.
    #[error(
        "the key does not decrypt the stored body. It was encrypted with another key or for another \
         row, or it was altered"
    )]
    Undecryptable,
}

// === impl Sealer ===

impl Cipher {
    /// Creates a cipher of a key.
    #[expect(
        clippy::missing_panics_doc,
        reason = "ring accepts every key of this length"
    )]
    pub fn from_bytes(key: &[u8; KEY_LEN]) -> Self {
        let base = hmac::Key::new(hmac::HMAC_SHA256, key);
        let key =
            UnboundKey::new(&AES_256_GCM, key).expect("invariant: AES-256 takes a key of 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            base,
            random: SystemRandom::new(),
        }
    }

    /// Creates a cipher of the key in a file, which is created with a random key if it does not
    /// exist: one line of base64, readable by its owner only. No other process may use the file's
    /// directory meanwhile.
    ///
    /// # Errors
    /// - [`EncryptionError::File`]: the file cannot be created, inspected or read.
    /// - [`EncryptionError::Exposed`]: other users have access to the file.
    /// - [`EncryptionError::Malformed`]: the file does not contain a key.
    /// - [`EncryptionError::Random`]: the operating system returned no random bytes.
    pub fn from_key_file(path: &Path) -> Result<Self, EncryptionError> {
        let file = |action| {
            move |source| EncryptionError::File {
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
                    .map_err(|_| EncryptionError::Random)?;
                let line = BASE64.encode(key) + "\n";
                private_file::write(path, line.as_bytes())
                    .map_err(|error| file("create")(error.source))?;
            }
            Err(source) => return Err(file("look for")(source)),
        }
        if let Some(mode) =
            private_file::exposed_mode(path).map_err(|error| file("inspect")(error.source))?
        {
            return Err(EncryptionError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let line = std::fs::read(path).map_err(file("read"))?;
        let key = BASE64
            .decode(line.trim_ascii())
            .ok()
            .and_then(|key| key.try_into().ok());
        let key = key.ok_or_else(|| EncryptionError::Malformed {
            path: path.to_owned(),
        })?;
        Ok(Self::from_bytes(&key))
    }

    /// Derives a key for another purpose: HMAC-SHA256 of the purpose's name, which is a
    /// pseudorandom function (RFC 2104).
    pub fn derive_key(&self, purpose: &str) -> [u8; KEY_LEN] {
        let mut derived = [0; KEY_LEN];
        let tag = hmac::sign(&self.base, purpose.as_bytes());
        derived.copy_from_slice(tag.as_ref());
        derived
    }

    /// Encrypts the body of a row.
    pub(crate) fn encrypt(
        &self,
        kind: &str,
        key: &str,
        body: &Value,
    ) -> Result<Value, EncryptionError> {
        let mut nonce = [0; NONCE_LEN];
        self.random
            .fill(&mut nonce)
            .map_err(|_| EncryptionError::Random)?;
        let mut secret = body.to_string().into_bytes();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(format!("{kind}/{key}")),
                &mut secret,
            )
            .map_err(|_| EncryptionError::TooLarge)?;
        let encrypted = [nonce.as_slice(), &secret].concat();
        Ok(json!({ MEMBER: BASE64.encode(encrypted) }))
    }

    /// Decrypts the body of a row.
    pub(crate) fn decrypt(
        &self,
        kind: &str,
        key: &str,
        body: &Value,
    ) -> Result<Value, EncryptionError> {
        let text = body
            .get(MEMBER)
            .and_then(Value::as_str)
            .ok_or(EncryptionError::NotEncrypted)?;
        let encrypted = BASE64
            .decode(text)
            .map_err(|_| EncryptionError::Undecryptable)?;
        let (nonce, secret) = encrypted
            .split_first_chunk()
            .ok_or(EncryptionError::Undecryptable)?;
        let mut secret = secret.to_vec();
        let plain = self
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(format!("{kind}/{key}")),
                &mut secret,
            )
            .map_err(|_| EncryptionError::Undecryptable)?;
        serde_json::from_slice(plain).map_err(|_| EncryptionError::Undecryptable)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

#[cfg(test)]
mod tests;
