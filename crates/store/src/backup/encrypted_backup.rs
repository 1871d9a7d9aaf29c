//! Encryption of a copy, piece by piece.

use std::fs::File;
use std::io::{self, Read};
use std::{fmt, mem};

use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::format::{CHUNK, ChunkKey, Header, Position, SALT};
use crate::encryption::{Cipher, EncryptionError};

/// The bytes of a backup file, in pieces of at most 64 KiB. They are complete when the iterator ends
/// without an error.
pub struct EncryptedBackup {
    copy: File,
    key: ChunkKey,
    /// The header, until it is returned.
    header: Option<Vec<u8>>,
    /// The next chunk, read ahead, because the last one is marked. `None`: the end was returned.
    next: Option<Vec<u8>>,
    number: u64,
}

impl EncryptedBackup {
    /// Encrypts a copy of a store from its beginning.
    ///
    /// # Errors
    /// If the copy cannot be read, or the operating system returned no random bytes.
    pub(crate) fn new(mut copy: File, cipher: &Cipher, made_at: Timestamp) -> io::Result<Self> {
        let mut salt = [0; SALT];
        SystemRandom::new()
            .fill(&mut salt)
            .map_err(|_| io::Error::other(EncryptionError::Random))?;
        let header = Header {
            made_at: made_at.as_second(),
            salt,
        };
        let first = read_chunk(&mut copy)?;
        Ok(Self {
            copy,
            key: ChunkKey::derive(cipher, &salt),
            header: Some(header.encode(cipher)),
            next: Some(first),
            number: 0,
        })
    }

    fn next_chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(current) = &mut self.next else {
            return Ok(None);
        };
        let mut chunk = mem::take(current);
        let following = read_chunk(&mut self.copy)?;
        let position = Position {
            number: self.number,
            is_last: following.is_empty(),
        };
        self.key.encrypt(position, &mut chunk);
        self.number += 1;
        self.next = (!following.is_empty()).then_some(following);
        Ok(Some(chunk))
    }
}

impl Iterator for EncryptedBackup {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(header) = self.header.take() {
            return Some(Ok(header));
        }
        let chunk = self.next_chunk();
        if chunk.is_err() {
            // An error ends the backup, without the chunk that marks its end.
            self.next = None;
        }
        chunk.transpose()
    }
}

impl fmt::Debug for EncryptedBackup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedBackup")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Reads a whole chunk, or what is left.
fn read_chunk(from: &mut File) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    from.take(limit).read_to_end(&mut chunk)?;
    Ok(chunk)
}
