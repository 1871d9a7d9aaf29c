//! Names chosen by users, and the labels derived from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;

/// A DNS label's longest length, in octets (RFC 1035 §2.3.4).
pub const LABEL_MAX: usize = 63;

/// The maximum length of service and project names. The compatible API accepts 64; 63 leaves room
/// for the route prefix and the other name in one DNS label, checked by [`HostLabel`].
pub const NAME_MAX: usize = 63;

/// Prefixes of route names, which no service name may begin with.
pub const RESERVED_PREFIXES: [&str; 4] = ["public-", "private-", "privatelink-", "replica-"];

/// The space reserved in the host label for `privatelink-<n>-` with an ordinal of up to six digits.
const ROUTE_PREFIX_ROOM: usize = "privatelink-".len() + 6 + 1;

/// A name that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} `{}` is not usable: {rule}{}", excerpt(.given), proposal(.given))]
pub struct MalformedName {
    /// The kind of the name.
    pub kind: &'static str,
    /// The name as given.
    pub given: String,
    /// The rule it breaks.
    pub rule: &'static str,
}

/// Returns a sentence with a similar name that every rule accepts, if there is one.
fn proposal(given: &str) -> String {
    // A dot separates the labels of a DNS name, whose rule contains an example.
    if given.contains('.') || given.len() > NAME_MAX {
        return String::new();
    }
    let words = given.split(|it: char| !it.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let similar = words.join("-").to_ascii_lowercase();
    if similar != given && similar.parse::<ServiceName>().is_ok() {
        format!(". Did you mean `{similar}`?")
    } else {
        String::new()
    }
}

fn check_label(kind: &'static str, text: &str) -> Result<(), MalformedName> {
    let refuse = |rule| {
        Err(MalformedName {
            kind,
            given: text.to_owned(),
            rule,
        })
    };
    let bytes = text.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    if bytes.is_empty() || bytes.len() > NAME_MAX {
        return refuse("it must have 1 to 63 characters");
    }
    if !bytes
        .iter()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
    {
        return refuse("only lower-case letters, digits and hyphens may be used");
    }
    if !edge(bytes.first()) || !edge(bytes.last()) {
        return refuse("it must begin and end with a letter or digit");
    }
    Ok(())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $kind:literal, $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl FromStr for $name {
            type Err = MalformedName;
            fn from_str(text: &str) -> Result<Self, MalformedName> {
                let check: fn(&'static str, &str) -> Result<(), MalformedName> = $check;
                check($kind, text)?;
                Ok(Self(text.to_owned()))
            }
        }
        impl TryFrom<String> for $name {
            type Error = MalformedName;
            fn try_from(text: String) -> Result<Self, MalformedName> { text.parse() }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String { name.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}

names! {
    /// A project name.
    ProjectName, "project name", check_label;
    /// A service within a project.
    ServiceName, "service name", check_service;
    /// A node of a service.
    NodeName, "node name", check_label;
    /// A cloud account that the operator configured.
    AccountName, "cloud account name", check_label;
    /// A fully qualified DNS name without the trailing dot; its first label may be `*`.
    DnsName, "DNS name", check_dns_name;
}

fn check_service(kind: &'static str, text: &str) -> Result<(), MalformedName> {
    check_label(kind, text)?;
    if RESERVED_PREFIXES
        .iter()
        .any(|prefix| text.starts_with(prefix))
    {
        return Err(MalformedName {
            kind,
            given: text.to_owned(),
            rule: "names beginning with public-, private-, privatelink- or replica- are reserved \
                   for routes",
        });
    }
    Ok(())
}

/// A DNS name's longest form as text, without the trailing dot (RFC 1035 §2.3.4).
const DNS_NAME_MAX: usize = 253;

fn check_dns_name(kind: &'static str, text: &str) -> Result<(), MalformedName> {
    let named = text.strip_prefix("*.").unwrap_or(text);
    let fits = text.len() <= DNS_NAME_MAX
        && named.contains('.')
        && named
            .split('.')
            .all(|label| check_label(kind, label).is_ok());
    if fits {
        return Ok(());
    }
    Err(MalformedName {
        kind,
        given: text.to_owned(),
        rule: "it must be fully qualified, in lower case, without a trailing dot, for instance \
               db.example.net",
    })
}

/// `<service>-<project>`: the part of every host name that is unique to a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostLabel(String);

impl HostLabel {
    /// Joins the two names.
    ///
    /// # Errors
    /// The names leave no space for a route prefix in one DNS label.
    pub fn new(service: &ServiceName, project: &ProjectName) -> Result<Self, MalformedName> {
        let label = format!("{service}-{project}");
        if label.len() + ROUTE_PREFIX_ROOM > LABEL_MAX {
            return Err(MalformedName {
                kind: "service name",
                given: service.to_string(),
                rule: "service and project name together may have at most 43 characters, so that \
                       `privatelink-<n>-<service>-<project>` fits in one DNS label",
            });
        }
        Ok(Self(label))
    }

    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the service's first node: `<service>-<project>.<domain>`.
    pub fn dynamic(&self, domain: &str) -> String {
        format!("{}.{domain}", self.0)
    }

    /// The private name of a connection: `privatelink-<n>-<service>-<project>.<domain>`.
    pub fn privatelink(&self, ordinal: u32, domain: &str) -> String {
        format!("privatelink-{ordinal}-{}.{domain}", self.0)
    }

    /// The private name that brokers advertise to the clients of every connection:
    /// `privatelink-0-<service>-<project>.<domain>`. No connection has ordinal 0.
    pub fn brokers(&self, domain: &str) -> String {
        self.privatelink(0, domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_names_keep_clear_of_route_prefixes() {
        assert!("pg-1".parse::<ServiceName>().is_ok());
        for bad in [
            "",
            "-pg",
            "pg-",
            "Pg",
            "p g",
            "privatelink-1",
            "public-x",
            "../x",
        ] {
            assert!(bad.parse::<ServiceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_similar_name_is_proposed_if_it_is_usable() {
        let refusal = |text: &str| text.parse::<ServiceName>().unwrap_err().to_string();
        insta::assert_snapshot!(refusal("My_DB 1"), @"service name `My_DB 1` is not usable: only lower-case letters, digits and hyphens may be used. Did you mean `my-db-1`?");
        insta::assert_snapshot!(refusal("pg-"), @"service name `pg-` is not usable: it must begin and end with a letter or digit. Did you mean `pg`?");
        for hopeless in ["", "__", "privatelink-1", "../x"] {
            assert!(!refusal(hopeless).contains("Did you mean"), "{hopeless}");
        }
    }

    #[test]
    fn a_dns_name_is_fully_qualified() {
        for good in ["db.example.net", "*.example.net", "a.b"] {
            assert!(good.parse::<DnsName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "db",
            "*",
            "*.net",
            "DB.example.net",
            "db.example.net.",
            "a..b",
            "a.*.b",
        ] {
            assert!(bad.parse::<DnsName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_private_name_fits_in_a_label() {
        let project: ProjectName = "p".repeat(20).parse().unwrap();
        let service: ServiceName = "s".repeat(23).parse().unwrap();
        let label = HostLabel::new(&service, &project).unwrap();
        let name = label.privatelink(999_999, "underpass.test");
        assert!(name.split('.').next().unwrap().len() <= LABEL_MAX);
        let service: ServiceName = "s".repeat(24).parse().unwrap();
        assert!(HostLabel::new(&service, &project).is_err());
    }
}
