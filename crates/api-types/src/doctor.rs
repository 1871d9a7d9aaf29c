//! Check of the path to a service: `GET …/privatelink/{provider}/doctor`.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use underpass_model::doctor::{HopKind, HopStatus};

use crate::remedy::RemedyView;

/// The hops of a path and the first broken one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathReport {
    /// Name of the service.
    pub service_name: String,
    /// Type of the service.
    pub service_type: String,
    /// Cloud of the link.
    pub provider: String,
    /// ID of the connection that was checked; null if there is none.
    pub privatelink_connection_id: Option<String>,
    /// Number of the other connections of the link, which were not checked.
    pub other_connections: usize,
    /// Component that was checked; null: all.
    pub component: Option<String>,
    /// Time of the check.
    pub checked_at: String,
    /// Hops in the order of the check.
    pub hops: Vec<HopView>,
    /// First broken hop; null if none is broken.
    pub broken: Option<BrokenHop>,
    /// Names, address and ports that a client dials; null without a connection.
    pub client: Option<ClientTarget>,
}

/// A hop and what was found there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HopView {
    /// The hop.
    pub hop: HopKind,
    /// Its title.
    pub title: String,
    /// `ok`, `broken` or `not_checked`.
    pub status: HopStatus,
    /// One or two sentences. May hold the provider's words, which are untrusted.
    pub evidence: String,
    /// Time of the observation; null if nothing was observed.
    pub checked_at: Option<String>,
    /// The action that mends it; null unless it is needed.
    pub remedy: Option<RemedyView>,
}

/// The first broken hop, with one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenHop {
    /// The hop.
    pub hop: HopKind,
    /// Its title.
    pub title: String,
    /// Its evidence.
    pub evidence: String,
    /// The instruction that mends it.
    pub next_action: String,
    /// The command that does it, or that checks again after an action for which there is none.
    pub command: String,
}

/// The names, addresses and ports that a client dials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientTarget {
    /// Private name of the connection.
    pub name: String,
    /// Address of its endpoint; null if it is not set.
    pub address: Option<Ipv4Addr>,
    /// Open ports.
    pub ports: Vec<ClientPort>,
    /// CA of the service's certificates, PEM.
    pub ca_pem: String,
}

/// A port that a client dials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientPort {
    /// Name of its rule.
    pub rule: String,
    /// Component.
    pub component: String,
    /// Port on the endpoint.
    pub port: u16,
    /// Name that the certificate of the server must have.
    pub server_name: String,
    /// The listener uses TLS.
    pub tls: bool,
    /// The certificate is issued by the CA of the service, not by a public one.
    pub is_own_ca: bool,
}

impl PathReport {
    /// Sets the hops, and the first broken one.
    ///
    /// `again` is the command that checks again.
    pub fn set_hops(&mut self, hops: Vec<HopView>, again: &str) {
        let broken = hops.iter().find(|it| it.status == HopStatus::Broken);
        self.broken = broken.map(|it| BrokenHop::new(it, again));
        self.hops = hops;
    }
}

impl BrokenHop {
    fn new(hop: &HopView, again: &str) -> Self {
        let remedy = hop.remedy.as_ref();
        let command = remedy.and_then(|it| it.command.clone());
        let next_action = match (remedy, &command) {
            (Some(remedy), Some(_)) => remedy.text.clone(),
            (Some(remedy), None) => format!("{}. Then check again with `{again}`", remedy.text),
            (None, _) => format!("Check again with `{again}`"),
        };
        Self {
            hop: hop.hop,
            title: hop.title.clone(),
            evidence: hop.evidence.clone(),
            next_action,
            command: command.unwrap_or_else(|| again.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use underpass_model::remedy::Remedy;

    use super::*;
    use crate::round_trip::assert_round_trip;

    fn hop(kind: HopKind, status: HopStatus, remedy: Option<Remedy>) -> HopView {
        HopView {
            hop: kind,
            title: kind.title().to_owned(),
            status,
            evidence: "It was seen".to_owned(),
            checked_at: Some("2027-01-15T08:00:00Z".to_owned()),
            remedy: remedy.map(RemedyView::new),
        }
    }

    fn report() -> PathReport {
        PathReport {
            service_name: "pg-1".to_owned(),
            service_type: "pg".to_owned(),
            provider: "azure".to_owned(),
            privatelink_connection_id: Some("plc000000000001".to_owned()),
            other_connections: 0,
            component: None,
            checked_at: "2027-01-15T08:00:00Z".to_owned(),
            hops: Vec::new(),
            broken: None,
            client: Some(ClientTarget {
                name: "privatelink-1-pg-1-demo.underpass.test".to_owned(),
                address: Some(Ipv4Addr::new(10, 0, 0, 4)),
                ports: vec![ClientPort {
                    rule: "pg".to_owned(),
                    component: "pg".to_owned(),
                    port: 5432,
                    server_name: "privatelink-1-pg-1-demo.underpass.test".to_owned(),
                    tls: true,
                    is_own_ca: true,
                }],
                ca_pem: "-----BEGIN CERTIFICATE-----".to_owned(),
            }),
        }
    }

    #[test]
    fn the_first_broken_hop_has_one_command() {
        let mut found = report();
        let manual = Remedy::manual("Ask the operator");
        let hops = vec![
            hop(HopKind::Service, HopStatus::Ok, None),
            hop(HopKind::Rules, HopStatus::NotChecked, None),
            hop(HopKind::Backends, HopStatus::Broken, Some(manual)),
            hop(HopKind::Name, HopStatus::Broken, Some(Remedy::ListVpcs)),
        ];
        found.set_hops(hops.clone(), "underpass doctor pg-1");
        let broken = found.broken.clone().unwrap();
        assert_eq!(broken.hop, HopKind::Backends);
        assert_eq!(broken.command, "underpass doctor pg-1");
        assert_eq!(
            broken.next_action,
            "Ask the operator. Then check again with `underpass doctor pg-1`"
        );
        assert_round_trip(&found);
        found.set_hops(hops[3..].to_vec(), "underpass doctor pg-1");
        assert_eq!(found.broken.unwrap().command, "underpass vpc list");
        let mut found = report();
        found.set_hops(hops[..2].to_vec(), "underpass doctor pg-1");
        assert_eq!(found.broken, None);
    }
}
