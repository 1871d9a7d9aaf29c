//! Reads of versioned documents in SQL.

use deadpool_postgres::ClientWrapper;
use futures_util::future::join_all;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as PgError, Row};

use crate::encryption::Cipher;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::owner::OwnedRows;
use crate::record::Record;
use crate::retention::EndedRows;

const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

const COLUMNS: &str = "SELECT r.kind, r.key, r.version, r.format, r.body FROM record r";

/// A statement that reads documents, and its values.
struct Select {
    sql: String,
    values: Vec<Box<dyn ToSql + Send + Sync>>,
}

/// Reads the rows of lookups from one snapshot, with secrets decrypted.
pub(super) async fn fetch(
    client: &ClientWrapper,
    cipher: &Cipher,
    lookups: &[Lookup],
) -> Result<Vec<Record>, PgError> {
    let selects = selects(lookups);
    // Before the transaction, which is sent whole: a caller that gives up leaves none open.
    let mut statements = Vec::new();
    for select in &selects {
        statements.push(client.prepare_cached(&select.sql).await?);
    }
    let mut queries: Vec<_> = statements
        .iter()
        .zip(&selects)
        .map(|(statement, select)| async move {
            let values: Vec<_> = select
                .values
                .iter()
                .map(|value| &**value as &(dyn ToSql + Sync))
                .collect();
            client.query(statement, &values).await
        })
        .collect();
    let answers = if queries.len() <= 1 {
        // A statement has a snapshot of its own.
        match queries.pop() {
            Some(query) => vec![query.await],
            None => Vec::new(),
        }
    } else {
        let (begun, answers, ended) = tokio::join!(
            biased;
            client.batch_execute(SNAPSHOT),
            join_all(queries),
            client.batch_execute("COMMIT"),
        );
        begun.and(ended)?;
        answers
    };
    let mut records = Vec::new();
    for rows in answers {
        for row in rows? {
            records.extend(record(cipher, &row)?);
        }
    }
    Ok(records)
}

/// Single rows are read together.
fn selects(lookups: &[Lookup]) -> Vec<Select> {
    let (mut kinds, mut keys) = (Vec::new(), Vec::new());
    let mut selects = Vec::new();
    for lookup in lookups {
        match lookup {
            Lookup::One(kind, key) => {
                kinds.push(kind.as_str());
                keys.push(key.to_string());
            }
            Lookup::Under(kind, key) => selects.push(Select::under(*kind, key)),
            Lookup::Owned(rows) => selects.push(Select::owned(rows)),
            Lookup::Ended(rows) => selects.extend(Select::ended(rows)),
        }
    }
    if !keys.is_empty() {
        selects.push(Select {
            sql: format!(
                "{COLUMNS} JOIN unnest($1::text[], $2::text[]) AS asked (kind, key)
                ON r.kind = asked.kind COLLATE \"C\" AND r.key = asked.key COLLATE \"C\""
            ),
            values: vec![Box::new(kinds), Box::new(keys)],
        });
    }
    selects
}

impl Select {
    fn under(kind: Kind, key: &Key) -> Self {
        match key.range_below() {
            Some((from, to)) => Self {
                sql: format!("{COLUMNS} WHERE r.kind = $1 AND r.key >= $2 AND r.key < $3"),
                values: vec![Box::new(kind.as_str()), Box::new(from), Box::new(to)],
            },
            None => Self {
                sql: format!("{COLUMNS} WHERE r.kind = $1"),
                values: vec![Box::new(kind.as_str())],
            },
        }
    }

    fn owned(rows: &OwnedRows) -> Self {
        let sql = format!("{COLUMNS} WHERE r.kind = $1 AND r.owner = $2");
        let kind = rows.kind().as_str();
        let owner = rows.owner().to_owned();
        match rows.below().range_below() {
            Some((from, to)) => Self {
                sql: format!("{sql} AND r.key >= $3 AND r.key < $4"),
                values: vec![
                    Box::new(kind),
                    Box::new(owner),
                    Box::new(from),
                    Box::new(to),
                ],
            },
            None => Self {
                sql,
                values: vec![Box::new(kind), Box::new(owner)],
            },
        }
    }

    /// The same number as [`EndedRows::surplus`].
    fn ended(rows: &EndedRows) -> Option<Self> {
        rows.kind.end_member()?;
        let count = "SELECT count(*) FROM record c WHERE c.kind = $1 AND c.ended_at";
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Some(Self {
            sql: format!(
                "{COLUMNS} WHERE r.kind = $1 AND r.ended_at < $2 ORDER BY r.ended_at, r.key
                LIMIT least($5::bigint, greatest(({count} < $3), ({count} < $2) - $4::bigint))"
            ),
            values: vec![
                Box::new(rows.kind.as_str()),
                Box::new(rows.now.to_string()),
                Box::new(rows.oldest.to_string()),
                Box::new(number(rows.keep)),
                Box::new(number(rows.limit)),
            ],
        })
    }
}

/// Counts the rows below a key.
pub(super) async fn count(client: &ClientWrapper, kind: Kind, key: &Key) -> Result<usize, PgError> {
    let count = "SELECT count(*) FROM record WHERE kind = $1";
    let row = if let Some((from, to)) = key.range_below() {
        let sql = format!("{count} AND key >= $2 AND key < $3");
        let statement = client.prepare_cached(&sql).await?;
        let values: [&(dyn ToSql + Sync); 3] = [&kind.as_str(), &from, &to];
        client.query_one(&statement, &values).await?
    } else {
        let statement = client.prepare_cached(count).await?;
        client.query_one(&statement, &[&kind.as_str()]).await?
    };
    Ok(usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or(usize::MAX))
}

fn record(cipher: &Cipher, row: &Row) -> Result<Option<Record>, PgError> {
    let Some(kind) = Kind::stored(row.try_get(0)?) else {
        return Ok(None);
    };
    let key: String = row.try_get(1)?;
    let text: String = row.try_get(4)?;
    let body = body(cipher, kind, &key, text);
    Ok(Some(Record {
        kind,
        key: Key::stored(key),
        version: row.try_get::<_, i64>(2)?.cast_unsigned(),
        format: u32::try_from(row.try_get::<_, i32>(3)?).unwrap_or(u32::MAX),
        is_decrypted: body.is_some(),
        body: body.unwrap_or_default(),
    }))
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
