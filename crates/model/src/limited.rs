//! Numbers that a project is limited in.

use serde::{Deserialize, Serialize};

/// A number that a project is limited in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limited {
    /// Services.
    Services,
    /// Links, those being deleted included.
    Links,
    /// Project VPCs, those being deleted included.
    Vpcs,
    /// Static IPs, those being deleted included.
    StaticIps,
}

impl Limited {
    /// Every number.
    pub const ALL: [Self; 4] = [Self::Services, Self::Links, Self::Vpcs, Self::StaticIps];

    /// The member and flag of the limit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Links => "links",
            Self::Vpcs => "vpcs",
            Self::StaticIps => "static_ips",
        }
    }

    /// The objects, for sentences.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Links => "links",
            Self::Vpcs => "project VPCs",
            Self::StaticIps => "static IPs",
        }
    }
}
