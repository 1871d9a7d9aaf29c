//! `service get` and `service list`

use serde_json::{Value, json};

use super::document::fetch;
use crate::cli::service::{ServiceGetArgs, ServiceListArgs};
use crate::client::list as list_of;
use crate::commands::privatelink::summary;
use crate::commands::session::Session;
use crate::compatible::service::{Service, ServiceList};
use crate::document::{Document, raw_rows};
use crate::failure::Failure;
use crate::table::Layout;

/// Columns of the compatible command line.
const COLUMNS: &[&str] = &[
    "service_name",
    "service_type",
    "state",
    "cloud_name",
    "plan",
    "create_time",
    "update_time",
    "notifications",
];

/// Details of `-v`. Unlike the compatible command line, they contain no passwords: `users` and the
/// URI are only in `--json`.
const DETAILS: &[&str] = &[
    "disk_space_mb",
    "project_vpc_id",
    "user_config.*",
    "databases",
];

pub(super) async fn get(session: &Session, args: &ServiceGetArgs) -> Result<(), Failure> {
    let Document {
        raw: mut service,
        content,
    } = fetch(session, &args.service_name).await?;
    add_notifications(&mut service);
    session
        .printer
        .row(&service, layout(args.verbose), &args.output)?;
    if args.verbose && !args.output.json && args.output.format.is_none() {
        let components = list_of(&service, "components")?;
        let columns = &["component", "route", "host", "port", "usage"];
        session.printer.data("")?;
        session
            .printer
            .rows(components, Layout::Columns(columns), &args.output)?;
    }
    if args.output.json || args.output.format.is_some() {
        return Ok(());
    }
    summary::print(session, &content).await
}

pub(super) async fn list(session: &Session, args: &ServiceListArgs) -> Result<(), Failure> {
    let path = ["project", &session.project, "service"];
    let mut answer: ServiceList = session.client.read(&path).await?;
    answer.services.retain(|it| is_selected(&it.content, args));
    let mut services = raw_rows(answer.services);
    services.iter_mut().for_each(add_notifications);
    session
        .printer
        .rows(&services, layout(args.verbose), &args.output)
}

/// Reports whether the arguments select a service.
fn is_selected(service: &Service, args: &ServiceListArgs) -> bool {
    let kind = args.service_type.as_ref();
    kind.is_none_or(|kind| *kind == service.kind)
        && (args.service_names.is_empty() || args.service_names.contains(&service.name))
}

const fn layout(verbose: bool) -> Layout<'static> {
    if verbose {
        Layout::Detailed(COLUMNS, DETAILS)
    } else {
        Layout::Columns(COLUMNS)
    }
}

/// Adds the column that the compatible client computes; Underpass has no notifications.
fn add_notifications(service: &mut Value) {
    if let Some(members) = service.as_object_mut() {
        members.insert("notifications".to_owned(), json!([]));
    }
}
