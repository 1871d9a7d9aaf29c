//! Project VPCs.
//!
//! `Compatible…` types are documents of the compatible API; the others are of our own.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use underpass_model::vpc::VpcState;

use crate::condition::ConditionView;
use crate::part::PartFailure;

/// Project VPCs with their services: `GET /v1/underpass/project/{project}/vpcs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcList {
    /// Project VPCs, oldest first.
    pub vpcs: Vec<VpcView>,
}

/// A project VPC with the services in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcView {
    /// ID of the project VPC.
    pub project_vpc_id: String,
    /// Cloud and region, for instance `azure-westeurope`.
    pub cloud_name: String,
    /// Range in CIDR notation.
    pub network_cidr: String,
    /// State of the project VPC.
    pub state: VpcState,
    /// Names of the services in it, sorted.
    pub services: Vec<String>,
    /// Links in it that only the cloud shows: orphans, and links that an older store does not have.
    #[serde(default)]
    pub unknown_links: Vec<String>,
    /// Failures that keep parts from their desired state.
    pub failures: Vec<PartFailure>,
    /// Conditions, the most pressing first.
    #[serde(default)]
    pub conditions: Vec<ConditionView>,
}

/// A project VPC with the cloud's names:
/// `GET /v1/underpass/project/{project}/vpcs/{project_vpc_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDetails {
    /// Name of the cloud account; null if the customer hosts the network.
    pub account: Option<String>,
    /// Names on Azure; null on other clouds and until the network exists.
    pub azure: Option<AzureNetwork>,
    /// True if the customer hosts the network ("bring your own cloud").
    pub byoc: bool,
    /// Cloud and region.
    pub cloud_name: String,
    /// Conditions, the most pressing first.
    #[serde(default)]
    pub conditions: Vec<ConditionView>,
    /// Failures that keep parts from their desired state.
    pub failures: Vec<PartFailure>,
    /// Names on Google; null on other clouds and until the network exists.
    pub google: Option<GoogleNetwork>,
    /// Range in CIDR notation.
    pub network_cidr: String,
    /// ID of the project VPC.
    pub project_vpc_id: String,
    /// State of the project VPC.
    pub state: VpcState,
}

/// Azure resource IDs of a project VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzureNetwork {
    /// Subnet for network address translation.
    pub nat_subnet: String,
    /// Subnet of nodes and load balancers.
    pub node_subnet: String,
    /// Name of the resource group.
    pub resource_group: String,
    /// Virtual network.
    pub vnet_id: String,
}

/// Google resource names of a project VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoogleNetwork {
    /// VPC network.
    pub network: String,
    /// Subnetwork of nodes and load balancers.
    pub node_subnet: String,
}

/// Project VPCs: `GET /v1/project/{project}/vpcs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompatibleVpcList {
    /// Project VPCs, oldest first.
    pub vpcs: Vec<CompatibleVpc>,
}

/// A project VPC: `GET /v1/project/{project}/vpcs/{project_vpc_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompatibleVpc {
    /// ID of the project VPC.
    pub project_vpc_id: String,
    /// Cloud and region.
    pub cloud_name: String,
    /// Range in CIDR notation.
    pub network_cidr: String,
    /// State of the project VPC.
    pub state: VpcState,
    /// Time of creation.
    pub create_time: String,
    /// Time of the last change.
    pub update_time: String,
    /// Peering connections; always empty, since Underpass makes none.
    pub peering_connections: Vec<Value>,
    /// Always null.
    pub pending_build_only_peering_connections: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn lists_are_read_back_in_every_state() {
        for state in [VpcState::Approved, VpcState::Active, VpcState::Deleting] {
            assert_round_trip(&VpcList {
                vpcs: vec![VpcView {
                    project_vpc_id: "v".to_owned(),
                    cloud_name: "azure-westeurope".to_owned(),
                    network_cidr: "10.70.0.0/24".to_owned(),
                    state,
                    services: vec!["pg-1".to_owned()],
                    unknown_links: vec!["orphan s0a1b2c3d4e5f".to_owned()],
                    failures: Vec::new(),
                    conditions: Vec::new(),
                }],
            });
            assert_round_trip(&CompatibleVpcList {
                vpcs: vec![CompatibleVpc {
                    project_vpc_id: "v".to_owned(),
                    cloud_name: "azure-westeurope".to_owned(),
                    network_cidr: "10.70.0.0/24".to_owned(),
                    state,
                    create_time: "2026-01-01T00:00:00Z".to_owned(),
                    update_time: "2026-01-01T00:00:00Z".to_owned(),
                    peering_connections: Vec::new(),
                    pending_build_only_peering_connections: None,
                }],
            });
            let word = serde_json::to_string(&state).unwrap();
            assert_eq!(word, format!("\"{}\"", state.as_str()));
        }
    }

    #[test]
    fn details_are_read_back_and_show_absent_names_as_null() {
        let made = VpcDetails {
            account: Some("main".to_owned()),
            azure: Some(AzureNetwork {
                nat_subnet: "n".to_owned(),
                node_subnet: "s".to_owned(),
                resource_group: "g".to_owned(),
                vnet_id: "v".to_owned(),
            }),
            byoc: false,
            cloud_name: "azure-westeurope".to_owned(),
            conditions: Vec::new(),
            failures: Vec::new(),
            google: None,
            network_cidr: "10.70.0.0/24".to_owned(),
            project_vpc_id: "v".to_owned(),
            state: VpcState::Active,
        };
        assert_round_trip(&made);
        let hosted = VpcDetails {
            account: None,
            azure: None,
            byoc: true,
            google: Some(GoogleNetwork {
                network: "n".to_owned(),
                node_subnet: "s".to_owned(),
            }),
            ..made
        };
        assert_round_trip(&hosted);
        let text = serde_json::to_string(&hosted).unwrap();
        let beginning = r#"{"account":null,"azure":null,"byoc":true,"cloud_name":"#;
        assert!(text.starts_with(beginning), "{text}");
    }
}
