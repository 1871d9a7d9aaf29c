//! Replacement of the key of a database.

use std::path::PathBuf;

use deadpool_postgres::ClientWrapper;
use serde_json::Value;
use tokio_postgres::Error as PgError;

use super::connector::Connector;
use super::error::engine;
use super::options::PostgresOptions;
use super::schema::{self, KEY_CHECK_TEXT};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::kind::Kind;

const ACTION: &str = "encrypt the secrets of the store again";

/// Replicas that wrote the time into their row in the last 10 s: five beats. One of an earlier release has no
/// IDs of keys.
const KEYS: &str = "SELECT coalesce(keys, '') FROM replica WHERE at > now() - interval '10 s'";

const LOCK: &str = "BEGIN; SELECT id FROM sequence WHERE id = 1 FOR UPDATE";

/// Returns the IDs of the keys of each replica that runs, separated by blanks, that of the key that encrypts
/// first; empty for a replica of an earlier release.
///
/// # Errors
/// As at the opening of the store.
pub async fn keys_of_replicas(
    options: &PostgresOptions,
    cipher: &Cipher,
) -> Result<Vec<String>, Error> {
    let client = open(options, cipher).await?;
    let read = async {
        let rows = client.query(KEYS, &[]).await?;
        rows.iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()
    };
    read.await.map_err(engine("read the replicas"))
}

/// Encrypts all secrets again that were encrypted with another key than the one that encrypts, in one
/// transaction; returns their number. Other replicas may use the store.
///
/// # Errors
/// As at the opening of the store, or [`Error::Encryption`]: a secret cannot be decrypted, and nothing was
/// changed.
pub async fn encrypt_again_in_postgres(
    options: &PostgresOptions,
    cipher: &Cipher,
) -> Result<usize, Error> {
    let client = open(options, cipher).await?;
    let failed = |error| engine(ACTION)(error);
    client.batch_execute(LOCK).await.map_err(failed)?;
    let done = encrypt_again(&client, cipher).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = client.batch_execute(end).await.map_err(failed);
    done.and_then(|count| ended.map(|()| count))
}

async fn open(options: &PostgresOptions, cipher: &Cipher) -> Result<ClientWrapper, Error> {
    let connector = Connector::new(options).map_err(|source| Error::Open {
        // The address may contain a password.
        path: PathBuf::from("postgresql://…"),
        source,
    })?;
    let opened = connector.open().await;
    let client = opened.map_err(engine("connect to the database"))?;
    schema::prepare(&client, cipher, &connector.address()).await?;
    Ok(client)
}

async fn encrypt_again(client: &ClientWrapper, cipher: &Cipher) -> Result<usize, Error> {
    let failed = |error: PgError| engine(ACTION)(error);
    let mut count = 0;
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_encrypted()) {
        let sql = "SELECT key, body FROM record WHERE kind = $1";
        let rows = client.query(sql, &[&kind.as_str()]).await.map_err(failed)?;
        for row in rows {
            let (key, body): (String, String) = (
                row.try_get(0).map_err(failed)?,
                row.try_get(1).map_err(failed)?,
            );
            if let Some(again) = again(cipher, kind.as_str(), &key, &body)? {
                let sql = "UPDATE record SET body = $3 WHERE kind = $1 AND key = $2";
                let updated = client.execute(sql, &[&kind.as_str(), &key, &again]).await;
                count += usize::try_from(updated.map_err(failed)?).unwrap_or_default();
            }
        }
    }
    let row = client
        .query_one("SELECT body FROM seal WHERE id = 1", &[])
        .await;
    let body: String = row.map_err(failed)?.try_get(0).map_err(failed)?;
    if let Some(again) = again(cipher, "seal", KEY_CHECK_TEXT, &body)? {
        let sql = "UPDATE seal SET body = $1 WHERE id = 1";
        client.execute(sql, &[&again]).await.map_err(failed)?;
    }
    Ok(count)
}

/// Encrypts a stored body again; `None` if that is not necessary.
fn again(
    cipher: &Cipher,
    kind: &'static str,
    key: &str,
    body: &str,
) -> Result<Option<String>, Error> {
    // A damaged one is refused as one that cannot be decrypted.
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let again = cipher.encrypt_again(kind, key, &body);
    again
        .map(|body| body.map(|body| body.to_string()))
        .map_err(|source| Error::Encryption {
            kind,
            key: key.to_owned(),
            source,
        })
}
