//! The weekly maintenance window.

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;
use crate::refusal::Refusal;

/// A weekly window; Underpass stores it for clients and maintains nothing itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Day of week, in lower case, or `never`.
    pub dow: String,
    /// `HH:MM:SS`, UTC.
    pub time: String,
}

/// The days of the compatible API.
const DAYS: [&str; 8] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "never",
];

impl Default for Maintenance {
    fn default() -> Self {
        Self {
            dow: "sunday".to_owned(),
            time: "03:00:00".to_owned(),
        }
    }
}

impl Maintenance {
    /// Returns the window with another day, another time, or both. `HH:MM` gets its seconds.
    ///
    /// # Errors
    /// * `maintenance`: the day or the time is malformed.
    pub fn with(&self, dow: Option<&str>, time: Option<&str>) -> Result<Self, Refusal> {
        let refuse = |message| Err(Refusal::invalid("maintenance", message));
        let mut changed = self.clone();
        if let Some(dow) = dow {
            if !DAYS.contains(&dow) {
                let days = DAYS.join(", ");
                return refuse(format!(
                    "Maintenance `dow` is `{}`. Valid values: {days}",
                    excerpt(dow)
                ));
            }
            dow.clone_into(&mut changed.dow);
        }
        if let Some(time) = time {
            let Ok(parsed) = time.parse::<jiff::civil::Time>() else {
                return refuse(format!(
                    "Maintenance `time` is `{}`. It must be HH:MM:SS in UTC, such as 03:00:00",
                    excerpt(time)
                ));
            };
            changed.time = parsed.strftime("%H:%M:%S").to_string();
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_changed_in_part() {
        let window = Maintenance::default().with(Some("monday"), None).unwrap();
        let window = window.with(None, Some("10:30")).unwrap();
        assert_eq!(
            (window.dow.as_str(), window.time.as_str()),
            ("monday", "10:30:00")
        );
        assert!(window.with(Some("Monday"), None).is_err());
        assert!(window.with(None, Some("25:00:00")).is_err());
    }
}
