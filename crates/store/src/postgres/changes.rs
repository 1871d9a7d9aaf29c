//! Changed rows in SQL.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Error as PgError;

use crate::changed_row::{ChangedRow, ChangedRows, REMEMBERED};
use crate::key::Key;
use crate::kind::Kind;

/// One statement, so the last number and the rows are from one snapshot. Every transaction that writes
/// rows draws its numbers under the lock, so no lower number than the last one is committed later.
const CHANGED: &str = "SELECT s.last, found.number, found.kind, found.key, s.lineage
    FROM sequence s LEFT JOIN LATERAL (
        (SELECT version AS number, kind, key FROM record WHERE version > $1
            ORDER BY version LIMIT $2)
        UNION ALL
        (SELECT number, kind, key FROM removal WHERE number > $1 AND $1 > 0
            ORDER BY number LIMIT $2)
        ORDER BY number LIMIT $2) AS found ON true
    WHERE s.id = 1 ORDER BY found.number";

/// Reads the rows that changed after a position.
pub(super) async fn after(
    client: &ClientWrapper,
    after: u64,
    limit: usize,
) -> Result<Option<ChangedRows>, PgError> {
    let statement = client.prepare_cached(CHANGED).await?;
    // One more than asked for shows whether there is more.
    let most = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let position = i64::try_from(after).unwrap_or(i64::MAX);
    let mut last = 0;
    let mut lineage = None;
    let mut found = Vec::new();
    for row in client.query(&statement, &[&position, &most]).await? {
        last = row.try_get::<_, i64>(0)?.cast_unsigned();
        lineage = row
            .try_get::<_, Option<&str>>(4)?
            .and_then(|text| text.parse().ok());
        if let Some(number) = row.try_get::<_, Option<i64>>(1)? {
            let kind: String = row.try_get(2)?;
            let key: String = row.try_get(3)?;
            found.push((number.cast_unsigned(), kind, key));
        }
    }
    if after > 0 && after.saturating_add(REMEMBERED) < last {
        return Ok(None);
    }
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
        lineage,
    }))
}
