//! Arguments that register nodes, components and users.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use underpass_model::name::MalformedName;
use underpass_model::service::RouteAddress;

/// Grammar of nodes and components, a section of the help.
pub(crate) const GRAMMAR: &str = "\
Keys of a node:
  azure_nic=ID                 its network interface on Azure
  azure_ip_configuration=NAME  the IP configuration of that interface
  google_instance=URL          its instance on Google
  public=HOST                  its address for clients on the route `public`
  private=HOST                 its address for clients on the route `private`

Keys of a component:
  link_port=PORT               its port on the link, on Azure [default: its own port]
  tls=off                      it does not use TLS
  usage=primary|replica        it accepts reads and writes, or only reads
  auth=certificate|sasl        login method of a Kafka listener
  ssl_ca=project_ca|letsencrypt  issuer of a Kafka listener's certificate";

/// Nodes, components and users of a service.
#[derive(Debug, Default, Args)]
pub(crate) struct RegistrationArgs {
    /// Node, NAME=ADDRESS[,KEY=VALUE]…, see below; repeatable
    #[arg(long = "node", value_name = "NODE")]
    pub(crate) nodes: Vec<NodeArg>,
    /// Component, a listener on every node: NAME=PORT[,KEY=VALUE]…, see below; repeatable
    #[arg(long = "component", value_name = "COMPONENT")]
    pub(crate) components: Vec<ComponentArg>,
    /// User: NAME:@FILE with the password's file, `@-` for stdin; repeatable
    #[arg(long = "user", value_name = "USER")]
    pub(crate) users: Vec<UserArg>,
    /// File of the CA that signed the service's certificate [default: the project's CA]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
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
    /// Address for clients on the internet.
    pub(crate) public: Option<RouteAddress>,
    /// Address for clients in a peered network.
    pub(crate) private: Option<RouteAddress>,
}

/// `NAME=PORT[,link_port=PORT][,auth=…][,ssl_ca=…][,usage=…][,tls=…]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ComponentArg {
    pub(crate) component: String,
    pub(crate) port: u16,
    pub(crate) link_port: Option<u16>,
    pub(crate) auth: Option<String>,
    /// CA of its certificate, if given.
    pub(crate) ssl_ca: Option<String>,
    pub(crate) usage: Option<String>,
    /// TLS, if given.
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
        let address = address.parse().map_err(|_| {
            format!(
                "`{address}` is not an IP address. Give the node's own address, such as \
                     {name}=127.0.0.1"
            )
        })?;
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
                        "azure_nic, azure_ip_configuration, google_instance, public, private";
                    return Err(unknown(key, known));
                }
            }
        }
        if node.azure_ip_configuration.is_some() && node.azure_nic.is_none() {
            return Err("azure_ip_configuration requires azure_nic".to_owned());
        }
        if node.google_instance.is_some() && node.azure_nic.is_some() {
            return Err(
                "a node is in one cloud. Give either azure_nic or google_instance".to_owned(),
            );
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
                ("auth", _) => {
                    return Err("invalid auth. Valid values: certificate, sasl".to_owned());
                }
                ("ssl_ca", "project_ca" | "letsencrypt") => {
                    argument.ssl_ca = Some(value.to_owned());
                }
                ("ssl_ca", _) => {
                    return Err("invalid ssl_ca. Valid values: project_ca, letsencrypt".to_owned());
                }
                ("usage", "primary" | "replica") => argument.usage = Some(value.to_owned()),
                ("usage", _) => {
                    return Err("invalid usage. Valid values: primary, replica".to_owned());
                }
                ("tls", "on") => argument.tls = Some(true),
                ("tls", "off") => argument.tls = Some(false),
                ("tls", _) => return Err("invalid tls. Valid values: on, off".to_owned()),
                _ => return Err(unknown(key, "link_port, auth, ssl_ca, usage, tls")),
            }
        }
        Ok(argument)
    }
}

impl FromStr for UserArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || {
            "passwords are read from files, never from arguments, which every process can see. Give \
             NAME:@FILE, or NAME:@- for stdin"
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
            .ok_or_else(|| format!("`{part}` has no `=`. Give {form}[,KEY=VALUE]"))
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
    number.ok_or_else(|| format!("`{text}` is not a port. Use 1 to 65535"))
}

fn unknown(key: &str, known: &str) -> String {
    format!("unknown key `{key}`. Valid values: {known}")
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
