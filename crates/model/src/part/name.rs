//! Display names of parts, after the providers' documentation. The stored text of a part is for
//! programs.

use super::{AzurePart, GooglePart, Part};

impl Part {
    /// A name, as "load balancer" or "connection plc…".
    pub fn display_name(&self) -> String {
        match self {
            Self::Network => "network".to_owned(),
            Self::Attachment => "published service".to_owned(),
            Self::Admission(id) => format!("connection {id}"),
            Self::Azure(part) => of_azure(part),
            Self::Google(part) => of_google(part),
        }
    }
}

fn of_azure(part: &AzurePart) -> String {
    match part {
        AzurePart::Group => "resource group".to_owned(),
        AzurePart::NatPolicy => "network policy of the subnet".to_owned(),
        AzurePart::Address => "public IP address".to_owned(),
        AzurePart::Balancer => "load balancer".to_owned(),
        AzurePart::Member(handle) => format!("backend {handle}"),
    }
}

fn of_google(part: &GooglePart) -> String {
    match part {
        GooglePart::Subnet => "subnet".to_owned(),
        GooglePart::Probes => "firewall rule for health probes".to_owned(),
        GooglePart::NatSubnet(range) => format!("NAT subnet {range}"),
        GooglePart::Deny => "firewall rule that denies".to_owned(),
        GooglePart::Allow => "firewall rule that allows".to_owned(),
        GooglePart::HealthCheck => "health check".to_owned(),
        GooglePart::EndpointGroup(zone) => format!("network endpoint group in {zone}"),
        GooglePart::Endpoints(zone) => format!("network endpoints in {zone}"),
        GooglePart::BackendService => "backend service".to_owned(),
        GooglePart::ForwardingRule => "forwarding rule".to_owned(),
    }
}
