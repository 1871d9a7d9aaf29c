//! Replacement of the key of a store in a file.

use std::path::Path;

use rusqlite::{Connection, params};
use serde_json::Value;

use super::error::engine;
use super::moved;
use super::schema::{self, KEY_CHECK_TEXT};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::kind::Kind;

const ACTION: &str = "encrypt the secrets of the store again";

/// Encrypts all secrets again that were encrypted with another key than the one that encrypts, in one
/// transaction; returns their number. No process may have the store open.
///
/// # Errors
/// As [`super::Sqlite::open`], or [`Error::Encryption`]: a secret cannot be decrypted, and nothing was changed.
pub fn encrypt_again_in_sqlite(path: &Path, cipher: &Cipher) -> Result<usize, Error> {
    moved::refuse(path)?;
    let mut connection = schema::open(path, cipher)?;
    let transaction = connection.transaction().map_err(engine(ACTION))?;
    let count = encrypt_again(&transaction, cipher)?;
    transaction.commit().map_err(engine(ACTION))?;
    Ok(count)
}

fn encrypt_again(connection: &Connection, cipher: &Cipher) -> Result<usize, Error> {
    let mut count = 0;
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_encrypted()) {
        let read = || {
            let mut statement =
                connection.prepare("SELECT key, body FROM record WHERE kind = ?1")?;
            let rows =
                statement.query_map([kind.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        for (key, body) in read().map_err(engine(ACTION))? {
            if let Some(again) = again(cipher, kind.as_str(), &key, &body)? {
                let sql = "UPDATE record SET body = ?3 WHERE kind = ?1 AND key = ?2";
                let updated = connection.execute(sql, params![kind.as_str(), key, again]);
                count += updated.map_err(engine(ACTION))?;
            }
        }
    }
    let sql = "SELECT body FROM seal WHERE id = 1";
    let body: String = connection
        .query_row(sql, [], |row| row.get(0))
        .map_err(engine(ACTION))?;
    if let Some(again) = again(cipher, "seal", KEY_CHECK_TEXT, &body)? {
        let updated = connection.execute("UPDATE seal SET body = ?1 WHERE id = 1", [again]);
        updated.map_err(engine(ACTION))?;
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
