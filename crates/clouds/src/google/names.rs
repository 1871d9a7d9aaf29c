//! The names and resources of a target's parts.

use ipnet::Ipv4Net;
use underpass_model::cloud_target::{CloudTarget, GooglePlacement};
use underpass_model::vpc::AdoptedGoogle;

use super::resource::{Kind, Resource, Scope, link, path_of};
use crate::error::{Error, ErrorKind, own};

/// The prefix of names of everything made for a link.
const PREFIX: &str = "up-";

/// The suffixes of names, by kind; the attachment has none, because consumers see its name.
pub(super) const DENY: &str = "-deny";
pub(super) const ALLOW: &str = "-allow";
pub(super) const HEALTH_CHECK: &str = "-hc";
pub(super) const GROUP: &str = "-neg";
pub(super) const SERVICE: &str = "-bs";
pub(super) const RULE: &str = "-fr";

/// The text between the link and the range in the name of a NAT subnet.
const NAT: &str = "-nat-";

/// The resources of a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) project: &'a str,
    pub(super) target: &'a CloudTarget,
}

impl Names<'_> {
    /// The network made by Underpass.
    pub(super) fn network(&self) -> Result<Resource, Error> {
        let Some(GooglePlacement::Made { network }) = self.target.placement.google() else {
            return Err(self.misplaced("network"));
        };
        Ok(self.global(Kind::Network, network))
    }

    /// The operator's network, if it was adopted.
    pub(super) const fn adopted(&self) -> Option<&AdoptedGoogle> {
        match self.target.placement.google() {
            Some(GooglePlacement::Adopted(adopted)) => Some(adopted),
            Some(GooglePlacement::Made { .. } | GooglePlacement::Unknown) | None => None,
        }
    }

    /// The URL of the network, if it is known.
    pub(super) fn known_network_link(&self) -> Result<Option<String>, Error> {
        match self.target.placement.google() {
            Some(GooglePlacement::Unknown) => Ok(None),
            Some(GooglePlacement::Made { .. } | GooglePlacement::Adopted(_)) | None => {
                self.network_link().map(Some)
            }
        }
    }

    /// The URL of the network, ours or the operator's.
    pub(super) fn network_link(&self) -> Result<String, Error> {
        if let Some(GooglePlacement::Adopted(adopted)) = self.target.placement.google() {
            return Ok(link(path_of(&adopted.network)));
        }
        Ok(self.network()?.link())
    }

    /// The subnet of nodes and forwarding rules made by Underpass.
    pub(super) fn node_subnet(&self) -> Result<Resource, Error> {
        let network = self.network()?;
        let name = format!("{}-nodes", network.name());
        Ok(self.regional(Kind::Subnetwork, &name))
    }

    /// The URL of the subnet of nodes and forwarding rules, ours or the operator's.
    pub(super) fn node_subnet_link(&self) -> Result<String, Error> {
        if let Some(GooglePlacement::Adopted(adopted)) = self.target.placement.google() {
            return Ok(link(path_of(&adopted.node_subnet)));
        }
        Ok(self.node_subnet()?.link())
    }

    /// The firewall rule for health probes of a project VPC, ours or adopted.
    pub(super) fn probes(&self) -> Resource {
        let name = format!("underpass-vpc-{}-probes", self.target.object);
        self.global(Kind::Firewall, &name)
    }

    /// The NAT subnet of one range.
    pub(super) fn nat_subnet(&self, range: Ipv4Net) -> Resource {
        self.regional(Kind::Subnetwork, &nat_name(&self.target.object, range))
    }

    pub(super) fn deny(&self) -> Resource {
        self.global(Kind::Firewall, &self.of_link(DENY))
    }

    pub(super) fn allow(&self) -> Resource {
        self.global(Kind::Firewall, &self.of_link(ALLOW))
    }

    pub(super) fn health_check(&self) -> Resource {
        self.regional(Kind::HealthCheck, &self.of_link(HEALTH_CHECK))
    }

    pub(super) fn endpoint_group(&self, zone: &str) -> Resource {
        let scope = Scope::Zone(zone.to_owned());
        let name = self.of_link(GROUP);
        Resource::new(Kind::EndpointGroup, self.project, scope, &name)
    }

    pub(super) fn backend_service(&self) -> Resource {
        self.regional(Kind::BackendService, &self.of_link(SERVICE))
    }

    pub(super) fn forwarding_rule(&self) -> Resource {
        self.regional(Kind::ForwardingRule, &self.of_link(RULE))
    }

    /// The service attachment. Consumers see this name.
    pub(super) fn attachment(&self) -> Resource {
        self.regional(Kind::ServiceAttachment, &self.of_link(""))
    }

    fn of_link(&self, suffix: &str) -> String {
        name(&self.target.object, suffix)
    }

    fn global(&self, kind: Kind, name: &str) -> Resource {
        Resource::new(kind, self.project, Scope::Global, name)
    }

    fn regional(&self, kind: Kind, name: &str) -> Resource {
        let scope = Scope::Region(self.target.region.clone());
        Resource::new(kind, self.project, scope, name)
    }

    fn misplaced(&self, kind: &str) -> Error {
        own(
            ErrorKind::Invalid,
            &format!("name the {kind} of `{}`", self.target.object),
            "Misplaced",
            format!(
                "the network of `{}` cannot contain one",
                self.target.ownership.managed
            ),
        )
    }
}

/// The name of a resource of an object.
pub(super) fn name(object: &str, suffix: &str) -> String {
    format!("{PREFIX}{object}{suffix}")
}

/// The name of the NAT subnet of one range.
pub(super) fn nat_name(object: &str, range: Ipv4Net) -> String {
    let [a, b, c, d] = range.network().octets();
    name(
        object,
        &format!("{NAT}{a}-{b}-{c}-{d}-{}", range.prefix_len()),
    )
}

/// Returns the range in the name of a NAT subnet, if it is one.
pub(super) fn range_of(name: &str) -> Option<Ipv4Net> {
    let (_, range) = name.split_once(NAT)?;
    let (address, prefix) = range.rsplit_once('-')?;
    format!("{}/{prefix}", address.replace('-', "."))
        .parse()
        .ok()
}
