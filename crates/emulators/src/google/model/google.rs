//! The emulated cloud as a value.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rand::Rng;

use super::binding;
use super::configuration::Configuration;
use super::dispatch;
use super::fault::Fault;
use super::host_mapping::HostMapping;
use super::request::{Reply, Request};
use super::run_operation;
use super::state::State;
use crate::binding::Binding;
use crate::change::{Change, RestoreError};

/// The emulated cloud: every project, and the operations under way.
#[derive(Debug, Clone)]
pub struct Google {
    pub(super) state: State,
    /// Not durable: a fault planted by a test ends with the process.
    faults: Vec<Fault>,
}

impl Google {
    /// A cloud that holds nothing yet.
    pub fn new(configuration: Configuration) -> Google {
        Google {
            state: State::new(configuration),
            faults: Vec::new(),
        }
    }

    /// Rebuilds the cloud from the changes of its journal, oldest first.
    pub fn restore(
        configuration: Configuration,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Google, RestoreError> {
        let state = State::restore(configuration, changes)?;
        Ok(Google {
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
    pub fn handle(&mut self, request: &Request, now: Timestamp, rng: &mut dyn Rng) -> Reply {
        self.advance(now);
        dispatch::answer(&mut self.state, &mut self.faults, request, now, rng)
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
                    run_operation::complete(&mut self.state, &name, due);
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
    pub fn inject_fault(&mut self, fault: Fault) {
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
