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

use crate::key_ring::{KEY_LEN, KeyRing};

/// The only member of an encrypted body. Stored databases contain it.
const MEMBER: &str = "sealed";

/// Encrypts secrets with one key, and decrypts those of two keys while one takes the place of the other.
pub struct Cipher {
    key: LessSafeKey,
    /// Key that encrypts after the next step of a rotation.
    next: Option<LessSafeKey>,
    /// Key that encrypted before.
    old: Option<LessSafeKey>,
    /// Key of the proofs in the clouds, unless it is derived.
    proof: Option<[u8; KEY_LEN]>,
    /// IDs of the keys, which tell nothing of them; that of the first one first.
    ids: String,
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
    pub fn from_bytes(key: &[u8; KEY_LEN]) -> Self {
        Self::from_ring(&KeyRing::of(*key))
    }

    /// Creates a cipher of the keys in a file.
    pub(crate) fn from_ring(ring: &KeyRing) -> Self {
        let keys = [Some(ring.current), ring.next, ring.old];
        let ids: Vec<_> = keys.iter().flatten().map(key_id).collect();
        Self {
            key: aes(&ring.current),
            next: ring.next.as_ref().map(aes),
            old: ring.old.as_ref().map(aes),
            proof: ring.proof,
            ids: ids.join(" "),
            base: hmac::Key::new(hmac::HMAC_SHA256, &ring.current),
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
                let text = KeyRing::of(draw_key()?).text();
                private_file::write(path, text.as_bytes())
                    .map_err(|error| file("create")(error.source))?;
            }
            Err(source) => return Err(file("look for")(source)),
        }
        Ok(Self::from_ring(&read_key_file(path)?))
    }

    /// IDs of the keys, separated by blanks; that of the key that encrypts first.
    pub(crate) fn key_ids(&self) -> &str {
        &self.ids
    }

    /// Returns the key of the proofs in the clouds: that of the file, or one that is derived for a
    /// purpose. It stays the same when the key of the store is replaced.
    pub fn proof_key(&self, purpose: &str) -> [u8; KEY_LEN] {
        self.proof.unwrap_or_else(|| self.derive_key(purpose))
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
        let keys = [Some(&self.key), self.next.as_ref(), self.old.as_ref()];
        let plain = keys
            .into_iter()
            .flatten()
            .find_map(|of| open(of, kind, key, &encrypted))
            .ok_or(EncryptionError::Undecryptable)?;
        serde_json::from_slice(&plain).map_err(|_| EncryptionError::Undecryptable)
    }

    /// Checks the body by which a store recognises its key. The next key is not accepted: a file that has it
    /// would encrypt with a key that is not accepted any more.
    pub(crate) fn check(&self, kind: &str, key: &str, body: &Value) -> Result<(), EncryptionError> {
        let is_of_next = self
            .next
            .as_ref()
            .is_some_and(|next| is_sealed_with(next, kind, key, body));
        if is_of_next {
            return Err(EncryptionError::Undecryptable);
        }
        self.decrypt(kind, key, body).map(drop)
    }

    /// Encrypts a body again that was encrypted with another key than the one that encrypts; `None` if it
    /// was encrypted with that.
    pub(crate) fn encrypt_again(
        &self,
        kind: &str,
        key: &str,
        body: &Value,
    ) -> Result<Option<Value>, EncryptionError> {
        if is_sealed_with(&self.key, kind, key, body) {
            return Ok(None);
        }
        let plain = self.decrypt(kind, key, body)?;
        self.encrypt(kind, key, &plain).map(Some)
    }
}

fn is_sealed_with(by: &LessSafeKey, kind: &str, key: &str, body: &Value) -> bool {
    let text = body.get(MEMBER).and_then(Value::as_str);
    let encrypted = text.and_then(|text| BASE64.decode(text).ok());
    encrypted.is_some_and(|encrypted| open(by, kind, key, &encrypted).is_some())
}

/// Decrypts with one key.
fn open(by: &LessSafeKey, kind: &str, key: &str, encrypted: &[u8]) -> Option<Vec<u8>> {
    let (nonce, secret) = encrypted.split_first_chunk()?;
    let mut secret = secret.to_vec();
    let aad = Aad::from(format!("{kind}/{key}"));
    let plain = by
        .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut secret)
        .ok()?;
    Some(plain.to_vec())
}

/// Reads a key file.
///
/// # Errors
/// As [`Cipher::from_key_file`], and [`EncryptionError::File`] if it does not exist.
pub(crate) fn read_key_file(path: &Path) -> Result<KeyRing, EncryptionError> {
    let file = |action| {
        move |source| EncryptionError::File {
            action,
            path: path.to_owned(),
            source,
        }
    };
    if let Some(mode) =
        private_file::exposed_mode(path).map_err(|error| file("inspect")(error.source))?
    {
        return Err(EncryptionError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let text = std::fs::read(path).map_err(file("read"))?;
    let ring = std::str::from_utf8(&text).ok().and_then(KeyRing::read);
    ring.ok_or_else(|| EncryptionError::Malformed {
        path: path.to_owned(),
    })
}

/// Draws a key.
///
/// # Errors
/// [`EncryptionError::Random`]: the operating system returned no random bytes.
pub(crate) fn draw_key() -> Result<[u8; KEY_LEN], EncryptionError> {
    let mut key = [0; KEY_LEN];
    SystemRandom::new()
        .fill(&mut key)
        .map_err(|_| EncryptionError::Random)?;
    Ok(key)
}

/// Returns the ID of a key: 64 bits that are derived from it.
pub(crate) fn key_id(key: &[u8; KEY_LEN]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, b"underpass key id");
    let first = tag.as_ref().first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

fn aes(key: &[u8; KEY_LEN]) -> LessSafeKey {
    let key =
        UnboundKey::new(&AES_256_GCM, key).expect("invariant: AES-256 takes a key of 32 bytes");
    LessSafeKey::new(key)
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

#[cfg(test)]
mod tests;
