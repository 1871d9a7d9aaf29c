//! `service register`: registers nodes, components and users of an existing service.

use serde_json::Map;

use super::document::fetch;
use super::registration::Registration;
use super::submit;
use crate::cli::service::ServiceRegisterArgs;
use crate::commands::session::Session;
use crate::failure::Failure;

pub(super) async fn run(session: &Session, args: &ServiceRegisterArgs) -> Result<(), Failure> {
    let registration = Registration::read(&args.registration)?;
    if registration.is_empty() {
        return Err(
            Failure::usage("nothing to register").hint("give --node, --component and --user")
        );
    }
    let service = fetch(session, &args.service_name).await?;
    submit::send(session, service, &Map::new(), &registration, args.consent).await
}
