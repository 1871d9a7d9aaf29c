//! The emulated cloud as a value.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use rand::Rng;
use underpass_net::dns::{Found, RecordKind};

use super::binding;
use super::configuration::Configuration;
use super::dispatch;
use super::fault::Fault;
use super::host_mapping::HostMapping;
use super::name_lookup;
use super::reply::Reply;
use super::request::Request;
use super::required_probes;
use super::role_assignment::RoleAssignments;
use super::run_operation;
use super::state::State;
use crate::binding::Binding;
use crate::change::{Change, RestoreError};
use crate::cloud_model::CloudModel;
use crate::health::{HealthTable, Probe};

/// The emulated cloud: every subscription of every tenant, and the operations in progress.
#[derive(Debug, Clone)]
pub struct Azure {
    pub(super) state: State,
    /// Injected faults; they are not durable and end with the process.
    faults: Vec<Fault>,
}

impl Azure {
    /// A cloud without resources.
    pub fn new(configuration: Configuration) -> Azure {
        Azure {
            state: State::new(configuration),
            faults: Vec::new(),
        }
    }

    /// Rebuilds the cloud from the changes of its journal, oldest first.
    ///
    /// # Errors
    /// When a change has an unknown key or a value of unexpected form.
    pub fn restore(
        configuration: Configuration,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Azure, RestoreError> {
        let state = State::restore(configuration, changes)?;
        Ok(Azure {
            state,
            faults: Vec::new(),
        })
    }
}

impl Azure {
    /// Replaces all role assignments in the provider's subscription.
    pub fn assign_roles(&mut self, assignments: RoleAssignments) {
        self.state.assign_roles(assignments);
    }

    /// Looks up a name in the private DNS zones that are linked to networks of consumers. The name is in
    /// lower case, without a trailing dot.
    pub(crate) fn look_up(&self, name: &str, kind: RecordKind) -> Found {
        name_lookup::look_up(&self.state, name, kind)
    }

    /// Answers a request; the first of `faults` that matches it comes first.
    pub(super) fn answer_with(
        &mut self,
        faults: &mut Vec<Fault>,
        request: &Request,
        now: Timestamp,
        rng: &mut dyn Rng,
    ) -> Reply {
        self.advance(now);
        let reply = dispatch::answer(&mut self.state, faults, request, now, rng);
        run_operation::release_groups(&mut self.state, now);
        reply
    }
}

impl CloudModel for Azure {
    type Request = Request;
    type Reply = Reply;
    type HostMapping = HostMapping;
    type Fault = Fault;

    fn snapshot(&self) -> Vec<Change> {
        self.state.snapshot()
    }

    fn handle(&mut self, request: &Request, now: Timestamp, rng: &mut dyn Rng) -> Reply {
        let mut faults = std::mem::take(&mut self.faults);
        let reply = self.answer_with(&mut faults, request, now, rng);
        self.faults = faults;
        reply
    }

    fn advance(&mut self, now: Timestamp) {
        // Completion takes an operation off the schedule, also one that is held back; so this ends.
        while let Some(operation) = self.state.due_by(now) {
            run_operation::complete(&mut self.state, &operation, now);
        }
        run_operation::release_groups(&mut self.state, now);
        self.state.expire_operations(now);
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.state.next_due()
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

    /// IDs of all resources of all subscriptions; groups, subnets and endpoint connections included.
    fn resource_ids(&self) -> Vec<String> {
        let ids: BTreeSet<String> = self.state.resources().map(|it| it.id.to_string()).collect();
        ids.into_iter().collect()
    }
}
