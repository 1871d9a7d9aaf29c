//! Comparison of the unreadable rows that reads met with the rows of the store.

use crate::error::Error;
use crate::lookup::Lookup;
use crate::record::Record;
use crate::store::Store;
use crate::unreadable::UnreadableRows;
use crate::unreadable_row::UnreadableRow;

/// Returns the rows that still have the version that cannot be decoded; forgets the others.
///
/// # Errors
/// If the store cannot be read.
pub(crate) async fn still_unreadable(
    rows: &UnreadableRows,
    store: &dyn Store,
) -> Result<Vec<UnreadableRow>, Error> {
    let met = rows.met();
    if met.is_empty() {
        return Ok(met);
    }
    let lookups: Vec<_> = met
        .iter()
        .map(|row| Lookup::One(row.kind, row.key.clone()))
        .collect();
    let fetched = store.fetch(&lookups).await?;
    let (confirmed, outdated): (Vec<_>, Vec<_>) = met.into_iter().partition(|row| {
        let is_same = |record: &Record| {
            (record.kind, &record.key, record.version) == (row.kind, &row.key, row.version)
        };
        fetched.records().iter().any(is_same)
    });
    rows.forget(outdated);
    Ok(confirmed)
}
