//! Socket addresses by role.
//!
//! The roles do not convert into each other, so that a relay never dials the address of a client or
//! listens on the address of a backend.

use std::fmt;
use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::str::FromStr;

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SocketAddr);

        impl $name {
            /// Creates an address of this role.
            pub const fn new(ip: IpAddr, port: u16) -> Self {
                Self(SocketAddr::new(ip, port))
            }

            /// The IP address.
            pub const fn ip(&self) -> IpAddr {
                self.0.ip()
            }

            /// The port.
            pub const fn port(&self) -> u16 {
                self.0.port()
            }

            /// The address without its role, for calls of the operating system.
            pub const fn socket_addr(&self) -> SocketAddr {
                self.0
            }
        }

        impl From<SocketAddr> for $name {
            fn from(addr: SocketAddr) -> Self {
                Self(addr)
            }
        }

        impl FromStr for $name {
            type Err = AddrParseError;

            fn from_str(text: &str) -> Result<Self, AddrParseError> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

roles! {
    /// The address of a backend, which a relay dials.
    BackendAddr;

    /// The address of a client, from which it connects or sends queries.
    ClientAddr;

    /// The address on which a listener accepts.
    ListenAddr;
}
