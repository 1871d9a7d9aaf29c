//! The control plane as a pure value: requests and time in, replies and bindings out.
//!
//! # Theory of operation
//!
//! Every resource is one [`resource::Resource`]: the client's own document with defaults filled
//! in and links made whole, plus its number and its fingerprint.
//! What other resources make visible in it (the users of an address, the size of a group) is never
//! stored; it is derived when the resource is shown.
//!
//! A write is checked as a whole, then an operation is opened for it, and it takes effect when that
//! is done: an insert under way has taken its name and its addresses but is not seen yet (404) nor
//! to be referred to (`resourceNotReady`), what a change will make of a resource waits beside it,
//! and what is being deleted is seen until it is gone.
//! One operation is open on a resource at a time.
//! Completion draws nothing at random (an operation carries the fingerprint its end will write), so
//! [`Google::advance`] needs only the time.
//!
//! A consumer's endpoint is a forwarding rule with a [`resource::Connection`].
//! Whether it is accepted is decided anew whenever its attachment, or one of the endpoints there,
//! has changed (`admission`). What the attachment *shows* of that may lag behind (`view`); what
//! carries bytes (`binding`) does not.
//!
//! The rules come from Google's documents, client libraries and public reports.
//! Where those are silent the assumption made is listed in `docs/reference/emulators.md`.

use std::collections::BTreeSet;

use jiff::Timestamp;

mod accept_list;
mod address;
mod admission;
mod backend_service;
mod binding;
mod call;
mod configuration;
mod connected_endpoint;
mod connection;
mod dispatch;
mod document;
mod draft;
mod endpoint_group;
mod fault;
mod filter;
mod firewall;
mod firewall_verdict;
mod forwarding_address;
mod forwarding_rule;
mod health_check;
mod host_mapping;
mod id;
mod instance;
mod instance_group;
mod ip;
mod kind;
mod membership;
mod nat_pool;
mod network;
mod number;
mod operation;
mod operation_error;
mod page;
mod place;
mod project;
mod reading;
mod refusal;
mod request;
mod resource;
mod route;
mod schema;
mod service_attachment;
mod state;
mod subnetwork;
mod timestamp;
mod view;
mod write;

#[cfg(test)]
mod tests;

pub use crate::binding::Binding;
pub use crate::change::{Change, RestoreError};
pub use configuration::Configuration;
pub use fault::Fault;
pub use host_mapping::HostMapping;
/// Where the model's numbers, fingerprints and names of operations come from.
pub use rand::Rng as Generator;
pub use request::{Caller, Reply, Request};

use state::State;

/// The emulated cloud: every project, and the operations under way.
#[derive(Debug, Clone)]
pub struct Google {
    configuration: Configuration,
    state: State,
    /// Not durable: a fault planted by a test ends with the process.
    faults: Vec<Fault>,
}

impl Google {
    /// A cloud that holds nothing yet.
    pub fn new(configuration: Configuration) -> Google {
        Google {
            configuration,
            state: State::default(),
            faults: Vec::new(),
        }
    }

    /// Rebuilds the cloud from the changes of its journal, oldest first.
    pub fn restore(
        configuration: Configuration,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Google, RestoreError> {
        let state = State::restore(changes)?;
        Ok(Google {
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
    /// What is due by `now` happens first.
    pub fn handle(&mut self, request: &Request, now: Timestamp, rng: &mut dyn Generator) -> Reply {
        self.advance(now);
        self.answer(request, now, rng)
    }

    /// Lets what is due by `now` happen, earliest first: operations end, and attachments show what
    /// became of their endpoints.
    pub fn advance(&mut self, now: Timestamp) {
        loop {
            let operation = self.state.first_due();
            let showing = self.state.first_showing();
            match (operation, showing) {
                (Some((due, name)), showing)
                    if due <= now && showing.as_ref().is_none_or(|(at, _)| due <= *at) =>
                {
                    self.close_operation(&name, due);
                }
                (_, Some((at, attachment))) if at <= now => self.state.show_view(&attachment, at),
                _ => break,
            }
        }
        self.state.forget_operations(now);
    }

    /// When [`Google::advance`] next has something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        let operation = self.state.first_due().map(|(due, _)| due);
        let showing = self.state.first_showing().map(|(at, _)| at);
        operation.into_iter().chain(showing).min()
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

    /// Says which address on this machine stands for an instance; replaces what was said before.
    ///
    /// It is forgotten when the instance is deleted.
    pub fn map_host(&mut self, mapping: HostMapping) {
        self.state.map_host(mapping);
    }

    /// The mappings said so far, in order of instance.
    pub fn host_mappings(&self) -> Vec<HostMapping> {
        self.state.hosts().cloned().collect()
    }

    /// Plants a fault: the next requests it matches are answered as it says.
    pub fn plant_fault(&mut self, fault: Fault) {
        self.faults.push(fault);
        self.faults.retain(|fault| fault.times > 0);
    }

    /// Paths of all resources of all projects from `projects/` on, in order; for tests that look
    /// for leftovers. What is still being made is among them.
    pub fn resource_ids(&self) -> Vec<String> {
        let ids: BTreeSet<String> = self.state.resources().map(|it| it.id.to_string()).collect();
        ids.into_iter().collect()
    }
}
