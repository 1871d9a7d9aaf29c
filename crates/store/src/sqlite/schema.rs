//! Opening the database file: schema migrations and verification of the key.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};
use serde_json::{Value, json};
use underpass_private_file as private_file;

use super::limits::{BUSY_TIMEOUT, PREPARED_STATEMENTS, WRITER_CACHE};
use crate::backup::RestoreError;
use crate::encryption::{Cipher, EncryptionError};
use crate::error::Error;

/// The migrations from an empty file to the newest schema. The schema's version is the number of
/// migrations applied. A released migration is never edited.
///
/// A release runs on the schema of the next one, so that an update can be taken back: a release adds
/// (expand), and a later one removes what no supported release uses (contract) and raises
/// `min_reader`.
const MIGRATIONS: [&str; 10] = [
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_event_by_subject.sql"),
    include_str!("../../migrations/0003_changes.sql"),
    include_str!("../../migrations/0004_accounts.sql"),
    include_str!("../../migrations/0005_retention.sql"),
    include_str!("../../migrations/0006_formats.sql"),
    include_str!("../../migrations/0007_lineage.sql"),
    include_str!("../../migrations/0008_owners.sql"),
    include_str!("../../migrations/0009_rows_beside_keys.sql"),
    include_str!("../../migrations/0010_turns.sql"),
];

/// The plain text whose stored encryption shows whether a key belongs to the store.
pub(super) const KEY_CHECK_TEXT: &str = "underpass";

/// Opens the file for writing. Creates and migrates it if necessary.
pub(super) fn open(path: &Path, cipher: &Cipher) -> Result<Connection, Error> {
    private_file::create_if_missing(path).map_err(|error| refused(path, error.source))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|error| refused(path, error))?;
    prepare(&connection).map_err(|error| refused(path, error))?;
    let version = version(&connection).map_err(|error| refused(path, error))?;
    let min_reader = min_reader(&connection).map_err(|error| refused(path, error))?;
    check_version(path, version, min_reader)?;
    make_durable(&connection).map_err(|error| refused(path, error))?;
    migrate(&mut connection, version).map_err(|error| refused(path, error))?;
    check_key(&connection, cipher).map_err(|error| match error {
        KeyCheckError::Engine(error) => refused(path, error),
        KeyCheckError::Encryption(EncryptionError::Undecryptable) => Error::WrongKey {
            path: path.to_owned(),
        },
        KeyCheckError::Encryption(error) => refused(path, error),
    })?;
    Ok(connection)
}

/// Opens the file for reading, while a connection for writing is open.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| refused(path, error))?;
    prepare(&connection).map_err(|error| refused(path, error))?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Otherwise a statement is prepared again for each new value of a range, because the planner may
    // look at the values: a tenth of the time of reads.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    Ok(())
}

/// Enables concurrent readers (WAL) and a sync with each commit (FULL). In WAL mode, NORMAL would
/// lose the latest commits on a power failure (SQLite, "PRAGMA synchronous").
fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A negative size is one in KiB.
    connection.pragma_update(None, "cache_size", -WRITER_CACHE)?;
    // What a savepoint would restore is kept in memory. SQLite otherwise writes it to a temporary file.
    connection.pragma_update(None, "temp_store", "MEMORY")
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Returns the oldest schema whose version of Underpass can use the store; `None` if the store does
/// not tell.
fn min_reader(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let tells = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'compatibility')";
    if !connection.query_row(tells, [], |row| row.get(0))? {
        return Ok(None);
    }
    let sql = "SELECT min_reader FROM compatibility WHERE id = 1";
    connection.query_row(sql, [], |row| row.get(0)).optional()
}

fn migrate(connection: &mut Connection, version: i64) -> rusqlite::Result<()> {
    for (step, sql) in (1..).zip(MIGRATIONS).filter(|(step, _)| *step > version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", step)?;
        transaction.commit()?;
        tracing::info!(schema = step, "migrated the store to schema {step}");
    }
    Ok(())
}

enum KeyCheckError {
    Engine(rusqlite::Error),
    Encryption(EncryptionError),
}

/// Decrypts the check text stored when the store was created, or stores it in a new store.
fn check_key(connection: &Connection, cipher: &Cipher) -> Result<(), KeyCheckError> {
    if is_of_key(connection, cipher)? {
        return Ok(());
    }
    let body = cipher
        .encrypt("seal", KEY_CHECK_TEXT, &json!(KEY_CHECK_TEXT))
        .map_err(KeyCheckError::Encryption)?;
    connection
        .execute(
            "INSERT INTO seal (id, body) VALUES (1, ?1)",
            [body.to_string()],
        )
        .map(drop)
        .map_err(KeyCheckError::Engine)
}

/// Decrypts the check text; returns whether there is one.
fn is_of_key(connection: &Connection, cipher: &Cipher) -> Result<bool, KeyCheckError> {
    let found: Option<String> = connection
        .query_row("SELECT body FROM seal WHERE id = 1", [], |row| row.get(0))
        .optional()
        .map_err(KeyCheckError::Engine)?;
    let Some(text) = found else {
        return Ok(false);
    };
    let body: Value = serde_json::from_str(&text)
        .map_err(|_| KeyCheckError::Encryption(EncryptionError::Undecryptable))?;
    cipher
        .check("seal", KEY_CHECK_TEXT, &body)
        .map(|()| true)
        .map_err(KeyCheckError::Encryption)
}

/// Checks the copy of a store that is not in use yet: integrity, schema and key. `path` is that of
/// the backup that it comes from.
pub(super) fn check_copy(copy: &Path, cipher: &Cipher, path: &Path) -> Result<(), RestoreError> {
    let damaged = |finding: String| RestoreError::Damaged {
        path: path.to_owned(),
        finding,
    };
    let failed = |error: rusqlite::Error| damaged(error.to_string());
    let connection = open_to_read(copy)?;
    let finding: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if finding != "ok" {
        return Err(damaged(finding));
    }
    let version = version(&connection).map_err(failed)?;
    let min_reader = min_reader(&connection).map_err(failed)?;
    check_version(path, version, min_reader)?;
    match is_of_key(&connection, cipher) {
        Ok(true) => Ok(()),
        Ok(false) => Err(damaged(
            "it does not show the key of its secrets".to_owned(),
        )),
        Err(KeyCheckError::Engine(error)) => Err(failed(error)),
        Err(KeyCheckError::Encryption(_)) => Err(RestoreError::Store(Error::WrongKey {
            path: path.to_owned(),
        })),
    }
}

/// Refuses the schema of a newer version that this version cannot use.
fn check_version(path: &Path, version: i64, min_reader: Option<i64>) -> Result<(), Error> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let min_reader = min_reader.unwrap_or(version);
    if version > known && min_reader > known {
        return Err(Error::Newer {
            path: path.to_owned(),
            found: version,
            min_reader,
            known,
        });
    }
    if version > known {
        tracing::warn!(
            schema = version,
            min_reader,
            supported = known,
            "using a store that a newer version of Underpass migrated"
        );
    }
    Ok(())
}

fn refused(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Open {
        path: path.to_owned(),
        source: Box::new(error),
    }
}
