//! How rows are named.

use std::fmt;

use ipnet::Ipv4Net;
use underpass_model::cloud::Provider;
use underpass_model::id::{ConnectionId, ProjectVpcId, StaticIpId};
use underpass_model::name::{AccountName, HostLabel, ProjectName, ServiceName};
use underpass_model::work::WorkKey;

/// Which noun a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A project's CA key; encrypted at rest.
    CaKey,
    /// A consumer's connection to a link.
    Connection,
    /// The logins of a service; encrypted at rest.
    Credentials,
    /// A claim on a host label, so that it is unique in the installation.
    HostLabel,
    /// A link as wished for.
    Link,
    /// A claim on a piece of the ranges for address translation, so that no two links of a network
    /// have the same.
    NatRange,
    /// What was seen of a link, a project VPC or a static IP; written by workers alone.
    Observed,
    /// A project.
    Project,
    /// A service.
    Service,
    /// A static IP as wished for.
    StaticIp,
    /// An access token, by its hash.
    Token,
    /// A user, by e-mail address.
    User,
    /// A project VPC as wished for.
    Vpc,
    /// A service's place in a project VPC, so that a VPC is deleted only when nobody is in it.
    VpcResident,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::CaKey,
        Self::Connection,
        Self::Credentials,
        Self::HostLabel,
        Self::Link,
        Self::NatRange,
        Self::Observed,
        Self::Project,
        Self::Service,
        Self::StaticIp,
        Self::Token,
        Self::User,
        Self::Vpc,
        Self::VpcResident,
    ];

    /// The word stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CaKey => "ca_key",
            Self::Connection => "connection",
            Self::Credentials => "credentials",
            Self::HostLabel => "host_label",
            Self::Link => "link",
            Self::NatRange => "nat_range",
            Self::Observed => "observed",
            Self::Project => "project",
            Self::Service => "service",
            Self::StaticIp => "static_ip",
            Self::Token => "token",
            Self::User => "user",
            Self::Vpc => "vpc",
            Self::VpcResident => "vpc_resident",
        }
    }

    /// Returns whether rows of this kind are encrypted at rest.
    pub const fn is_encrypted(self) -> bool {
        match self {
            Self::CaKey | Self::Credentials => true,
            Self::Connection
            | Self::HostLabel
            | Self::Link
            | Self::NatRange
            | Self::Observed
            | Self::Project
            | Self::Service
            | Self::StaticIp
            | Self::Token
            | Self::User
            | Self::Vpc
            | Self::VpcResident => false,
        }
    }
}

/// The name of a row within its kind: segments joined by `/`, none of which contains one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// Of a project, its CA key, or everything below a project.
    pub fn project(project: &ProjectName) -> Self {
        Self(project.to_string())
    }

    /// Of a service, its credentials, or everything below a service.
    pub fn service(project: &ProjectName, service: &ServiceName) -> Self {
        Self(format!("{project}/{service}"))
    }

    /// Of a link, or everything below one (its connections).
    pub fn link(project: &ProjectName, service: &ServiceName, provider: Provider) -> Self {
        Self(format!("{project}/{service}/{provider}"))
    }

    /// Of a connection.
    pub fn connection(
        project: &ProjectName,
        service: &ServiceName,
        provider: Provider,
        id: &ConnectionId,
    ) -> Self {
        Self(format!("{project}/{service}/{provider}/{id}"))
    }

    /// Of a project VPC.
    pub fn vpc(project: &ProjectName, id: ProjectVpcId) -> Self {
        Self(format!("{project}/{id}"))
    }

    /// Of a service's place in a project VPC.
    pub fn vpc_resident(project: &ProjectName, id: ProjectVpcId, service: &ServiceName) -> Self {
        Self(format!("{project}/{id}/{service}"))
    }

    /// The project VPC that a resident is in, of the key of a [`Kind::VpcResident`].
    pub fn vpc_of_resident(&self) -> Option<&str> {
        self.as_str().split('/').nth(1)
    }

    /// Of a static IP.
    pub fn static_ip(project: &ProjectName, id: &StaticIpId) -> Self {
        Self(format!("{project}/{id}"))
    }

    /// Of what was seen of a wish.
    pub fn observed(work: &WorkKey) -> Self {
        Self(work.to_string())
    }

    /// Above what was seen of every link of a project.
    pub fn observed_links(project: &ProjectName) -> Self {
        Self(format!("link/{project}"))
    }

    /// Above what was seen of every link of a service.
    pub fn observed_links_of(project: &ProjectName, service: &ServiceName) -> Self {
        Self(format!("link/{project}/{service}"))
    }

    /// Above what was seen of every VPC of a project.
    pub fn observed_vpcs(project: &ProjectName) -> Self {
        Self(format!("vpc/{project}"))
    }

    /// Above what was seen of every static IP of a project.
    pub fn observed_static_ips(project: &ProjectName) -> Self {
        Self(format!("static-ip/{project}"))
    }

    /// Of a claim on a piece of the ranges for address translation; `network` as
    /// [`underpass_model::vpc::ProjectVpc::network_key`] gives it.
    pub fn nat_range(account: &AccountName, network: &str, piece: Ipv4Net) -> Self {
        let above = Self::nat_ranges_of(account, network);
        // A range prints with a `/`.
        let piece = escape(&piece.to_string());
        Self(format!("{above}/{piece}"))
    }

    /// Above the claims on ranges for address translation of one network.
    pub fn nat_ranges_of(account: &AccountName, network: &str) -> Self {
        Self(format!("{account}/{}", escape(network)))
    }

    /// Of a claim on a host label.
    pub fn host_label(label: &HostLabel) -> Self {
        Self(label.as_str().to_owned())
    }

    /// Of a token, by the lower-case hex of its SHA-256.
    pub fn token(sha256: &str) -> Self {
        Self(sha256.to_owned())
    }

    /// Of a user.
    pub fn user(email: &str) -> Self {
        Self(escape(email))
    }

    /// Above every row of a kind.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// The key as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is below this key (not the key itself).
    pub fn is_above(&self, other: &Key) -> bool {
        self.0.is_empty()
            || other
                .0
                .strip_prefix(&self.0)
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Where the rows below this key begin and where they have ended, in byte order; `None` above
    /// everything. `0` is the character after `/`.
    pub(crate) fn range_below(&self) -> Option<(String, String)> {
        (!self.0.is_empty()).then(|| (format!("{}/", self.0), format!("{}0", self.0)))
    }

    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }
}

/// A text as one segment.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F")
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
