//! What every model offers to the shell around it.

use std::net::IpAddr;

use jiff::Timestamp;
use rand::Rng as Generator;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::binding::Binding;
use crate::change::Change;

/// An emulated cloud as a pure value: requests and time in, replies and bindings out.
pub(crate) trait Cloud: Send + 'static {
    type Request: Send + Sync;
    type Reply: Send;
    /// Which host of this machine something in the cloud stands for.
    type HostMapping: Mapping;
    type Fault: DeserializeOwned + Send;

    /// Answers a request and applies what it asks for.
    fn handle(
        &mut self,
        request: &Self::Request,
        now: Timestamp,
        rng: &mut dyn Generator,
    ) -> Self::Reply;

    /// Lets what is due by `now` happen.
    fn advance(&mut self, now: Timestamp);

    /// When there is next something for [`Cloud::advance`] to do.
    fn next_due(&self) -> Option<Timestamp>;

    /// Takes the durable changes since the last call.
    fn take_changes(&mut self) -> Vec<Change>;

    /// Every durable piece of state.
    fn snapshot(&self) -> Vec<Change>;

    /// The listeners that must exist now.
    fn bindings(&self) -> Vec<Binding>;

    /// Says which host something stands for; replaces what was said before.
    fn map_host(&mut self, mapping: Self::HostMapping);

    /// The hosts said so far.
    fn host_mappings(&self) -> Vec<Self::HostMapping>;

    /// Plants a fault for coming requests.
    fn inject_fault(&mut self, fault: Self::Fault);

    /// Ids of everything in the cloud.
    fn resource_ids(&self) -> Vec<String>;
}

/// A mapping as the admin routes check it.
pub(crate) trait Mapping: Serialize + DeserializeOwned + Send {
    /// The address on this machine.
    fn host(&self) -> IpAddr;
}
