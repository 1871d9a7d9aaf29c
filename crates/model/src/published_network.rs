//! The network that a published service is in, as its cloud shows it.

use serde::{Deserialize, Serialize};

use crate::cloud::Provider;
use crate::vpc::{ProjectVpc, VpcNetwork};

/// The IDs of the network and the subnets of a published service. An ID is absent until a listing
/// showed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedNetwork {
    /// The network of the forwarding rule: its path from `projects/` on (Google).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// The subnet of the load balancer's frontend: a full resource ID (Azure), or a path (Google).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_subnet: Option<String>,
    /// The subnet for address translation: a full resource ID (Azure).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nat_subnet: Option<String>,
}

/// The result of a comparison with the network of a project VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkMatch {
    /// Links of the project VPC are in this network.
    Same,
    /// They are in another one.
    Different {
        /// The ID that the cloud shows.
        found: String,
        /// The ID in the project VPC.
        expected: String,
    },
    /// No listing showed it yet.
    Unknown,
}

impl PublishedNetwork {
    /// Adds the IDs that `other` has and this lacks.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            network: self.network.or(other.network),
            node_subnet: self.node_subnet.or(other.node_subnet),
            nat_subnet: self.nat_subnet.or(other.nat_subnet),
        }
    }

    /// Compares with the network of a project VPC. `native_id` is the provider's name of its account.
    ///
    /// A network made by Underpass has a name of its own on Google, and on Azure a resource group of
    /// its own, which [`PublishedService::is_in`](crate::recovery::PublishedService::is_in)
    /// compares.
    pub fn compare(&self, vpc: &ProjectVpc, native_id: &str) -> NetworkMatch {
        let pairs = match &vpc.place {
            VpcNetwork::Made if vpc.cloud.provider() == Provider::Google => {
                let name = vpc.group_name();
                let network = format!("projects/{native_id}/global/networks/{name}");
                vec![(&self.network, network)]
            }
            VpcNetwork::Made => Vec::new(),
            VpcNetwork::Adopted(adopted) => vec![
                (&self.node_subnet, adopted.node_subnet_id()),
                (&self.nat_subnet, adopted.nat_subnet_id()),
            ],
            VpcNetwork::AdoptedGoogle(adopted) => vec![
                (&self.network, adopted.network.clone()),
                (&self.node_subnet, adopted.node_subnet.clone()),
            ],
        };
        let mut result = NetworkMatch::Same;
        for (found, expected) in pairs {
            match found {
                // Azure ignores the case of IDs; Google's names are in lower case.
                Some(found) if found.eq_ignore_ascii_case(&expected) => {}
                Some(found) => {
                    return NetworkMatch::Different {
                        found: found.clone(),
                        expected,
                    };
                }
                None => result = NetworkMatch::Unknown,
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::id::Generation;
    use crate::vpc::{AdoptedAzure, AdoptedGoogle};

    const VNET: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n";

    fn vpc(cloud: &str, place: VpcNetwork) -> ProjectVpc {
        ProjectVpc {
            id: "3f0c1d2e-0000-4000-8000-000000000002".parse().unwrap(),
            project: "demo".parse().unwrap(),
            cloud: cloud.parse().unwrap(),
            cidr: "10.64.0.0/24".parse().unwrap(),
            account: Some("a".parse().unwrap()),
            place,
            byoc: false,
            generation: Generation(1),
            deleting: false,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn is_different(found: &PublishedNetwork, vpc: &ProjectVpc, native_id: &str) -> bool {
        matches!(
            found.compare(vpc, native_id),
            NetworkMatch::Different { .. }
        )
    }

    fn on_google(network: &str, subnet: &str) -> PublishedNetwork {
        PublishedNetwork {
            network: Some(network.to_owned()),
            node_subnet: Some(subnet.to_owned()),
            nat_subnet: None,
        }
    }

    #[test]
    fn an_adopted_network_on_google_is_compared_with_its_subnet_and_project() {
        let (network, subnet) = (
            "projects/p/global/networks/n",
            "projects/p/regions/europe-west1/subnetworks/s",
        );
        let adopted = AdoptedGoogle {
            network: network.to_owned(),
            node_subnet: subnet.to_owned(),
        };
        let vpc = vpc("google-europe-west1", VpcNetwork::AdoptedGoogle(adopted));
        let same = on_google(network, subnet);
        assert_eq!(same.compare(&vpc, "p"), NetworkMatch::Same);
        for (network, subnet) in [
            ("projects/p/global/networks/other", subnet),
            ("projects/q/global/networks/n", subnet),
            (network, "projects/p/regions/europe-west1/subnetworks/other"),
        ] {
            assert!(is_different(&on_google(network, subnet), &vpc, "p"));
        }
        let unlisted = PublishedNetwork::default();
        assert_eq!(unlisted.compare(&vpc, "p"), NetworkMatch::Unknown);
        assert_eq!(unlisted.or(same).compare(&vpc, "p"), NetworkMatch::Same);
    }

    #[test]
    fn a_network_made_on_google_is_compared_with_its_name_and_project() {
        let vpc = vpc("google-europe-west1", VpcNetwork::Made);
        let path =
            |project: &str| format!("projects/{project}/global/networks/{}", vpc.group_name());
        let found = on_google(&path("p"), "projects/p/regions/europe-west1/subnetworks/s");
        assert_eq!(found.compare(&vpc, "p"), NetworkMatch::Same);
        assert!(is_different(&found, &vpc, "q"));
        let other = on_google("projects/p/global/networks/default", "s");
        assert!(is_different(&other, &vpc, "p"));
    }

    #[test]
    fn an_adopted_network_on_azure_is_compared_with_both_subnets() {
        let adopted = AdoptedAzure {
            resource_group: "g".to_owned(),
            vnet_id: VNET.to_owned(),
            node_subnet: "nodes".to_owned(),
            nat_subnet: format!("{VNET}/subnets/nat"),
        };
        let vpc = vpc("azure-westeurope", VpcNetwork::Adopted(adopted));
        let found = |vnet: &str, nodes: &str, nat: &str| PublishedNetwork {
            network: None,
            node_subnet: Some(format!("{vnet}/subnets/{nodes}")),
            nat_subnet: Some(format!("{vnet}/subnets/{nat}")),
        };
        let upper = VNET.to_ascii_uppercase();
        assert_eq!(
            found(&upper, "nodes", "nat").compare(&vpc, "s"),
            NetworkMatch::Same
        );
        for other in [
            found(VNET, "other", "nat"),
            found(VNET, "nodes", "other"),
            found(&VNET.replace("/s/", "/t/"), "nodes", "nat"),
            found(&VNET.replace("/g/", "/h/"), "nodes", "nat"),
            found(&format!("{VNET}2"), "nodes", "nat"),
        ] {
            assert!(is_different(&other, &vpc, "s"), "{other:?}");
        }
    }
}
