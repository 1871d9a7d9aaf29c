//! An authenticated request being processed.

use std::time::Duration;

use jiff::Timestamp;
use rand::Rng;

use super::operation_error::OperationError;
use super::request::{Caller, Request};

/// An authenticated request being processed.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) caller: &'a Caller,
    pub(super) api_version: &'a str,
    pub(super) now: Timestamp,
    pub(super) rng: &'a mut dyn Rng,
    /// Injected error of the operation that this request starts.
    pub(super) failure: Option<OperationError>,
    /// Injected delay of that operation.
    pub(super) extra_delay: Duration,
}
