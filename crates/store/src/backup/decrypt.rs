//! Decryption of a whole backup file.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;

use jiff::Timestamp;

use super::error::RestoreError;
use super::format::{CHUNK, ChunkKey, HEADER, Header, HeaderError, Position, TAG};
use crate::encryption::Cipher;

/// Writes the store in a backup file to `to`, and returns the time of the backup.
///
/// The written bytes are authentic only if this returns `Ok`.
///
/// # Errors
/// - [`RestoreError::File`]: the file cannot be read, or `to` not written.
/// - [`RestoreError::NotABackup`], [`RestoreError::OtherFormat`], [`RestoreError::OtherKey`]: the
///   file does not begin like a backup that was made with this key.
/// - [`RestoreError::Altered`]: the file is incomplete, or was altered.
pub(crate) fn decrypt(
    path: &Path,
    cipher: &Cipher,
    to: &mut impl Write,
) -> Result<Timestamp, RestoreError> {
    let path = path.to_owned();
    let mut file = File::open(&path).map_err(RestoreError::file("open", &path))?;
    let header = read(&mut file, HEADER).map_err(RestoreError::file("read", &path))?;
    let header = Header::decode(&header, cipher).map_err(|error| {
        let path = path.clone();
        match error {
            HeaderError::NotABackup => RestoreError::NotABackup { path },
            HeaderError::OtherFormat => RestoreError::OtherFormat { path },
            HeaderError::OtherKey => RestoreError::OtherKey { path },
        }
    })?;
    let key = ChunkKey::derive(cipher, &header.salt);
    let mut read = || read(&mut file, CHUNK + TAG).map_err(RestoreError::file("read", &path));
    let mut chunk = read()?;
    for number in 0.. {
        let following = read()?;
        let position = Position {
            number,
            is_last: following.is_empty(),
        };
        key.decrypt(position, &mut chunk)
            .ok_or_else(|| RestoreError::Altered { path: path.clone() })?;
        to.write_all(&chunk)
            .map_err(RestoreError::file("write the content of", &path))?;
        if position.is_last {
            break;
        }
        chunk = following;
    }
    Ok(header.made_at())
}

fn read(file: &mut File, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    let limit = u64::try_from(length).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
