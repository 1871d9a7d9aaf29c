//! Environment of the simulated process: the cloud, virtual time and injected faults.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use underpass_server::clock::Clock;

use crate::cloud::{CloudRequest, CloudResponse, Model};
use crate::false_answer::{FalseAnswers, Kind};

/// The cloud's model, virtual time, and the faults that the process meets.
pub(crate) struct Environment {
    pub(crate) model: Box<dyn Model>,
    pub(crate) now: Timestamp,
    /// Enables random faults.
    pub(crate) faults_enabled: bool,
    /// Number of effects so far: commits and cloud calls.
    pub(crate) effects: u64,
    /// Effect at which the process crashes.
    pub(crate) crash_at: Option<(u64, CrashPoint)>,
    /// Effect that is performed twice.
    pub(crate) repeat_at: Option<u64>,
    pub(crate) calls: u64,
    pub(crate) crashes: u64,
    /// Number of reads so far.
    pub(crate) reads: u64,
    /// Read with which a period of false answers begins.
    pub(crate) false_answer_at: Option<(u64, Kind)>,
    pub(crate) false_answers: FalseAnswers,
    pub(crate) trace: Vec<String>,
    /// Source of random faults.
    pub(crate) fault_rng: StdRng,
    /// Source of the cloud's identifiers.
    id_rng: StdRng,
}

/// Crash before or after an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CrashPoint {
    Before,
    After,
}

/// Fault of one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EffectFault {
    None,
    Repeated,
    CrashBefore,
    CrashAfter,
}

pub(crate) type SharedEnvironment = Arc<Mutex<Environment>>;

impl Environment {
    pub(crate) fn new(seed: u64, model: Box<dyn Model>) -> Self {
        Self {
            model,
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            faults_enabled: false,
            effects: 0,
            crash_at: None,
            repeat_at: None,
            calls: 0,
            crashes: 0,
            reads: 0,
            false_answer_at: None,
            false_answers: FalseAnswers::default(),
            trace: Vec::new(),
            fault_rng: StdRng::seed_from_u64(seed ^ 0x5eed_0001),
            id_rng: StdRng::seed_from_u64(seed ^ 0x5eed_0002),
        }
    }

    pub(crate) fn note(&mut self, line: String) {
        self.trace.push(line);
    }

    pub(crate) fn advance(&mut self, duration: SignedDuration) {
        self.now = self.now.checked_add(duration).unwrap();
        self.model.advance(self.now);
    }

    /// Draws the fault of the next effect and counts it.
    pub(crate) fn next_effect_fault(&mut self) -> EffectFault {
        let fault = self.draw_effect_fault();
        if matches!(fault, EffectFault::CrashBefore | EffectFault::CrashAfter) {
            self.crashes += 1;
        }
        fault
    }

    fn draw_effect_fault(&mut self) -> EffectFault {
        let index = self.effects;
        self.effects += 1;
        match self.crash_at {
            Some((at, CrashPoint::Before)) if at == index => EffectFault::CrashBefore,
            Some((at, CrashPoint::After)) if at == index => EffectFault::CrashAfter,
            _ if self.repeat_at == Some(index) => EffectFault::Repeated,
            _ if self.faults_enabled && self.fault_rng.random_ratio(1, 60) => {
                EffectFault::CrashBefore
            }
            _ if self.faults_enabled && self.fault_rng.random_ratio(1, 60) => {
                EffectFault::CrashAfter
            }
            _ => EffectFault::None,
        }
    }

    /// Sends a request of the provider or a consumer to the cloud.
    pub(crate) fn send(&mut self, request: &CloudRequest) -> CloudResponse {
        self.model.handle(request, self.now, &mut self.id_rng)
    }
}

/// Clock that shows the environment's virtual time.
pub(crate) struct VirtualClock(pub(crate) SharedEnvironment);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }
}
