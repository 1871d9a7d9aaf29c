//! `service register`: registers nodes, components and users of an existing service.

use serde_json::{Map, Value};

use super::document::fetch;
use super::registration::Registration;
use crate::cli::service::ServiceRegisterArgs;
use crate::commands::session::Session;
use crate::failure::Failure;

pub(super) async fn run(session: &Session, args: &ServiceRegisterArgs) -> Result<(), Failure> {
    let mut registration = Registration::read(&args.registration)?;
    if registration.has_nodes() {
        registration.keep_cloud_resources(&fetch(session, &args.service_name).await?.content);
    }
    let Some(member) = registration.body() else {
        return Err(
            Failure::usage("nothing to register").hint("give --node, --component and --user")
        );
    };
    let body: Map<String, Value> = [member].into_iter().collect();
    let path = ["project", &session.project, "service", &args.service_name];
    session.client.put(&path, Value::Object(body)).await?;
    Ok(())
}
