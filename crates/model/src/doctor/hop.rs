//! One hop of the path from a client to a service, and what was found there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::remedy::Remedy;

/// The hops of a path, in the order in which they are checked: a later one can only work if the
/// earlier ones do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopKind {
    /// The registration of the service: nodes, components, static IPs.
    Service,
    /// The desired state of its link.
    Link,
    /// The cloud account of the link.
    Account,
    /// The project VPC of the link, and the static IPs of its service.
    Network,
    /// The objects of the link in the cloud, without its rules.
    Objects,
    /// The open ports, and the rules of the cloud for them.
    Rules,
    /// The nodes on the open ports, as the health probes of the cloud find them.
    Backends,
    /// The decision about the connection, and its confirmation by the cloud.
    Approval,
    /// The consumer's endpoint and its address.
    Endpoint,
    /// The private name in the zone.
    Name,
    /// The private name, as the client's resolver answers it.
    Resolver,
    /// The route of the client to the endpoint.
    Route,
    /// The open ports of the endpoint, as the client reaches them.
    Listener,
    /// The certificate that the client is shown.
    Tls,
}

impl HopKind {
    /// Every hop, in order.
    pub const ALL: [Self; 14] = [
        Self::Service,
        Self::Link,
        Self::Account,
        Self::Network,
        Self::Objects,
        Self::Rules,
        Self::Backends,
        Self::Approval,
        Self::Endpoint,
        Self::Name,
        Self::Resolver,
        Self::Route,
        Self::Listener,
        Self::Tls,
    ];

    /// The title for display.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Link => "Private link",
            Self::Account => "Cloud account",
            Self::Network => "Network",
            Self::Objects => "Cloud objects",
            Self::Rules => "Ports and rules",
            Self::Backends => "Backends",
            Self::Approval => "Approval",
            Self::Endpoint => "Endpoint",
            Self::Name => "Private name",
            Self::Resolver => "Resolver",
            Self::Route => "Route",
            Self::Listener => "Listener",
            Self::Tls => "TLS",
        }
    }

    /// Reports whether only the client's own place shows it.
    pub const fn is_of_client(self) -> bool {
        match self {
            Self::Resolver | Self::Route | Self::Listener | Self::Tls => true,
            Self::Service
            | Self::Link
            | Self::Account
            | Self::Network
            | Self::Objects
            | Self::Rules
            | Self::Backends
            | Self::Approval
            | Self::Endpoint
            | Self::Name => false,
        }
    }
}

/// The result of the check of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopStatus {
    /// It was checked, and works.
    Ok,
    /// It was checked, and does not work.
    Broken,
    /// It was not checked.
    NotChecked,
}

/// A hop and what was found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The hop.
    pub kind: HopKind,
    /// The result.
    pub status: HopStatus,
    /// One or two sentences without the last full stop. May contain the provider's text, which is untrusted.
    pub evidence: String,
    /// The time of the observation that the evidence is about; absent if nothing was observed.
    pub checked_at: Option<Timestamp>,
    /// The action that mends a broken hop.
    pub remedy: Option<Remedy>,
}

impl Hop {
    /// A hop that works.
    pub fn ok(kind: HopKind, evidence: impl Into<String>, at: Timestamp) -> Self {
        Self {
            kind,
            status: HopStatus::Ok,
            evidence: evidence.into(),
            checked_at: Some(at),
            remedy: None,
        }
    }

    /// A hop that does not work.
    pub fn broken(
        kind: HopKind,
        evidence: impl Into<String>,
        at: Timestamp,
        remedy: Remedy,
    ) -> Self {
        Self {
            kind,
            status: HopStatus::Broken,
            evidence: evidence.into(),
            checked_at: Some(at),
            remedy: Some(remedy),
        }
    }

    /// A hop that was not checked, with the reason.
    pub fn not_checked(kind: HopKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            status: HopStatus::NotChecked,
            evidence: reason.into(),
            checked_at: None,
            remedy: None,
        }
    }
}

/// The first broken hop of a path.
pub fn first_broken(hops: &[Hop]) -> Option<&Hop> {
    hops.iter().find(|hop| hop.status == HopStatus::Broken)
}

/// The time between two points in words, as "12 s" or "3 min".
pub(super) fn span(from: Timestamp, to: Timestamp) -> String {
    const MINUTE: SignedDuration = SignedDuration::from_mins(1);
    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    let span = to.duration_since(from).max(SignedDuration::ZERO);
    if span < MINUTE {
        format!("{} s", span.as_secs())
    } else if span < HOUR {
        format!("{} min", span.as_mins())
    } else if span < DAY * 2 {
        format!("{} h", span.as_hours())
    } else {
        format!("{} days", span.as_hours() / 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_largest_useful_unit() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        for (seconds, words) in [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (47 * 3_600, "47 h"),
            (72 * 3_600, "3 days"),
        ] {
            assert_eq!(span(at(0), at(seconds)), words);
        }
    }
}
