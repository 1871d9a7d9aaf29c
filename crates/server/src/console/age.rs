//! How long ago something was, in the one unit people would use.

use jiff::Timestamp;

/// A moment as pages show it: as an age, with the full time beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    /// RFC 3339.
    pub(super) at: String,
    /// `now`, or for instance `3 min`.
    pub(super) age: String,
}

impl Moment {
    /// A time as the API writes it, seen from now.
    pub(super) fn new(at: &str, now: Timestamp) -> Self {
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
    fn an_age_is_told_in_its_largest_unit() {
        let now: Timestamp = "2027-01-15T08:00:00Z".parse().unwrap();
        for (at, age) in [
            ("2027-01-15T08:00:00Z", "now"),
            ("2027-01-15T07:59:20Z", "40 s"),
            ("2027-01-15T07:01:00Z", "59 min"),
            ("2027-01-14T08:00:01Z", "23 h"),
            ("2026-12-31T08:00:00Z", "15 d"),
            ("yesterday", ""),
        ] {
            assert_eq!(Moment::new(at, now).age, age, "{at}");
        }
    }
}
