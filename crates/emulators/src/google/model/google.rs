//! The emulated Google as a value.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use rand::Rng;

use super::binding;
use super::configuration::Configuration;
use super::dispatch;
use super::fault::Fault;
use super::host_mapping::HostMapping;
use super::iam_policy::IamPolicy;
use super::request::{Reply, Request};
use super::required_probes;
use super::run_operation;
use super::state::State;
use crate::binding::Binding;
use crate::change::{Change, RestoreError};
use crate::cloud_model::CloudModel;
use crate::health::{HealthTable, Probe};

/// The emulated Google: all projects with their resources and operations.
#[derive(Debug, Clone)]
pub struct Google {
    pub(super) state: State,
    /// Injected faults; not durable.
    faults: Vec<Fault>,
}

impl Google {
    /// Creates a cloud without resources.
    pub fn new(configuration: Configuration) -> Google {
        Google {
            state: State::new(configuration),
            faults: Vec::new(),
        }
    }

    /// Restores the cloud from the changes of its journal, oldest first.
    ///
    /// # Errors
    /// [`RestoreError`] for a change with an unknown key or an unexpected value.
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
}

impl Google {
    /// Replaces the bindings of the provider's project.
    pub fn set_policy(&mut self, policy: IamPolicy) {
        self.state.set_policy(policy);
    }
}

impl CloudModel for Google {
    type Request = Request;
    type Reply = Reply;
    type HostMapping = HostMapping;
    type Fault = Fault;

    fn snapshot(&self) -> Vec<Change> {
        self.state.snapshot()
    }

    fn handle(&mut self, request: &Request, now: Timestamp, rng: &mut dyn Rng) -> Reply {
        self.advance(now);
        dispatch::handle(&mut self.state, &mut self.faults, request, now, rng)
    }

    /// Completes operations and publishes connected endpoints that are due, in order of time.
    fn advance(&mut self, now: Timestamp) {
        loop {
            let operation = self.state.next_operation();
            let publication = self.state.next_publication();
            match (operation, publication) {
                (Some((due, name)), publication)
                    if due <= now && publication.as_ref().is_none_or(|(at, _)| due <= *at) =>
                {
                    run_operation::complete(&mut self.state, &name, due);
                }
                (_, Some((at, attachment))) if at <= now => {
                    self.state.publish_connected_endpoints(&attachment, at);
                }
                _ => break,
            }
        }
        self.state.expire_operations(now);
    }

    fn next_due(&self) -> Option<Timestamp> {
        let operation = self.state.next_operation().map(|(due, _)| due);
        let publication = self.state.next_publication().map(|(at, _)| at);
        operation.into_iter().chain(publication).min()
    }

    fn take_changes(&mut self) -> Vec<Change> {
        self.state.take_changes()
    }

    fn bindings(&self) -> Vec<Binding> {
        binding::bindings(&self.state)
    }

    fn probes(&self, now: Timestamp) -> BTreeSet<Probe> {
        required_probes::probes(&self.state, now)
    }

    fn health_mut(&mut self) -> &mut HealthTable {
        self.state.health_mut()
    }

    fn map_host(&mut self, mapping: HostMapping) {
        self.state.map_host(mapping);
    }

    fn host_mappings(&self) -> Vec<HostMapping> {
        self.state.hosts().cloned().collect()
    }

    fn host(mapping: &HostMapping) -> IpAddr {
        mapping.host
    }

    fn inject_fault(&mut self, fault: Fault) {
        self.faults.push(fault);
        self.faults.retain(|fault| fault.times > 0);
    }

    /// Paths of all resources of all projects from `projects/` on, those being created included.
    fn resource_ids(&self) -> Vec<String> {
        let ids: BTreeSet<String> = self.state.resources().map(|it| it.id.to_string()).collect();
        ids.into_iter().collect()
    }
}
