//! HTTP/1.1 servers with limits of time, size and connections.
//!
//! Every HTTP listener of the product is served here, so that no client can hold a listener, or all
//! of them, by requests that it does not complete or answers that it does not read:
//! - [`Limits`] bound the time of a request's head, of its body, of a pause between requests and of
//!   an answer that is not accepted.
//! - [`Connections`] bound the connections of all listeners
//!   together and those per address.
//! - [`read_body`] bounds the size of a body, before a client is asked for it
//!   (`Expect: 100-continue`).
//!
//! A request that two programs could read in two ways is refused, and has one host: that of an
//! absolute request target, or of the `host` header.
//!
//! With [`TlsIdentity`] a listener speaks TLS; its certificate is replaced without a restart.
//!
//! A refusal has a body in the form of its listener, also where the request was never complete.

mod body;
mod forwarded;
mod guarded_io;
mod limits;
mod progress;
mod refusal;
mod request_body;
mod request_line;
mod response_body;
mod server;
mod tls_identity;
mod unambiguous;

pub use self::body::{BodyError, read_body};
pub use self::guarded_io::GuardedIo;
pub use self::limits::{HEAD_BYTES, Limits};
pub use self::refusal::{Refused, RenderRefusal};
pub use self::server::{HttpConnection, Server, TunnelGuard};
pub use self::tls_identity::{TlsError, TlsIdentity};
pub use underpass_net::connections::{ConnectionLimits, Connections};
