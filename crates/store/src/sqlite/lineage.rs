//! The lineage of the store in SQL.

use rusqlite::{Connection, OptionalExtension as _};

use super::error::{engine, unreadable};
use crate::error::Error;
use crate::lineage::Lineage;

/// Reads the lineage; `None` in a new store and in one of an earlier version.
pub(super) fn read(connection: &Connection) -> Result<Option<Lineage>, Error> {
    let text: Option<String> = connection
        .query_row("SELECT lineage FROM lineage WHERE id = 1", [], |row| {
            row.get(0)
        })
        .optional()
        .map_err(engine("read the lineage of the store"))?;
    text.map(|text| text.parse().map_err(unreadable("lineage", &text)))
        .transpose()
}

/// Replaces the lineage. It draws no number, because no row changes.
pub(super) fn write(connection: &Connection, lineage: Lineage) -> Result<(), Error> {
    connection
        .execute(
            "INSERT INTO lineage (id, lineage) VALUES (1, ?1)
                ON CONFLICT (id) DO UPDATE SET lineage = excluded.lineage",
            [lineage.to_string()],
        )
        .map(drop)
        .map_err(engine("write the lineage of the store"))
}
