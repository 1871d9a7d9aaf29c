//! Waits for a state that others bring about.

use std::time::Duration;

use crate::cli::span::WaitArgs;
use crate::failure::Failure;
use crate::printer::Printer;

/// How often to look: every 200 ms, unnoticed by a person and cheap on a local server.
const INTERVAL: Duration = Duration::from_millis(200);

/// What one look found.
pub(crate) enum Look<T> {
    /// It is as wanted.
    Done(T),
    /// Not yet; the state for people.
    Not(String),
}

/// Looks until it is as wanted, saying each state once. `what` names the thing, such as
/// "project VPC 1234".
pub(crate) async fn until<T>(
    what: &str,
    wait: &WaitArgs,
    printer: Printer,
    mut look: impl AsyncFnMut() -> Result<Look<T>, Failure>,
) -> Result<T, Failure> {
    let mut last = String::new();
    let looking = async {
        loop {
            match look().await? {
                Look::Done(done) => return Ok(done),
                Look::Not(state) => {
                    if state != last {
                        printer.say(&format!("{what}: {state}"));
                        last = state;
                    }
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    let outcome = tokio::time::timeout(wait.timeout, looking).await;
    outcome.unwrap_or_else(|_| {
        Err(Failure::refused(format!(
            "{what} is still not ready after {:?}",
            wait.timeout
        ))
        .hint("it goes on without us; look again later, or wait longer with --timeout"))
    })
}
