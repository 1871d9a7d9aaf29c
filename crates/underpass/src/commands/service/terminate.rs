//! `service terminate`

use serde_json::Value;

use super::document::fetch;
use crate::cli::service::ServiceTerminateArgs;
use crate::commands::privatelink::Offer;
use crate::commands::session::Session;
use crate::compatible::service::Service;
use crate::document::Document;
use crate::failure::Failure;

pub(super) async fn run(session: &Session, args: &ServiceTerminateArgs) -> Result<(), Failure> {
    // A missing one is found before another one is removed.
    for service in &args.service_names {
        check(session, &fetch(session, service).await?).await?;
    }
    let names = args.service_names.join(", ");
    if !args.consent.yes {
        session.printer.say(&format!(
            "This removes {names} from Underpass: nodes, users and settings. Its servers keep \
             running."
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

/// Refuses what the server will refuse, before the confirmation.
async fn check(session: &Session, service: &Document<Service>) -> Result<(), Failure> {
    let Service { name, cloud, .. } = &service.content;
    let protection = service.raw.get("termination_protection");
    if protection == Some(&Value::Bool(true)) {
        return Err(Failure::refused(format!(
            "service `{name}` is protected from being terminated"
        ))
        .hint(format!(
            "switch the protection off first: `underpass service update {name} \
                     --disable-termination-protection`"
        )));
    }
    let Ok(offer) = Offer::of(session, cloud, name) else {
        return Ok(());
    };
    if !offer.exists().await? {
        return Ok(());
    }
    let provider = cloud.split('-').next().unwrap_or_default();
    Err(
        Failure::refused(format!("service `{name}` has a private link")).hint(format!(
            "delete the private link first: `underpass service privatelink {provider} delete \
             {name} --wait`"
        )),
    )
}
