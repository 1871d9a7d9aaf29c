//! Evaluates the connections of a service attachment: their statuses and their NAT addresses.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::{SignedDuration, Timestamp};

use super::accept_list::{ConsumerLists, EndpointIdentity};
use super::admission::{ConnectionReconciliation, Decision, next_status};
use super::connected_endpoints::ConnectedEndpoint;
use super::connection::ConnectionStatus;
use super::document;
use super::id::{ResourceId, path_of};
use super::kind::Kind;
use super::nat_pool;
use super::resource::Resource;
use super::service_attachment;
use super::state::State;

/// The new status and NAT addresses of a connection.
struct ConnectionUpdate {
    endpoint: ResourceId,
    status: ConnectionStatus,
    nat_ips: Vec<Ipv4Addr>,
}

/// Evaluates every connection of an attachment as of `at`.
///
/// Connections to an attachment that was deleted, or replaced by another one of the same name, are
/// closed.
pub(super) fn evaluate(state: &mut State, attachment: &ResourceId, at: Timestamp) {
    let service = state.created(attachment);
    let number = service.map(|it| it.number);
    let (current, orphaned): (Vec<&Resource>, Vec<&Resource>) = endpoints(state, attachment)
        .partition(|it| it.connection.as_ref().map(|it| it.attachment_number) == number);
    let mut updates: Vec<ConnectionUpdate> = orphaned
        .into_iter()
        .map(|endpoint| ConnectionUpdate {
            endpoint: endpoint.id.clone(),
            status: ConnectionStatus::Closed,
            nat_ips: Vec::new(),
        })
        .collect();
    if let Some(service) = service {
        updates.extend(updates_of(state, service, current));
    }
    for update in updates {
        apply(state, update);
    }
    if number.is_some() {
        list_endpoints(state, attachment, number, at);
    }
}

/// Returns the update of every connection to an attachment.
fn updates_of(
    state: &State,
    service: &Resource,
    mut endpoints: Vec<&Resource>,
) -> Vec<ConnectionUpdate> {
    // Lists were checked when they were written; if one is unreadable, no new endpoint is accepted.
    let lists = ConsumerLists::parse(service.body()).unwrap_or_default();
    let reconciliation = if document::flag(service.body(), "/reconcileConnections") {
        ConnectionReconciliation::On
    } else {
        ConnectionReconciliation::Off
    };
    // Accepted endpoints come first, so that a pending one never takes the place of another.
    endpoints.sort_by_key(|it| (!status_of(it).is_accepted(), connection_order(it)));
    let mut limits = ConnectionLimits::new(&lists);
    let mut updates = Vec::new();
    let mut accepted = Vec::new();
    for endpoint in endpoints {
        let identity = identity(state, endpoint);
        let (decision, entry) = limits.decision(&identity);
        let status = next_status(status_of(endpoint), decision, reconciliation);
        if status == ConnectionStatus::Accepted {
            limits.count(entry);
            accepted.push((updates.len(), nat_ips_of(endpoint)));
        }
        updates.push(ConnectionUpdate {
            endpoint: endpoint.id.clone(),
            status,
            nat_ips: Vec::new(),
        });
    }
    let ranges = nat_ranges(state, service);
    let each = service_attachment::nat_ips_per_endpoint(service);
    let held: Vec<&[Ipv4Addr]> = accepted.iter().map(|(_, held)| *held).collect();
    let allocated = nat_pool::allocate(&ranges, each, &held);
    for ((position, _), addresses) in accepted.iter().zip(allocated) {
        let Some(update) = updates.get_mut(*position) else {
            continue;
        };
        match addresses {
            Some(addresses) => update.nat_ips = addresses,
            None => update.status = ConnectionStatus::NeedsAttention,
        }
    }
    updates
}

/// Returns what entries of accept and reject lists can name an endpoint by.
fn identity<'a>(state: &State, endpoint: &'a Resource) -> EndpointIdentity<'a> {
    let network = document::text_or_empty(endpoint.body(), "/network");
    // An endpoint's network is in the endpoint's own project.
    let network = network.rsplit('/').next().unwrap_or_default();
    let project = endpoint.id.project.as_str();
    EndpointIdentity {
        project,
        project_number: state.project_number(project).unwrap_or_default(),
        network,
        region: endpoint.id.location.region().unwrap_or_default(),
        // Entries by number name forwarding rules only.
        number: (endpoint.id.kind == Kind::ForwardingRule).then_some(endpoint.number),
    }
}

fn apply(state: &mut State, update: ConnectionUpdate) {
    let ConnectionUpdate {
        endpoint,
        status,
        nat_ips,
    } = update;
    let connection = state
        .resource(&endpoint)
        .and_then(|it| it.connection.as_ref());
    if connection.is_none_or(|it| it.status == status && it.nat_ips == nat_ips) {
        return;
    }
    state.change(&endpoint, |resource| {
        if let Some(connection) = &mut resource.connection {
            connection.status = status;
            connection.nat_ips = nat_ips;
        }
    });
}

/// Queues the list of connected endpoints as it is since `at`.
fn list_endpoints(state: &mut State, attachment: &ResourceId, number: Option<u64>, at: Timestamp) {
    let mut current: Vec<&Resource> = endpoints(state, attachment)
        .filter(|it| it.connection.as_ref().map(|it| it.attachment_number) == number)
        .collect();
    current.sort_by_key(|it| connection_order(it));
    let listed: Vec<ConnectedEndpoint> = current.into_iter().filter_map(connected).collect();
    let mut list = state
        .connected_endpoints(attachment)
        .cloned()
        .unwrap_or_default();
    let lag = SignedDuration::try_from(state.configuration().status_lag);
    if list.update(listed, at, lag.unwrap_or(SignedDuration::MAX)) {
        state.put_connected_endpoints(&attachment.to_string(), list);
    }
}

/// Kinds of resources that connect to an attachment: endpoints, and backends.
const CONNECTING: [Kind; 2] = [Kind::ForwardingRule, Kind::RegionalEndpointGroup];

/// Returns the endpoints connected to an attachment of this name, including those of an earlier
/// attachment of the same name.
fn endpoints<'a>(
    state: &'a State,
    attachment: &'a ResourceId,
) -> impl Iterator<Item = &'a Resource> {
    let connecting = CONNECTING
        .into_iter()
        .flat_map(move |kind| state.of_kind(kind));
    connecting.filter(move |it| {
        it.connection
            .as_ref()
            .is_some_and(|it| it.connected_at.is_some() && it.attachment == *attachment)
    })
}

fn connected(endpoint: &Resource) -> Option<ConnectedEndpoint> {
    let connection = endpoint.connection.as_ref()?;
    Some(ConnectedEndpoint {
        endpoint: endpoint.id.clone(),
        number: endpoint.number,
        connection: connection.number,
        network: document::text_or_empty(endpoint.body(), "/network").to_owned(),
        status: connection.status,
        nat_ips: connection.nat_ips.clone(),
    })
}

/// Orders endpoints by the time they connected, and by number where that is equal.
fn connection_order(endpoint: &Resource) -> (Option<Timestamp>, u64) {
    let connected_at = endpoint.connection.as_ref().and_then(|it| it.connected_at);
    (connected_at, endpoint.number)
}

fn status_of(endpoint: &Resource) -> ConnectionStatus {
    let connection = endpoint.connection.as_ref();
    connection.map_or(ConnectionStatus::Pending, |it| it.status)
}

fn nat_ips_of(endpoint: &Resource) -> &[Ipv4Addr] {
    let connection = endpoint.connection.as_ref();
    connection.map_or(&[], |it| it.nat_ips.as_slice())
}

/// Returns the ranges that an attachment allocates NAT addresses from.
pub(super) fn nat_ranges(state: &State, service: &Resource) -> Vec<Ipv4Net> {
    document::texts(service.body(), "/natSubnets")
        .filter_map(|link| ResourceId::from_path(path_of(link)))
        .filter_map(|subnet| state.resource(&subnet))
        .filter_map(|subnet| {
            document::text_or_empty(subnet.body(), "/ipCidrRange")
                .parse()
                .ok()
        })
        .collect()
}

/// The connection limits of the accept list, and how far they are used.
struct ConnectionLimits<'a> {
    lists: &'a ConsumerLists,
    /// Endpoints accepted so far, by the position of the entry.
    used: Vec<u64>,
}

impl<'a> ConnectionLimits<'a> {
    fn new(lists: &'a ConsumerLists) -> ConnectionLimits<'a> {
        ConnectionLimits {
            lists,
            used: vec![0; lists.accept.len()],
        }
    }

    /// Returns the decision on an endpoint, and the accept entry that it counts towards.
    fn decision(&self, identity: &EndpointIdentity<'_>) -> (Decision, Option<usize>) {
        if self.lists.rejects(identity) {
            return (Decision::Reject, None);
        }
        if self.lists.automatic {
            return (Decision::Accept, None);
        }
        let mut named = self.lists.accepting(identity);
        let entry = named.find(|position| {
            let used = self.used.get(*position).copied().unwrap_or_default();
            self.lists.limit(*position).is_none_or(|limit| used < limit)
        });
        match entry {
            Some(_) => (Decision::Accept, entry),
            None => (Decision::Undecided, None),
        }
    }

    fn count(&mut self, entry: Option<usize>) {
        if let Some(used) = entry.and_then(|position| self.used.get_mut(position)) {
            *used += 1;
        }
    }
}
