//! Work of the reconcile loop: one row per managed object, however often it changes.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::Provider;
use crate::id::{Generation, LinkId, ProjectVpcId, StaticIpId};
use crate::name::{AccountName, ProjectName, ServiceName};

/// The managed object that a worker reconciles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WorkKey {
    /// A link of a service in one cloud.
    Link(ProjectName, ServiceName, Provider),
    /// An orphan of an account that is being removed.
    Orphan(AccountName, LinkId),
    /// A static IP.
    StaticIp(ProjectName, StaticIpId),
    /// A project VPC.
    Vpc(ProjectName, ProjectVpcId),
}

impl WorkKey {
    /// The project of the object; `None` for an orphan, which belongs to none.
    pub const fn project(&self) -> Option<&ProjectName> {
        match self {
            Self::Link(project, ..) | Self::StaticIp(project, _) | Self::Vpc(project, _) => {
                Some(project)
            }
            Self::Orphan(..) => None,
        }
    }
}

impl fmt::Display for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(project, service, provider) => {
                write!(f, "link/{project}/{service}/{provider}")
            }
            Self::Orphan(account, link) => write!(f, "orphan/{account}/{link}"),
            Self::StaticIp(project, id) => write!(f, "static-ip/{project}/{id}"),
            Self::Vpc(project, id) => write!(f, "vpc/{project}/{id}"),
        }
    }
}

/// A stored key that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a work key known to this version")]
pub struct UnknownWork(String);

impl FromStr for WorkKey {
    type Err = UnknownWork;

    fn from_str(text: &str) -> Result<Self, UnknownWork> {
        let parsed = match text.split('/').collect::<Vec<_>>().as_slice() {
            ["link", project, service, provider] => {
                let provider = match *provider {
                    "azure" => Some(Provider::Azure),
                    "google" => Some(Provider::Google),
                    "aws" => Some(Provider::Aws),
                    _ => None,
                };
                match (project.parse(), service.parse(), provider) {
                    (Ok(project), Ok(service), Some(provider)) => {
                        Some(Self::Link(project, service, provider))
                    }
                    _ => None,
                }
            }
            ["orphan", account, link] => match (account.parse(), link.parse()) {
                (Ok(account), Ok(link)) => Some(Self::Orphan(account, link)),
                _ => None,
            },
            ["static-ip", project, id] => match (project.parse(), id.parse()) {
                (Ok(project), Ok(id)) => Some(Self::StaticIp(project, id)),
                _ => None,
            },
            ["vpc", project, id] => match (project.parse(), id.parse()) {
                (Ok(project), Ok(id)) => Some(Self::Vpc(project, id)),
                _ => None,
            },
            _ => None,
        };
        parsed.ok_or_else(|| UnknownWork(text.to_owned()))
    }
}

impl TryFrom<String> for WorkKey {
    type Error = UnknownWork;
    fn try_from(text: String) -> Result<Self, UnknownWork> {
        text.parse()
    }
}

impl From<WorkKey> for String {
    fn from(key: WorkKey) -> String {
        key.to_string()
    }
}

/// The priority of work, set explicitly, so that a restart's backlog cannot delay a user's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Work of the control plane itself.
    Background,
    /// Work requested by a user.
    User,
}

/// A request for a reconcile pass; several before the pass are merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enqueue {
    /// The object.
    pub key: WorkKey,
    /// The earliest time; of several requests the earliest wins.
    pub due_at: Timestamp,
    /// The generation to reconcile; the highest wins.
    pub generation: Generation,
    /// The priority; the higher wins.
    pub priority: Priority,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip_through_text() {
        for text in [
            "link/demo/pg-1/azure",
            "orphan/azure/s0a1b2c3d4e5f",
            "static-ip/demo/ip0123456789a",
            "vpc/demo/3f0c1d2e-0000-4000-8000-000000000002",
        ] {
            assert_eq!(text.parse::<WorkKey>().unwrap().to_string(), text);
        }
        assert!("link/demo/pg-1".parse::<WorkKey>().is_err());
    }
}
