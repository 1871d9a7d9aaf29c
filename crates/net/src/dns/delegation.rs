//! The name servers of the zone, as options and as data for answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hickory_proto::rr::Name;

use super::error::Error;
use crate::addr::ListenAddr;

/// Maximum length of the domain in characters: 200. Leaves room for names below it, which are one
/// label of at most 63 octets (RFC 1035 §2.3.4: 255 octets in total).
const MAX_DOMAIN_CHARS: usize = 200;

/// The label of the name server without configuration. Private names begin with `privatelink-`, so they
/// never have it.
const SERVER_LABEL: &str = "ns";

/// The beginning of the labels of private names.
const PRIVATE_NAMES: &str = "privatelink-";

/// The local part of the contact's mail address without configuration (RFC 2142 §7).
const CONTACT: &str = "hostmaster";

/// A name server of the zone, for its NS records and the delegation in the parent zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its host name.
    pub name: String,
    /// Its addresses, if the name is below the zone; another zone has them otherwise.
    pub addresses: Vec<IpAddr>,
}

/// The name servers and the contact of the zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delegation {
    /// Name servers, the primary first; empty: `ns.<domain>` with the addresses of the listeners.
    pub name_servers: Vec<NameServer>,
    /// Mail address of the person who is responsible for the zone; `None`: `hostmaster@<domain>`.
    pub contact: Option<String>,
}

/// The zone's own records, apart from the names that are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Apex {
    /// The domain.
    pub(super) name: Name,
    /// Name servers in the order of the options; never empty.
    pub(super) servers: Vec<Name>,
    /// The mail address as a name (RFC 1035 §3.3.13).
    pub(super) contact: Name,
    /// Addresses of the name servers below the domain, by their names in lower case without the trailing
    /// dot. Without addresses: the listeners have unspecified ones.
    pub(super) hosts: BTreeMap<String, Vec<IpAddr>>,
}

// === impl Delegation ===

impl Delegation {
    /// Checks the name servers and the contact of a domain.
    ///
    /// # Errors
    /// [`Error::Domain`], [`Error::NameServer`] or [`Error::Contact`].
    pub fn check(&self, domain: &str) -> Result<(), Error> {
        Apex::new(domain, self, &[]).map(drop)
    }
}

// === impl Apex ===

impl Apex {
    pub(super) fn new(
        domain: &str,
        delegation: &Delegation,
        listeners: &[ListenAddr],
    ) -> Result<Self, Error> {
        let given = domain;
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        let name = Some(domain.as_str())
            .filter(|domain| domain.len() <= MAX_DOMAIN_CHARS)
            .and_then(host_name)
            .ok_or_else(|| Error::Domain {
                domain: given.to_owned(),
            })?;
        let contact = delegation.contact.clone();
        let contact = contact.unwrap_or_else(|| format!("{CONTACT}@{domain}"));
        let mut apex = Self {
            contact: mailbox(&contact).ok_or(Error::Contact { contact })?,
            name,
            servers: Vec::new(),
            hosts: BTreeMap::new(),
        };
        if delegation.name_servers.is_empty() {
            let mut addresses: Vec<_> = listeners
                .iter()
                .map(ListenAddr::ip)
                .filter(|ip| !ip.is_unspecified())
                .collect();
            addresses.sort_unstable();
            addresses.dedup();
            let host = format!("{SERVER_LABEL}.{domain}");
            apex.servers.extend(host_name(&host));
            apex.hosts.insert(host, addresses);
        }
        for server in &delegation.name_servers {
            apex.add(&domain, server)?;
        }
        Ok(apex)
    }

    fn add(&mut self, domain: &str, server: &NameServer) -> Result<(), Error> {
        let refused = |reason| Error::NameServer {
            name: server.name.clone(),
            reason,
        };
        let host = server.name.trim_end_matches('.').to_ascii_lowercase();
        let name = host_name(&host).ok_or_else(|| {
            refused("it must be a host name with labels of letters, digits and hyphens")
        })?;
        let below = host
            .strip_suffix(domain)
            .and_then(|label| label.strip_suffix('.'));
        match below {
            None if host == domain => {
                return Err(refused("it must have another name than the zone"));
            }
            None if !server.addresses.is_empty() => {
                return Err(refused(
                    "another zone has its addresses, since it is not below this one; omit them here",
                ));
            }
            None => {}
            Some(label) if label.contains('.') || label.starts_with(PRIVATE_NAMES) => {
                return Err(refused(
                    "below the zone it must be one label that does not begin with `privatelink-`",
                ));
            }
            Some(_) if server.addresses.is_empty() => {
                return Err(refused(
                    "it is below the zone, so its addresses must follow it",
                ));
            }
            Some(_) => {
                if server.addresses.iter().any(IpAddr::is_unspecified) {
                    return Err(refused("an unspecified address cannot be reached"));
                }
                let mut addresses = server.addresses.clone();
                addresses.sort_unstable();
                addresses.dedup();
                self.hosts.insert(host, addresses);
            }
        }
        if self.servers.contains(&name) {
            return Err(refused("it is listed twice"));
        }
        self.servers.push(name);
        Ok(())
    }
}

/// A host name (lower case, no trailing dot) as a name.
fn host_name(host: &str) -> Option<Name> {
    let is_host_name = host.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if !is_host_name {
        return None;
    }
    let mut name = Name::from_ascii(host).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// A mail address as a name: its local part is one label (RFC 1035 §8).
fn mailbox(address: &str) -> Option<Name> {
    let (local, host) = address.rsplit_once('@')?;
    let is_local = !local.is_empty() && local.bytes().all(|byte| byte.is_ascii_graphic());
    let host = host_name(&host.trim_end_matches('.').to_ascii_lowercase())?;
    let name = host.prepend_label(local.as_bytes()).ok()?;
    is_local.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str, addresses: &[&str]) -> NameServer {
        NameServer {
            name: name.to_owned(),
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
        }
    }

    fn refusal(name_servers: Vec<NameServer>) -> String {
        let delegation = Delegation {
            name_servers,
            contact: None,
        };
        delegation.check("underpass.test").unwrap_err().to_string()
    }

    #[test]
    fn without_options_the_listeners_are_the_name_server() {
        let listeners = [
            ListenAddr::new("10.0.0.5".parse().unwrap(), 53),
            ListenAddr::new("::".parse().unwrap(), 53),
        ];
        let apex = Apex::new("Underpass.Test.", &Delegation::default(), &listeners).unwrap();
        assert_eq!(apex.name.to_ascii(), "underpass.test.");
        assert_eq!(apex.servers[0].to_ascii(), "ns.underpass.test.");
        assert_eq!(apex.contact.to_ascii(), "hostmaster.underpass.test.");
        let addresses: [IpAddr; 1] = ["10.0.0.5".parse().unwrap()];
        assert_eq!(apex.hosts["ns.underpass.test"], addresses);
    }

    #[test]
    fn name_servers_are_those_of_the_options() {
        let delegation = Delegation {
            name_servers: vec![
                server("ns1.Underpass.test.", &["fd00::5", "10.0.0.5"]),
                server("ns.example.net", &[]),
            ],
            contact: Some("dns.team@example.com".to_owned()),
        };
        let apex = Apex::new("underpass.test", &delegation, &[]).unwrap();
        let names: Vec<_> = apex.servers.iter().map(Name::to_ascii).collect();
        assert_eq!(names, ["ns1.underpass.test.", "ns.example.net."]);
        assert_eq!(apex.contact.to_ascii(), "dns\\.team.example.com.");
        assert_eq!(apex.hosts.len(), 1);
        assert_eq!(apex.hosts["ns1.underpass.test"].len(), 2);
    }

    #[test]
    fn name_servers_that_cannot_be_reached_or_would_hide_names_are_refused() {
        for (servers, expected) in [
            (vec![server("ns1.underpass.test", &[])], "its addresses"),
            (
                vec![server("underpass.test", &["10.0.0.5"])],
                "another name",
            ),
            (vec![server("ns.example.net", &["10.0.0.5"])], "omit them"),
            (
                vec![server("a.b.underpass.test", &["10.0.0.5"])],
                "one label",
            ),
            (
                vec![server("privatelink-1-a-b.underpass.test", &["10.0.0.5"])],
                "one label",
            ),
            (vec![server("ns1.underpass.test", &["::"])], "unspecified"),
            (vec![server("ns_1.example.net", &[])], "host name"),
            (
                vec![
                    server("ns.example.net", &[]),
                    server("NS.example.net.", &[]),
                ],
                "twice",
            ),
        ] {
            let refusal = refusal(servers);
            assert!(refusal.contains(expected), "{refusal}");
        }
        let delegation = Delegation {
            contact: Some("hostmaster".to_owned()),
            ..Delegation::default()
        };
        assert!(delegation.check("underpass.test").is_err());
    }
}
