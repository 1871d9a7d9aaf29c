//! Versioned documents in SQL.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use serde_json::Value;

use super::error::engine;
use crate::encryption::Cipher;
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::owner::OwnedRows;
use crate::record::Record;
use crate::retention::EndedRows;

const ONE: &str = "SELECT key, version, format, body FROM record WHERE kind = ?1 AND key = ?2";

const UNDER: &str =
    "SELECT key, version, format, body FROM record WHERE kind = ?1 AND key >= ?2 AND key < ?3
    ORDER BY key";

const ALL: &str = "SELECT key, version, format, body FROM record WHERE kind = ?1 ORDER BY key";

const ANY_UNDER: &str =
    "SELECT EXISTS (SELECT 1 FROM record WHERE kind = ?1 AND key >= ?2 AND key < ?3)";

const ANY: &str = "SELECT EXISTS (SELECT 1 FROM record WHERE kind = ?1)";

const COUNT_UNDER: &str = "SELECT count(*) FROM
    (SELECT 1 FROM record WHERE kind = ?1 AND key >= ?2 AND key < ?3 LIMIT ?4)";

const COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM record WHERE kind = ?1 LIMIT ?2)";

const PUT: &str = "INSERT INTO record (kind, key, version, format, body)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (kind, key) DO UPDATE
    SET version = excluded.version, format = excluded.format, body = excluded.body";

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
        Lookup::Ended(rows) => ended(connection, cipher, rows, found),
        Lookup::Owned(rows) => owned(connection, cipher, rows, found),
    }
}

/// Appends the rows that belong to one thing, by the index of their owners.
fn owned(
    connection: &Connection,
    cipher: &Cipher,
    rows: &OwnedRows,
    found: &mut Vec<Record>,
) -> Result<(), Error> {
    let kind = rows.kind().as_str();
    // Literals, as in `ended`.
    let owner = format!(
        "CASE WHEN json_valid(body) THEN json_extract(body, '$.{}') END",
        rows.member()
    );
    let sql = format!(
        "SELECT key, version, format, body FROM record INDEXED BY {kind}_by_owner
        WHERE kind = '{kind}' AND {owner} = ?1"
    );
    match rows.below().range_below() {
        Some((from, to)) => select(
            connection,
            cipher,
            rows.kind(),
            &format!("{sql} AND key >= ?2 AND key < ?3 ORDER BY key"),
            params![rows.owner(), from, to],
            found,
        ),
        None => select(
            connection,
            cipher,
            rows.kind(),
            &format!("{sql} ORDER BY key"),
            params![rows.owner()],
            found,
        ),
    }
}

/// Appends the rows that have ended and are no longer kept, by the index of their ends.
fn ended(
    connection: &Connection,
    cipher: &Cipher,
    rows: &EndedRows,
    found: &mut Vec<Record>,
) -> Result<(), Error> {
    let kind = rows.kind.as_str();
    let Some(member) = rows.kind.end_member() else {
        return Ok(());
    };
    // Literals, as in the definition of the index: SQLite chooses it only for the same terms.
    let end = format!("CASE WHEN json_valid(body) THEN json_extract(body, '$.{member}') END");
    let within =
        format!("FROM record INDEXED BY {kind}_by_end WHERE kind = '{kind}' AND {end} < ?1");
    let count_before = |time: Timestamp| {
        connection
            .prepare_cached(&format!("SELECT count(*) {within}"))?
            .query_row([time.to_string()], |row| row.get::<_, i64>(0))
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
    };
    let counted = || Ok((count_before(rows.now)?, count_before(rows.oldest)?));
    let (all, early) = counted().map_err(engine("count ended rows"))?;
    let surplus = rows.surplus(all, early);
    if surplus == 0 {
        return Ok(());
    }
    let sql = format!("SELECT key, version, format, body {within} ORDER BY {end}, key LIMIT ?2");
    let limit = i64::try_from(surplus).unwrap_or(i64::MAX);
    let values = params![rows.now.to_string(), limit];
    select(connection, cipher, rows.kind, &sql, values, found)
}

/// Counts the rows below a key, up to a number.
pub(super) fn count(
    connection: &Connection,
    kind: Kind,
    key: &Key,
    up_to: usize,
) -> Result<usize, Error> {
    let up_to = i64::try_from(up_to).unwrap_or(i64::MAX);
    let read = || match key.range_below() {
        Some((from, to)) => connection
            .prepare_cached(COUNT_UNDER)?
            .query_row(params![kind.as_str(), from, to, up_to], |row| {
                row.get::<_, i64>(0)
            }),
        None => connection
            .prepare_cached(COUNT)?
            .query_row(params![kind.as_str(), up_to], |row| row.get::<_, i64>(0)),
    };
    read()
        .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
        .map_err(engine("count rows below a key"))
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
            kind.format(),
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
    for (key, version, format, text) in read().map_err(engine("read rows"))? {
        let body = body(cipher, kind, &key, text);
        found.push(Record {
            kind,
            key: Key::stored(key),
            version,
            is_decrypted: body.is_some(),
            body: body.unwrap_or_default(),
            format,
        });
    }
    Ok(())
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(String, u64, u32, String)> {
    // A damaged text must not hide the rows beside it; the empty text is no document.
    let text = String::from_utf8(row.get_ref(3)?.as_bytes()?.to_vec());
    Ok((
        row.get(0)?,
        row.get::<_, i64>(1)?.cast_unsigned(),
        u32::try_from(row.get::<_, i64>(2)?).unwrap_or(u32::MAX),
        text.unwrap_or_default(),
    ))
}

/// Returns the body of a row in plain text; `None` if it cannot be decrypted.
fn body(cipher: &Cipher, kind: Kind, key: &str, text: String) -> Option<String> {
    if !kind.is_encrypted() {
        return Some(text);
    }
    let body = serde_json::from_str(&text).ok()?;
    let plain = cipher.decrypt(kind.as_str(), key, &body).ok()?;
    Some(plain.to_string())
}
