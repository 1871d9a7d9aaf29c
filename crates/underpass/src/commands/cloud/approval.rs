//! Waiting for the provider's approval of an endpoint.

use crate::cli::cloud::endpoint::AskArgs;
use crate::cli::span::WaitArgs;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::wait::{self, Progress};

/// How far the provider is with an endpoint.
pub(super) enum Standing {
    Approved,
    /// Its status, and whose turn it is.
    Waiting(&'static str),
    /// It will not be approved any more.
    Over,
}

/// Looks at an endpoint until the provider has approved it; `look` gives it with its standing and
/// its status as the cloud calls it.
pub(super) async fn until_approved<E>(
    name: &str,
    ask: &AskArgs,
    printer: Printer,
    look: impl AsyncFn() -> Result<(E, Standing, String), Failure>,
) -> Result<E, Failure> {
    let what = format!("endpoint {name}");
    let wait = WaitArgs {
        wait: true,
        timeout: ask.timeout,
    };
    wait::until(&what, &wait, printer, async || {
        let (endpoint, standing, status) = look().await?;
        match standing {
            Standing::Approved => Ok(Progress::Done(endpoint)),
            Standing::Waiting(turn) => Ok(Progress::Pending(format!("{status}, {turn}"))),
            Standing::Over => Err(Failure::refused(format!("{what} is {status}"))
                .hint("ask the provider why; a new endpoint is a new request")),
        }
    })
    .await
}
