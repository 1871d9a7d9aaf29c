//! `underpass cloud google …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::endpoint::{AskArgs, EndpointArgs, EndpointDeleteArgs, EndpointListArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum GoogleCloudCommand {
    /// Manage endpoints: internal addresses with forwarding rules to service attachments
    #[command(subcommand)]
    Endpoint(EndpointCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum EndpointCommand {
    /// Create an endpoint, which requests a connection to a service
    #[command(after_help = "Example:
  underpass cloud google endpoint create my-endpoint \\
      --target \"$(underpass service privatelink google get web-1 \\
          --format '{google_service_attachment}')\"")]
    Create(EndpointCreateArgs),
    /// Show an endpoint and its address
    Show(EndpointArgs<ConsumerArgs>),
    /// List endpoints
    List(EndpointListArgs<ConsumerArgs>),
    /// Delete an endpoint and its address
    Delete(EndpointDeleteArgs<ConsumerArgs>),
}

/// Consumer of the endpoints; by default the prepared consumer of a running `up`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConsumerArgs {
    /// State directory of a running `emulate google` [default: the emulated cloud of a running `up`]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Project of the consumer
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Region of the endpoints; an endpoint is in the region of its target
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointCreateArgs {
    /// Name of the endpoint, and of its address
    pub(crate) name: String,
    /// Service attachment: URL, or path beginning with `projects/`
    #[arg(long, value_name = "ATTACHMENT")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) consumer: ConsumerArgs,
    /// Path or URL of the endpoint's subnet
    #[arg(long, value_name = "SUBNET")]
    pub(crate) subnet: Option<String>,
    /// Description of the endpoint; on Google the provider does not see it
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}
