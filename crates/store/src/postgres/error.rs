//! Errors of the store from those of the client.

use std::error::Error as StdError;
use std::sync::Arc;

use tokio_postgres::Error as PgError;

use super::outage::{Outage, is_unavailable};
use crate::error::Error;

/// Wraps an error of the client. `action` is a present-tense phrase.
pub(super) fn engine(action: &'static str) -> impl FnOnce(PgError) -> Error {
    move |source| {
        if is_unavailable(&source) {
            return outage(action, Outage::Unavailable(Arc::new(source)));
        }
        Error::Engine {
            action,
            source: Box::new(source),
        }
    }
}

pub(super) fn outage(action: &'static str, outage: Outage) -> Error {
    Error::Engine {
        action,
        source: Box::new(outage),
    }
}

/// Returns the outage that is the cause of an error.
pub(super) fn outage_of(error: &Error) -> Option<&Outage> {
    StdError::source(error)?.downcast_ref()
}
