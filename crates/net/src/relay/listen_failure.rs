//! Listeners that could not be opened.

use std::io;

use crate::addr::ListenAddr;

/// A listener of the table that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("listen on {listen}: {}", remedy(.error.kind()))]
pub struct ListenFailure {
    /// The address without a listener.
    pub listen: ListenAddr,
    /// The operating system's error.
    #[source]
    pub error: io::Error,
}

fn remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => {
            "another program uses the address. Bind that program to 127.0.0.1, or choose another \
             port"
        }
        io::ErrorKind::AddrNotAvailable => {
            "the address does not belong to this machine. Use one of its addresses"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege that this process lacks. Choose a higher port"
        }
        _ => "the operating system refused",
    }
}
