//! Preparing the database: schema migrations and verification of the key.

use std::path::PathBuf;

use deadpool_postgres::ClientWrapper;
use serde_json::{Value, json};
use tokio_postgres::Error as PgError;

use super::error::engine;
use crate::encryption::{Cipher, EncryptionError};
use crate::error::Error;

/// The migrations from an empty database to the newest schema, whose version is their number. A released
/// migration is never edited.
///
/// Replicas of two releases run at the same time during an update: a release adds (expand), and a
/// later one removes what no supported release uses (contract) and raises `min_reader`.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/postgres/0001_first.sql"),
    include_str!("../../migrations/postgres/0002_replicas.sql"),
    include_str!("../../migrations/postgres/0003_turns.sql"),
];

/// The version and the oldest one whose Underpass can use the store.
const COMPATIBILITY: &str = "CREATE TABLE compatibility (
        id         smallint PRIMARY KEY CHECK (id = 1),
        schema     bigint NOT NULL,
        min_reader bigint NOT NULL
    );
    INSERT INTO compatibility (id, schema, min_reader) VALUES (1, 0, 1)";

/// Only one replica migrates. The number is that of Underpass among the locks of the database: the first
/// letters of its name.
const LOCK: &str = "BEGIN;
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SELECT pg_advisory_xact_lock(x'756e646572706173'::bigint)";

/// The oldest server: 13.
const MIN_SERVER: i64 = 130_000;

/// The plain text whose stored encryption shows whether a key belongs to the store.
pub(super) const KEY_CHECK_TEXT: &str = "underpass";

/// A server or database that cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unsupported {
    #[error("the server is PostgreSQL {0}, and Underpass needs version 13 or later")]
    Version(String),
    #[error("the database has encoding {0}. Create it with: CREATE DATABASE … ENCODING 'UTF8'")]
    Encoding(String),
    #[error(
        "the database has the table `{0}` of another program. Underpass needs a database of its own: create one, \
         and name it in the address"
    )]
    Foreign(String),
    #[error("the table `seal` is not that of Underpass")]
    KeyCheck,
}

/// The newest schema that this version knows.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Migrates the database if necessary, and checks the key.
pub(super) async fn prepare(
    client: &ClientWrapper,
    cipher: &Cipher,
    address: &str,
) -> Result<(), Error> {
    check_server(client, address).await?;
    let failed = |error| engine("migrate the store")(error);
    client.batch_execute(LOCK).await.map_err(failed)?;
    let prepared = migrate(client, cipher, address).await;
    let end = if prepared.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    let ended = client.batch_execute(end).await.map_err(failed);
    prepared.and(ended)
}

async fn check_server(client: &ClientWrapper, address: &str) -> Result<(), Error> {
    let sql = "SELECT current_setting('server_version_num')::bigint,
        current_setting('server_version'), current_setting('server_encoding')";
    let read = async {
        let row = client.query_one(sql, &[]).await?;
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    };
    let (number, version, encoding): (i64, String, String) = read
        .await
        .map_err(engine("read the version of the database"))?;
    if number < MIN_SERVER {
        return Err(refused(address, Unsupported::Version(version)));
    }
    if encoding != "UTF8" {
        return Err(refused(address, Unsupported::Encoding(encoding)));
    }
    Ok(())
}

async fn migrate(client: &ClientWrapper, cipher: &Cipher, address: &str) -> Result<(), Error> {
    let failed = |error: PgError| engine("migrate the store")(error);
    if let Some(table) = foreign_table(client).await.map_err(failed)? {
        return Err(refused(address, Unsupported::Foreign(table)));
    }
    let (schema, min_reader) = versions(client).await.map_err(failed)?;
    if schema > known() && min_reader > known() {
        return Err(Error::Newer {
            path: PathBuf::from(address),
            found: schema,
            min_reader,
            known: known(),
        });
    }
    if schema > known() {
        let supported = known();
        tracing::warn!(
            schema,
            min_reader,
            supported,
            "using a store that a newer version of Underpass migrated"
        );
    }
    for (step, sql) in (1_i64..).zip(MIGRATIONS).filter(|(step, _)| *step > schema) {
        client.batch_execute(sql).await.map_err(failed)?;
        client
            .execute(
                "UPDATE compatibility SET schema = $1 WHERE id = 1",
                &[&step],
            )
            .await
            .map_err(failed)?;
        tracing::info!(schema = step, "migrated the store to schema {step}");
    }
    check_key(client, cipher, address).await
}

/// A table of another program, if the database is not one of Underpass. Tables of extensions do not count.
async fn foreign_table(client: &ClientWrapper) -> Result<Option<String>, PgError> {
    let sql = "SELECT c.relname::text FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE to_regclass('compatibility') IS NULL
            AND c.relkind IN ('r', 'p') AND n.nspname = ANY (current_schemas(false))
            AND NOT EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY c.relname LIMIT 1";
    let found = client.query_opt(sql, &[]).await?;
    found.map(|row| row.try_get(0)).transpose()
}

async fn versions(client: &ClientWrapper) -> Result<(i64, i64), PgError> {
    let sql = "SELECT to_regclass('compatibility') IS NOT NULL";
    if !client.query_one(sql, &[]).await?.try_get::<_, bool>(0)? {
        client.batch_execute(COMPATIBILITY).await?;
    }
    let sql = "SELECT schema, min_reader FROM compatibility WHERE id = 1";
    let row = client.query_one(sql, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Decrypts the stored check text, and stores it in a new database.
async fn check_key(client: &ClientWrapper, cipher: &Cipher, address: &str) -> Result<(), Error> {
    let failed = |error: PgError| engine("check the key of the store")(error);
    let wrong = |error: EncryptionError| match error {
        EncryptionError::Undecryptable => Error::WrongKey {
            path: PathBuf::from(address),
        },
        error => refused(address, error),
    };
    let row = client
        .query_opt("SELECT body FROM seal WHERE id = 1", &[])
        .await
        .map_err(failed)?;
    if let Some(row) = row {
        let text: String = row.try_get(0).map_err(failed)?;
        let body: Value =
            serde_json::from_str(&text).map_err(|_| refused(address, Unsupported::KeyCheck))?;
        return cipher.check("seal", KEY_CHECK_TEXT, &body).map_err(wrong);
    }
    let body = cipher
        .encrypt("seal", KEY_CHECK_TEXT, &json!(KEY_CHECK_TEXT))
        .map_err(wrong)?;
    client
        .execute(
            "INSERT INTO seal (id, body) VALUES (1, $1)",
            &[&body.to_string()],
        )
        .await
        .map(drop)
        .map_err(failed)
}

fn refused(address: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Open {
        path: PathBuf::from(address),
        source: Box::new(error),
    }
}
