//! `cloud azure endpoint create|show|list|delete`

use serde_json::json;

use super::approval::{ApprovalState, until_approved};
use super::deletion::confirm_deletion;
use super::no_network::no_network;
use crate::azure::{Arm, Endpoint, Login, NewEndpoint, is_endpoint_name, segment_after};
use crate::cli::cloud::azure::{ConsumerArgs, EndpointCommand, EndpointCreateArgs};
use crate::cli::cloud::endpoint::EndpointDeleteArgs;
use crate::failure::Failure;
use crate::http_client::{Trust, http_client};
use crate::printer::Printer;
use crate::ready::AzureReady;
use crate::settings::Settings;
use crate::table::Layout;

/// Columns of endpoints.
const COLUMNS: &[&str] = &["name", "address", "status", "description", "id"];

/// Azure's code for a target that does not exist or that the consumer's subscription may not see.
const UNKNOWN_TARGET: &str = "InvalidPrivateLinkServiceId";

pub(super) async fn run(
    command: EndpointCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let azure = |args: &ConsumerArgs| settings.azure(args.state.as_deref());
    match command {
        EndpointCommand::Create(args) => create(&azure(&args.consumer)?, &args, printer).await,
        EndpointCommand::Show(args) => {
            let consumer = Consumer::of(&azure(&args.consumer)?, &args.consumer)?;
            let endpoint = consumer.find(&args.name).await?;
            printer.row(&endpoint.row(), Layout::Columns(COLUMNS), &args.output)
        }
        EndpointCommand::List(args) => {
            let consumer = Consumer::of(&azure(&args.consumer)?, &args.consumer)?;
            let mut rows = Vec::new();
            for shown in consumer.arm.list(&consumer.endpoints()).await? {
                rows.push(Endpoint::read(&consumer.arm, &shown).await?.row());
            }
            printer.rows(&rows, Layout::Columns(COLUMNS), &args.output)
        }
        EndpointCommand::Delete(args) => delete(&azure(&args.consumer)?, &args, printer).await,
    }
}

/// A consumer's resource group.
struct Consumer {
    arm: Arm,
    subscription: String,
    /// Resource ID of the group.
    group: String,
}

impl Consumer {
    fn of(azure: &AzureReady, args: &ConsumerArgs) -> Result<Self, Failure> {
        let ca = std::fs::read(&azure.ca)
            .map_err(|error| Failure::refused(format!("read {}: {error}", azure.ca.display())))?;
        let http = http_client(&azure.url, Trust::Only(&ca))?;
        let tenant = args.tenant.as_deref().unwrap_or(&azure.consumer_tenant);
        let arm = Arm::new(http, &azure.url, Login::consumer(tenant));
        let subscription = args
            .subscription
            .as_deref()
            .unwrap_or(&azure.consumer_subscription);
        let group = args
            .resource_group
            .as_deref()
            .or_else(|| segment_after(&azure.consumer_subnet, "resourceGroups"));
        let group = group.unwrap_or("consumer");
        Ok(Self {
            arm,
            group: format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            subscription: subscription.to_owned(),
        })
    }

    fn endpoints(&self) -> String {
        format!(
            "{}/providers/Microsoft.Network/privateEndpoints",
            self.group
        )
    }

    async fn find(&self, name: &str) -> Result<Endpoint, Failure> {
        let path = format!("{}/{name}", self.endpoints());
        let Some(shown) = self.arm.get(&path).await? else {
            return Err(Failure::missing(format!(
                "there is no endpoint `{name}` in {}",
                self.group
            ))
            .hint("list the endpoints with `underpass cloud azure endpoint list`"));
        };
        Endpoint::read(&self.arm, &shown).await
    }
}

async fn create(
    azure: &AzureReady,
    args: &EndpointCreateArgs,
    printer: Printer,
) -> Result<(), Failure> {
    check_name(&args.name)?;
    let consumer = Consumer::of(azure, &args.consumer)?;
    let elsewhere = args.consumer.subscription.is_some() || args.consumer.tenant.is_some();
    let subnet = match &args.subnet {
        Some(subnet) => subnet.clone(),
        None if elsewhere => {
            return Err(Failure::usage("no subnet given for this consumer")
                .hint("give its resource ID with --subnet"));
        }
        None if azure.consumer_subnet.is_empty() => return Err(no_network()),
        None => azure.consumer_subnet.clone(),
    };
    let group = json!({ "location": azure.consumer_location });
    consumer.arm.put(&consumer.group, group).await?;
    let new = NewEndpoint {
        location: &azure.consumer_location,
        subnet: &subnet,
        target: &args.target,
        address: args.ask.address,
        message: args.message.as_deref(),
    };
    let path = format!("{}/{}", consumer.endpoints(), args.name);
    let shown = consumer.arm.put(&path, new.body()).await;
    let shown = shown.map_err(|failure| explain_target(failure, &consumer.subscription))?;
    let mut endpoint = Endpoint::read(&consumer.arm, &shown).await?;
    if args.ask.until_approved {
        endpoint = until_approved(&args.name, &args.ask, printer, async || {
            let endpoint = consumer.find(&args.name).await?;
            let status = endpoint.status.clone();
            let state = match status.as_str() {
                "Approved" => ApprovalState::Approved,
                "Pending" => ApprovalState::Waiting("waiting for the approval of the provider"),
                _ => ApprovalState::Over,
            };
            Ok((endpoint, state, status))
        })
        .await?;
    }
    printer.row(&endpoint.row(), Layout::Columns(COLUMNS), &args.ask.output)
}

async fn delete(
    azure: &AzureReady,
    args: &EndpointDeleteArgs<ConsumerArgs>,
    printer: Printer,
) -> Result<(), Failure> {
    let consumer = Consumer::of(azure, &args.consumer)?;
    let endpoint = consumer.find(&args.name).await?;
    confirm_deletion(&args.name, &endpoint.status, args.consent, printer)?;
    consumer.arm.delete(&endpoint.id).await?;
    printer.say(&format!("Deleted endpoint {}", args.name));
    Ok(())
}

/// Adds how to find the right target to the refusal of an unknown or invisible one.
fn explain_target(failure: Failure, subscription: &str) -> Failure {
    if !failure.message().contains(UNKNOWN_TARGET) {
        return failure;
    }
    failure.hint(format!(
        "use the alias that the provider shows with `underpass service privatelink azure get \
         SERVICE`, and have the provider allow subscription {subscription}"
    ))
}

/// Refuses names that are not one path segment.
fn check_name(name: &str) -> Result<(), Failure> {
    if is_endpoint_name(name) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{name}` is not an endpoint name. Use up to 64 letters, digits, `_`, `.` and `-`, a \
         letter or digit first"
    )))
}
