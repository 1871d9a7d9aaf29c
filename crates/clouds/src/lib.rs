//! Cloud drivers: each performs single steps and listings against one provider.
//!
//! A driver never loops, sleeps or retries, and knows neither the store nor whether the provider
//! is emulated: only base URL and credentials differ.

#![warn(clippy::missing_errors_doc)]
#![expect(
    clippy::result_large_err,
    reason = "an error ends a step that cost at least one network exchange: its size is nothing"
)]

mod answer;
pub mod azure;
mod bearer;
mod cloud;
mod document;
mod error;
pub mod google;
mod listing;
mod metrics;
mod origin;
mod perform;
mod retry_after;
mod transport;

pub use self::cloud::{Cloud, Report};
pub use self::error::{Error, ErrorKind, Reachability, Side};
pub use self::listing::{Coverage, Depth, Finding, LinkOrigin, Listing, PlacedAttachment, Scope};
pub use self::metrics::{CountedTransport, Counters, Labels, Snapshot, Status, Verb};
pub use self::retry_after::retry_after;
pub use self::transport::{
    CONNECT_TIMEOUT, EXCHANGE_TIMEOUT, HttpTransport, MAX_ANSWER, SendError, Transport,
};
