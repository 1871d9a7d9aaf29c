//! `underpass service …`

pub(crate) mod registration;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use self::registration::RegistrationArgs;
use super::connection_info::ConnectionInfoArgs;
use super::output::OutputArgs;
use super::privatelink::PrivatelinkCommand;
use super::privatelink::connection::ServiceConnectionsArgs;
use super::span::{WaitArgs, span};

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Register a service that runs already
    #[command(after_help = "\
Underpass creates no servers: a service is where something runs (nodes), what answers there
(components) and how to log in (users). Passwords come from files or stdin, never from arguments.
A component is taken to speak TLS; where it does not, say tls=off, and `connection-info` prints
commands that work there.

Example:
  underpass service create pg-1 -t pg --cloud azure-westeurope --project-vpc-id ID \\
      --auto-static-ips --node n1=127.0.0.1 --component pg=5432 --user avnadmin:@password.txt \\
      -c privatelink_access.pg=true --wait")]
    Create(Box<ServiceCreateArgs>),
    /// Change a service
    #[command(after_help = "Example:
  underpass service update pg-1 -c privatelink_access.pg=false    closes that port on the link
  underpass service update pg-1 --node n1=127.0.0.1,public=db.example.net \\
      -c public_access.pg=true    tells clients of a public way that you made")]
    Update(Box<ServiceUpdateArgs>),
    /// Say where a service made by another client runs
    #[command(after_help = "Example:
  avn service create pg-1 -t pg -p startup-4 --project-vpc-id ID
  underpass service register pg-1 --node n1=127.0.0.1 --component pg=5432 --user avnadmin:@-")]
    Register(ServiceRegisterArgs),
    /// Show a service
    Get(ServiceGetArgs),
    /// List services
    List(ServiceListArgs),
    /// Forget a service; what runs goes on running
    Terminate(ServiceTerminateArgs),
    /// Wait until services are running
    Wait(ServiceWaitArgs),
    /// Issue a node certificate for the service's names from the project's CA
    #[command(after_help = "Example:
  underpass service cert pg-1 --out certs    writes server.crt, server.key and ca.pem")]
    Cert(ServiceCertArgs),
    /// Print what Kafka brokers must listen on and advertise for a privatelink
    #[command(after_help = "\
A Kafka client dials each broker by itself, so each broker has a port of its own on the link, which
stays. The lines are entries to add to the lists in each broker's server.properties.

Example:
  underpass service kafka-listeners kafka-1")]
    KafkaListeners(ServiceKafkaListenersArgs),
    /// List every connection with its reason and what to do next
    Connections(ServiceConnectionsArgs),
    /// Offer a service privately and decide who may connect
    #[command(subcommand)]
    Privatelink(PrivatelinkCommand),
    /// Print how a client connects, in the words of each tool
    ConnectionInfo(Box<ConnectionInfoArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct ServiceCreateArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Its type: pg, kafka, grafana, mysql, opensearch, clickhouse, …
    #[arg(short = 't', long = "service-type", value_name = "TYPE")]
    pub(crate) service_type: String,
    /// Its plan; any name is kept
    #[arg(short = 'p', long, default_value = "startup-4")]
    pub(crate) plan: String,
    /// Where it runs, for instance azure-westeurope
    #[arg(long)]
    pub(crate) cloud: Option<String>,
    /// The project VPC it runs in
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: Option<String>,
    /// It runs in no project VPC
    #[arg(long, conflicts_with = "project_vpc_id")]
    pub(crate) no_project_vpc: bool,
    /// Keep this static IP address for it
    #[arg(long = "static-ip", value_name = "STATIC_IP_ID")]
    pub(crate) static_ips: Vec<String>,
    /// Make and keep as many static IP addresses as the service needs, and use them
    #[arg(long, conflicts_with = "static_ips")]
    pub(crate) auto_static_ips: bool,
    /// An option, for instance privatelink_access.pg=true
    #[arg(short = 'c', value_name = "KEY=VALUE")]
    pub(crate) user_config: Vec<String>,
    /// Refuse deletion until switched off again
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
    /// Its new plan
    #[arg(short = 'p', long)]
    pub(crate) plan: Option<String>,
    /// Where it runs now
    #[arg(long)]
    pub(crate) cloud: Option<String>,
    /// The project VPC it runs in now
    #[arg(long, value_name = "ID")]
    pub(crate) project_vpc_id: Option<String>,
    /// It runs in no project VPC any more
    #[arg(long, conflicts_with = "project_vpc_id")]
    pub(crate) no_project_vpc: bool,
    /// An option, for instance privatelink_access.pg=true
    #[arg(short = 'c', value_name = "KEY=VALUE")]
    pub(crate) user_config: Vec<String>,
    /// Take an option away
    #[arg(long = "remove-option", value_name = "KEY")]
    pub(crate) remove_options: Vec<String>,
    /// Refuse deletion until switched off again
    #[arg(long)]
    pub(crate) enable_termination_protection: bool,
    /// Allow deletion again
    #[arg(long, conflicts_with = "enable_termination_protection")]
    pub(crate) disable_termination_protection: bool,
    /// Show it as running
    #[arg(long)]
    pub(crate) power_on: bool,
    /// Show it as powered off; Underpass stops nothing
    #[arg(long, conflicts_with = "power_on")]
    pub(crate) power_off: bool,
    #[command(flatten)]
    pub(crate) registration: RegistrationArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceRegisterArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) registration: RegistrationArgs,
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
    /// Only these
    pub(crate) service_names: Vec<String>,
    /// Only this type
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
    /// Do not ask
    #[arg(long, visible_alias = "yes")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceWaitArgs {
    /// Names of the services
    #[arg(required = true)]
    pub(crate) service_names: Vec<String>,
    /// How long to wait at most
    #[arg(long, value_name = "SPAN", default_value = "5m", value_parser = span)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceCertArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// Directory to write into; made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// How long the certificate is good for
    #[arg(long)]
    pub(crate) days: Option<u32>,
    /// Another DNS name to put in
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// An IP address to put in
    #[arg(long = "address", value_name = "IP")]
    pub(crate) addresses: Vec<IpAddr>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceKafkaListenersArgs {
    /// Name of the service
    pub(crate) service_name: String,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}
