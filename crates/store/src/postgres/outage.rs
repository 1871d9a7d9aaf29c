//! Errors caused by the connection or by a server that does not accept work.

use std::error::Error as StdError;
use std::sync::Arc;

use tokio_postgres::Error as PgError;
use tokio_postgres::error::SqlState;

/// A database that cannot be used for now.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Outage {
    /// The server cannot be reached, or refuses to work. Nothing was written.
    #[error("the database cannot be reached, or accepts no work")]
    Unavailable(#[source] Arc<dyn StdError + Send + Sync>),
    /// No answer in time. Nothing was written.
    #[error("the database did not answer within {0} s")]
    Late(u64),
    /// The connection was lost during each attempt. Nothing was written.
    #[error("the connection to the database was lost during each attempt")]
    Interrupted,
    /// The operating system gave no random bytes. Nothing was written.
    #[error("the operating system gave no random bytes")]
    NoRandom,
    /// The connection was lost during a commit, and the database cannot be asked.
    #[error("the connection to the database was lost during a commit, which may have happened")]
    Uncertain(#[source] Arc<dyn StdError + Send + Sync>),
    /// Another server has an older copy of the store. Nothing was written.
    #[error(
        "the database has an older copy of the store than this process knew. Restart Underpass: it \
         then writes to no cloud until an operator compared"
    )]
    Older,
    /// A newer version of Underpass migrated the store. Nothing was written.
    #[error(
        "a newer version of Underpass changed the store, and this version cannot use it any more. Run \
         the newer version"
    )]
    Newer,
}

/// Returns whether an error is an outage.
pub(crate) fn is_outage(error: &(dyn StdError + 'static)) -> bool {
    error.is::<Outage>()
}

/// Returns whether a commit may have happened.
pub(crate) fn is_uncertain(error: &(dyn StdError + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(Outage::Uncertain(_)))
}

/// Returns whether the connection or the state of the server is the cause.
pub(super) fn is_unavailable(error: &PgError) -> bool {
    let Some(code) = error.code() else {
        return is_lost(error);
    };
    // Classes ("PostgreSQL Error Codes"): connection, authorization, resources, operator intervention,
    // system error.
    ["08", "28", "53", "57", "58"]
        .iter()
        .any(|class| code.code().starts_with(class))
        || [
            &SqlState::READ_ONLY_SQL_TRANSACTION,
            &SqlState::LOCK_NOT_AVAILABLE,
            &SqlState::INVALID_CATALOG_NAME,
            &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(&code)
}

/// Returns whether the connection is lost, so that nothing tells what the server did last.
pub(super) fn is_lost(error: &PgError) -> bool {
    if error.is_closed() {
        return true;
    }
    match error.code() {
        // The server ends the session: a shutdown, a crash, a timeout between statements.
        Some(code) => {
            code.code().starts_with("08")
                || [
                    &SqlState::ADMIN_SHUTDOWN,
                    &SqlState::CRASH_SHUTDOWN,
                    &SqlState::CANNOT_CONNECT_NOW,
                    &SqlState::DATABASE_DROPPED,
                    &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                ]
                .contains(&code)
        }
        None => true,
    }
}

/// Returns whether the same transaction can succeed when it is repeated.
pub(super) fn is_passing(error: &PgError) -> bool {
    [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .into_iter()
    .any(|code| error.code() == Some(code))
}
