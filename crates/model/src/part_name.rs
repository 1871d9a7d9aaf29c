//! Names of parts for people. The stored text of a part never reaches a person.

use crate::part::Part;

impl Part {
    /// A name after the provider's documentation, as "load balancer" or "connection plc…".
    pub fn display_name(&self) -> String {
        match self {
            Self::Group => "resource group".to_owned(),
            Self::Network => "network".to_owned(),
            Self::Subnet => "subnet".to_owned(),
            Self::Probes => "firewall rule for health checks".to_owned(),
            Self::NatPolicy => "private link policy of the subnet".to_owned(),
            Self::Address => "public IP address".to_owned(),
            Self::NatSubnet(range) => format!("NAT subnet {range}"),
            Self::Deny => "firewall rule that denies consumers".to_owned(),
            Self::Allow => "firewall rule that allows consumers".to_owned(),
            Self::HealthCheck => "health check".to_owned(),
            Self::EndpointGroup(zone) => format!("network endpoint group in {zone}"),
            Self::Endpoints(zone) => format!("network endpoints in {zone}"),
            Self::BackendService => "backend service".to_owned(),
            Self::ForwardingRule => "forwarding rule".to_owned(),
            Self::Balancer => "load balancer".to_owned(),
            Self::Member(handle) => {
                let name = handle.rsplit('/').next().unwrap_or(handle);
                format!("load balancer membership of {name}")
            }
            Self::Attachment => "published service".to_owned(),
            Self::Admission(id) => format!("connection {id}"),
        }
    }
}
