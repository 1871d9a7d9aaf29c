//! Errors caused by the disk.

use std::sync::Arc;

use rusqlite::ErrorCode;

/// Returns whether SQLite could not access its files ("Result and Error Codes": SQLITE_FULL,
/// SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN).
pub(crate) fn is_outage(error: &(dyn std::error::Error + 'static)) -> bool {
    // Jobs of one failed transaction share one error.
    let shared = error.downcast_ref::<Arc<rusqlite::Error>>();
    let error = error.downcast_ref().or(shared.map(Arc::as_ref));
    matches!(
        error.and_then(rusqlite::Error::sqlite_error_code),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
        )
    )
}
