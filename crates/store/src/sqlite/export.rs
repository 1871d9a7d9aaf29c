//! The rows of a store as they are stored, for a copy in another engine.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::{changes, error::engine, lineage, schema, witness};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::lineage::StorePosition;

/// Everything in a store. Secrets stay sealed.
#[derive(Debug, Default)]
pub(crate) struct StoredRows {
    pub(crate) documents: Vec<StoredRow>,
    /// Numbers, kinds and keys.
    pub(crate) removals: Vec<(i64, String, String)>,
    pub(crate) work: Vec<StoredWork>,
    pub(crate) events: Vec<StoredEvent>,
    pub(crate) last: u64,
    pub(crate) last_event: u64,
}

/// A document.
#[derive(Debug)]
pub(crate) struct StoredRow {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) version: i64,
    pub(crate) format: i32,
    pub(crate) body: String,
}

/// A row of work without a lease.
#[derive(Debug)]
pub(crate) struct StoredWork {
    pub(crate) key: String,
    pub(crate) due_at: Option<i64>,
    pub(crate) requested: Option<i64>,
    pub(crate) priority: i16,
    pub(crate) owner: Option<String>,
    pub(crate) since: Option<i64>,
    pub(crate) epoch: Option<i64>,
    pub(crate) generation: Option<i64>,
    pub(crate) account: String,
}

/// An event.
#[derive(Debug)]
pub(crate) struct StoredEvent {
    pub(crate) position: i64,
    pub(crate) project: String,
    pub(crate) at: i64,
    /// Subject, actor, code, message and details.
    pub(crate) texts: [String; 5],
}

/// A store that is not copied.
#[derive(Debug, thiserror::Error)]
enum CannotBeCopied {
    #[error("there is no store in this file")]
    Missing,
    #[error(
        "it is older than it was: a backup or another copy was put in its place. Start Underpass on it \
         first, compare with `underpass recovery show`, and copy it afterwards"
    )]
    Older,
}

/// Reads everything from one snapshot, after the file was migrated and the key checked. No process may
/// have the store open: the holders of its leases are gone.
pub(crate) fn export(path: &Path, cipher: &Cipher) -> Result<StoredRows, Error> {
    let open = |source: Box<dyn std::error::Error + Send + Sync>| Error::Open {
        path: path.to_owned(),
        source,
    };
    // The opening would create it.
    if !path.is_file() {
        return Err(open(Box::new(CannotBeCopied::Missing)));
    }
    let mut connection = schema::open(path, cipher)?;
    let position = StorePosition {
        lineage: lineage::read(&connection)?,
        number: changes::last(&connection)?,
    };
    let older = witness::compare(path, position).map_err(|error| open(Box::new(error.source)))?;
    if older.is_some() {
        return Err(open(Box::new(CannotBeCopied::Older)));
    }
    let snapshot = connection
        .transaction()
        .map_err(engine("begin read transaction"))?;
    let last = changes::last(&snapshot)?;
    let read = || {
        Ok(StoredRows {
            documents: rows(&snapshot, DOCUMENTS, [], document)?,
            removals: rows(&snapshot, REMOVALS, [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?,
            work: rows(&snapshot, WORK, [], work)?,
            events: rows(&snapshot, EVENTS, [], event)?,
            last,
            last_event: snapshot
                .query_row(LAST_EVENT, [], |row| row.get::<_, i64>(0))
                .optional()?
                .unwrap_or_default()
                .cast_unsigned(),
        })
    };
    read().map_err(engine("read the store"))
}

const DOCUMENTS: &str = "SELECT kind, key, version, format, body FROM record ORDER BY kind, key";
const REMOVALS: &str = "SELECT number, kind, key FROM removal ORDER BY number";
const WORK: &str = "SELECT key, due_at, requested_generation, priority, lease_owner, lease_since,
    lease_epoch, lease_generation, account FROM work ORDER BY key";
const EVENTS: &str = "SELECT seq, project, at, subject, actor, code, message, details FROM event
    ORDER BY seq";
/// The last position, also of an event that is no longer kept.
const LAST_EVENT: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'event'";

fn rows<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map(values, read)?.collect()
}

fn document(row: &Row<'_>) -> rusqlite::Result<StoredRow> {
    // A damaged text becomes one that is no document either.
    let body = String::from_utf8_lossy(row.get_ref(4)?.as_bytes()?).replace('\0', "\u{FFFD}");
    Ok(StoredRow {
        kind: row.get(0)?,
        key: row.get(1)?,
        version: row.get(2)?,
        format: row.get(3)?,
        body,
    })
}

fn work(row: &Row<'_>) -> rusqlite::Result<StoredWork> {
    Ok(StoredWork {
        key: row.get(0)?,
        due_at: row.get(1)?,
        requested: row.get(2)?,
        priority: row.get(3)?,
        owner: row.get(4)?,
        since: row.get(5)?,
        epoch: row.get(6)?,
        generation: row.get(7)?,
        account: row.get(8)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    let text = |index: usize| row.get::<_, String>(index);
    Ok(StoredEvent {
        position: row.get(0)?,
        project: row.get(1)?,
        at: row.get(2)?,
        texts: [text(3)?, text(4)?, text(5)?, text(6)?, text(7)?],
    })
}
