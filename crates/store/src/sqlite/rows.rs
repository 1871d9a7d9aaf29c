//! Versioned documents in SQL.

use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use serde_json::Value;

use super::error::{engine, unreadable};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::record::Record;

const ONE: &str = "SELECT key, version, body FROM record WHERE kind = ?1 AND key = ?2";

const UNDER: &str =
    "SELECT key, version, body FROM record WHERE kind = ?1 AND key >= ?2 AND key < ?3";

const ALL: &str = "SELECT key, version, body FROM record WHERE kind = ?1";

const ANY_UNDER: &str =
    "SELECT EXISTS (SELECT 1 FROM record WHERE kind = ?1 AND key >= ?2 AND key < ?3)";

const ANY: &str = "SELECT EXISTS (SELECT 1 FROM record WHERE kind = ?1)";

const PUT: &str = "INSERT INTO record (kind, key, version, body) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, body = excluded.body";

/// Appends the rows of a lookup, with secrets decrypted.
pub(super) fn look_up(
    connection: &Connection,
    cipher: &Cipher,
    lookup: &Lookup,
    found: &mut Vec<Record>,
) -> Result<(), Error> {
    match lookup {
        Lookup::One(kind, key) => select(
            connection,
            cipher,
            *kind,
            ONE,
            params![kind.as_str(), key.as_str()],
            found,
        ),
        Lookup::Under(kind, key) => match key.range_below() {
            Some((from, to)) => select(
                connection,
                cipher,
                *kind,
                UNDER,
                params![kind.as_str(), from, to],
                found,
            ),
            None => select(
                connection,
                cipher,
                *kind,
                ALL,
                params![kind.as_str()],
                found,
            ),
        },
    }
}

/// Reads the version of a row, if it exists.
pub(super) fn version(
    connection: &Connection,
    kind: Kind,
    key: &Key,
) -> Result<Option<u64>, Error> {
    let read = || {
        connection
            .prepare_cached("SELECT version FROM record WHERE kind = ?1 AND key = ?2")?
            .query_row(params![kind.as_str(), key.as_str()], |row| {
                row.get::<_, i64>(0)
            })
            .optional()
    };
    read()
        .map(|version| version.map(i64::cast_unsigned))
        .map_err(engine("read version of row"))
}

/// Returns whether a row exists below a key.
pub(super) fn any_below(connection: &Connection, kind: Kind, key: &Key) -> Result<bool, Error> {
    let read = || match key.range_below() {
        Some((from, to)) => connection
            .prepare_cached(ANY_UNDER)?
            .query_row(params![kind.as_str(), from, to], |row| row.get(0)),
        None => connection
            .prepare_cached(ANY)?
            .query_row([kind.as_str()], |row| row.get(0)),
    };
    read().map_err(engine("look for rows below a key"))
}

/// Writes a row, encrypted if its kind is.
pub(super) fn put(
    connection: &Connection,
    cipher: &Cipher,
    kind: Kind,
    key: &Key,
    version: u64,
    body: &Value,
) -> Result<(), Error> {
    let text = if kind.is_encrypted() {
        cipher
            .encrypt(kind.as_str(), key.as_str(), body)
            .map(|body| body.to_string())
            .map_err(|source| Error::Encryption {
                kind: kind.as_str(),
                key: key.to_string(),
                source,
            })?
    } else {
        body.to_string()
    };
    let write = || {
        connection.prepare_cached(PUT)?.execute(params![
            kind.as_str(),
            key.as_str(),
            version.cast_signed(),
            text
        ])
    };
    write().map(drop).map_err(engine("write row"))
}

/// Removes a row; returns whether it existed.
pub(super) fn remove(connection: &Connection, kind: Kind, key: &Key) -> Result<bool, Error> {
    let write = || {
        connection
            .prepare_cached("DELETE FROM record WHERE kind = ?1 AND key = ?2")?
            .execute(params![kind.as_str(), key.as_str()])
    };
    write()
        .map(|removed| removed > 0)
        .map_err(engine("remove row"))
}

/// Performs the smallest possible write: draws a number and discards it.
///
/// A write transaction alone would prove nothing, since SQLite permits it on a read-only file. Nor
/// would writing an equal value: SQLite skips unchanged pages, so a full disk would go unnoticed.
pub(super) fn try_to_write(connection: &Connection) -> Result<(), Error> {
    let write = || {
        connection
            .prepare_cached("UPDATE sequence SET last = last + 1 WHERE id = 1")?
            .execute([])
    };
    write().map(drop).map_err(engine("write to the database"))
}

/// Draws a number that was never drawn before.
pub(super) fn next_number(connection: &Connection) -> Result<u64, Error> {
    let write = || {
        connection
            .prepare_cached("UPDATE sequence SET last = last + 1 WHERE id = 1 RETURNING last")?
            .query_row([], |row| row.get::<_, i64>(0))
    };
    write()
        .map(i64::cast_unsigned)
        .map_err(engine("draw the next number"))
}

fn select(
    connection: &Connection,
    cipher: &Cipher,
    kind: Kind,
    sql: &str,
    values: impl Params,
    found: &mut Vec<Record>,
) -> Result<(), Error> {
    let read = || {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, columns)?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    for (key, version, text) in read().map_err(engine("read rows"))? {
        let body = body(cipher, kind, &key, text)?;
        found.push(Record {
            kind,
            key: Key::stored(key),
            version,
            body,
        });
    }
    Ok(())
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(String, u64, String)> {
    Ok((
        row.get(0)?,
        row.get::<_, i64>(1)?.cast_unsigned(),
        row.get(2)?,
    ))
}

fn body(cipher: &Cipher, kind: Kind, key: &str, text: String) -> Result<String, Error> {
    if !kind.is_encrypted() {
        return Ok(text);
    }
    let body = serde_json::from_str(&text).map_err(unreadable(kind.as_str(), key))?;
    cipher
        .decrypt(kind.as_str(), key, &body)
        .map(|body| body.to_string())
        .map_err(|source| Error::Encryption {
            kind: kind.as_str(),
            key: key.to_owned(),
            source,
        })
}
