//! `underpass cloud google …`

use clap::{Args, Subcommand};

use super::endpoint::{AskArgs, EndpointArgs, EndpointListArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum GoogleCloudCommand {
    /// Endpoints: an internal address with a forwarding rule to a service attachment
    #[command(subcommand)]
    Endpoint(EndpointCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum EndpointCommand {
    /// Ask for a connection to a service
    #[command(after_help = "Example:
  underpass cloud google endpoint create my-endpoint \\
      --target \"$(underpass service privatelink google get web-1 \\
          --format '{google_service_attachment}')\"")]
    Create(EndpointCreateArgs),
    /// Show an endpoint and its address
    Show(EndpointArgs<ConsumerArgs>),
    /// List endpoints
    List(EndpointListArgs<ConsumerArgs>),
    /// Remove an endpoint and its address
    Delete(EndpointArgs<ConsumerArgs>),
}

/// Whose endpoints; the ready consumer of a running `up` by default.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ConsumerArgs {
    /// The consumer's project
    #[arg(long, value_name = "ID")]
    pub(crate) project: Option<String>,
    /// Where its endpoints are; an endpoint is in the region of its target
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointCreateArgs {
    /// Name of the endpoint, and of its address
    pub(crate) name: String,
    /// The service attachment: its path from `projects/` on, or its URL
    #[arg(long, value_name = "ATTACHMENT")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) consumer: ConsumerArgs,
    /// Path or URL of the subnet the endpoint lives in
    #[arg(long, value_name = "SUBNET")]
    pub(crate) subnet: Option<String>,
    /// A note for those who look after it; on Google the provider does not see it
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) ask: AskArgs,
}
