//! Confirmation of the deletion of an endpoint.

use crate::cli::consent::ConsentArgs;
use crate::failure::Failure;
use crate::printer::Printer;

/// Says that the deletion of an endpoint cuts its connection, and asks.
///
/// # Errors
/// A missing confirmation.
pub(super) fn confirm_deletion(
    name: &str,
    status: &str,
    consent: ConsentArgs,
    printer: Printer,
) -> Result<(), Failure> {
    if !consent.yes {
        printer.say(&format!(
            "This deletes endpoint {name} ({status}) and cuts its flows. An endpoint that is created \
             again is another connection, which the provider must approve."
        ));
    }
    printer.confirm(&format!("Delete endpoint {name}"), consent)
}
