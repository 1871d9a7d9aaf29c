//! `cloud google endpoint create|show|list|delete`

use serde_json::Value;

use super::approval::{ApprovalState, until_approved};
use super::deletion::confirm_deletion;
use super::no_network::no_network;
use crate::cli::cloud::endpoint::EndpointDeleteArgs;
use crate::cli::cloud::google::{ConsumerArgs, EndpointCommand, EndpointCreateArgs};
use crate::failure::Failure;
use crate::google::{Compute, Endpoint, NewEndpoint, is_name, path_of, project_and_region};
use crate::http_client::{Trust, http_client};
use crate::printer::Printer;
use crate::ready::GoogleReady;
use crate::settings::Settings;
use crate::table::Layout;

/// Columns of endpoints.
const COLUMNS: &[&str] = &["name", "address", "status", "psc_connection_id", "id"];

pub(super) async fn run(
    command: EndpointCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    match command {
        EndpointCommand::Create(args) => create(settings, &args, printer).await,
        EndpointCommand::Show(args) => {
            let consumer = Consumer::of(
                &settings.google(args.consumer.state.as_deref())?,
                &args.consumer,
            )?;
            let endpoint = consumer.find(&args.name).await?;
            printer.row(&endpoint.row(), Layout::Columns(COLUMNS), &args.output)
        }
        EndpointCommand::List(args) => {
            let consumer = Consumer::of(
                &settings.google(args.consumer.state.as_deref())?,
                &args.consumer,
            )?;
            let mut rows = Vec::new();
            for shown in consumer.compute.list(&consumer.endpoints()).await? {
                if Endpoint::is_one(&shown) {
                    rows.push(Endpoint::read(&consumer.compute, &shown).await?.row());
                }
            }
            printer.rows(&rows, Layout::Columns(COLUMNS), &args.output)
        }
        EndpointCommand::Delete(args) => delete(settings, &args, printer).await,
    }
}

/// A consumer's project, in one region.
struct Consumer {
    compute: Compute,
    project: String,
    region: String,
}

impl Consumer {
    fn of(google: &GoogleReady, args: &ConsumerArgs) -> Result<Self, Failure> {
        let http = http_client(&google.url, Trust::System)?;
        let project = args.project.as_deref().unwrap_or(&google.consumer_project);
        let region = args.region.as_deref().unwrap_or(&google.region);
        for (flag, text) in [("--project", project), ("--region", region)] {
            if !is_name(text) {
                return Err(Failure::usage(format!(
                    "{flag} `{text}` is not valid. Use lower-case letters, digits and `-`"
                )));
            }
        }
        Ok(Self {
            compute: Compute::new(http, &google.url, None),
            project: project.to_owned(),
            region: region.to_owned(),
        })
    }

    fn endpoints(&self) -> String {
        format!(
            "projects/{}/regions/{}/forwardingRules",
            self.project, self.region
        )
    }

    async fn find(&self, name: &str) -> Result<Endpoint, Failure> {
        check_name(name)?;
        let path = format!("{}/{name}", self.endpoints());
        match self.compute.get(&path).await? {
            Some(shown) if Endpoint::is_one(&shown) => Endpoint::read(&self.compute, &shown).await,
            Some(_) | None => Err(Failure::missing(format!(
                "there is no endpoint `{name}` in project {} and region {}",
                self.project, self.region
            ))
            .hint("list the endpoints with `underpass cloud google endpoint list`")),
        }
    }

    /// Returns the network of a subnet.
    async fn network_of(&self, subnet: &str) -> Result<String, Failure> {
        let path = path_of(subnet);
        let shown = self.compute.get(path).await?;
        let network = shown
            .as_ref()
            .and_then(|shown| shown.get("network"))
            .and_then(Value::as_str);
        network.map(str::to_owned).ok_or_else(|| {
            Failure::missing(format!("there is no subnet {path}"))
                .hint("give the consumer's subnet with --subnet")
        })
    }
}

async fn create(
    settings: &Settings,
    args: &EndpointCreateArgs,
    printer: Printer,
) -> Result<(), Failure> {
    check_name(&args.name)?;
    let Some((_, region)) = project_and_region(&args.target, "serviceAttachments") else {
        return Err(
            Failure::usage(format!("`{}` is not a service attachment", args.target)).hint(
                "give projects/PROJECT/regions/REGION/serviceAttachments/NAME; show it with \
             `underpass service privatelink google get SERVICE`",
            ),
        );
    };
    if args
        .consumer
        .region
        .as_deref()
        .is_some_and(|it| it != region)
    {
        return Err(Failure::usage(format!(
            "the service attachment is in {region}, and its endpoint must be in the same region"
        ))
        .hint("omit --region"));
    }
    let google = settings.google(args.consumer.state.as_deref())?;
    let consumer = ConsumerArgs {
        state: None,
        project: args.consumer.project.clone(),
        region: Some(region.to_owned()),
    };
    let consumer = Consumer::of(&google, &consumer)?;
    let is_elsewhere = consumer.project != google.consumer_project || region != google.region;
    let subnet = match &args.subnet {
        Some(subnet) if project_and_region(subnet, "subnetworks").is_some() => subnet,
        Some(subnet) => {
            return Err(Failure::usage(format!("`{subnet}` is not a subnet"))
                .hint("give projects/PROJECT/regions/REGION/subnetworks/NAME"));
        }
        None if is_elsewhere => {
            return Err(Failure::usage(format!(
                "no subnet given for project {} in {region}",
                consumer.project
            ))
            .hint("give its path or URL with --subnet"));
        }
        None if google.consumer_subnet.is_empty() => return Err(no_network()),
        None => &google.consumer_subnet,
    };
    let new = NewEndpoint {
        name: &args.name,
        project: &consumer.project,
        region,
        network: &consumer.network_of(subnet).await?,
        subnet,
        target: &args.target,
        address: args.ask.address,
        message: args.message.as_deref(),
    };
    let mut endpoint = new.create(&consumer.compute).await?;
    if args.ask.until_approved {
        endpoint = until_approved(&args.name, &args.ask, printer, async || {
            let endpoint = consumer.find(&args.name).await?;
            let status = endpoint.status.clone();
            let state = match status.as_str() {
                "ACCEPTED" => ApprovalState::Approved,
                "PENDING" => ApprovalState::Waiting("waiting for the approval of the provider"),
                "NEEDS_ATTENTION" => {
                    ApprovalState::Waiting("waiting for the provider to extend its limits")
                }
                _ => ApprovalState::Over,
            };
            Ok((endpoint, state, status))
        })
        .await?;
    }
    printer.row(&endpoint.row(), Layout::Columns(COLUMNS), &args.ask.output)
}

async fn delete(
    settings: &Settings,
    args: &EndpointDeleteArgs<ConsumerArgs>,
    printer: Printer,
) -> Result<(), Failure> {
    let consumer = Consumer::of(
        &settings.google(args.consumer.state.as_deref())?,
        &args.consumer,
    )?;
    let endpoint = consumer.find(&args.name).await?;
    confirm_deletion(&args.name, &endpoint.status, args.consent, printer)?;
    Endpoint::delete(&consumer.compute, &endpoint.id).await?;
    printer.say(&format!("Deleted endpoint {}", args.name));
    Ok(())
}

/// Refuses names that are not one path segment.
fn check_name(name: &str) -> Result<(), Failure> {
    if is_name(name) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{name}` is not an endpoint name. Use up to 63 lower-case letters, digits and `-`, a \
         letter first"
    )))
}
