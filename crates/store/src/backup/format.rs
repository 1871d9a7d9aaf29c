//! The layout of a backup file and its keys.
//!
//! The file is a header and chunks. The header is the format line, the time of the backup, a random
//! salt, and an HMAC-SHA256 of these three. The chunks are the STREAM construction (Hoang and others,
//! "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015) with AES-256-GCM:
//! the nonce is the number of the chunk and a flag of the last one, so that chunks that were removed,
//! repeated or exchanged, and an end that is missing, do not decrypt.
//!
//! Both keys are derived from the store's key; that of the chunks also from the salt, so no nonce is
//! used twice with one key.

use jiff::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::encryption::Cipher;

/// Bytes of the store in one chunk: 64 KiB, which bounds memory and keeps the tags below 0.1 %.
pub(super) const CHUNK: usize = 64 * 1024;

/// Length of a tag of AES-GCM: 16 bytes (NIST SP 800-38D).
pub(super) const TAG: usize = 16;

/// Length of the salt: 16 bytes, so that two backups never share one.
pub(super) const SALT: usize = 16;

/// Length of an HMAC-SHA256: 32 bytes.
const MAC: usize = 32;

/// Length of the time: a signed number of seconds since 1970, big-endian.
const TIME: usize = 8;

/// First line of every backup of every format.
pub(super) const FORMAT_NAME: &[u8] = b"underpass backup ";

/// The rest of the first line in this format.
const FORMAT: &[u8] = b"1\n";

/// Length of the header.
pub(super) const HEADER: usize = FORMAT_NAME.len() + FORMAT.len() + TIME + SALT + MAC;

/// Purpose of the key that the others are derived from. Stored backups depend on it.
const PURPOSE: &str = "underpass backup 1";

/// The beginning of a backup file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Time of the backup, in whole seconds.
    pub(super) made_at: i64,
    pub(super) salt: [u8; SALT],
}

/// Failure to read a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    /// The file is no backup.
    NotABackup,
    /// The file has another format.
    OtherFormat,
    /// The header was made with another key, or was altered.
    OtherKey,
}

/// The key of a backup's chunks.
pub(super) struct ChunkKey(LessSafeKey);

/// The position of a chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    pub(super) number: u64,
    pub(super) is_last: bool,
}

// === impl Header ===

impl Header {
    /// Encodes the header.
    pub(super) fn encode(&self, cipher: &Cipher) -> Vec<u8> {
        let mut bytes = [FORMAT_NAME, FORMAT].concat();
        bytes.extend(self.made_at.to_be_bytes());
        bytes.extend(self.salt);
        let mac = hmac::sign(&base_key(cipher), &bytes);
        bytes.extend(mac.as_ref());
        bytes
    }

    /// Decodes the header and checks that it was made with this key.
    pub(super) fn decode(bytes: &[u8], cipher: &Cipher) -> Result<Self, HeaderError> {
        let rest = bytes
            .strip_prefix(FORMAT_NAME)
            .ok_or(HeaderError::NotABackup)?;
        let rest = rest.strip_prefix(FORMAT).ok_or(HeaderError::OtherFormat)?;
        let (time, rest) = rest.split_first_chunk().ok_or(HeaderError::NotABackup)?;
        let (salt, mac) = rest.split_first_chunk().ok_or(HeaderError::NotABackup)?;
        let signed = bytes.get(..HEADER - MAC).ok_or(HeaderError::NotABackup)?;
        hmac::verify(&base_key(cipher), signed, mac).map_err(|_| HeaderError::OtherKey)?;
        Ok(Self {
            made_at: i64::from_be_bytes(*time),
            salt: *salt,
        })
    }

    /// Returns the time of the backup; the epoch if it is out of range, which no backup has.
    pub(super) fn made_at(&self) -> Timestamp {
        Timestamp::from_second(self.made_at).unwrap_or_default()
    }
}

// === impl ChunkKey ===

impl ChunkKey {
    /// Derives the key of the backup with this salt.
    pub(super) fn derive(cipher: &Cipher, salt: &[u8; SALT]) -> Self {
        let derived = hmac::sign(&base_key(cipher), &[b"chunks ".as_slice(), salt].concat());
        let key = UnboundKey::new(&AES_256_GCM, derived.as_ref())
            .expect("invariant: AES-256 takes a key of 32 bytes, the length of SHA-256");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts a chunk and appends its tag.
    pub(super) fn encrypt(&self, position: Position, chunk: &mut Vec<u8>) {
        self.0
            .seal_in_place_append_tag(position.nonce(), Aad::empty(), chunk)
            .expect("invariant: a chunk is below the length limit of AES-GCM");
    }

    /// Decrypts a chunk and removes its tag; `None` if it is not the chunk of this position.
    pub(super) fn decrypt(&self, position: Position, chunk: &mut Vec<u8>) -> Option<()> {
        let plain = self
            .0
            .open_in_place(position.nonce(), Aad::empty(), chunk)
            .ok()?
            .len();
        chunk.truncate(plain);
        Some(())
    }
}

// === impl Position ===

impl Position {
    fn nonce(self) -> Nonce {
        let mut bytes = [0; NONCE_LEN];
        let [_, _, _, number @ .., flag] = &mut bytes;
        *number = self.number.to_be_bytes();
        *flag = u8::from(self.is_last);
        Nonce::assume_unique_for_key(bytes)
    }
}

fn base_key(cipher: &Cipher) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &cipher.derive_key(PURPOSE))
}
