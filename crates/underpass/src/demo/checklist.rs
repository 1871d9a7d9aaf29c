//! Where the story is told: a line for each thing that was seen to be so.

use std::time::Duration;

use crate::clock;
use crate::failure::Failure;
use crate::printer::Printer;

/// Longest time for one check: 60 s, far longer than any takes; a check that hangs has failed.
const LONGEST: Duration = Duration::from_mins(1);

/// Prints only what was measured.
pub(super) struct Checklist {
    printer: Printer,
    passed: usize,
}

impl Checklist {
    pub(super) const fn new(printer: Printer) -> Self {
        Self { printer, passed: 0 }
    }

    /// How many checks held.
    pub(super) const fn passed(&self) -> usize {
        self.passed
    }

    /// A heading.
    pub(super) fn heading(&self, title: &str) -> Result<(), Failure> {
        if self.passed > 0 {
            self.printer.data("")?;
        }
        self.printer.data(title)
    }

    /// A remark.
    pub(super) fn note(&self, line: &str) -> Result<(), Failure> {
        self.printer.data(line)
    }

    /// Does something, and tells how long it took or why it did not hold.
    pub(super) async fn check<T>(
        &mut self,
        line: &str,
        action: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let begun = clock::instant();
        let outcome = tokio::time::timeout(LONGEST, action).await;
        let took = begun.elapsed();
        match outcome.unwrap_or_else(|_| Err(Failure::refused("it took too long"))) {
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

/// Refuses when something is not so.
pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds {
        Ok(())
    } else {
        Err(Failure::refused(otherwise()))
    }
}

/// A span of time with three figures at most.
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
    fn spans_are_short_to_read() {
        assert_eq!(show(Duration::from_micros(250)), "250 µs");
        assert_eq!(show(Duration::from_micros(3_140)), "3.1 ms");
        assert_eq!(show(Duration::from_millis(250)), "250 ms");
        assert_eq!(show(Duration::from_millis(1_234)), "1.2 s");
    }
}
