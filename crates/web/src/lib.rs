//! Toolkit for pages that are rendered on the server and work without a script.
//!
//! It knows nothing of what the pages show: the console and the portals of the emulated clouds are
//! built from it, and the API uses its origin check.
//!
//! Security: [`origin`] (Host and Origin check), [`fetch_metadata`], [`security_headers`],
//! [`csrf`], [`cookie`].
//! Requests and answers: [`form`], [`page`], [`flash`], [`live`], [`url`].
//! Content: [`asset`], [`cli_snippet`], [`fingerprint`], [`head`], [`paging`], [`shell`], [`text`],
//! [`time`].

pub mod actor;
pub mod asset;
pub mod cli_snippet;
pub mod cookie;
pub mod csrf;
pub mod fetch_metadata;
pub mod fingerprint;
pub mod flash;
pub mod form;
pub mod head;
pub mod live;
pub mod origin;
pub mod page;
pub mod paging;
pub mod security_headers;
pub mod shell;
pub mod text;
pub mod time;
pub mod url;
