//! Interface of a simulated cloud: its model, driver, faults and initial resources.
//!
//! The actions of its users are in [`crate::actors::Actors`], its invariants in
//! [`crate::invariants::CloudInvariants`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::Value;
use underpass_clouds::Transport;
use underpass_emulators::azure::model::Binding;
use underpass_model::cloud::Provider;
use underpass_model::service::Node;
use underpass_model::vpc::VpcNetwork;

use crate::actors::Actors;
use crate::fault_at_every_effect::Scenario;
use crate::invariants::CloudInvariants;
use crate::simulation::Simulation;

/// Base URL of the cloud's API.
pub(crate) const BASE: &str = "https://cloud.sim";

/// A cloud under test.
pub(crate) trait Cloud: CloudSetup + Actors + CloudInvariants + Sync {}

impl<C: CloudSetup + Actors + CloudInvariants + Sync> Cloud for C {}

/// Delays of a cloud.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// Duration of an accepted operation.
    pub(crate) operation_delay: Duration,
    /// Delay until a listing shows a change of a connection.
    pub(crate) status_lag: Duration,
}

impl Timing {
    /// Operations complete, and are listed, with the first answer.
    pub(crate) const IMMEDIATE: Self = Self {
        operation_delay: Duration::ZERO,
        status_lag: Duration::ZERO,
    };
}

/// Model, driver, faults and initial resources of a cloud.
pub(crate) trait CloudSetup {
    /// Value of `UNDERPASS_SIM_CLOUD` for this cloud.
    fn name(&self) -> &'static str;
    fn provider(&self) -> Provider;
    /// Region of the services.
    fn region(&self) -> &'static str;
    /// Services that have links.
    fn services(&self) -> &'static [&'static str];
    /// Sets of nodes that a service may have; the last one is the initial set.
    fn node_sets(&self) -> &'static [&'static [&'static str]];
    fn node(&self, name: &str) -> Node;
    fn vpc_network(&self) -> VpcNetwork;
    /// Delays with which each effect is crashed around.
    fn timings(&self) -> &'static [Timing];
    /// Delays of one run.
    fn timing(&self, rng: &mut StdRng) -> Timing;
    fn model(&self, timing: Timing) -> Box<dyn Model>;
    fn driver(&self, request_body: Arc<dyn Transport>) -> Arc<dyn underpass_clouds::Cloud>;
    /// Creates networks, nodes, consumers and resources that no link owns; returns the provider's
    /// paths of the latter.
    fn create_initial_resources(&self, sim: &mut Simulation) -> Vec<String>;
    /// Actions without faults before the run.
    fn prepare_run(&self, sim: &mut Simulation, rng: &mut StdRng);
    /// Error answers that faults produce.
    fn fault_responses(&self, is_write: bool) -> &'static [FaultResponse];
    /// Body of an error answer.
    fn fault_body(&self, fault: FaultResponse) -> Value;
    /// Error code of the answer for a resource that does not exist.
    fn not_found_code(&self) -> &'static str;
    /// Number of faults of an operation that answers a write.
    fn operation_fault_count(&self, is_write: bool) -> usize;
    /// Scenarios of this cloud only.
    fn scenarios(&self) -> Vec<(&'static str, Scenario)>;
}

/// HTTP status and the provider's error code.
pub(crate) type FaultResponse = (u16, &'static str);

/// Model of a cloud, as the emulator serves it.
pub(crate) trait Model: Send {
    fn handle(&mut self, request: &CloudRequest, now: Timestamp, rng: &mut StdRng)
    -> CloudResponse;
    fn advance(&mut self, now: Timestamp);
    fn bindings(&self) -> Vec<Binding>;
    fn resource_ids(&self) -> Vec<String>;
    fn map_host(&mut self, machine: String, host: IpAddr);
    /// Injects a fault into the operation that answers this request.
    fn inject_operation_fault(&mut self, request: &CloudRequest, way: usize);
}

/// Sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CloudCaller {
    /// The driver, with exactly the printed role.
    Driver,
    Provider,
    /// Subscription or project of the consumer.
    Consumer(String),
}

/// Decoded request to a cloud.
#[derive(Debug, Clone)]
pub(crate) struct CloudRequest {
    pub(crate) caller: CloudCaller,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) if_match: Option<String>,
    pub(crate) body: Option<Value>,
}

/// Answer of a cloud.
#[derive(Debug, Clone)]
pub(crate) struct CloudResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}
