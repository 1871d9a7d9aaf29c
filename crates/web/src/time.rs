//! Times as pages show them: relative to now.

use jiff::Timestamp;

/// A time with its age in the largest fitting unit.
#[derive(Debug, Clone, Default)]
pub struct RelativeTime {
    /// RFC 3339.
    pub at: String,
    /// `now`, or for instance `3 min`.
    pub age: String,
}

impl RelativeTime {
    /// A time as RFC 3339, seen from `now`; without an age if it is not well formed.
    pub fn new(at: &str, now: Timestamp) -> Self {
        let age = at
            .parse::<Timestamp>()
            .map(|at| age(now.duration_since(at).as_secs()))
            .unwrap_or_default();
        Self {
            at: at.to_owned(),
            age,
        }
    }
}

fn age(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    match seconds {
        ..5 => "now".to_owned(),
        5..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        DAY.. => format!("{} d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_in_its_largest_unit() {
        let now: Timestamp = "2027-01-15T08:00:00Z".parse().unwrap();
        for (at, age) in [
            ("2027-01-15T08:00:00Z", "now"),
            ("2027-01-15T07:59:20Z", "40 s"),
            ("2027-01-15T07:01:00Z", "59 min"),
            ("2027-01-14T08:00:01Z", "23 h"),
            ("2026-12-31T08:00:00Z", "15 d"),
            ("yesterday", ""),
        ] {
            assert_eq!(RelativeTime::new(at, now).age, age, "{at}");
        }
    }
}
