//! Constructors of the store's errors.

use crate::error::Error;

/// Wraps an error of SQLite. `action` is a present-tense phrase.
pub(super) fn engine(action: &'static str) -> impl FnOnce(rusqlite::Error) -> Error {
    move |source| Error::Engine {
        action,
        source: Box::new(source),
    }
}

/// Wraps the error of decoding a row.
pub(super) fn unreadable<E>(kind: &'static str, key: &str) -> impl FnOnce(E) -> Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |source| Error::Unreadable {
        kind,
        key: key.to_owned(),
        source: Box::new(source),
    }
}
