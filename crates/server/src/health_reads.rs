//! Budgets of questions about the health of backends.

use std::time::Duration;

use underpass_model::cloud::Provider;

/// Questions about health that a process asks each cloud account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthReads {
    /// Questions to an account on Azure per hour: one for each open port of a link.
    pub azure_per_hour: u32,
    /// Questions to an account on Google per hour: one for each zone of a link.
    pub google_per_hour: u32,
}

impl Default for HealthReads {
    /// Azure: 600, a twentieth of about 12,000 writes per hour that a subscription has, among which a
    /// question counts. Google: 3,600, one per second, a small part of its reads per minute.
    fn default() -> Self {
        Self {
            azure_per_hour: 600,
            google_per_hour: 3_600,
        }
    }
}

impl HealthReads {
    /// The budget for emulated clouds: ten questions per second.
    pub const EMULATED: Self = Self {
        azure_per_hour: 36_000,
        google_per_hour: 36_000,
    };

    /// Returns the pause after a question; `None`: nothing is asked.
    pub(crate) fn pause(self, provider: Provider) -> Option<Duration> {
        let per_hour = match provider {
            Provider::Google => self.google_per_hour,
            Provider::Azure | Provider::Aws => self.azure_per_hour,
        };
        Duration::from_hours(1).checked_div(per_hour)
    }
}
