//! `underpass service …`

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Subcommand};
use underpass_model::name::MalformedName;
use underpass_model::service::RouteAddress;

use super::connection_info::ConnectionInfoArgs;
use super::output::OutputArgs;
use super::privatelink::PrivatelinkCommand;
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

/// Where a service runs, what answers there and how to log in.
#[derive(Debug, Default, Args)]
pub(crate) struct RegistrationArgs {
    /// A node: NAME=ADDRESS[,azure_nic=ID][,azure_ip_configuration=NAME] or
    /// NAME=ADDRESS[,google_instance=URL]; [,public=HOST][,private=HOST] tell where clients on
    /// these routes find it
    #[arg(long = "node", value_name = "NODE")]
    pub(crate) nodes: Vec<NodeArg>,
    /// A listener of every node:
    /// NAME=PORT[,link_port=PORT][,auth=certificate|sasl][,ssl_ca=project_ca|letsencrypt]
    /// [,usage=primary|replica][,tls=off]
    #[arg(long = "component", value_name = "COMPONENT")]
    pub(crate) components: Vec<ComponentArg>,
    /// A login: NAME:@FILE with the password's file, `@-` for stdin
    #[arg(long = "user", value_name = "USER")]
    pub(crate) users: Vec<UserArg>,
    /// The CA that signed the service's certificate, if not the project's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
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

#[derive(Debug, Args)]
pub(crate) struct ServiceConnectionsArgs {
    /// Name of the service
    pub(crate) service_name: String,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `NAME=ADDRESS[,azure_nic=ID][,azure_ip_configuration=NAME][,google_instance=URL][,public=HOST]
/// [,private=HOST]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeArg {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
    pub(crate) azure_nic: Option<String>,
    pub(crate) azure_ip_configuration: Option<String>,
    pub(crate) google_instance: Option<String>,
    /// Where clients come to it from the internet.
    pub(crate) public: Option<RouteAddress>,
    /// Where clients come to it from a peered network.
    pub(crate) private: Option<RouteAddress>,
}

/// `NAME=PORT[,link_port=PORT][,auth=…][,ssl_ca=…][,usage=…][,tls=…]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ComponentArg {
    pub(crate) component: String,
    pub(crate) port: u16,
    pub(crate) link_port: Option<u16>,
    pub(crate) auth: Option<String>,
    /// Who signed its certificate, if that was said.
    pub(crate) ssl_ca: Option<String>,
    pub(crate) usage: Option<String>,
    /// Whether it speaks TLS, if that was said.
    pub(crate) tls: Option<bool>,
}

/// `NAME:@FILE`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserArg {
    pub(crate) name: String,
    /// `-` is stdin.
    pub(crate) password_file: PathBuf,
}

impl FromStr for NodeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address, extras) = parts(text, "NAME=ADDRESS")?;
        let address = address
            .parse()
            .map_err(|_| format!("`{address}` is not an IP address"))?;
        let mut node = Self {
            name,
            address,
            azure_nic: None,
            azure_ip_configuration: None,
            google_instance: None,
            public: None,
            private: None,
        };
        for (key, value) in extras {
            match key {
                "azure_nic" => node.azure_nic = Some(value.to_owned()),
                "azure_ip_configuration" => node.azure_ip_configuration = Some(value.to_owned()),
                "google_instance" => node.google_instance = Some(value.to_owned()),
                "public" => node.public = Some(route_address(value)?),
                "private" => node.private = Some(route_address(value)?),
                _ => {
                    let known =
                        "azure_nic, azure_ip_configuration, google_instance, public and private";
                    return Err(unknown(key, known));
                }
            }
        }
        if node.azure_ip_configuration.is_some() && node.azure_nic.is_none() {
            return Err("azure_ip_configuration needs azure_nic".to_owned());
        }
        if node.google_instance.is_some() && node.azure_nic.is_some() {
            return Err("a node is in one cloud: give azure_nic or google_instance".to_owned());
        }
        Ok(node)
    }
}

impl FromStr for ComponentArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (component, number, extras) = parts(text, "NAME=PORT")?;
        let mut argument = Self {
            component,
            port: port(&number)?,
            link_port: None,
            auth: None,
            ssl_ca: None,
            usage: None,
            tls: None,
        };
        for (key, value) in extras {
            match (key, value) {
                ("link_port", number) => argument.link_port = Some(port(number)?),
                ("auth", "certificate" | "sasl") => argument.auth = Some(value.to_owned()),
                ("auth", _) => return Err("auth is certificate or sasl".to_owned()),
                ("ssl_ca", "project_ca" | "letsencrypt") => {
                    argument.ssl_ca = Some(value.to_owned());
                }
                ("ssl_ca", _) => return Err("ssl_ca is project_ca or letsencrypt".to_owned()),
                ("usage", "primary" | "replica") => argument.usage = Some(value.to_owned()),
                ("usage", _) => return Err("usage is primary or replica".to_owned()),
                ("tls", "on") => argument.tls = Some(true),
                ("tls", "off") => argument.tls = Some(false),
                ("tls", _) => return Err("tls is on or off".to_owned()),
                _ => return Err(unknown(key, "link_port, auth, ssl_ca, usage and tls")),
            }
        }
        Ok(argument)
    }
}

impl FromStr for UserArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || {
            "give NAME:@FILE; passwords come from files, or from stdin by `@-`, never from \
             arguments, which every process can see"
                .to_owned()
        };
        match text.split_once(":@") {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self {
                name: name.to_owned(),
                password_file: file.into(),
            }),
            _ => Err(refuse()),
        }
    }
}

type Parts<'a> = (String, String, Vec<(&'a str, &'a str)>);

fn parts<'a>(text: &'a str, form: &str) -> Result<Parts<'a>, String> {
    let mut pairs = text.split(',').map(|part| {
        part.split_once('=')
            .ok_or_else(|| format!("`{part}` has no `=`; give {form}[,KEY=VALUE]"))
    });
    let (name, value) = pairs.next().ok_or_else(|| format!("give {form}"))??;
    if name.is_empty() || value.is_empty() {
        return Err(format!("give {form}"));
    }
    Ok((
        name.to_owned(),
        value.to_owned(),
        pairs.collect::<Result<_, _>>()?,
    ))
}

fn route_address(text: &str) -> Result<RouteAddress, String> {
    text.parse()
        .map_err(|error: MalformedName| error.to_string())
}

fn port(text: &str) -> Result<u16, String> {
    let number: Option<u16> = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("`{text}` is not a port: use 1 to 65535"))
}

fn unknown(key: &str, known: &str) -> String {
    format!("`{key}` is not known here; there are {known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_may_name_their_network_interface() {
        let node: NodeArg = "n1=127.0.0.1,azure_nic=/subscriptions/x".parse().unwrap();
        assert_eq!(node.name, "n1");
        assert_eq!(node.azure_nic.as_deref(), Some("/subscriptions/x"));
        let instance = "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/n1";
        let node = format!("n1=127.0.0.1,google_instance={instance}");
        let node: NodeArg = node.parse().unwrap();
        assert_eq!(node.google_instance.as_deref(), Some(instance));
        let node: NodeArg = "n1=127.0.0.1,public=db.example.net,private=10.9.8.7"
            .parse()
            .unwrap();
        let told = [node.public, node.private].map(|it| it.map(|it| it.to_string()));
        assert_eq!(
            told,
            [
                Some("db.example.net".to_owned()),
                Some("10.9.8.7".to_owned())
            ]
        );
        for bad in [
            "n1",
            "n1=127.0.0.1,public=db",
            "n1=127.0.0.1,private=2001:db8::1",
            "n1=",
            "n1=host",
            "n1=127.0.0.1,x=y",
            "=127.0.0.1",
            "n1=127.0.0.1,azure_nic=/x,google_instance=projects/x",
        ] {
            assert!(bad.parse::<NodeArg>().is_err(), "{bad}");
        }
    }

    #[test]
    fn components_may_have_another_port_on_the_link() {
        let component: ComponentArg = "pg=5432,link_port=15432,usage=replica".parse().unwrap();
        assert_eq!((component.port, component.link_port), (5432, Some(15432)));
        assert_eq!(component.tls, None);
        let plain: ComponentArg = "redis=6379,tls=off".parse().unwrap();
        assert_eq!(plain.tls, Some(false));
        for bad in [
            "pg",
            "pg=0",
            "pg=70000",
            "pg=1,auth=none",
            "kafka=1,auth=sasl,ssl_ca=mine",
            "pg=1,link_port=x",
            "pg=1,tls=no",
        ] {
            assert!(bad.parse::<ComponentArg>().is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_are_never_arguments() {
        assert!("avnadmin:@pw.txt".parse::<UserArg>().is_ok());
        for bad in ["avnadmin", "avnadmin:secret", ":@pw", "avnadmin:@"] {
            assert!(bad.parse::<UserArg>().is_err(), "{bad}");
        }
    }
}
