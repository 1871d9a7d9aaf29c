//! An authenticated request being processed.

use jiff::Timestamp;
use rand::Rng;

use super::operation_error::OperationError;
use super::request::{Caller, Request};

/// An authenticated request on its way.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) caller: &'a Caller,
    pub(super) api_version: &'a str,
    pub(super) now: Timestamp,
    pub(super) rng: &'a mut dyn Rng,
    /// How the operation this request opens is to fail, if a planted fault says so.
    pub(super) failure: Option<OperationError>,
}
