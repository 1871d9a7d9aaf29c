//! Waits for a state that the server or a cloud reaches.

use std::time::Duration;

use crate::cli::span::WaitArgs;
use crate::failure::Failure;
use crate::printer::Printer;

/// Pause between reads: 200 ms, short for a user and cheap for a local server.
const INTERVAL: Duration = Duration::from_millis(200);

/// Result of one read.
pub(crate) enum Progress<T> {
    /// The desired state is reached.
    Done(T),
    /// The desired state is not reached; contains the current state, as printed.
    Pending(String),
}

/// Reads until the desired state is reached, and prints each state once. `what` is the name of the
/// object, such as "project VPC 1234".
///
/// # Errors
/// If a read fails, or the desired state is not reached in time.
pub(crate) async fn until<T>(
    what: &str,
    wait: &WaitArgs,
    printer: Printer,
    mut read: impl AsyncFnMut() -> Result<Progress<T>, Failure>,
) -> Result<T, Failure> {
    let mut last = String::new();
    let polling = async {
        loop {
            match read().await? {
                Progress::Done(done) => return Ok(done),
                Progress::Pending(state) => {
                    if state != last {
                        printer.say(&format!("{what}: {state}"));
                        last = state;
                    }
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    let outcome = tokio::time::timeout(wait.timeout, polling).await;
    outcome.unwrap_or_else(|_| {
        Err(Failure::refused(format!(
            "{what} is still not ready after {:?}",
            wait.timeout
        ))
        .hint(
            "the operation continues; run the command again later, or wait longer with --timeout",
        ))
    })
}
