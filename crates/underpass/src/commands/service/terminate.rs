//! `service terminate`

use super::document::fetch;
use crate::cli::service::ServiceTerminateArgs;
use crate::commands::session::Session;
use crate::failure::Failure;

pub(super) async fn run(session: &Session, args: &ServiceTerminateArgs) -> Result<(), Failure> {
    // A missing one is found before another one is removed.
    for service in &args.service_names {
        fetch(session, service).await?;
    }
    let names = args.service_names.join(", ");
    if !args.consent.yes {
        session.printer.say(&format!(
            "This removes {names} from Underpass: nodes, users and settings. Its servers keep \
             running. A service with a private link is refused."
        ));
    }
    session
        .printer
        .confirm(&format!("Terminate {names}"), args.consent)?;
    for service in &args.service_names {
        session
            .client
            .delete(&["project", &session.project, "service", service])
            .await?;
        session
            .printer
            .say(&format!("Terminated service {service}"));
    }
    Ok(())
}
