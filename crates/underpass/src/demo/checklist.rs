//! Checks of the demo, each printed with its duration.

use std::time::Duration;

use crate::clock;
use crate::failure::Failure;
use crate::printer::Printer;

/// Longest time for one check: 60 s, many times the duration of the slowest one.
const LONGEST: Duration = Duration::from_mins(1);

/// Runs checks, prints their results and counts those that passed.
pub(super) struct Checklist {
    printer: Printer,
    passed: usize,
}

impl Checklist {
    pub(super) const fn new(printer: Printer) -> Self {
        Self { printer, passed: 0 }
    }

    /// Number of checks that passed.
    pub(super) const fn passed(&self) -> usize {
        self.passed
    }

    /// Prints a heading.
    ///
    /// # Errors
    /// If stdout is closed.
    pub(super) fn heading(&self, title: &str) -> Result<(), Failure> {
        if self.passed > 0 {
            self.printer.data("")?;
        }
        self.printer.data(title)
    }

    /// Prints a line that is not a check.
    ///
    /// # Errors
    /// If stdout is closed.
    pub(super) fn note(&self, line: &str) -> Result<(), Failure> {
        self.printer.data(line)
    }

    /// Performs an action and prints its description with the duration; returns its result.
    ///
    /// # Errors
    /// If the action fails or takes too long.
    pub(super) async fn check<T>(
        &mut self,
        line: &str,
        action: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let begun = clock::instant();
        let outcome = tokio::time::timeout(LONGEST, action).await;
        let took = begun.elapsed();
        match outcome
            .unwrap_or_else(|_| Err(Failure::refused(format!("not finished after {LONGEST:?}"))))
        {
            Ok(value) => {
                self.passed += 1;
                self.printer.data(&format!("  ✔ {line} ({})", show(took)))?;
                Ok(value)
            }
            Err(failure) => {
                self.printer.data(&format!("  ✘ {line}"))?;
                Err(Failure::refused(format!("{line}: {failure}")))
            }
        }
    }
}

/// Checks a condition.
///
/// # Errors
/// If the condition is false.
pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(Failure::refused(otherwise()))
    }
}

/// A duration with at most three digits.
fn show(span: Duration) -> String {
    let micros = span.as_micros();
    if micros < 1000 {
        format!("{micros} µs")
    } else if micros < 10_000 {
        format!("{:.1} ms", span.as_secs_f64() * 1000.0)
    } else if micros < 1_000_000 {
        format!("{} ms", span.as_millis())
    } else {
        format!("{:.1} s", span.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_at_most_three_digits() {
        assert_eq!(show(Duration::from_micros(250)), "250 µs");
        assert_eq!(show(Duration::from_micros(3_140)), "3.1 ms");
        assert_eq!(show(Duration::from_millis(250)), "250 ms");
        assert_eq!(show(Duration::from_millis(1_234)), "1.2 s");
    }
}
