//! `service terminate`

use crate::cli::service::ServiceTerminateArgs;
use crate::commands::session::Session;
use crate::failure::Failure;

pub(super) async fn run(session: &Session, args: &ServiceTerminateArgs) -> Result<(), Failure> {
    let names = args.service_names.join(", ");
    if !args.force {
        session.printer.say(&format!(
            "This removes {names} from Underpass: nodes, users and settings. Its servers keep \
             running. A service with a private link is refused."
        ));
    }
    session
        .printer
        .confirm(&format!("Terminate {names}"), args.force)?;
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
