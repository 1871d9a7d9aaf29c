//! Overview of a project.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use underpass_model::link::LinkState;

use crate::condition::{NetworkCondition, ServiceCondition};
use crate::queue::ConnectionPage;
use crate::unreadable::UnreadableDocument;

/// Counts of a project, and its conditions that are false: `GET …/overview`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Number of services.
    pub services: usize,
    /// Numbers of links by cloud; clouds without links are omitted.
    pub links: BTreeMap<String, LinkCounts>,
    /// Numbers of connections by state; every state is present.
    pub connections: BTreeMap<String, usize>,
    /// Conditions that are false, the most pressing first; at most 50.
    pub conditions: Vec<ServiceCondition>,
    /// Number of conditions that are false, in `conditions` or not.
    pub conditions_total: usize,
    /// Conditions that are false of project VPCs and static IPs that no link depends on: the first 50.
    /// Those that a link depends on are a condition of the link. Omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network_conditions: Vec<NetworkCondition>,
    /// Documents of the project that cannot be read, and are therefore missing in all other members;
    /// omitted if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableDocument>,
    /// First page of the connections that wait for a decision; omitted unless the request has the
    /// parameter `waiting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<ConnectionPage>,
}

/// Numbers of links by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCounts {
    /// Not published yet.
    pub creating: usize,
    /// Published.
    pub active: usize,
    /// Being deleted.
    pub deleting: usize,
}

impl LinkCounts {
    /// Returns the number of links in one state, to be changed.
    pub const fn of_mut(&mut self, state: LinkState) -> &mut usize {
        match state {
            LinkState::Creating => &mut self.creating,
            LinkState::Active => &mut self.active,
            LinkState::Deleting => &mut self.deleting,
        }
    }

    /// Returns the number of links in all states.
    pub const fn total(&self) -> usize {
        self.creating + self.active + self.deleting
    }

    /// Returns the states with their numbers, in alphabetical order.
    pub const fn by_state(&self) -> [(LinkState, usize); 3] {
        [
            (LinkState::Active, self.active),
            (LinkState::Creating, self.creating),
            (LinkState::Deleting, self.deleting),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    fn overview(waiting: Option<ConnectionPage>) -> Overview {
        let mut counts = LinkCounts::default();
        *counts.of_mut(LinkState::Active) += 1;
        Overview {
            services: 1,
            links: BTreeMap::from([("azure".to_owned(), counts)]),
            connections: BTreeMap::from([("active".to_owned(), 1), ("rejected".to_owned(), 0)]),
            conditions: Vec::new(),
            conditions_total: 0,
            network_conditions: Vec::new(),
            unreadable: Vec::new(),
            waiting,
        }
    }

    #[test]
    fn an_overview_is_read_back_with_and_without_the_queue() {
        assert_round_trip(&overview(None));
        assert_round_trip(&overview(Some(ConnectionPage {
            connections: Vec::new(),
            total: 0,
            next_after: None,
        })));
    }

    #[test]
    fn the_queue_is_omitted_without_the_parameter() {
        let text = serde_json::to_string(&overview(None)).unwrap();
        assert!(!text.contains("waiting"), "{text}");
    }

    #[test]
    fn the_total_is_that_of_all_states() {
        let counts = LinkCounts {
            creating: 1,
            active: 2,
            deleting: 3,
        };
        assert_eq!(counts.total(), 6);
        let sum: usize = counts.by_state().iter().map(|(_, count)| count).sum();
        assert_eq!(sum, 6);
    }
}
