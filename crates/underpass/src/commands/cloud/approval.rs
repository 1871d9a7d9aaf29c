//! Waiting for the provider's approval of an endpoint.

use crate::cli::cloud::endpoint::AskArgs;
use crate::cli::span::WaitArgs;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::wait::{self, Progress};

/// State of the provider's decision about an endpoint.
pub(super) enum ApprovalState {
    Approved,
    /// Not decided; the text names the next action of the provider.
    Waiting(&'static str),
    /// Ended without approval.
    Over,
}

/// Waits until the provider has approved an endpoint. `read` returns the endpoint, its approval
/// state and the status in the words of the cloud.
///
/// # Errors
/// A failed read, an endpoint that cannot be approved any more, or the end of the time limit.
pub(super) async fn until_approved<E>(
    name: &str,
    ask: &AskArgs,
    printer: Printer,
    read: impl AsyncFn() -> Result<(E, ApprovalState, String), Failure>,
) -> Result<E, Failure> {
    let what = format!("endpoint {name}");
    let wait = WaitArgs {
        wait: true,
        timeout: ask.timeout,
    };
    wait::until(&what, &wait, printer, async || {
        let (endpoint, state, status) = read().await?;
        match state {
            ApprovalState::Approved => Ok(Progress::Done(endpoint)),
            ApprovalState::Waiting(action) => Ok(Progress::Pending(format!("{status}, {action}"))),
            ApprovalState::Over => Err(Failure::refused(format!("{what} is {status}"))
                .hint("ask the provider for the reason; a new endpoint makes a new request")),
        }
    })
    .await
}
