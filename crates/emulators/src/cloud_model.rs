//! The interface between an emulated cloud's model and the shell that serves it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use rand::Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::binding::Binding;
use crate::change::Change;
use crate::health::{HealthTable, Probe};

/// An emulated cloud as a pure value: requests and time in, replies and bindings out.
pub trait CloudModel: Send + 'static {
    /// A request after authentication and decoding.
    type Request: Send + Sync;
    /// The answer to a request.
    type Reply: Send;
    /// The host of this machine that stands for a machine of the cloud.
    type HostMapping: Serialize + DeserializeOwned + Send;
    /// A fault that a test injects.
    type Fault: DeserializeOwned + Send;

    /// Answers a request and applies its changes.
    ///
    /// Changes that are due by `now` are applied first.
    fn handle(&mut self, request: &Self::Request, now: Timestamp, rng: &mut dyn Rng)
    -> Self::Reply;

    /// Applies the changes that are due by `now`, earliest first.
    fn advance(&mut self, now: Timestamp);

    /// Time of the next change for [`CloudModel::advance`] to apply.
    fn next_due(&self) -> Option<Timestamp>;

    /// Takes the durable changes since the last call.
    ///
    /// The changes of one request belong together: the journal writes them as one record.
    fn take_changes(&mut self) -> Vec<Change>;

    /// Every durable piece of state, for a compacted journal.
    fn snapshot(&self) -> Vec<Change>;

    /// The listeners that must exist now, in order of endpoint and port.
    fn bindings(&self) -> Vec<Binding>;

    /// The health probes that must be carried out now: of balancers with an open endpoint, and of
    /// those whose health was requested lately.
    fn probes(&self, now: Timestamp) -> BTreeSet<Probe>;

    /// The health of backends, which is not durable.
    fn health_mut(&mut self) -> &mut HealthTable;

    /// Sets the host that stands for a machine, replacing an earlier one.
    ///
    /// Deleting the machine deletes the mapping.
    fn map_host(&mut self, mapping: Self::HostMapping);

    /// The mappings, in order of machine.
    fn host_mappings(&self) -> Vec<Self::HostMapping>;

    /// The address on this machine of a mapping.
    fn host(mapping: &Self::HostMapping) -> IpAddr;

    /// Injects a fault: the next requests that match it are answered as it says.
    fn inject_fault(&mut self, fault: Self::Fault);

    /// Ids of all resources in order, for tests that look for leftovers.
    fn resource_ids(&self) -> Vec<String>;
}
