//! Connections of a link.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use underpass_model::link::ConnectionState;

use crate::condition::ConditionView;
use crate::part::PartFailure;

/// Connections of a link: `GET …/privatelink/{provider}/connections`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionList {
    /// Connections, first seen first. Those that the compatible list hides are included.
    pub connections: Vec<ConnectionView>,
}

/// A connection. Texts that the consumer or the cloud chose are untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// ID of the connection.
    pub privatelink_connection_id: String,
    /// Number of the connection within its link, part of its name; never reused.
    pub ordinal: u32,
    /// Label that the provider gave it.
    pub label: Option<String>,
    /// State of the connection.
    pub state: ConnectionState,
    /// Decision about the connection.
    pub decision: DecisionKind,
    /// Reason of the rejection or, for an approved connection, of its not being active.
    pub reason: Option<String>,
    /// Private name. It is answered only while the connection is active.
    pub name: String,
    /// Address of the endpoint in the consumer's network.
    pub user_ip_address: Option<Ipv4Addr>,
    /// Provider's ID of the consumer's endpoint.
    pub private_endpoint_id: String,
    /// Azure subscription of the endpoint.
    pub subscription_id: Option<String>,
    /// Region of the endpoint.
    pub location: Option<String>,
    /// Text of the consumer's request.
    pub message: Option<String>,
    /// Provider's name of the connection.
    pub provider_name: String,
    /// Provider's number of the connection; Google calls it the PSC connection ID.
    pub link_identifier: Option<String>,
    /// Time of the first observation.
    pub first_seen_at: String,
    /// Time of the decision.
    pub decided_at: Option<String>,
    /// Failure to write the decision to the cloud.
    pub failure: Option<PartFailure>,
    /// Warning about a likely mistake.
    pub warning: Option<String>,
    /// Condition that keeps the connection from being used; null if there is none.
    pub condition: Option<ConditionView>,
    /// Instruction to the operator or the consumer; null if there is nothing to do.
    pub next_action: Option<String>,
}

/// Decision about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecisionKind {
    /// No decision yet.
    Undecided,
    /// Approved.
    Approved,
    /// Rejected; `reason` says why.
    Rejected,
}

/// Label of a connection: `PUT …/connections/{connection}/label`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelChange {
    /// New label; null or an omitted member removes the label.
    pub label: Option<String>,
}

impl ConnectionView {
    /// Reports whether the connection carries bytes.
    pub fn is_active(&self) -> bool {
        self.state == ConnectionState::Active
    }

    /// Reports whether the connection can carry flows: once the provider admits it, clients that
    /// know the endpoint's address reach the service, also before the address is known here.
    pub fn can_carry_flows(&self) -> bool {
        matches!(
            self.state,
            ConnectionState::UserApproved | ConnectionState::Connected | ConnectionState::Active
        )
    }

    /// Reports whether the connection can be approved.
    pub fn is_pending(&self) -> bool {
        self.state == ConnectionState::PendingUserApproval
    }

    /// Reports whether the connection waits for a decision.
    pub fn is_undecided(&self) -> bool {
        self.decision == DecisionKind::Undecided
    }

    /// Reports whether the endpoint was removed at the provider.
    pub fn is_disconnected(&self) -> bool {
        self.state == ConnectionState::Disconnected
    }

    /// Reports whether the connection is rejected and can be restored.
    pub fn is_rejected(&self) -> bool {
        self.decision == DecisionKind::Rejected && !self.is_disconnected()
    }

    /// Reports whether the connection is approved, so that it can have an address.
    pub fn is_approved(&self) -> bool {
        self.decision == DecisionKind::Approved && !self.is_disconnected()
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    /// A connection that waits for a decision.
    pub(crate) fn connection() -> ConnectionView {
        ConnectionView {
            privatelink_connection_id: "plc000000000001".to_owned(),
            ordinal: 1,
            label: None,
            state: ConnectionState::PendingUserApproval,
            decision: DecisionKind::Undecided,
            reason: None,
            name: "pg-1.demo.plc1.example".to_owned(),
            user_ip_address: Some(Ipv4Addr::new(10, 0, 0, 4)),
            private_endpoint_id: "/subscriptions/s/endpoint".to_owned(),
            subscription_id: Some("s".to_owned()),
            location: None,
            message: Some("please".to_owned()),
            provider_name: "plc".to_owned(),
            link_identifier: None,
            first_seen_at: "2026-01-01T00:00:00Z".to_owned(),
            decided_at: None,
            failure: Some(PartFailure {
                attempts: 1,
                code: "Conflict".to_owned(),
                message: "put: conflict".to_owned(),
                next_action: None,
                part: "admission:plc000000000001".to_owned(),
                retry_at: "2026-01-01T00:00:30Z".to_owned(),
                since: "2026-01-01T00:00:00Z".to_owned(),
            }),
            warning: None,
            condition: None,
            next_action: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sample::connection;
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn a_list_is_read_back() {
        assert_round_trip(&ConnectionList {
            connections: vec![connection()],
        });
    }

    #[test]
    fn a_label_is_removed_with_null_or_by_omission() {
        for text in ["{}", r#"{"label":null}"#] {
            let change: LabelChange = serde_json::from_str(text).unwrap();
            assert_eq!(change.label, None);
        }
        assert_round_trip(&LabelChange {
            label: Some("tenant-a".to_owned()),
        });
    }
}
