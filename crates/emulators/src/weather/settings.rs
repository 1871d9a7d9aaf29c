//! Settings of the weather: the rate of each kind of fault, and how long it lasts.

use serde::{Deserialize, Serialize};

/// Longest time of a setting, in seconds: one hour, longer than any test waits.
const LONGEST_SECONDS: f64 = 3600.0;

/// A normal week at a real cloud.
const BREEZY: &str = include_str!("breezy.toml");

/// A bad day at a real cloud.
const STORM: &str = include_str!("storm.toml");

/// Rates and durations of the faults of an emulated cloud.
///
/// A rate is the probability that one request meets the fault, from 0 to 1; it counts only for
/// requests that can. The default is calm: no faults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// Rate of reads of an existing resource that begin a period in which it is answered as absent.
    pub false_absence: f64,
    /// Longest such period, in seconds.
    pub false_absence_seconds: f64,
    /// Rate of reads and listings that begin a period in which they are answered as the last time.
    pub stale_answer: f64,
    /// Longest such period, in seconds.
    pub stale_answer_seconds: f64,
    /// Rate of reads and listings that begin a period in which each list lacks one entry.
    pub short_list: f64,
    /// Longest such period, in seconds.
    pub short_list_seconds: f64,
    /// Time after such a period in which the same path is answered truly, in seconds.
    pub true_answer_seconds: f64,
    /// Rate of requests that begin a period in which requests of their subscription or project are
    /// refused as too many.
    pub throttling: f64,
    /// Longest such period, in seconds.
    pub throttling_seconds: f64,
    /// Rate of writes of existing resources that are refused because of another write.
    pub conflict: f64,
    /// Rate of requests that are answered with a status of 5xx.
    pub server_error: f64,
    /// Rate of requests whose connection is closed without an answer.
    pub cut_connection: f64,
    /// Share of requests with a server error or a cut connection that are carried out nevertheless.
    pub carried_out: f64,
    /// Rate of requests that are answered slowly.
    pub slow_answer: f64,
    /// Longest delay of an answer, in seconds.
    pub slow_answer_seconds: f64,
    /// Rate of requests that begin a period in which their access token counts as expired. A token is
    /// accepted at its first use.
    pub expired_token: f64,
    /// Longest such period, in seconds.
    pub expired_token_seconds: f64,
    /// Rate of accepted writes whose operation fails.
    pub failed_operation: f64,
    /// Rate of accepted writes whose operation takes longer.
    pub hanging_operation: f64,
    /// Longest further duration of an operation, in seconds.
    pub hanging_operation_seconds: f64,
    /// Rate of writes of settings that another program puts back.
    pub reverted_write: f64,
    /// Number of times that the settings of one resource are put back.
    pub reverts: u32,
    /// Rate of creations that are refused because of a quota.
    pub quota: f64,
}

/// The weather cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidWeather {
    /// The text is no TOML, or has an unknown key or a value of another type.
    #[error("{0}")]
    Unreadable(String),
    /// A value is out of range.
    #[error("`{key}` is {value}. Valid values: 0 to {most}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// Its value.
        value: f64,
        /// The largest valid value.
        most: f64,
    },
    /// A request would meet a fault with a probability above 1.
    #[error("the rates add up to {0}. Lower them: a request meets one fault at most")]
    TooMuch(f64),
    /// There is no weather of this name.
    #[error("`{0}` is no weather. Valid values: calm, breezy, storm")]
    UnknownName(String),
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            false_absence: 0.0,
            false_absence_seconds: 1.0,
            stale_answer: 0.0,
            stale_answer_seconds: 1.0,
            short_list: 0.0,
            short_list_seconds: 1.0,
            true_answer_seconds: 10.0,
            throttling: 0.0,
            throttling_seconds: 1.0,
            conflict: 0.0,
            server_error: 0.0,
            cut_connection: 0.0,
            carried_out: 0.5,
            slow_answer: 0.0,
            slow_answer_seconds: 1.0,
            expired_token: 0.0,
            expired_token_seconds: 1.0,
            failed_operation: 0.0,
            hanging_operation: 0.0,
            hanging_operation_seconds: 5.0,
            reverted_write: 0.0,
            reverts: 2,
            quota: 0.0,
        }
    }
}

impl Weather {
    /// Returns the weather of a name.
    ///
    /// # Errors
    /// [`InvalidWeather::UnknownName`].
    pub fn named(name: &str) -> Result<Self, InvalidWeather> {
        match name {
            "calm" => Ok(Self::default()),
            "breezy" => Self::from_toml(BREEZY),
            "storm" => Self::from_toml(STORM),
            _ => Err(InvalidWeather::UnknownName(name.to_owned())),
        }
    }

    /// Reads a weather from TOML. Keys that are absent have the values of calm.
    ///
    /// # Errors
    /// [`InvalidWeather`] for an unknown key, and for a value that is out of range.
    pub fn from_toml(text: &str) -> Result<Self, InvalidWeather> {
        let unreadable = |error: toml::de::Error| InvalidWeather::Unreadable(error.to_string());
        let weather: Self = toml::from_str(text).map_err(unreadable)?;
        weather.checked()
    }

    /// Returns the weather if its values are in their ranges.
    ///
    /// # Errors
    /// [`InvalidWeather`] for a value that is out of range.
    pub fn checked(self) -> Result<Self, InvalidWeather> {
        let rates = self.rates();
        let shares = [("carried_out", self.carried_out)];
        for (key, value) in rates.into_iter().chain(shares) {
            within(key, value, 1.0)?;
        }
        for (key, value) in self.durations() {
            within(key, value, LONGEST_SECONDS)?;
        }
        let sum: f64 = rates.iter().map(|(_, rate)| rate).sum();
        if sum > 1.0 {
            return Err(InvalidWeather::TooMuch(sum));
        }
        Ok(self)
    }

    /// Reports whether there are no faults.
    pub(super) fn is_calm(&self) -> bool {
        self.rates().iter().all(|(_, rate)| *rate == 0.0)
    }

    const fn rates(&self) -> [(&'static str, f64); 13] {
        [
            ("false_absence", self.false_absence),
            ("stale_answer", self.stale_answer),
            ("short_list", self.short_list),
            ("throttling", self.throttling),
            ("conflict", self.conflict),
            ("server_error", self.server_error),
            ("cut_connection", self.cut_connection),
            ("slow_answer", self.slow_answer),
            ("expired_token", self.expired_token),
            ("failed_operation", self.failed_operation),
            ("hanging_operation", self.hanging_operation),
            ("reverted_write", self.reverted_write),
            ("quota", self.quota),
        ]
    }

    const fn durations(&self) -> [(&'static str, f64); 8] {
        [
            ("false_absence_seconds", self.false_absence_seconds),
            ("stale_answer_seconds", self.stale_answer_seconds),
            ("short_list_seconds", self.short_list_seconds),
            ("true_answer_seconds", self.true_answer_seconds),
            ("throttling_seconds", self.throttling_seconds),
            ("slow_answer_seconds", self.slow_answer_seconds),
            ("expired_token_seconds", self.expired_token_seconds),
            ("hanging_operation_seconds", self.hanging_operation_seconds),
        ]
    }
}

fn within(key: &'static str, value: f64, most: f64) -> Result<(), InvalidWeather> {
    // False for a value that is no number.
    if (0.0..=most).contains(&value) {
        return Ok(());
    }
    Err(InvalidWeather::OutOfRange { key, value, most })
}
