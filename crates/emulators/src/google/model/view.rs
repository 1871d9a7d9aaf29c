//! What a service attachment shows of its consumers' endpoints.
//!
//! The list is gathered now and then, and lags behind what is decided. So what shows is kept apart
//! from what is true: each new truth is put on the way, and shows when it arrives.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::connection::Status;
use super::document;
use super::id::ResourceId;
use super::timestamp::later;

/// One endpoint as the provider sees it: never its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) endpoint: ResourceId,
    /// The endpoint's own number, by which lists name it.
    pub(super) number: u64,
    /// The PSC connection id.
    pub(super) connection: u64,
    /// The link to the endpoint's network.
    pub(super) network: String,
    pub(super) status: Status,
    pub(super) nat_ips: Vec<Ipv4Addr>,
}

/// What shows now, and what will.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct View {
    shown: Vec<Entry>,
    /// Later lists by the time they show, earliest first.
    coming: VecDeque<(Timestamp, Vec<Entry>)>,
}

impl Entry {
    pub(super) fn shown(&self, with_nat_ips: bool) -> Value {
        let mut shown = json!({
            "status": self.status.as_str(),
            "pscConnectionId": self.connection.to_string(),
            "endpoint": self.endpoint.link(),
            "endpointWithId": self.endpoint.link_beside(self.number),
            "consumerNetwork": self.network,
            "propagatedConnectionCount": 0,
        });
        if with_nat_ips && !self.nat_ips.is_empty() {
            let addresses: Vec<String> = self.nat_ips.iter().map(Ipv4Addr::to_string).collect();
            document::put(&mut shown, "natIps", addresses);
        }
        shown
    }
}

impl View {
    pub(super) fn entries(&self) -> &[Entry] {
        &self.shown
    }

    /// When something shows next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.coming.front().map(|(at, _)| *at)
    }

    /// Lets show what is to show by `at`.
    pub(super) fn advance(&mut self, at: Timestamp) {
        while self.next().is_some_and(|next| next <= at) {
            if let Some((_, entries)) = self.coming.pop_front() {
                self.shown = entries;
            }
        }
    }

    /// What will show in the end.
    fn last(&self) -> &[Entry] {
        self.coming.back().map_or(&self.shown, |(_, last)| last)
    }

    /// Takes in what is true since `at`; says whether that is news.
    pub(super) fn learn(
        &mut self,
        entries: Vec<Entry>,
        at: Timestamp,
        lag: SignedDuration,
    ) -> bool {
        if self.last() == entries {
            return false;
        }
        let shows = later(at, lag);
        // Time runs forward, but a restart may find the clock set back.
        let shows = self
            .coming
            .back()
            .map_or(shows, |(before, _)| shows.max(*before));
        self.coming.push_back((shows, entries));
        self.advance(at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(status: Status) -> Vec<Entry> {
        let path = "projects/guest/regions/europe-west1/forwardingRules/pe";
        vec![Entry {
            endpoint: ResourceId::of_path(path).unwrap(),
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
    fn without_lag_the_truth_shows_at_once() {
        let mut view = View::default();
        assert!(view.learn(entries(Status::Pending), at(1), SignedDuration::ZERO));
        assert_eq!(view.entries(), entries(Status::Pending));
        assert_eq!(view.next(), None);
        assert!(!view.learn(entries(Status::Pending), at(2), SignedDuration::ZERO));
    }

    #[test]
    fn each_truth_shows_after_the_lag() {
        let lag = SignedDuration::from_secs(5);
        let mut view = View::default();
        view.learn(entries(Status::Pending), at(1), lag);
        view.learn(entries(Status::Accepted), at(3), lag);
        assert_eq!((view.entries(), view.next()), (&[][..], Some(at(6))));
        view.advance(at(5));
        assert_eq!(view.entries(), []);
        view.advance(at(6));
        assert_eq!(view.entries(), entries(Status::Pending));
        view.advance(at(60));
        assert_eq!(view.entries(), entries(Status::Accepted));
        assert_eq!(view.next(), None);
    }

    #[test]
    fn what_is_on_the_way_already_is_no_news() {
        let lag = SignedDuration::from_secs(5);
        let mut view = View::default();
        assert!(view.learn(entries(Status::Pending), at(1), lag));
        assert!(!view.learn(entries(Status::Pending), at(2), lag));
        assert_eq!(view.next(), Some(at(6)));
        // Back to what shows now: still news, as something else is on the way.
        assert!(view.learn(Vec::new(), at(3), lag));
    }

    #[test]
    fn news_never_overtake_each_other() {
        let lag = SignedDuration::from_secs(5);
        let mut view = View::default();
        view.learn(entries(Status::Pending), at(10), lag);
        view.learn(entries(Status::Accepted), at(1), lag);
        view.advance(at(14));
        assert_eq!(view.entries(), []);
        view.advance(at(15));
        assert_eq!(view.entries(), entries(Status::Accepted));
    }

    #[test]
    fn an_entry_names_its_endpoint_by_name_and_by_number_and_addresses_on_request() {
        let entry = entries(Status::Accepted).remove(0);
        let start = "https://www.googleapis.com/compute/v1/projects/guest/regions/europe-west1";
        let shown = entry.shown(false);
        assert_eq!(shown["endpoint"], format!("{start}/forwardingRules/pe"));
        assert_eq!(
            shown["endpointWithId"],
            format!("{start}/forwardingRules/99")
        );
        assert_eq!(shown["pscConnectionId"], "7");
        assert_eq!(shown.get("natIps"), None);
        assert_eq!(entry.shown(true)["natIps"], json!(["172.24.0.2"]));
    }
}
