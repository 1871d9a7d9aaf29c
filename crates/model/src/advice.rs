//! What a person can do next, in words.

use crate::cloud::Provider;
use crate::connection::{Connection, Decision};
use crate::id::ConnectionId;
use crate::link::{ConnectionState, Link, LinkState, shown_connection, shown_link};
use crate::name::ServiceName;
use crate::nat_range;
use crate::part::{Admission, Observed, Part, Spec};
use crate::service::Service;

impl ConnectionState {
    /// What brings a connection from here to active. Nothing for one that is.
    pub fn way_to_active(
        self,
        provider: Provider,
        service: &ServiceName,
        id: &ConnectionId,
    ) -> String {
        match self {
            Self::PendingUserApproval => match provider {
                Provider::Azure => format!(
                    "approve it with `service privatelink azure connection approve {service} {id}`"
                ),
                // The provider never tells the endpoint's address: the consumer does.
                Provider::Google | Provider::Aws => format!(
                    "approve it with `service privatelink {provider} connection approve {service} \
                     --privatelink-connection-id {id} --user-ip-address IP`, with the address of \
                     the consumer's endpoint"
                ),
            },
            Self::UserApproved => {
                "wait until the provider confirms the approval; `refresh` looks at once".to_owned()
            }
            Self::Connected => format!(
                "set the address of the consumer's endpoint with `service privatelink {provider} \
                 connection update {service} {id} --endpoint-ip-address IP`"
            ),
            Self::Active => String::new(),
            Self::Rejected => format!(
                "let it back in with `underpass service privatelink {provider} connection \
                 restore {service} {id}`"
            ),
            Self::Disconnected => "the provider removed it for good; the consumer must delete the \
                                   endpoint and make a new one"
                .to_owned(),
        }
    }
}

/// Why a connection that is let in carries nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// What is so.
    pub reason: &'static str,
    /// What a person can do about it.
    pub next_action: String,
}

/// What keeps a connection that is let in from carrying anything at the provider, among all
/// `connections` of its link; nothing when nothing does.
pub fn hindrance(
    link: &Link,
    connection: &Connection,
    connections: &[Connection],
    observed: &Observed,
) -> Option<Hindrance> {
    let seen = observed.last(&Part::Admission(connection.id.clone()))?;
    let is_hindered = seen.spec == Spec::Admission(Admission::NeedsAttention)
        && connection.decision == Decision::Approved
        && !link.deleting;
    if !is_hindered {
        return None;
    }
    let let_in = connections
        .iter()
        .filter(|one| one.decision == Decision::Approved)
        .count();
    let (provider, service, id) = (link.provider, &link.service, &connection.id);
    Some(if nat_range::is_short(&link.nat_ranges, let_in) {
        Hindrance {
            reason: "it is let in, but the link's ranges for address translation have no address \
                     left for it",
            next_action: format!(
                "approve it again with `service privatelink {provider} connection approve \
                 {service} --privatelink-connection-id {id} --user-ip-address IP`: that takes a \
                 further range"
            ),
        }
    } else {
        Hindrance {
            reason: "it is let in, but the provider says that the link needs attention before it \
                     carries the connection",
            next_action: format!(
                "look at the service attachment at the provider, then at the link's parts; \
                 `service privatelink {provider} refresh {service}` looks anew"
            ),
        }
    })
}

/// What a service lacks for its link to lead anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What is so.
    pub reason: String,
    /// What a person can do about it.
    pub next_action: String,
}

/// What only the service's owner can tell, and did not yet, before a link in this cloud leads
/// anywhere; nothing when all is told.
pub fn gap(service: &Service, provider: Provider) -> Option<Gap> {
    let name = &service.name;
    if service.nodes.is_empty() || service.components.is_empty() {
        let missing = if service.nodes.is_empty() {
            "nodes"
        } else {
            "components"
        };
        return Some(Gap {
            reason: format!("the service has no {missing}"),
            next_action: format!(
                "say where the service runs: `underpass service update {name} --node NAME=ADDRESS \
                 --component {}=PORT`",
                service.service_type
            ),
        });
    }
    if let Some(node) = service.nodes.iter().find(|node| node.cloud.is_none()) {
        let handle = match provider {
            Provider::Azure => "azure_nic=ID",
            Provider::Google | Provider::Aws => "google_instance=URL",
        };
        return Some(Gap {
            reason: format!("node `{}` is not known to its cloud", node.name),
            next_action: format!(
                "give its handle with `underpass service update {name} --node {}={},{handle}`",
                node.name, node.address
            ),
        });
    }
    if service.open_rules().is_empty() {
        return Some(Gap {
            reason: "no component is open".to_owned(),
            next_action: format!(
                "open one with `service update {name} -c privatelink_access.{}=true`",
                service.service_type
            ),
        });
    }
    None
}

/// What a person can do about a connection, one of all `connections` of its link; nothing when it
/// is active.
pub fn for_connection(
    link: &Link,
    connection: &Connection,
    connections: &[Connection],
    observed: &Observed,
) -> Option<String> {
    if link.deleting {
        return None;
    }
    if let Some(hindrance) = hindrance(link, connection, connections, observed) {
        return Some(hindrance.next_action);
    }
    match shown_connection(link, connection, observed) {
        ConnectionState::Active => None,
        state => Some(state.way_to_active(link.provider, &link.service, &connection.id)),
    }
}

/// What a person can do about a link, the most pressing first; nothing when all is well.
pub fn for_link(
    service: &Service,
    link: &Link,
    connections: &[Connection],
    observed: &Observed,
) -> Option<String> {
    let name = &service.name;
    if link.deleting {
        return Some("wait until it is gone".to_owned());
    }
    if let Some(remedy) = observed.troubles.values().find_map(|it| it.remedy.as_ref()) {
        return Some(remedy.clone());
    }
    let hindered = connections.iter().find_map(|connection| {
        let hindrance = hindrance(link, connection, connections, observed)?;
        Some(format!(
            "connection {}: {}",
            connection.id, hindrance.next_action
        ))
    });
    if hindered.is_some() {
        return hindered;
    }
    if let Some(gap) = gap(service, link.provider) {
        return Some(format!("{}; {}", gap.reason, gap.next_action));
    }
    if shown_link(link, observed) == LinkState::Creating {
        return Some("wait until it is active".to_owned());
    }
    if link.provider == Provider::Azure && link.subscriptions.is_empty() {
        return Some(format!(
            "nobody can see it; allow the consumer's subscription with `service privatelink azure \
             update {name} --user-subscription-id ID`"
        ));
    }
    if connections.is_empty() {
        return Some(format!(
            "give the {} to the consumer; once the endpoint is created, `refresh`",
            match link.provider {
                Provider::Azure => "alias",
                Provider::Google | Provider::Aws => "service attachment",
            }
        ));
    }
    connections.iter().find_map(
        |connection| match shown_connection(link, connection, observed) {
            state @ (ConnectionState::PendingUserApproval | ConnectionState::Connected) => {
                let way = state.way_to_active(link.provider, name, &connection.id);
                Some(format!("connection {}: {way}", connection.id))
            }
            ConnectionState::UserApproved
            | ConnectionState::Active
            | ConnectionState::Rejected
            | ConnectionState::Disconnected => None,
        },
    )
}
