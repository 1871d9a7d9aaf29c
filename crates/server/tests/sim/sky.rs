//! Everything outside the process: the cloud, the time, and where a crash is due.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use underpass_server::clock::Clock;

use crate::cloud::{Answer, Ask, Model};

/// What is outside.
pub(crate) struct Sky {
    pub(crate) model: Box<dyn Model>,
    pub(crate) now: Timestamp,
    pub(crate) stormy: bool,
    /// Effects so far: commits and cloud calls.
    pub(crate) effects: u64,
    /// The effect at which the process dies.
    pub(crate) crash_at: Option<(u64, Moment)>,
    /// The effect that is carried out twice.
    pub(crate) repeat_at: Option<u64>,
    pub(crate) calls: u64,
    pub(crate) trace: Vec<String>,
    /// What the weather is drawn from.
    pub(crate) dice: StdRng,
    /// What the cloud draws its numbers from.
    guids: StdRng,
}

/// When, around an effect, the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// What an effect meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Plain,
    Twice,
    CrashBefore,
    CrashAfter,
}

pub(crate) type SharedSky = Arc<Mutex<Sky>>;

impl Sky {
    pub(crate) fn new(seed: u64, model: Box<dyn Model>) -> Self {
        Self {
            model,
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            stormy: false,
            effects: 0,
            crash_at: None,
            repeat_at: None,
            calls: 0,
            trace: Vec::new(),
            dice: StdRng::seed_from_u64(seed ^ 0x5eed_0001),
            guids: StdRng::seed_from_u64(seed ^ 0x5eed_0002),
        }
    }

    pub(crate) fn note(&mut self, line: String) {
        self.trace.push(line);
    }

    pub(crate) fn pass(&mut self, time: SignedDuration) {
        self.now = self.now.checked_add(time).unwrap();
        self.model.advance(self.now);
    }

    /// Counts an effect and tells what it meets.
    pub(crate) fn next_fate(&mut self) -> Fate {
        let index = self.effects;
        self.effects += 1;
        match self.crash_at {
            Some((at, Moment::Before)) if at == index => Fate::CrashBefore,
            Some((at, Moment::After)) if at == index => Fate::CrashAfter,
            _ if self.repeat_at == Some(index) => Fate::Twice,
            _ if self.stormy && self.dice.random_ratio(1, 60) => Fate::CrashBefore,
            _ if self.stormy && self.dice.random_ratio(1, 60) => Fate::CrashAfter,
            _ => Fate::Plain,
        }
    }

    /// One exchange with the cloud, as whoever.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Answer {
        self.model.handle(ask, self.now, &mut self.guids)
    }
}

/// The virtual clock.
pub(crate) struct SkyClock(pub(crate) SharedSky);

impl Clock for SkyClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }
}
