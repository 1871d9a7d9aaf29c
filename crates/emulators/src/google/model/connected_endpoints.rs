//! The `connectedEndpoints` of a service attachment.
//!
//! Google publishes this list with a delay after a connection changes. So the list that GET shows
//! is stored apart from the connections: each change is queued with the time at which it is
//! published.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::connection::ConnectionStatus;
use super::document;
use super::id::ResourceId;
use super::timestamp::saturating_add;

/// One endpoint as the provider sees it; its address is not included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ConnectedEndpoint {
    pub(super) endpoint: ResourceId,
    /// The numeric id of the endpoint, which accept and reject lists refer to.
    pub(super) number: u64,
    /// The PSC connection id.
    pub(super) connection: u64,
    /// The link to the endpoint's network.
    pub(super) network: String,
    pub(super) status: ConnectionStatus,
    pub(super) nat_ips: Vec<Ipv4Addr>,
}

/// The published list and those that follow it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct ConnectedEndpoints {
    #[serde(rename = "shown")]
    published: Vec<ConnectedEndpoint>,
    /// Later lists by the time they are published, earliest first.
    #[serde(rename = "coming")]
    pending: VecDeque<(Timestamp, Vec<ConnectedEndpoint>)>,
}

impl ConnectedEndpoint {
    pub(super) fn to_document(&self, with_nat_ips: bool) -> Value {
        let mut shown = json!({
            "status": self.status.as_str(),
            "pscConnectionId": self.connection.to_string(),
            "endpoint": self.endpoint.link(),
            "endpointWithId": self.endpoint.sibling_link(self.number),
            "consumerNetwork": self.network,
            "propagatedConnectionCount": 0,
        });
        if with_nat_ips && !self.nat_ips.is_empty() {
            let addresses: Vec<String> = self.nat_ips.iter().map(Ipv4Addr::to_string).collect();
            document::set(&mut shown, "natIps", addresses);
        }
        shown
    }
}

impl ConnectedEndpoints {
    /// Returns the published list.
    pub(super) fn published(&self) -> &[ConnectedEndpoint] {
        &self.published
    }

    /// Returns the time at which the next list is published.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.pending.front().map(|(at, _)| *at)
    }

    /// Publishes the lists that are due by `at`.
    pub(super) fn advance(&mut self, at: Timestamp) {
        while self.next_due().is_some_and(|next_due| next_due <= at) {
            if let Some((_, endpoints)) = self.pending.pop_front() {
                self.published = endpoints;
            }
        }
    }

    /// Returns the list that is published last.
    fn latest(&self) -> &[ConnectedEndpoint] {
        self.pending
            .back()
            .map_or(&self.published, |(_, latest)| latest)
    }

    /// Queues the list as it is since `at`, published after `lag`; returns whether it differs from
    /// the latest one.
    pub(super) fn update(
        &mut self,
        endpoints: Vec<ConnectedEndpoint>,
        at: Timestamp,
        lag: SignedDuration,
    ) -> bool {
        if self.latest() == endpoints {
            return false;
        }
        let due = saturating_add(at, lag);
        // After a restart the clock may have been set back.
        let due = self
            .pending
            .back()
            .map_or(due, |(before, _)| due.max(*before));
        self.pending.push_back((due, endpoints));
        self.advance(at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(status: ConnectionStatus) -> Vec<ConnectedEndpoint> {
        let path = "projects/guest/regions/europe-west1/forwardingRules/pe";
        vec![ConnectedEndpoint {
            endpoint: ResourceId::from_path(path).unwrap(),
            number: 99,
            connection: 7,
            network: "n".to_owned(),
            status,
            nat_ips: vec![Ipv4Addr::new(172, 24, 0, 2)],
        }]
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn without_lag_a_change_is_published_immediately() {
        let mut list = ConnectedEndpoints::default();
        assert!(list.update(
            endpoints(ConnectionStatus::Pending),
            at(1),
            SignedDuration::ZERO
        ));
        assert_eq!(list.published(), endpoints(ConnectionStatus::Pending));
        assert_eq!(list.next_due(), None);
        assert!(!list.update(
            endpoints(ConnectionStatus::Pending),
            at(2),
            SignedDuration::ZERO
        ));
    }

    #[test]
    fn each_change_is_published_after_the_lag() {
        let lag = SignedDuration::from_secs(5);
        let mut list = ConnectedEndpoints::default();
        list.update(endpoints(ConnectionStatus::Pending), at(1), lag);
        list.update(endpoints(ConnectionStatus::Accepted), at(3), lag);
        assert_eq!((list.published(), list.next_due()), (&[][..], Some(at(6))));
        list.advance(at(5));
        assert_eq!(list.published(), []);
        list.advance(at(6));
        assert_eq!(list.published(), endpoints(ConnectionStatus::Pending));
        list.advance(at(60));
        assert_eq!(list.published(), endpoints(ConnectionStatus::Accepted));
        assert_eq!(list.next_due(), None);
    }

    #[test]
    fn a_list_equal_to_the_latest_one_is_not_queued_again() {
        let lag = SignedDuration::from_secs(5);
        let mut list = ConnectedEndpoints::default();
        assert!(list.update(endpoints(ConnectionStatus::Pending), at(1), lag));
        assert!(!list.update(endpoints(ConnectionStatus::Pending), at(2), lag));
        assert_eq!(list.next_due(), Some(at(6)));
        // Equal to the published list, but another one is queued in between.
        assert!(list.update(Vec::new(), at(3), lag));
    }

    #[test]
    fn changes_are_published_in_order() {
        let lag = SignedDuration::from_secs(5);
        let mut list = ConnectedEndpoints::default();
        list.update(endpoints(ConnectionStatus::Pending), at(10), lag);
        list.update(endpoints(ConnectionStatus::Accepted), at(1), lag);
        list.advance(at(14));
        assert_eq!(list.published(), []);
        list.advance(at(15));
        assert_eq!(list.published(), endpoints(ConnectionStatus::Accepted));
    }

    #[test]
    fn an_endpoint_is_listed_by_name_and_by_number_with_addresses_on_request() {
        let endpoint = endpoints(ConnectionStatus::Accepted).remove(0);
        let start = "https://www.googleapis.com/compute/v1/projects/guest/regions/europe-west1";
        let shown = endpoint.to_document(false);
        assert_eq!(shown["endpoint"], format!("{start}/forwardingRules/pe"));
        assert_eq!(
            shown["endpointWithId"],
            format!("{start}/forwardingRules/99")
        );
        assert_eq!(shown["pscConnectionId"], "7");
        assert_eq!(shown.get("natIps"), None);
        assert_eq!(endpoint.to_document(true)["natIps"], json!(["172.24.0.2"]));
    }
    #[test]
    fn a_list_of_an_earlier_version_is_read() {
        let endpoint = json!({
            "endpoint": "projects/guest/regions/europe-west1/forwardingRules/pe",
            "number": 99, "connection": 7, "network": "n", "status": "PENDING", "nat_ips": [],
        });
        let stored = json!({
            "shown": [endpoint],
            "coming": [["2026-01-02T03:04:05Z", [endpoint]]],
        });
        let list: ConnectedEndpoints = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(list.published(), list.latest());
        assert_eq!(serde_json::to_value(&list).unwrap(), stored);
    }
}
