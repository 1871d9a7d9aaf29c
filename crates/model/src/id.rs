//! Typed identifiers with their external form, parsed at the edge.
//!
//! Ids are drawn in the shells; here they are only checked and compared.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An identifier that does not have the form of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {kind}: expected {expected}")]
pub struct MalformedId {
    /// What the identifier was meant to name.
    pub kind: &'static str,
    /// The form it must have.
    pub expected: &'static str,
    /// What was given.
    pub given: String,
}

fn is_lower_hex(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

macro_rules! hex_ids {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal, $least:literal ..= $most:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The prefix that tells this kind of id from others.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an id from random bits; the upper bits that do not fit are dropped.
            pub fn from_bits(bits: u64) -> Self {
                let hex = format!("{bits:016x}");
                let tail = hex.get(hex.len().saturating_sub($most)..).unwrap_or(&hex);
                Self(format!("{}{tail}", $prefix))
            }

            /// The external form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                let rest = text.strip_prefix($prefix);
                match rest {
                    Some(hex) if is_lower_hex(hex) && ($least..=$most).contains(&hex.len()) => {
                        Ok(Self(text.to_owned()))
                    }
                    _ => Err(MalformedId {
                        kind: $kind,
                        expected: concat!($prefix, " followed by ", stringify!($least), " to ",
                                          stringify!($most), " lower-case hex digits"),
                        given: text.to_owned(),
                    }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = MalformedId;
            fn try_from(text: String) -> Result<Self, MalformedId> { text.parse() }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String { id.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}

hex_ids! {
    /// One consumer endpoint's connection to a link: `plc` and 11 or 12 hex digits.
    ConnectionId, "private link connection id", "plc", 11..=12;
    /// One life of a link; names of cloud objects are derived from it, so it tells consumers nothing.
    LinkId, "link id", "s", 12..=12;
    /// A static IP: `ip` and 11 or 12 hex digits.
    StaticIpId, "static IP address id", "ip", 11..=12;
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident, $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// Wraps a UUID.
            pub const fn new(uuid: uuid::Uuid) -> Self { Self(uuid) }
        }
        impl FromStr for $name {
            type Err = MalformedId;
            fn from_str(text: &str) -> Result<Self, MalformedId> {
                // Only the 36-character form: braces and URN forms are not what clouds print.
                match uuid::Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(MalformedId {
                        kind: $kind,
                        expected: "a UUID such as 8eefec94-5d63-40c9-983c-03ab083b411d",
                        given: text.to_owned(),
                    }),
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.hyphenated().fmt(f) }
        }
    )*};
}

uuid_ids! {
    /// A project VPC.
    ProjectVpcId, "project VPC id";
    /// An Azure subscription; compared without regard to case, shown in lower case.
    SubscriptionId, "subscription id";
}

/// Counts the changes of a wish; a worker that finishes an older one is not done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    /// The generation after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_id_is_plc_and_hex() {
        assert!("plc35843e80510".parse::<ConnectionId>().is_ok());
        assert!("plc35843e805".parse::<ConnectionId>().is_err());
        assert!("plc35843E80510".parse::<ConnectionId>().is_err());
        assert_eq!(
            ConnectionId::from_bits(0x1234_5678_9abc_def0).as_str(),
            "plc56789abcdef0"
        );
    }

    #[test]
    fn a_subscription_id_is_shown_in_lower_case() {
        let id: SubscriptionId = "8EEFEC94-5D63-40C9-983C-03AB083B411D".parse().unwrap();
        assert_eq!(id.to_string(), "8eefec94-5d63-40c9-983c-03ab083b411d");
        assert!(
            "{8eefec94-5d63-40c9-983c-03ab083b411d}"
                .parse::<SubscriptionId>()
                .is_err()
        );
    }
}
