//! The mark beside a store that was copied to a database, which is the store from then on.
//!
//! A start on the old file by mistake would change clouds by decisions of an earlier time. The mark is
//! written before the copy begins, so that a crash leaves no two stores, and completed after it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use underpass_private_file as private_file;

use crate::error::Error;
use crate::lineage::Lineage;

/// Extension of the file.
const EXTENSION: &str = "moved";

/// Content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// ID of the copy, which the database has once it is complete.
    pub(crate) id: Lineage,
    /// Address of the database, without a password.
    pub(crate) to: String,
    /// Time of the copy.
    pub(crate) at: Timestamp,
    /// True once it is known to be complete.
    pub(crate) is_complete: bool,
}

/// A store that must not be opened.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(
        "it was copied to {to} at {at}, which is the store now. Name that database in the \
         configuration (store.database_url_file), or delete {mark} to use the state of that time, which \
         the clouds do not have any more"
    )]
    Complete {
        to: String,
        at: Timestamp,
        mark: String,
    },
    #[error(
        "a copy to {to} began at {at} and may be complete. Repeat `underpass store copy`, which finds \
         out, or delete {mark} if that database is not to be used"
    )]
    Begun {
        to: String,
        at: Timestamp,
        mark: String,
    },
}

/// Returns the path of the mark beside a store.
fn path_beside(store: &Path) -> PathBuf {
    store.with_extension(EXTENSION)
}

/// Reads the mark of a store.
///
/// # Errors
/// [`Error::Open`]: the file cannot be read or understood.
pub(crate) fn read(store: &Path) -> Result<Option<Moved>, Error> {
    let path = path_beside(store);
    let text = private_file::read(&path).map_err(|error| unusable(&path, error.source))?;
    text.map(|text| serde_json::from_slice(&text).map_err(|error| unusable(&path, error)))
        .transpose()
}

/// Writes the mark of a store.
///
/// # Errors
/// [`Error::Open`]: the file cannot be written.
pub(crate) fn write(store: &Path, moved: &Moved) -> Result<(), Error> {
    let path = path_beside(store);
    let mut text = serde_json::json!(moved).to_string();
    text.push('\n');
    private_file::write(&path, text.as_bytes()).map_err(|error| unusable(&path, error.source))
}

/// Removes the mark of a store whose copy did not happen.
///
/// # Errors
/// [`Error::Open`]: the file cannot be removed.
pub(crate) fn remove(store: &Path) -> Result<(), Error> {
    let path = path_beside(store);
    std::fs::remove_file(&path).map_err(|error| unusable(&path, error))
}

/// Refuses a store with a mark.
///
/// # Errors
/// [`Error::Open`]: the store was copied to a database.
pub(crate) fn refuse(store: &Path) -> Result<(), Error> {
    let Some(Moved {
        to,
        at,
        is_complete,
        ..
    }) = read(store)?
    else {
        return Ok(());
    };
    let mark = path_beside(store).display().to_string();
    let refusal = if is_complete {
        Refusal::Complete { to, at, mark }
    } else {
        Refusal::Begun { to, at, mark }
    };
    Err(unusable(store, refusal))
}

fn unusable(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Open {
        path: path.to_owned(),
        source: Box::new(source),
    }
}
