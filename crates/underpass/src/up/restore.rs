//! Restore of the store of an `up` that does not run.

use std::path::Path;

use error_reporter::Report;
use jiff::Timestamp;
use underpass_private_file as private_file;
use underpass_store::{Cipher, RestoreError, Restored, Sqlite};

use crate::control_plane::data_dir::{DataDir, STORE, STORE_KEY};
use crate::failure::Failure;

/// Replaces the store of a data directory by the one in a backup. `key_file` is copied to a
/// directory that has no key.
///
/// # Errors
/// If an `up` uses the directory, the key is missing or another one, or the backup cannot be used.
pub(crate) fn restore(
    data_dir: &Path,
    backup: &Path,
    key_file: Option<&Path>,
    now: Timestamp,
) -> Result<Restored, Failure> {
    // Before the directory is created, which a mistyped path would do.
    let existing = private_file::read(&data_dir.join(STORE_KEY))?;
    let given = key_file.map(read_key).transpose()?;
    match (&existing, &given) {
        (None, None) => {
            return Err(
                Failure::refused(format!("{} has no {STORE_KEY}", data_dir.display())).hint(
                    "choose the data directory with --data-dir, or add the key file of the store \
                     that was backed up with --key-file",
                ),
            );
        }
        (Some(existing), Some(given)) if existing.trim_ascii() != given.trim_ascii() => {
            return Err(Failure::refused(format!(
                "{} has another key than the given file",
                data_dir.display()
            ))
            .hint(
                "choose an empty data directory with --data-dir. The store of this one cannot be \
                 read with the given key",
            ));
        }
        _ => {}
    }
    let directory = DataDir::open(data_dir)?;
    let key = directory.join(STORE_KEY);
    let copied = match (existing, given) {
        (None, Some(given)) => {
            // Before the store: with a store and without its key, the next start would make another
            // key.
            private_file::write(&key, &given)?;
            Some(key.clone())
        }
        _ => None,
    };
    let restored = restore_with(&key, backup, &directory.join(STORE), now);
    if let (Err(_), Some(key)) = (&restored, copied) {
        // The directory is empty again; a failure to delete the key changes nothing about the store.
        let _ = std::fs::remove_file(key);
    }
    restored
}

fn restore_with(
    key: &Path,
    backup: &Path,
    store: &Path,
    now: Timestamp,
) -> Result<Restored, Failure> {
    let cipher = Cipher::from_key_file(key).map_err(|error| failure(&error))?;
    Sqlite::restore(backup, store, &cipher, now).map_err(|error| match &error {
        RestoreError::OtherKey { .. } => failure(&error).hint(format!(
            "the key is {}. Use the {STORE_KEY} of the time of the backup",
            key.display()
        )),
        _ => failure(&error),
    })
}

fn read_key(path: &Path) -> Result<Vec<u8>, Failure> {
    private_file::read(path)?
        .ok_or_else(|| Failure::refused(format!("the key file {} does not exist", path.display())))
}

fn failure<E: std::error::Error>(error: &E) -> Failure {
    Failure::refused(Report::new(error))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use underpass_store::{BackupSource as _, Lineage};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    /// A data directory with a store, a backup of it, and the parent of both.
    fn backed_up() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let (data, backup) = (parent.path().join("data"), parent.path().join("backup"));
        let directory = DataDir::open(&data).unwrap();
        let cipher = Cipher::from_key_file(&directory.join(STORE_KEY)).unwrap();
        let store = Sqlite::open(&directory.join(STORE), cipher, Lineage::from_bits(1)).unwrap();
        let pieces = store.back_up(now()).unwrap();
        let bytes: Vec<u8> = pieces.flat_map(Result::unwrap).collect();
        std::fs::write(&backup, bytes).unwrap();
        (parent, data, backup)
    }

    #[test]
    fn a_store_in_use_is_not_replaced() {
        let (_parent, data, backup) = backed_up();
        let running = DataDir::open(&data).unwrap();
        let refused = restore(&data, &backup, None, now()).unwrap_err();
        assert!(
            refused.to_string().contains("another `underpass up`"),
            "{refused}"
        );
        drop(running);
        let restored = restore(&data, &backup, None, now()).unwrap();
        assert_eq!(restored.made_at, now());
        assert!(restored.replaced.unwrap().exists());
    }

    #[test]
    fn a_new_directory_needs_the_key_and_keeps_it() {
        let (parent, data, backup) = backed_up();
        let (fresh, key) = (parent.path().join("fresh"), data.join(STORE_KEY));
        assert!(restore(&fresh, &backup, None, now()).is_err());
        assert!(!fresh.exists());

        let damaged = parent.path().join("damaged");
        std::fs::write(&damaged, "no backup").unwrap();
        assert!(restore(&fresh, &damaged, Some(&key), now()).is_err());
        assert!(!fresh.join(STORE_KEY).exists());

        restore(&fresh, &backup, Some(&key), now()).unwrap();
        let read = |path: &Path| std::fs::read(path).unwrap();
        assert_eq!(read(&fresh.join(STORE_KEY)), read(&key));
        assert!(fresh.join(STORE).exists());
    }

    #[test]
    fn the_key_of_another_store_is_refused() {
        let (_parent, data, backup) = backed_up();
        let (_other_parent, other, _) = backed_up();
        let key = data.join(STORE_KEY);
        let before = std::fs::read(other.join(STORE)).unwrap();
        let refused = restore(&other, &backup, Some(&key), now()).unwrap_err();
        assert!(refused.to_string().contains("another key"), "{refused}");
        let refused = restore(&other, &backup, None, now()).unwrap_err();
        assert!(refused.to_string().contains("another key"), "{refused}");
        assert_eq!(std::fs::read(other.join(STORE)).unwrap(), before);
    }
}
