//! Cloud drivers: each performs single steps and listings against one provider.
//!
//! A driver never loops, sleeps or retries, except that a call that is refused because of its token
//! is sent once more with a new one. It knows neither the store nor whether the provider is emulated:
//! only base URL and credentials differ.

#![warn(clippy::missing_errors_doc)]
#![expect(
    clippy::result_large_err,
    reason = "an error ends a step that cost at least one network exchange: its size is nothing"
)]

mod account_check;
mod answer;
pub mod azure;
mod bearer;
mod clock_skew;
mod cloud;
mod document;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod google;
mod listing;
mod metrics;
mod origin;
mod pem;
mod perform;
mod permission;
mod proxy;
#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;
mod retry_after;
mod secret_source;
mod sign_in;
mod signed_jwt;
mod token_exchange;
mod transport;

pub use self::account_check::{
    CheckAccount, CheckKind, CheckPlan, CheckStatus, Finding as AccountFinding,
    Report as AccountReport,
};
pub use self::clock_skew::LARGEST_CLOCK_SKEW;
pub use self::cloud::{Cloud, Report};
pub use self::error::{Error, ErrorKind, Reachability, Side};
pub use self::listing::{Coverage, Depth, Finding, LinkOrigin, Listing, PlacedAttachment, Scope};
pub use self::metrics::{CountedTransport, Counters, Labels, Snapshot, Status, Verb};
pub use self::permission::{Confidence, PermissionUser};
pub use self::proxy::{BadProxy, Proxy};
pub use self::retry_after::retry_after;
pub use self::secret_source::{BadSecret, SecretSource};
pub use self::sign_in::SignIn;
pub use self::transport::{
    CONNECT_TIMEOUT, EXCHANGE_TIMEOUT, HttpTransport, HttpTransportError, MAX_ANSWER, SendError,
    Transport, Trust,
};
