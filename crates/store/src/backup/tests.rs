use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;
use tempfile::TempDir;

use super::format::{CHUNK, FORMAT_NAME, HEADER, TAG};
use super::*;
use crate::encryption::Cipher;

fn cipher() -> Cipher {
    Cipher::from_bytes(&[7; 32])
}

fn made_at() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// A backup of some content, and the file that it is restored from.
struct Backup {
    _directory: TempDir,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Backup {
    fn of(content: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("backup");
        fs::write(&path, content).unwrap();
        let copy = fs::File::open(&path).unwrap();
        let pieces = EncryptedBackup::new(copy, &cipher(), made_at()).unwrap();
        let bytes: Vec<u8> = pieces.flat_map(Result::unwrap).collect();
        fs::write(&path, &bytes).unwrap();
        Self {
            _directory: directory,
            path,
            bytes,
        }
    }

    fn decrypt(&self, cipher: &Cipher) -> Result<(Timestamp, Vec<u8>), RestoreError> {
        let mut content = Vec::new();
        let made_at = decrypt(&self.path, cipher, &mut content)?;
        Ok((made_at, content))
    }

    /// Decrypts other bytes in its place.
    fn altered(&self, bytes: &[u8]) -> RestoreError {
        fs::write(&self.path, bytes).unwrap();
        let error = self.decrypt(&cipher()).unwrap_err();
        fs::write(&self.path, &self.bytes).unwrap();
        error
    }

    fn chunk(&self, number: usize) -> &[u8] {
        let begin = HEADER + number * (CHUNK + TAG);
        let end = (begin + CHUNK + TAG).min(self.bytes.len());
        self.bytes.get(begin..end).unwrap()
    }
}

/// Content that repeats in no chunk.
fn content(length: usize) -> Vec<u8> {
    (0_u32..).flat_map(u32::to_le_bytes).take(length).collect()
}

#[test]
fn content_of_every_length_comes_back_and_is_not_readable_in_the_backup() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
        let content = content(length);
        let backup = Backup::of(&content);
        assert_eq!(backup.decrypt(&cipher()).unwrap(), (made_at(), content));
    }
    let backup = Backup::of("hash of a token".repeat(9).as_bytes());
    let readable = String::from_utf8_lossy(&backup.bytes);
    assert!(!readable.contains("token"));
}

#[test]
fn two_backups_of_one_store_share_no_chunk() {
    let content = content(100);
    let (one, other) = (Backup::of(&content), Backup::of(&content));
    assert_ne!(one.chunk(0), other.chunk(0));
    let moved = [one.bytes.get(..HEADER).unwrap(), other.chunk(0)].concat();
    assert!(matches!(one.altered(&moved), RestoreError::Altered { .. }));
}

#[test]
fn an_incomplete_backup_is_refused_wherever_it_ends() {
    let backup = Backup::of(&content(2 * CHUNK + 5));
    let end_of = |chunks: usize| HEADER + chunks * (CHUNK + TAG);
    for length in [
        HEADER,
        HEADER + 1,
        end_of(1) - 1,
        end_of(1),
        end_of(1) + TAG,
        end_of(2),
        backup.bytes.len() - 1,
    ] {
        let error = backup.altered(backup.bytes.get(..length).unwrap());
        assert!(matches!(error, RestoreError::Altered { .. }), "{length}");
    }
    for length in [0, 1, FORMAT_NAME.len() - 1] {
        let error = backup.altered(backup.bytes.get(..length).unwrap());
        assert!(matches!(error, RestoreError::NotABackup { .. }), "{length}");
    }
    for length in FORMAT_NAME.len()..HEADER {
        let bytes = backup.bytes.get(..length).unwrap();
        // Nothing of it can be used, whatever it is called.
        backup.altered(bytes);
    }
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let backup = Backup::of(&content(CHUNK + 5));
    let last = backup.bytes.len() - 1;
    for place in [HEADER, HEADER + CHUNK, HEADER + CHUNK + TAG, last] {
        let mut bytes = backup.bytes.clone();
        *bytes.get_mut(place).unwrap() ^= 1;
        let error = backup.altered(&bytes);
        assert!(matches!(error, RestoreError::Altered { .. }), "{place}");
    }
    // Time, salt and code of the header.
    for place in FORMAT_NAME.len() + 2..HEADER {
        let mut bytes = backup.bytes.clone();
        *bytes.get_mut(place).unwrap() ^= 1;
        let error = backup.altered(&bytes);
        assert!(matches!(error, RestoreError::OtherKey { .. }), "{place}");
    }
}

#[test]
fn chunks_cannot_be_exchanged_repeated_removed_or_added() {
    let backup = Backup::of(&content(3 * CHUNK));
    let header = backup.bytes.get(..HEADER).unwrap();
    let [a, b, c] = [0, 1, 2].map(|number| backup.chunk(number));
    let lists: [&[&[u8]]; 6] = [
        &[b, a, c],
        &[a, a, b, c],
        &[a, c],
        &[a, b],
        &[a, b, c, c],
        &[a, b, c, b"more"],
    ];
    for chunks in lists {
        let bytes = [header, &chunks.concat()].concat();
        let error = backup.altered(&bytes);
        assert!(matches!(error, RestoreError::Altered { .. }));
    }
}

#[test]
fn a_backup_of_another_store_or_format_and_another_file_are_told_apart() {
    let backup = Backup::of(&content(5));
    let other = Cipher::from_bytes(&[8; 32]);
    let error = backup.decrypt(&other).unwrap_err();
    assert!(matches!(error, RestoreError::OtherKey { .. }));

    let mut newer = backup.bytes.clone();
    *newer.get_mut(FORMAT_NAME.len()).unwrap() = b'2';
    let error = backup.altered(&newer);
    assert!(matches!(error, RestoreError::OtherFormat { .. }));

    let mut database = b"SQLite format 3\0".to_vec();
    database.write_all(&content(2 * HEADER)).unwrap();
    let error = backup.altered(&database);
    assert!(matches!(error, RestoreError::NotABackup { .. }));
}
