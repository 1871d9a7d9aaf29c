//! The kinds of documents.

/// The kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An account to which nothing is written, because the store is older than its cloud.
    AccountHold,
    /// A project's CA key; encrypted at rest.
    CaKey,
    /// The reservation of a cloud resource, which belongs to one project only.
    CloudResource,
    /// A consumer's connection to a link.
    Connection,
    /// The last ordinal that a connection of a service got; written only by workers.
    ConnectionOrdinals,
    /// The logins of a service; encrypted at rest.
    Credentials,
    /// An ended connection, kept so that it is the same if it is shown again; written only by
    /// workers.
    EndedConnection,
    /// A deleted link, for as long as a listing may show it; written only by workers.
    EndedLink,
    /// The reservation of a host label, which is unique in the installation.
    HostLabel,
    /// The desired state of a link.
    Link,
    /// The differences between store and provider about a link, while its account is on hold.
    LinkDifference,
    /// The reservation of a piece of a NAT range, which belongs to one link of a network only.
    NatRange,
    /// The observed state of a link, a project VPC or a static IP; written only by workers.
    Observed,
    /// A link in a cloud that belongs to nothing in the store.
    Orphan,
    /// A project.
    Project,
    /// The last ordinal under a host label whose service was deleted. It outlives service and project.
    RetiredOrdinals,
    /// The number from which the serials of the zone are counted.
    SerialBase,
    /// A service.
    Service,
    /// The desired state of a static IP.
    StaticIp,
    /// An access token, by its hash.
    Token,
    /// A user, by e-mail address.
    User,
    /// The desired state of a project VPC.
    Vpc,
    /// The presence of a service in a project VPC. A VPC with residents cannot be deleted.
    VpcResident,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 23] = [
        Self::AccountHold,
        Self::CaKey,
        Self::CloudResource,
        Self::Connection,
        Self::ConnectionOrdinals,
        Self::Credentials,
        Self::EndedConnection,
        Self::EndedLink,
        Self::HostLabel,
        Self::Link,
        Self::LinkDifference,
        Self::NatRange,
        Self::Observed,
        Self::Orphan,
        Self::Project,
        Self::RetiredOrdinals,
        Self::SerialBase,
        Self::Service,
        Self::StaticIp,
        Self::Token,
        Self::User,
        Self::Vpc,
        Self::VpcResident,
    ];

    /// The newest format of its documents that this version reads, which is also the one that it
    /// writes. Raised when an older version would lose a new member by writing the document: it then
    /// sets the document aside.
    pub const fn format(self) -> u32 {
        1
    }

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountHold => "account_hold",
            Self::CaKey => "ca_key",
            Self::CloudResource => "cloud_resource",
            Self::Connection => "connection",
            Self::ConnectionOrdinals => "connection_ordinals",
            Self::Credentials => "credentials",
            Self::EndedConnection => "ended_connection",
            Self::EndedLink => "ended_link",
            Self::HostLabel => "host_label",
            Self::Link => "link",
            Self::LinkDifference => "link_difference",
            Self::NatRange => "nat_range",
            Self::Observed => "observed",
            Self::Orphan => "orphan",
            Self::Project => "project",
            Self::RetiredOrdinals => "retired_ordinals",
            Self::SerialBase => "serial_base",
            Self::Service => "service",
            Self::StaticIp => "static_ip",
            Self::Token => "token",
            Self::User => "user",
            Self::Vpc => "vpc",
            Self::VpcResident => "vpc_resident",
        }
    }

    /// Returns the kind with a stored name; `None` for a kind of another version of Underpass.
    pub(crate) fn stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Returns whether the keys of this kind begin with the name of a project, so that the rows end
    /// with the project at the latest.
    pub const fn is_below_project(self) -> bool {
        match self {
            Self::Connection
            | Self::ConnectionOrdinals
            | Self::Credentials
            | Self::EndedConnection
            | Self::Link
            | Self::Service
            | Self::StaticIp
            | Self::Vpc
            | Self::VpcResident => true,
            Self::AccountHold
            | Self::CaKey
            | Self::CloudResource
            | Self::EndedLink
            | Self::HostLabel
            | Self::LinkDifference
            | Self::NatRange
            | Self::Observed
            | Self::Orphan
            | Self::Project
            | Self::RetiredOrdinals
            | Self::SerialBase
            | Self::Token
            | Self::User => false,
        }
    }

    /// Returns the member with the time at which the thing of a row ended or ends. An index of the
    /// schema is on the member of each of these kinds.
    pub(crate) const fn end_member(self) -> Option<&'static str> {
        match self {
            Self::EndedConnection | Self::EndedLink => Some("ended_at"),
            Self::Token => Some("expires_at"),
            Self::AccountHold
            | Self::CaKey
            | Self::CloudResource
            | Self::Connection
            | Self::ConnectionOrdinals
            | Self::Credentials
            | Self::HostLabel
            | Self::Link
            | Self::LinkDifference
            | Self::NatRange
            | Self::Observed
            | Self::Orphan
            | Self::Project
            | Self::RetiredOrdinals
            | Self::SerialBase
            | Self::Service
            | Self::StaticIp
            | Self::User
            | Self::Vpc
            | Self::VpcResident => None,
        }
    }

    /// Returns the member with the thing to which a row belongs, for kinds whose rows are read by it. An
    /// index of the schema is on the member.
    pub(crate) const fn owner_member(self) -> Option<&'static str> {
        match self {
            Self::StaticIp => Some("service"),
            Self::Token => Some("email"),
            Self::AccountHold
            | Self::CaKey
            | Self::CloudResource
            | Self::Connection
            | Self::ConnectionOrdinals
            | Self::Credentials
            | Self::EndedConnection
            | Self::EndedLink
            | Self::HostLabel
            | Self::Link
            | Self::LinkDifference
            | Self::NatRange
            | Self::Observed
            | Self::Orphan
            | Self::Project
            | Self::RetiredOrdinals
            | Self::SerialBase
            | Self::Service
            | Self::User
            | Self::Vpc
            | Self::VpcResident => None,
        }
    }

    /// Returns whether rows of this kind are encrypted at rest.
    pub const fn is_encrypted(self) -> bool {
        match self {
            Self::CaKey | Self::Credentials => true,
            Self::AccountHold
            | Self::CloudResource
            | Self::Connection
            | Self::ConnectionOrdinals
            | Self::EndedConnection
            | Self::EndedLink
            | Self::HostLabel
            | Self::Link
            | Self::LinkDifference
            | Self::NatRange
            | Self::Observed
            | Self::Orphan
            | Self::Project
            | Self::RetiredOrdinals
            | Self::SerialBase
            | Self::Service
            | Self::StaticIp
            | Self::Token
            | Self::User
            | Self::Vpc
            | Self::VpcResident => false,
        }
    }
}
