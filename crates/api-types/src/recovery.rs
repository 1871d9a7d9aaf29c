//! Accounts to which nothing is written, because the store is older than their cloud.

use serde::{Deserialize, Serialize};

/// Accounts on hold: `GET /v1/underpass/recovery`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryView {
    /// Accounts, by name.
    pub accounts: Vec<HeldAccountView>,
}

/// An account on hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAccountView {
    /// Name of the cloud account.
    pub account: String,
    /// Time at which the first difference was found.
    pub since: String,
    /// Sign that the store is older: `difference`, the cloud shows what the store does not have, or
    /// `store_replaced`, it was restored, lost or replaced by a copy.
    #[serde(default)]
    pub cause: String,
    /// Links that differ.
    pub links: Vec<LinkDifferenceView>,
    /// True if the cloud was listed and read completely; otherwise `links` and `writes` may lack
    /// something.
    #[serde(default)]
    pub fully_read: bool,
    /// The writes to the cloud that the end of the hold leads to, because the cloud was changed since
    /// the backup.
    #[serde(default)]
    pub writes: Vec<PlannedWriteView>,
    /// Links of the store that the cloud does not show. The end of the hold publishes them again, unless
    /// they are dropped.
    #[serde(default)]
    pub absent_links: Vec<AbsentLinkView>,
    /// Fingerprint of `links`, `writes` and `fully_read`, to which the consent to the end of the hold is
    /// bound: `POST …/resume` repeats it.
    #[serde(default)]
    pub plan: String,
}

/// A link of the store that the cloud does not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentLinkView {
    /// ID of the link.
    pub link_id: String,
    /// Project of the link.
    pub project_name: String,
    /// Service of the link.
    pub service_name: String,
    /// Cloud: `azure` or `google`.
    pub provider: String,
    /// Connections of the link in the store.
    pub connections: usize,
    /// True if it is proven that no part of it exists: it can be dropped. Otherwise the cloud is still
    /// being read.
    pub is_proven: bool,
}

/// A write to the cloud that the end of a hold leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedWriteView {
    /// Managed object: `link/PROJECT/SERVICE/PROVIDER`, `vpc/PROJECT/ID` or `static-ip/PROJECT/ID`.
    pub object: String,
    /// `create`: the cloud does not have it; `update` or `delete`.
    pub action: String,
    /// Part of the object, as `balancer` or `attachment`.
    pub part: String,
    /// Name of the part in words.
    pub part_name: String,
    /// Components, ports, nodes, subscriptions and connections that it adds.
    pub adds: Vec<String>,
    /// Those that it removes; their flows end.
    pub cuts: Vec<String>,
    /// Reason why the write will fail, as far as it is known without writing; `null`: none is known.
    #[serde(default)]
    pub expected_failure: Option<String>,
}

/// A link about which the store and the cloud differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDifferenceView {
    /// ID of the link, as its published service carries it.
    pub link_id: String,
    /// Project of the link.
    pub project_name: String,
    /// Service of the link.
    pub service_name: String,
    /// Cloud: `azure` or `google`.
    pub provider: String,
    /// True if the store has the link.
    pub in_store: bool,
    /// Other link that the store has for the service.
    #[serde(default)]
    pub stored_link: Option<StoredLinkView>,
    /// Connections that differ.
    pub connections: Vec<ConnectionDifferenceView>,
}

/// A link that the store has in place of one that the cloud shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLinkView {
    /// ID of the link.
    pub link_id: String,
    /// Presence in the cloud: `absent`, no part of it exists, so that an adoption replaces it;
    /// `suspected_absent`, this is not proven yet; `unread`, not every part was read; `present`, both
    /// links exist, so that the adoption is refused.
    pub presence: String,
}

/// A connection about which the store and the cloud differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDifferenceView {
    /// ID of the connection in the proof that the cloud shows.
    pub privatelink_connection_id: String,
    /// Its ordinal.
    pub ordinal: u32,
    /// Consumer's endpoint, as the cloud displays it.
    pub endpoint: String,
    /// Decision that the cloud shows: `approved` or `rejected`.
    pub cloud_decision: String,
    /// Decision in the store: `approved`, `rejected` or `undecided`; `null` if the store does not
    /// have the connection.
    pub stored_decision: Option<String>,
    /// Address of the endpoint after the adoption; `null` if it is not known any more: set it again.
    #[serde(default)]
    pub user_ip_address: Option<String>,
}

/// Answer to a request that settles differences: `POST …/adopt`, `…/drop` and `…/resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledView {
    /// Connections that were settled.
    pub connections: Vec<SettledConnectionView>,
    /// Links that were not adopted; the others were.
    #[serde(default)]
    pub failed: Vec<UnadoptedLinkView>,
    /// Links that the end of the hold leaves in the cloud as orphans.
    #[serde(default)]
    pub orphans: Vec<LeftLinkView>,
    /// The rest of the account.
    pub remaining: Option<HeldAccountView>,
}

/// A link that was not adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnadoptedLinkView {
    /// ID of the link.
    pub link_id: String,
    /// Project of the link.
    pub project_name: String,
    /// Service of the link.
    pub service_name: String,
    /// Cloud: `azure` or `google`.
    pub provider: String,
    /// The rule that refused it.
    pub reason: String,
    /// The instruction for the operator; `null` if there is none.
    pub next_action: Option<String>,
}

/// A link that stays in the cloud as an orphan, because the store does not have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftLinkView {
    /// ID of the link, which is the ID of the orphan.
    pub link_id: String,
    /// Project that the link was in.
    pub project_name: String,
    /// Service of the link.
    pub service_name: String,
    /// Cloud: `azure` or `google`.
    pub provider: String,
    /// Connections that this installation approved, whose flows go on.
    pub approved_connections: usize,
}

/// A settled connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledConnectionView {
    /// Project of the link.
    #[serde(default)]
    pub project_name: String,
    /// Service of the link.
    #[serde(default)]
    pub service_name: String,
    /// Cloud: `azure` or `google`.
    #[serde(default)]
    pub provider: String,
    /// ID of the connection.
    pub privatelink_connection_id: String,
    /// Consumer's endpoint, as the cloud displays it.
    pub endpoint: String,
    /// Decision that holds now: `approved`, `rejected` or `undecided`.
    pub decision: String,
    /// Address of the endpoint, if it is known.
    pub user_ip_address: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn a_recovery_is_read_as_it_was_written() {
        let account = HeldAccountView {
            account: "azure".to_owned(),
            since: "2026-01-01T00:00:00Z".to_owned(),
            cause: "store_replaced".to_owned(),
            fully_read: true,
            plan: "fingerprint".to_owned(),
            absent_links: vec![AbsentLinkView {
                link_id: "s0a1b2c3d4e60".to_owned(),
                project_name: "demo".to_owned(),
                service_name: "pg-2".to_owned(),
                provider: "azure".to_owned(),
                connections: 1,
                is_proven: true,
            }],
            writes: vec![PlannedWriteView {
                object: "link/demo/pg-1/azure".to_owned(),
                action: "update".to_owned(),
                part: "balancer".to_owned(),
                part_name: "load balancer".to_owned(),
                adds: Vec::new(),
                cuts: vec!["pgbouncer on port 6432".to_owned()],
                expected_failure: None,
            }],
            links: vec![LinkDifferenceView {
                link_id: "s0a1b2c3d4e5".to_owned(),
                project_name: "demo".to_owned(),
                service_name: "pg-1".to_owned(),
                provider: "azure".to_owned(),
                in_store: true,
                stored_link: Some(StoredLinkView {
                    link_id: "s0a1b2c3d4e60".to_owned(),
                    presence: "absent".to_owned(),
                }),
                connections: vec![ConnectionDifferenceView {
                    privatelink_connection_id: "plc000000000001".to_owned(),
                    ordinal: 1,
                    endpoint: "/pe".to_owned(),
                    cloud_decision: "approved".to_owned(),
                    stored_decision: None,
                    user_ip_address: None,
                }],
            }],
        };
        assert_round_trip(&RecoveryView {
            accounts: vec![account.clone()],
        });
        assert_round_trip(&SettledView {
            connections: vec![SettledConnectionView {
                project_name: "demo".to_owned(),
                service_name: "pg-1".to_owned(),
                provider: "azure".to_owned(),
                privatelink_connection_id: "plc000000000001".to_owned(),
                endpoint: "/pe".to_owned(),
                decision: "approved".to_owned(),
                user_ip_address: None,
            }],
            failed: vec![UnadoptedLinkView {
                link_id: "s0a1b2c3d4e5".to_owned(),
                project_name: "demo".to_owned(),
                service_name: "pg-1".to_owned(),
                provider: "azure".to_owned(),
                reason: "The store does not have the service".to_owned(),
                next_action: None,
            }],
            orphans: vec![LeftLinkView {
                link_id: "s0a1b2c3d4e5".to_owned(),
                project_name: "demo".to_owned(),
                service_name: "pg-1".to_owned(),
                provider: "azure".to_owned(),
                approved_connections: 1,
            }],
            remaining: Some(account),
        });
    }
}
