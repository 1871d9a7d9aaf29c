//! A copy of a store in a file to an empty database.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::connector::Connector;
use super::error::{engine, outage};
use super::import::{Imported, import};
use super::lineage::random;
use super::options::PostgresOptions;
use super::outage::Outage;
use super::schema;
use super::session::{BatchId, Failed, Session};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::sqlite::moved::{self, Moved};
use crate::sqlite::{StoredRows, export};

/// Numbers of what was copied, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedRows {
    /// Documents.
    pub documents: usize,
    /// Rows of work.
    pub work: usize,
    /// Events of the history.
    pub events: usize,
    /// Address of the database, without a password.
    pub to: String,
}

/// A copy that was not made.
#[derive(Debug, thiserror::Error)]
enum NotCopied {
    #[error("it already contains a store. Name an empty database, or drop its tables")]
    NotEmpty,
    #[error("it did not keep all rows, so that nothing was left there")]
    OtherNumbers,
    #[error(
        "the connection was lost while the copy was committed, so that it may be complete. Repeat the \
         command, which finds out"
    )]
    Unknown(#[source] tokio_postgres::Error),
}

/// Copies the store in a file to an empty database: documents with their versions, work, the history, and
/// the numbers, so that a reader of changes goes on. Secrets stay encrypted with the same key. The file
/// is migrated first and not changed otherwise; no process may have it open. A mark beside it refuses every
/// later opening, because the database is the store from then on.
///
/// The database has everything or nothing of it: the rows are counted there before the commit. A copy whose
/// end was not learned is recognised when it is repeated. `progress` is told the numbers of rows that were
/// written and of all.
///
/// # Errors
/// - [`Error::Open`]: the file or the address cannot be opened, the store was copied before or is older
///   than it was, or the database is not empty.
/// - [`Error::Newer`], [`Error::WrongKey`]: as at the opening of both.
/// - [`Error::Engine`]: the file cannot be read, or the database cannot be reached or written.
pub async fn copy_to_postgres(
    file: &Path,
    options: &PostgresOptions,
    cipher: Cipher,
    now: Timestamp,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<CopiedRows, Error> {
    let begun = match moved::read(file)? {
        Some(moved) if moved.is_complete => {
            moved::refuse(file)?;
            None
        }
        begun => begun,
    };
    let rows = export(file, &cipher)?;
    let connector = Connector::new(options).map_err(|source| Error::Open {
        // The address may contain a password.
        path: PathBuf::from("postgresql://…"),
        source,
    })?;
    let failed = |error| engine("copy the store to the database")(error);
    let client = connector.open().await.map_err(failed)?;
    let address = connector.address();
    let refused = |reason: NotCopied| Error::Open {
        path: PathBuf::from(&address),
        source: Box::new(reason),
    };
    schema::prepare(&client, &cipher, &address).await?;
    let draw = || random().ok_or_else(|| outage("draw an ID", Outage::NoRandom));
    let id = match &begun {
        Some(moved) => moved.id,
        None => draw()?,
    };
    let mut mark = Moved {
        id,
        to: address.clone(),
        at: now,
        is_complete: false,
    };
    let batch = BatchId {
        replica: format!("copy {id}"),
        number: 1,
    };
    let session = Session::open(&connector, &batch.replica, cipher.key_ids()).await;
    let session = session.map_err(failed)?;
    let is_done = begun.is_some() && session.has_committed(&batch).await.map_err(failed)?;
    if !is_done {
        // The lineage of the database begins before its first number.
        let next = draw()?;
        session.lineages(next).await.map_err(failed)?;
        moved::write(file, &mark)?;
        let imported = Box::pin(import(&session, &rows, &batch, progress)).await;
        let refusal = match imported {
            Ok(Imported::Whole) => None,
            Ok(Imported::NotEmpty) => Some(refused(NotCopied::NotEmpty)),
            Ok(Imported::OtherNumbers) => Some(refused(NotCopied::OtherNumbers)),
            Err(Failed::Whole(error)) => Some(failed(error)),
            Err(Failed::Unknown(error)) => return Err(refused(NotCopied::Unknown(error))),
        };
        if let Some(refusal) = refusal {
            // Nothing was copied, so that the file stays the store.
            moved::remove(file)?;
            return Err(refusal);
        }
    }
    mark.is_complete = true;
    moved::write(file, &mark)?;
    Ok(copied(&rows, address))
}

fn copied(rows: &StoredRows, to: String) -> CopiedRows {
    CopiedRows {
        documents: rows.documents.len(),
        work: rows.work.len(),
        events: rows.events.len(),
        to,
    }
}
