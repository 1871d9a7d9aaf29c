//! Durations on the command line.

use std::time::Duration;

use clap::Args;

/// Waiting for the end of an operation.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitArgs {
    /// Wait until the operation has finished, printing each state once
    #[arg(long)]
    pub(crate) wait: bool,
    /// Longest time to wait
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "5m",
        value_parser = span,
        requires = "wait"
    )]
    pub(crate) timeout: Duration,
}

/// A duration that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switchable(pub(crate) Option<Duration>);

/// Parses `250ms`, `1s`, `5m`, `2h`, `30d`; a number without unit means seconds.
///
/// # Errors
/// A text that is not a whole number with a unit, or a duration that is too long.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| explain(text))?;
    let seconds = |factor: u64| number.checked_mul(factor).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" | "" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        "d" => seconds(86_400),
        _ => None,
    }
    .ok_or_else(|| explain(text))
}

/// Parses a duration, or `off`.
///
/// # Errors
/// A zero duration, and the failures of [`span`].
pub(crate) fn switchable(text: &str) -> Result<Switchable, String> {
    if text == "off" {
        return Ok(Switchable(None));
    }
    match span(text) {
        Ok(Duration::ZERO) => Err("must be greater than zero. `off` switches it off".to_owned()),
        Ok(span) => Ok(Switchable(Some(span))),
        Err(error) => Err(format!("{error}, or `off`")),
    }
}

fn explain(text: &str) -> String {
    format!("`{text}` is not a duration. Use a whole number with ms, s, m, h or d, such as 250ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_their_unit() {
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("0s"), Ok(Duration::ZERO));
        assert_eq!(span("90"), Ok(Duration::from_secs(90)));
        assert_eq!(span("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(span("30d"), Ok(Duration::from_hours(720)));
        for bad in ["", "s", "-1s", "1.5s", "1w", "18446744073709551615h"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn discovery_can_be_switched_off_but_not_made_endless() {
        assert_eq!(switchable("off"), Ok(Switchable(None)));
        assert!(switchable("0s").is_err());
    }
}
