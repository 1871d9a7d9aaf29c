//! The keys of rows.

use std::fmt;

use ipnet::Ipv4Net;
use underpass_model::cloud::Provider;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::id::{ConnectionId, LinkId, ProjectVpcId, StaticIpId};
use underpass_model::name::{AccountName, HostLabel, ProjectName, ServiceName};
use underpass_model::work::WorkKey;

use crate::kind::Kind;

/// The name of a row within its kind: segments separated by `/`, which no segment contains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// The key of a project and of its CA key; the prefix of every row of a project.
    pub fn project(project: &ProjectName) -> Self {
        Self(project.to_string())
    }

    /// The key of a service, of its credentials and of its ordinals; the prefix of every row of a
    /// service.
    pub fn service(project: &ProjectName, service: &ServiceName) -> Self {
        Self(format!("{project}/{service}"))
    }

    /// The key of a link; the prefix of its connections and of its ended ones.
    pub fn link(project: &ProjectName, service: &ServiceName, provider: Provider) -> Self {
        Self(format!("{project}/{service}/{provider}"))
    }

    /// The key of a connection, also after its end.
    pub fn connection(
        project: &ProjectName,
        service: &ServiceName,
        provider: Provider,
        id: &ConnectionId,
    ) -> Self {
        Self(format!("{project}/{service}/{provider}/{id}"))
    }

    /// The key of a row below this one.
    #[must_use]
    pub fn child(&self, segment: &str) -> Self {
        Self(format!("{}/{}", self.0, escape(segment)))
    }

    /// The key of a project VPC; the prefix of its residents.
    pub fn vpc(project: &ProjectName, id: ProjectVpcId) -> Self {
        Self(format!("{project}/{id}"))
    }

    /// The key of a service's presence in a project VPC.
    pub fn vpc_resident(project: &ProjectName, id: ProjectVpcId, service: &ServiceName) -> Self {
        Self(format!("{project}/{id}/{service}"))
    }

    /// The ID of the project VPC in the key of a [`Kind::VpcResident`](crate::Kind::VpcResident).
    pub fn vpc_of_resident(&self) -> Option<&str> {
        self.as_str().split('/').nth(1)
    }

    /// The key of a static IP.
    pub fn static_ip(project: &ProjectName, id: &StaticIpId) -> Self {
        Self(format!("{project}/{id}"))
    }

    /// The key of the observed state of an object.
    pub fn observed(work: &WorkKey) -> Self {
        Self(work.to_string())
    }

    /// The prefix of the observed states of orphans that are being removed.
    pub fn observed_orphans() -> Self {
        Self("orphan".to_owned())
    }

    /// The prefix of the observed states of a project's links.
    pub fn observed_links(project: &ProjectName) -> Self {
        Self(format!("link/{project}"))
    }

    /// The prefix of the observed states of a service's links.
    pub fn observed_links_of(project: &ProjectName, service: &ServiceName) -> Self {
        Self(format!("link/{project}/{service}"))
    }

    /// The prefix of the observed states of a service's links, by the service's key.
    pub fn observed_links_below(service: &Self) -> Self {
        Self(format!("link/{service}"))
    }

    /// The key of the service with the link that a row of this kind belongs to.
    pub fn service_of_link(&self, kind: Kind) -> Option<Self> {
        let below = match kind {
            Kind::Link | Kind::Connection => self.as_str(),
            Kind::Observed => self.as_str().strip_prefix("link/")?,
            _ => return None,
        };
        let mut segments = below.split('/');
        let (project, service) = (segments.next()?, segments.next()?);
        Some(Self(format!("{project}/{service}")))
    }

    /// The prefix of the observed states of a project's VPCs.
    pub fn observed_vpcs(project: &ProjectName) -> Self {
        Self(format!("vpc/{project}"))
    }

    /// The prefix of the observed states of a project's static IPs.
    pub fn observed_static_ips(project: &ProjectName) -> Self {
        Self(format!("static-ip/{project}"))
    }

    /// The key of the reservation of a piece of a NAT range. `network` is the result of
    /// [`underpass_model::vpc::ProjectVpc::network_key`].
    pub fn nat_range(account: &AccountName, network: &str, piece: Ipv4Net) -> Self {
        let above = Self::nat_ranges_of(account, network);
        // The text of a range contains a `/`.
        let piece = escape(&piece.to_string());
        Self(format!("{above}/{piece}"))
    }

    /// The piece in the key of a [`Kind::NatRange`](crate::Kind::NatRange).
    pub fn nat_piece(&self) -> Option<Ipv4Net> {
        let (_, piece) = self.as_str().rsplit_once('/')?;
        piece.replace("%2F", "/").parse().ok()
    }

    /// The prefix of the reservations of NAT ranges in one network.
    pub fn nat_ranges_of(account: &AccountName, network: &str) -> Self {
        Self(format!("{account}/{}", escape(network)))
    }

    /// The key of the reservation of a cloud resource.
    pub fn cloud_resource(resource: &CloudResource) -> Self {
        Self(format!(
            "{}/{}",
            resource.kind.as_str(),
            escape(resource.id())
        ))
    }

    /// The key of the reservation of a cloud resource in one project only: others may name the same
    /// resource, and the cloud shows in whose network it is.
    pub fn located_resource(project: &ProjectName, resource: &CloudResource) -> Self {
        Self(format!(
            "located/{project}/{}/{}",
            resource.kind.as_str(),
            escape(resource.id())
        ))
    }

    /// The key of the hold of an account.
    pub fn account_hold(account: &AccountName) -> Self {
        Self(account.to_string())
    }

    /// The key of the differences about a link. `managed` is the text of its work key.
    pub fn link_difference(managed: &str, link: &str) -> Self {
        Self(format!("{managed}/{link}"))
    }

    /// The key of a deleted link, by its ID.
    pub fn ended_link(link: &str) -> Self {
        Self(link.to_owned())
    }

    /// The key of an orphan.
    pub fn orphan(account: &AccountName, link: &LinkId) -> Self {
        Self(format!("{account}/{link}"))
    }

    /// The key of the reservation of a host label.
    pub fn host_label(label: &HostLabel) -> Self {
        Self(label.as_str().to_owned())
    }

    /// The key of the base of the zone's serials.
    pub fn serial_base() -> Self {
        Self("zone".to_owned())
    }

    /// The key of a token, by its SHA-256 hash in lower-case hexadecimal.
    pub fn token(sha256: &str) -> Self {
        Self(sha256.to_owned())
    }

    /// The key of a user.
    pub fn user(email: &str) -> Self {
        Self(escape(email))
    }

    /// The prefix of every row of a kind.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether `other` is below this key. A key is not below itself.
    pub fn is_above(&self, other: &Key) -> bool {
        self.0.is_empty()
            || other
                .0
                .strip_prefix(&self.0)
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// The first key below this one and the first key after those, in byte order; `None` for the
    /// root. `0` is the character after `/`.
    pub(crate) fn range_below(&self) -> Option<(String, String)> {
        (!self.0.is_empty()).then(|| (format!("{}/", self.0), format!("{}0", self.0)))
    }

    /// Wraps the stored form.
    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }
}

/// Escapes a text as one segment.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F")
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
