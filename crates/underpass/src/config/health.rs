//! `[health]`

use serde::Deserialize;
use underpass_server::health_reads::HealthReads;

/// Most questions to an account on Azure per hour: 12,000, about all writes that a subscription has
/// (docs/adr/0020-backend-health.md).
const MAX_AZURE: u32 = 12_000;

/// Most questions to an account on Google per hour: 90,000, which is 25 per second (design decision).
const MAX_GOOGLE: u32 = 90_000;

/// Questions about the health of backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealthConfig {
    /// Questions to each account on Azure per hour.
    azure_questions: u32,
    /// Questions to each account on Google per hour.
    google_questions: u32,
}

impl HealthConfig {
    /// The budgets of questions.
    pub(crate) const fn reads(self) -> HealthReads {
        HealthReads {
            azure_per_hour: self.azure_questions,
            google_per_hour: self.google_questions,
        }
    }

    /// Problems of budgets that are too large: keys and messages.
    pub(super) fn problems(self) -> Vec<(&'static str, String)> {
        let budgets = [
            ("health.azure_questions", self.azure_questions, MAX_AZURE),
            ("health.google_questions", self.google_questions, MAX_GOOGLE),
        ];
        budgets
            .into_iter()
            .filter(|(_, questions, max)| questions > max)
            .map(|(key, _, max)| (key, format!("must be at most {max}")))
            .collect()
    }
}
