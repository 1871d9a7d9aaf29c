//! A consistent copy of the database file while it is used.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use underpass_private_file::PendingFile;

use super::error::engine;
use super::schema;
use crate::error::Error;

/// Writes a copy beside the file and opens it. Its name is removed, so that nothing is left of it
/// once it is closed.
///
/// `VACUUM INTO` reads from one snapshot and blocks no writer. Unlike the online backup interface it
/// neither starts again when another connection writes, nor copies the free pages, which still
/// contain what was deleted.
pub(super) fn copy(path: &Path) -> Result<File, Error> {
    let unwritten = |source| Error::Engine {
        action: "write a copy of the store beside it",
        source: Box::new(source),
    };
    // For the owner only: tokens' hashes and names of customers are readable in the copy.
    let pending = PendingFile::create(path).map_err(|error| unwritten(error.source))?;
    let text = pending.path().to_str().ok_or_else(|| {
        unwritten(std::io::Error::other(
            "the path is not UTF-8, which SQLite requires",
        ))
    })?;
    vacuum_into(&schema::open_to_read(path)?, text)?;
    File::open(pending.path()).map_err(unwritten)
}

fn vacuum_into(connection: &Connection, path: &str) -> Result<(), Error> {
    connection
        .execute("VACUUM INTO ?1", [path])
        .map(drop)
        .map_err(engine("copy the store"))
}
