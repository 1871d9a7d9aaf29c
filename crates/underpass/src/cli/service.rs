//! `underpass service …`

pub(crate) mod registration;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use underpass_model::service_type::SERVICE_TYPES;

use self::registration::{GRAMMAR, NodeArg, RegistrationArgs};
use super::connection_info::ConnectionInfoArgs;
use super::consent::ConsentArgs;
use super::number::number;
use super::output::OutputArgs;
use super::privatelink::PrivatelinkCommand;
use super::privatelink::connection::ServiceConnectionsArgs;
use super::span::{WaitArgs, span};

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Register a running service
    #[command(after_help = with_grammar("\
Underpass creates no servers. A service consists of nodes (addresses), components (listeners on
every node) and users. Passwords are read from files or stdin, never from arguments. A component
uses TLS unless it has tls=off; `connection-info` prints its commands accordingly.

Example:
  underpass service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id ID \\
      --auto-static-ips --node n1=127.0.0.1 --component pg=5432 --user avnadmin:@password.txt \\
      -c privatelink_access.pg=true") + &types())]
    Create(Box<ServiceCreateArgs>),
    /// Change a service
    #[command(after_help = with_grammar("\
--node, --component and --user replace the whole list. A change that removes nodes or components, or closes
a component that connections use, is shown first and needs a confirmation or --yes.

Examples:
  underpass service update pg-1 -c privatelink_access.pg=false    closes the port on the link
  underpass service update pg-1 --add-node n2=10.0.0.5 --remove-node n1
  underpass service update pg-1 --node n1=127.0.0.1,public=db.example.net \\
      -c public_access.pg=true    offers clients a public route that you set up"))]
    Update(Box<ServiceUpdateArgs>),
    /// Register nodes, components and users of a service that another client created
    #[command(after_help = with_grammar("\
--node, --component and --user replace the whole list.

Example:
  avn service create pg-1 -t pg -p startup-4 --project-vpc-id ID
  underpass service register pg-1 --node n1=127.0.0.1 --component pg=5432 --user avnadmin:@-"))]
    Register(ServiceRegisterArgs),
    /// Show a service
    Get(ServiceGetArgs),
    /// List services
    List(ServiceListArgs),
    /// Remove a service from Underpass; its servers keep running
    Terminate(ServiceTerminateArgs),
    /// Wait until services are running
    Wait(ServiceWaitArgs),
    /// Issue a certificate for the service's names from the project's CA
    #[command(after_help = "Example:
  underpass service cert pg-1 --out certs    writes server.crt, server.key and ca.pem

The certificate has the private names of all connections and of the next ones. To renew it, or when a
later connection needs its name in it, issue it again with --force, and restart the servers.")]
    Cert(ServiceCertArgs),
    /// Print listeners and advertised listeners of Kafka brokers for a private link
    #[command(after_help = "\
A Kafka client connects to each broker directly, so each broker has its own, stable port on the
link. Add the printed entries to the lists in each broker's server.properties.

Example:
  underpass service kafka-listeners kafka-1")]
    KafkaListeners(ServiceKafkaListenersArgs),
    /// List every connection with its reason and next action
    Connections(ServiceConnectionsArgs),
    /// Publish a service privately and decide about its connections
    #[command(subcommand)]
    Privatelink(PrivatelinkCommand),
    /// Print connection commands and settings for each client tool
    ConnectionInfo(Box<ConnectionInfoArgs>),
}

/// Returns a help text with the grammar of nodes and components.
fn with_grammar(text: &str) -> String {
    format!("{text}\n\n{GRAMMAR}")
}

/// Returns the section about service types.
fn types() -> String {
    let names: Vec<_> = SERVICE_TYPES.iter().map(|it| it.name).collect();
    let lines: Vec<_> = names.chunks(8).map(|line| line.join(", ")).collect();
    format!("\n\nService types:\n  {}", lines.join(",\n  "))
}

#[derive(Debug, Args)]
pub(crate) struct ServiceCreateArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Service type, such as pg or kafka; the list is below
    #[arg(short = 't', long = "service-type", value_name = "TYPE")]
    pub(crate) service_type: String,
    /// Plan, a name that compatible clients show; it has no effect
    #[arg(short = 'p', long, default_value = "startup-4")]
    pub(crate) plan: String,
    /// Cloud and region, such as azure-westeurope
    #[arg(long)]
    pub(crate) cloud: Option<String>,
    /// Project VPC of the service
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: Option<String>,
    /// Use no project VPC
    #[arg(long, conflicts_with = "project_vpc_id")]
    pub(crate) no_project_vpc: bool,
    /// Associate this static IP address with the service; repeatable
    #[arg(long = "static-ip", value_name = "STATIC_IP_ID")]
    pub(crate) static_ips: Vec<String>,
    /// Create, associate and use as many static IP addresses as the service needs
    #[arg(long, conflicts_with = "static_ips")]
    pub(crate) auto_static_ips: bool,
    /// Set an option, such as privatelink_access.pg=true; repeatable
    #[arg(short = 'c', value_name = "KEY=VALUE")]
    pub(crate) user_config: Vec<String>,
    /// Enable termination protection
    #[arg(long)]
    pub(crate) enable_termination_protection: bool,
    #[command(flatten)]
    pub(crate) registration: RegistrationArgs,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of the compatible command line"
)]
pub(crate) struct ServiceUpdateArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// New plan
    #[arg(short = 'p', long)]
    pub(crate) plan: Option<String>,
    /// New cloud and region
    #[arg(long)]
    pub(crate) cloud: Option<String>,
    /// New project VPC
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: Option<String>,
    /// Move the service out of its project VPC
    #[arg(long, conflicts_with = "project_vpc_id")]
    pub(crate) no_project_vpc: bool,
    /// Set an option, such as privatelink_access.pg=true; repeatable
    #[arg(short = 'c', value_name = "KEY=VALUE")]
    pub(crate) user_config: Vec<String>,
    /// Create, associate and use as many static IP addresses as the service lacks
    #[arg(long)]
    pub(crate) auto_static_ips: bool,
    /// Remove an option; repeatable
    #[arg(long = "remove-option", value_name = "KEY")]
    pub(crate) remove_options: Vec<String>,
    /// Enable termination protection
    #[arg(long)]
    pub(crate) enable_termination_protection: bool,
    /// Disable termination protection
    #[arg(long, conflicts_with = "enable_termination_protection")]
    pub(crate) disable_termination_protection: bool,
    /// Show the service as running
    #[arg(long)]
    pub(crate) power_on: bool,
    /// Show the service as powered off; its servers keep running
    #[arg(long, conflicts_with = "power_on")]
    pub(crate) power_off: bool,
    #[command(flatten)]
    pub(crate) registration: RegistrationArgs,
    /// Add a node and keep the others; repeatable
    #[arg(long = "add-node", value_name = "NODE", conflicts_with = "nodes")]
    pub(crate) added_nodes: Vec<NodeArg>,
    /// Remove a node and keep the others; repeatable
    #[arg(long = "remove-node", value_name = "NAME", conflicts_with = "nodes")]
    pub(crate) removed_nodes: Vec<String>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceRegisterArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) registration: RegistrationArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceGetArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Show details, too
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceListArgs {
    /// Show only these services
    pub(crate) service_names: Vec<String>,
    /// Show only services of this type
    #[arg(short = 't', long = "service-type", value_name = "TYPE")]
    pub(crate) service_type: Option<String>,
    /// Show details, too
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceTerminateArgs {
    /// Names of the services
    #[arg(required = true)]
    pub(crate) service_names: Vec<String>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceWaitArgs {
    /// Names of the services
    #[arg(required = true)]
    pub(crate) service_names: Vec<String>,
    /// Longest time to wait
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = span)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceCertArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Directory for the files, created if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replace key and certificate in the directory
    #[arg(long)]
    pub(crate) force: bool,
    /// Validity in days
    #[arg(long, value_parser = number::<u32>)]
    pub(crate) days: Option<u32>,
    /// Additional DNS name; repeatable
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// IP address; repeatable
    #[arg(long = "address", value_name = "IP")]
    pub(crate) addresses: Vec<IpAddr>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceKafkaListenersArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
