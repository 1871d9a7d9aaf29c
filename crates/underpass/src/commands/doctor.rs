//! `doctor`: the path to a service, hop by hop: the control plane's half, then the client's own.

mod certificate;
mod flow;
mod here;
mod route;
mod text;

use underpass_api_types::doctor::PathReport;

use self::here::Here;
use super::service::document;
use super::session::Session;
use crate::cli::doctor::{DoctorArgs, Resolver};
use crate::failure::Failure;
use crate::json_text;
use crate::printer::Printer;
use crate::settings::Settings;

pub(super) async fn run(
    args: &DoctorArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let session = Session::open(settings, printer)?;
    let provider = match args.cloud {
        Some(cloud) => cloud.provider().to_owned(),
        None => provider_of(&session, &args.service_name).await?,
    };
    let path = [
        "underpass",
        "project",
        &session.project,
        "service",
        &args.service_name,
        "privatelink",
        &provider,
        "doctor",
    ];
    let mut query = Vec::new();
    query.extend(args.connection.clone().map(|it| ("connection", it)));
    query.extend(args.component.clone().map(|it| ("component", it)));
    let mut report: PathReport = session.client.read_with(&path, &query).await?;
    let local = local_dns(settings);
    if args.from_here || local.is_some() {
        let here = Here {
            resolver: args.dns.or(local).unwrap_or(Resolver::System),
            is_beside_up: local.is_some(),
        };
        here.complete(&mut report).await;
    } else {
        here::leave_out(&mut report);
    }
    if args.json {
        let document = serde_json::to_value(&report)
            .map_err(|error| Failure::ours(format!("encode the report: {error}")))?;
        printer.data(&json_text::indented(&document))?;
    } else {
        for line in text::lines(&report) {
            printer.data(&line)?;
        }
    }
    match &report.broken {
        None => Ok(()),
        Some(broken) => Err(Failure::refused(format!(
            "the path to {} is broken at: {}",
            report.service_name, broken.title
        ))),
    }
}

/// Returns the cloud of a service.
async fn provider_of(session: &Session, service: &str) -> Result<String, Failure> {
    let cloud = document::fetch(session, service).await?.content.cloud;
    let provider = cloud.split('-').next().unwrap_or_default();
    if matches!(provider, "azure" | "google") {
        return Ok(provider.to_owned());
    }
    Err(Failure::refused(format!(
        "service {service} is in {cloud}, where nothing is published"
    ))
    .hint("name the cloud of its private link with --cloud azure or --cloud google"))
}

/// Returns the name server of an `up` of this machine, if it is the server of the command: its consumers
/// are on this machine, too. Those of `serve` are not.
fn local_dns(settings: &Settings) -> Option<Resolver> {
    let ready = settings.running().ok()?;
    if ready.azure.is_none() && ready.google.is_none() {
        return None;
    }
    let target = settings.target().ok()?;
    let address = ready.dns.parse().ok()?;
    (target.url == ready.api).then_some(Resolver::Server(address))
}
