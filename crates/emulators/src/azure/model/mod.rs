//! The network control plane as a pure value: requests and time in, replies and bindings out.
//!
//! # Theory of operation
//!
//! Every resource is one [`resource::Resource`]: the client's own document with defaults filled
//! in, plus its entity tag, its provisioning state and the operation that is open on it.
//! What other resources make visible in it (the members of a pool, the connections of a private
//! link service) is never stored; it is derived when the resource is shown, so it cannot be stale.
//!
//! A write is checked as a whole, then applied at once, and the resource says `Updating` until
//! its operation is due; a delete removes things only when it is due.
//! Completion draws nothing at random (an operation carries the entity tag its end will write),
//! so [`Azure::advance`] needs only the time.
//!
//! The rules come from recordings and documentation of the real service.
//! Where those are silent the assumption made is listed in `docs/reference/emulators.md`.

use std::collections::BTreeSet;

use jiff::Timestamp;

mod address;
mod admission;
mod answer;
mod balancing_rule;
mod binding;
mod call;
mod dispatch;
mod document;
mod element;
mod endpoint_connection;
mod fault;
mod guid;
mod id;
mod load_balancer;
mod network_interface;
mod operation;
mod private_endpoint;
mod private_link_service;
mod public_ip;
mod reading;
mod reference;
mod refusal;
mod resource;
mod resource_group;
mod route;
mod service_access;
mod state;
mod subnet;
mod subscription;
mod virtual_network;
mod write;

#[cfg(test)]
mod tests;

pub use crate::binding::Binding;
pub use crate::change::{Change, RestoreError};
pub use call::{Caller, Configuration, HostMapping, Reply, Request};
pub use fault::Fault;
/// Where the model's GUIDs, entity tags and link identifiers come from.
pub use rand::Rng as Generator;

use state::State;

/// The emulated cloud: every subscription of every tenant, and the operations under way.
#[derive(Debug, Clone)]
pub struct Azure {
    configuration: Configuration,
    state: State,
    /// Not durable: a fault planted by a test ends with the process.
    faults: Vec<Fault>,
}

impl Azure {
    /// A cloud that holds nothing yet.
    pub fn new(configuration: Configuration) -> Azure {
        Azure {
            configuration,
            state: State::default(),
            faults: Vec::new(),
        }
    }

    /// Rebuilds the cloud from the changes of its journal, oldest first.
    pub fn restore(
        configuration: Configuration,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Azure, RestoreError> {
        let state = State::restore(changes)?;
        Ok(Azure {
            configuration,
            state,
            faults: Vec::new(),
        })
    }

    /// Every durable piece of state, for a compacted journal.
    pub fn snapshot(&self) -> Vec<Change> {
        self.state.snapshot()
    }

    /// Answers one request and applies what it asks for.
    ///
    /// Operations that are due by `now` finish first.
    pub fn handle(&mut self, request: &Request, now: Timestamp, rng: &mut dyn Generator) -> Reply {
        self.advance(now);
        let reply = self.answer(request, now, rng);
        self.release_groups(now);
        reply
    }

    /// Lets operations that are due by `now` finish, earliest first.
    pub fn advance(&mut self, now: Timestamp) {
        // Closing takes an operation off the agenda, even one that is held back; so this ends.
        while let Some(operation) = self.state.due_by(now) {
            self.close_operation(&operation, now);
        }
        self.release_groups(now);
        self.state.forget_operations(now);
    }

    /// When [`Azure::advance`] next has an operation to finish.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.state.next_due()
    }

    /// Takes the durable changes since the last call.
    ///
    /// The changes of one request belong together: a journal writes them as one record.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.state.take_changes()
    }

    /// The listeners that must exist now, in order of endpoint and port.
    pub fn bindings(&self) -> Vec<Binding> {
        binding::bindings(&self.state)
    }

    /// Says which address on this machine stands for a NIC; replaces what was said before.
    ///
    /// It is forgotten when the NIC is deleted.
    pub fn map_host(&mut self, mapping: HostMapping) {
        self.state.map_host(mapping);
    }

    /// The mappings said so far, in order of NIC.
    pub fn host_mappings(&self) -> Vec<HostMapping> {
        self.state.hosts().cloned().collect()
    }

    /// Plants a fault: the next requests it matches are answered as it says.
    pub fn inject_fault(&mut self, fault: Fault) {
        self.faults.push(fault);
        self.faults.retain(|fault| fault.times > 0);
    }

    /// Ids of all resources of all subscriptions (groups, subnets and endpoint connections
    /// included), in order; for tests that look for leftovers.
    pub fn resource_ids(&self) -> Vec<String> {
        let ids: BTreeSet<String> = self.state.resources().map(|it| it.id.to_string()).collect();
        ids.into_iter().collect()
    }
}
