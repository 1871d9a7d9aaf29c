//! The present weather of a cloud, which can be changed while it runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::disturbance::{Disturbance, FalseRead};
use super::false_read::{LastAnswers, shorten};
use super::fault_injector::FaultInjector;
use super::in_weather::Settings;
use super::request_facts::RequestFacts;
use super::settings::Weather;
use crate::reply::Reply;

/// Attempts to put settings back, one with each request, before it is given up: a resource accepts no
/// write during an operation.
const ATTEMPTS: u32 = 200;

/// The present weather of a cloud.
#[derive(Debug)]
pub(crate) struct WeatherControl(Mutex<Present>);

#[derive(Debug)]
struct Present {
    injector: FaultInjector,
    last_answers: LastAnswers,
    /// Faults since the weather began, by kind.
    faults: BTreeMap<&'static str, u64>,
    /// Requests since the weather began.
    requests: u64,
    /// Settings to put back, with the attempts that are left.
    reverts: Vec<(Settings, u32)>,
    /// Number of times that settings were put back, by path.
    reverted: BTreeMap<String, u32>,
}

impl Default for WeatherControl {
    /// Calm weather.
    fn default() -> Self {
        Self(Mutex::new(Present::new(Weather::default(), 0)))
    }
}

impl Present {
    fn new(weather: Weather, seed: u64) -> Self {
        Self {
            injector: FaultInjector::new(weather, seed),
            last_answers: LastAnswers::default(),
            faults: BTreeMap::new(),
            requests: 0,
            reverts: Vec::new(),
            reverted: BTreeMap::new(),
        }
    }
}

impl WeatherControl {
    /// Begins another weather, from the beginning of the sequence of its seed.
    pub(crate) fn begin(&self, weather: Weather, seed: u64) {
        if !weather.is_calm() {
            tracing::info!(weather.seed = seed, "weather begins: requests meet faults");
        }
        *self.present() = Present::new(weather, seed);
    }

    /// Reports whether requests meet no faults.
    pub(super) fn is_calm(&self) -> bool {
        self.present().injector.weather().is_calm()
    }

    /// The seed of the present weather.
    pub(super) fn seed(&self) -> u64 {
        self.present().injector.seed()
    }

    /// The present weather with the number of its faults, as a document.
    pub(super) fn document(&self) -> Value {
        let present = self.present();
        json!({
            "seed": present.injector.seed(),
            "weather": present.injector.weather(),
            "requests": present.requests,
            "faults": present.faults,
        })
    }

    /// Returns the fault that a request meets.
    pub(super) fn disturb(
        &self,
        facts: &RequestFacts,
        token: Option<u64>,
        now: Timestamp,
    ) -> Option<Disturbance> {
        let mut present = self.present();
        present.requests += 1;
        present.injector.disturb(facts, token, now)
    }

    /// Counts and logs a fault.
    pub(super) fn note(&self, disturbance: &Disturbance, facts: &RequestFacts) {
        let kind = disturbance.kind();
        *self.present().faults.entry(kind).or_default() += 1;
        tracing::info!(
            weather.fault = kind,
            http.method = %facts.method,
            http.path = %facts.target,
            "weather: {}",
            disturbance.effect()
        );
    }

    /// Remembers the true answer to a read.
    pub(super) fn remember(&self, facts: &RequestFacts, reply: &Reply, now: Timestamp) {
        if facts.access.is_read() && reply.status == 200 {
            let mut present = self.present();
            present.last_answers.remember(&facts.target, reply, now);
        }
    }

    /// Returns the false answer in place of a true one; `None` if it would be the same.
    pub(super) fn falsify(
        &self,
        kind: FalseRead,
        facts: &RequestFacts,
        truth: &Reply,
        now: Timestamp,
        absent: impl FnOnce() -> Reply,
    ) -> Option<Reply> {
        match kind {
            FalseRead::Absent => (truth.status == 200).then(absent),
            FalseRead::Short(number) => {
                let mut reply = truth.clone();
                let document = reply.body.as_mut().filter(|_| truth.status == 200)?;
                shorten(document, number).then_some(reply)
            }
            FalseRead::Stale => {
                let present = self.present();
                let oldest = present.injector.oldest_answer(now);
                let last = present.last_answers.of(&facts.target, oldest)?;
                (last.body != truth.body || last.status != truth.status).then(|| last.clone())
            }
        }
    }

    /// Remembers settings to put back, unless those of the resource were put back often enough.
    pub(super) fn revert(&self, settings: Settings) -> bool {
        let mut present = self.present();
        let most = present.injector.weather().reverts;
        let times = present.reverted.entry(settings.path.clone()).or_default();
        if *times >= most {
            return false;
        }
        *times += 1;
        present.reverts.push((settings, ATTEMPTS));
        true
    }

    /// Takes the settings to put back.
    pub(super) fn take_reverts(&self) -> Vec<(Settings, u32)> {
        std::mem::take(&mut self.present().reverts)
    }

    /// Returns settings that could not be put back yet.
    pub(super) fn retry_revert(&self, settings: Settings, attempts: u32) {
        if let Some(left) = attempts.checked_sub(1) {
            self.present().reverts.push((settings, left));
        }
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        // Each change is complete before anything can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
