//! A copy of a store in a file to an empty database.

use std::path::{Path, PathBuf};

use super::connector::Connector;
use super::error::{engine, outage};
use super::import::import;
use super::lineage::random;
use super::options::PostgresOptions;
use super::outage::Outage;
use super::schema;
use super::session::{BatchId, Session};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::sqlite::export;

/// Numbers of what was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopiedRows {
    /// Documents.
    pub documents: usize,
    /// Rows of work.
    pub work: usize,
    /// Events of the history.
    pub events: usize,
}

/// A database that is not empty.
#[derive(Debug, thiserror::Error)]
#[error("it already contains a store. Name an empty database, or drop its tables")]
struct NotEmpty;

/// Copies the store in a file to an empty database: documents with their versions, work, the history, and
/// the numbers, so that a reader of changes goes on. Secrets stay encrypted with the same key. The file
/// is migrated first and not changed otherwise; no process may have it open.
///
/// The database has everything or nothing of it.
///
/// # Errors
/// - [`Error::Open`]: the file or the address cannot be opened, or the database is not empty.
/// - [`Error::Newer`], [`Error::WrongKey`]: as at the opening of both.
/// - [`Error::Engine`]: the file cannot be read, or the database cannot be reached or written.
pub async fn copy_to_postgres(
    file: &Path,
    options: &PostgresOptions,
    cipher: Cipher,
) -> Result<CopiedRows, Error> {
    let rows = export(file, &cipher)?;
    let connector = Connector::new(options).map_err(|source| Error::Open {
        // The address may contain a password.
        path: PathBuf::from("postgresql://…"),
        source,
    })?;
    let failed = |error| engine("copy the store to the database")(error);
    let client = connector.open().await.map_err(failed)?;
    let address = connector.address();
    schema::prepare(&client, &cipher, &address).await?;
    let id = random().ok_or_else(|| outage("draw an ID", Outage::NoRandom))?;
    let session = Session::open(&connector, &id.to_string())
        .await
        .map_err(failed)?;
    // The lineage of the database begins before its first number.
    session.lineages(id).await.map_err(failed)?;
    let batch = BatchId {
        replica: id.to_string(),
        number: 1,
    };
    let is_copied = Box::pin(import(&session, &rows, &batch)).await;
    if !is_copied.map_err(failed)? {
        return Err(Error::Open {
            path: PathBuf::from(address),
            source: Box::new(NotEmpty),
        });
    }
    Ok(CopiedRows {
        documents: rows.documents.len(),
        work: rows.work.len(),
        events: rows.events.len(),
    })
}
