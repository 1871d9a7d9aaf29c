//! Changed rows in SQL.

use rusqlite::{Connection, params};

use super::error::engine;
use super::numbers;
use crate::changed_row::{ChangedRow, ChangedRows, REMEMBERED};
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;

/// Each branch reads a range of its index.
const CHANGED: &str = "SELECT version AS number, kind, key FROM record WHERE version > ?1
    UNION ALL SELECT number, kind, key FROM removal WHERE number > ?1 AND ?1 > 0
    ORDER BY number LIMIT ?2";

/// Reads the rows that changed after a position.
pub(super) fn after(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Option<ChangedRows>, Error> {
    // First: a number that is given later than the snapshot is not in it.
    let last = last(connection)?;
    if after > 0 && after.saturating_add(REMEMBERED) < last {
        return Ok(None);
    }
    let read = || {
        let mut statement = connection.prepare_cached(CHANGED)?;
        // One more than asked for shows whether there is more.
        let limit = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![after.cast_signed(), limit], |row| {
            Ok((
                row.get::<_, i64>(0)?.cast_unsigned(),
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
            ))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let mut found = read().map_err(engine("read changed rows"))?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let position = match found.last() {
        Some((number, ..)) if has_more => *number,
        _ => last,
    };
    let rows = found.into_iter().filter_map(|(number, kind, key)| {
        // A kind of another version of Underpass has no readers here.
        let kind = Kind::stored(&kind)?;
        let key = Key::stored(key);
        Some(ChangedRow { kind, key, number })
    });
    Ok(Some(ChangedRows {
        rows: rows.collect(),
        position,
        has_more,
        lineage: None,
    }))
}

/// Remembers that a row was removed, and forgets removals that no reader asks for any more.
pub(super) fn remember_removal(
    connection: &Connection,
    kind: Kind,
    key: &Key,
    number: u64,
) -> Result<(), Error> {
    let write = || {
        connection
            .prepare_cached("INSERT INTO removal (number, kind, key) VALUES (?1, ?2, ?3)")?
            .execute(params![number.cast_signed(), kind.as_str(), key.as_str()])?;
        let oldest = number.saturating_sub(REMEMBERED);
        connection
            .prepare_cached("DELETE FROM removal WHERE number < ?1")?
            .execute([oldest.cast_signed()])
    };
    write().map(drop).map_err(engine("remember a removed row"))
}

/// Returns the last number that was drawn.
pub(super) fn last(connection: &Connection) -> Result<u64, Error> {
    numbers::last(connection).map_err(engine("read the last number"))
}
