//! What one cloud has to say for itself, so that everything else is told of both alike: its model,
//! its driver, its weather, and the ground that the story begins on.
//!
//! What its people do is in [`crate::actors::Actors`], what must be true of it in
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
use crate::everywhere::Scenario;
use crate::invariants::CloudInvariants;
use crate::world::World;

/// Where the cloud answers.
pub(crate) const BASE: &str = "https://cloud.sim";

/// A cloud under test.
pub(crate) trait Cloud: CloudSetup + Actors + CloudInvariants + Sync {}

impl<C: CloudSetup + Actors + CloudInvariants + Sync> Cloud for C {}

/// How quickly a cloud does what it was asked, and shows what became of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// How long an accepted operation takes.
    pub(crate) operation_delay: Duration,
    /// How long what is shown of connections lags behind what is true.
    pub(crate) status_lag: Duration,
}

impl Timing {
    /// Everything is done and shown in the first answer.
    pub(crate) const IMMEDIATE: Self = Self {
        operation_delay: Duration::ZERO,
        status_lag: Duration::ZERO,
    };
}

/// Where a story plays.
pub(crate) trait CloudSetup {
    /// The word that replays its stories.
    fn name(&self) -> &'static str;
    fn provider(&self) -> Provider;
    /// Where the services run.
    fn region(&self) -> &'static str;
    /// The services whose links the story is about.
    fn services(&self) -> &'static [&'static str];
    /// The sets of nodes that a service may have; it begins with the last.
    fn node_sets(&self) -> &'static [&'static [&'static str]];
    fn node(&self, name: &str) -> Node;
    fn vpc_network(&self) -> VpcNetwork;
    /// Whether the network itself is a wish to carry out.
    fn builds_network(&self) -> bool;
    /// The paces that dying around each effect is tried at.
    fn timings(&self) -> &'static [Timing];
    /// The pace of one story.
    fn timing(&self, rng: &mut StdRng) -> Timing;
    fn model(&self, timing: Timing) -> Box<dyn Model>;
    fn driver(&self, wire: Arc<dyn Transport>) -> Arc<dyn underpass_clouds::Cloud>;
    /// Makes networks, machines, consumers, and what belongs to somebody else; gives the paths of
    /// the latter at the provider.
    fn create_initial_resources(&self, world: &mut World) -> Vec<String>;
    /// What has happened, in calm weather, before the story begins.
    fn prepare_run(&self, world: &mut World, rng: &mut StdRng);
    /// What the weather refuses calls with.
    fn fault_responses(&self, is_write: bool) -> &'static [FaultResponse];
    /// The body of a refusal.
    fn fault_body(&self, fault: FaultResponse) -> Value;
    /// In how many ways the weather spoils the operation that answers a write.
    fn operation_fault_count(&self, is_write: bool) -> usize;
    /// Moments worth dying in that only this cloud has.
    fn scenarios(&self) -> Vec<(&'static str, Scenario)>;
}

/// A status with the provider's word for it.
pub(crate) type FaultResponse = (u16, &'static str);

/// The very model that an emulator serves.
pub(crate) trait Model: Send {
    fn handle(&mut self, request: &CloudRequest, now: Timestamp, rng: &mut StdRng)
    -> CloudResponse;
    fn advance(&mut self, now: Timestamp);
    fn bindings(&self) -> Vec<Binding>;
    fn resource_ids(&self) -> Vec<String>;
    fn map_host(&mut self, machine: String, host: IpAddr);
    /// Sees to it that the operation that answers this request goes wrong.
    fn inject_operation_fault(&mut self, request: &CloudRequest, way: usize);
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CloudCaller {
    Provider,
    /// By subscription or project.
    Consumer(String),
}

/// A request to a cloud, decoded.
#[derive(Debug, Clone)]
pub(crate) struct CloudRequest {
    pub(crate) caller: CloudCaller,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) if_match: Option<String>,
    pub(crate) body: Option<Value>,
}

/// The answer to it.
#[derive(Debug)]
pub(crate) struct CloudResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}
