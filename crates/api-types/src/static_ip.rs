//! Static IPs.

use serde::{Deserialize, Serialize};
use underpass_model::static_ip::StaticIpState;

use crate::condition::ConditionView;
use crate::part::PartFailure;

/// A page of static IPs: `GET /v1/underpass/project/{project}/static-ips`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticIpPage {
    /// Static IPs without a service, then the others by service.
    pub static_ips: Vec<StaticIpRow>,
    /// Number of matching static IPs on all pages.
    pub total: usize,
    /// Value of `after` for the next page; null on the last page.
    pub next_after: Option<String>,
}

/// A static IP with its conditions, in lists of our own API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticIpRow {
    /// The static IP.
    #[serde(flatten)]
    pub static_ip: StaticIpView,
    /// Conditions, the most pressing first.
    #[serde(default)]
    pub conditions: Vec<ConditionView>,
}

/// A static IP, in both APIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticIpView {
    /// ID of the static IP.
    pub static_ip_address_id: String,
    /// Cloud and region.
    pub cloud_name: String,
    /// IPv4 address; null until the cloud has allocated it.
    pub ip_address: Option<String>,
    /// Service that it is associated with; null if there is none.
    pub service_name: Option<String>,
    /// State of the static IP.
    pub state: StaticIpState,
    /// True if deletion is refused.
    pub termination_protection: bool,
}

/// Static IPs, oldest first: `GET /v1/project/{project}/static-ips`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompatibleStaticIpList {
    /// Static IPs.
    pub static_ips: Vec<StaticIpView>,
}

/// A static IP with the cloud's name:
/// `GET /v1/underpass/project/{project}/static-ips/{static_ip_address_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticIpDetails {
    /// Name of the cloud account.
    pub account: Option<String>,
    /// Name on Azure; null until the address exists.
    pub azure: Option<AzureAddress>,
    /// Conditions, the most pressing first.
    #[serde(default)]
    pub conditions: Vec<ConditionView>,
    /// Failures that keep parts from their desired state.
    pub failures: Vec<PartFailure>,
    /// The static IP.
    pub static_ip: StaticIpView,
}

/// Azure resource ID of a static IP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzureAddress {
    /// Public IP address.
    pub public_ip_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    fn static_ip(state: StaticIpState) -> StaticIpView {
        StaticIpView {
            static_ip_address_id: "ip1".to_owned(),
            cloud_name: "azure-westeurope".to_owned(),
            ip_address: Some("203.0.113.7".to_owned()),
            service_name: None,
            state,
            termination_protection: false,
        }
    }

    #[test]
    fn lists_are_read_back_in_every_state() {
        for state in [
            StaticIpState::Creating,
            StaticIpState::Created,
            StaticIpState::Available,
            StaticIpState::Assigned,
            StaticIpState::Deleting,
        ] {
            assert_round_trip(&StaticIpPage {
                static_ips: vec![StaticIpRow {
                    static_ip: static_ip(state),
                    conditions: Vec::new(),
                }],
                total: 1,
                next_after: Some("/ip1".to_owned()),
            });
            assert_round_trip(&CompatibleStaticIpList {
                static_ips: vec![static_ip(state)],
            });
            let word = serde_json::to_string(&state).unwrap();
            assert_eq!(word, format!("\"{}\"", state.as_str()));
        }
    }

    #[test]
    fn details_are_read_back_with_and_without_the_clouds_name() {
        let public_ip_id = "/subscriptions/s/ip".to_owned();
        for azure in [None, Some(AzureAddress { public_ip_id })] {
            assert_round_trip(&StaticIpDetails {
                account: Some("main".to_owned()),
                azure,
                conditions: Vec::new(),
                failures: Vec::new(),
                static_ip: static_ip(StaticIpState::Creating),
            });
        }
    }
}
