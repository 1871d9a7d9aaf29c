//! The endpoints connected to a service attachment: who is let in, from which address, and what
//! shows of it.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use jiff::{SignedDuration, Timestamp};

use super::accept_list::{Candidate, Lists};
use super::admission::{Reconcile, Verdict, decide};
use super::connection::Connection;
use super::connection::Status;
use super::document;
use super::id::ResourceId;
use super::kind::Kind;
use super::nat_pool;
use super::resource::Resource;
use super::service_attachment;
use super::state::State;
use super::view::Entry;

/// What becomes of one endpoint.
struct Decision {
    endpoint: ResourceId,
    status: Status,
    nat_ips: Vec<Ipv4Addr>,
}

/// Decides anew on every endpoint that asked for an attachment, as things stand at `at`.
///
/// Endpoints of an attachment that is gone, or has become another of the same name, close.
pub(super) fn settle_connections(state: &mut State, attachment: &ResourceId, at: Timestamp) {
    let service = state.made(attachment);
    let number = service.map(|it| it.number);
    let (current, stray): (Vec<&Resource>, Vec<&Resource>) = endpoints(state, attachment)
        .partition(|it| it.connection.as_ref().map(|it| it.attachment_number) == number);
    let mut decisions: Vec<Decision> = stray
        .into_iter()
        .map(|endpoint| Decision {
            endpoint: endpoint.id.clone(),
            status: Status::Closed,
            nat_ips: Vec::new(),
        })
        .collect();
    if let Some(service) = service {
        decisions.extend(decided(state, service, current));
    }
    for decision in decisions {
        keep_decision(state, decision);
    }
    if number.is_some() {
        show_endpoints(state, attachment, number, at);
    }
}

/// Closes every endpoint of an attachment that was deleted.
pub(super) fn close_connections(state: &mut State, attachment: &Resource, at: Timestamp) {
    settle_connections(state, &attachment.id, at);
}

fn decided(state: &State, service: &Resource, mut endpoints: Vec<&Resource>) -> Vec<Decision> {
    // What was accepted was checked; should a list not be readable, nobody new is let in.
    let lists = Lists::read(service.body()).unwrap_or_default();
    let reconcile = if document::flag(service.body(), "/reconcileConnections") {
        Reconcile::On
    } else {
        Reconcile::Off
    };
    // Whoever is in counts before whoever waits, so that nobody is put out by another.
    endpoints.sort_by_key(|it| (!status_of(it).is_let_in(), seniority(it)));
    let mut room = Room::new(&lists);
    let mut decisions = Vec::new();
    let mut applicants = Vec::new();
    for endpoint in endpoints {
        let candidate = candidate(state, endpoint);
        let (verdict, entry) = room.verdict(&candidate);
        let status = decide(status_of(endpoint), verdict, reconcile);
        if status == Status::Accepted {
            room.take(entry);
            applicants.push((decisions.len(), held(endpoint)));
        }
        decisions.push(Decision {
            endpoint: endpoint.id.clone(),
            status,
            nat_ips: Vec::new(),
        });
    }
    let ranges = nat_ranges(state, service);
    let each = service_attachment::addresses_each(service);
    let held: Vec<&[Ipv4Addr]> = applicants.iter().map(|(_, held)| *held).collect();
    let allotted = nat_pool::allot(&ranges, each, &held);
    for ((position, _), addresses) in applicants.iter().zip(allotted) {
        let Some(decision) = decisions.get_mut(*position) else {
            continue;
        };
        match addresses {
            Some(addresses) => decision.nat_ips = addresses,
            None => decision.status = Status::NeedsAttention,
        }
    }
    decisions
}

/// An endpoint as entries of lists name it.
fn candidate<'a>(state: &State, endpoint: &'a Resource) -> Candidate<'a> {
    let number = |project: &str| {
        let known = state.project_number(project);
        known.unwrap_or_default()
    };
    let network = document::text_or_empty(endpoint.body(), "/network");
    // Networks are of the endpoint's own project.
    let network = network.rsplit('/').next().unwrap_or_default();
    let project = endpoint.id.project.as_str();
    Candidate {
        project,
        project_number: number(project),
        network,
        region: endpoint.id.location.region().unwrap_or_default(),
        number: endpoint.number,
    }
}

fn keep_decision(state: &mut State, decision: Decision) {
    let Decision {
        endpoint,
        status,
        nat_ips,
    } = decision;
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

fn show_endpoints(state: &mut State, attachment: &ResourceId, number: Option<u64>, at: Timestamp) {
    let mut current: Vec<&Resource> = endpoints(state, attachment)
        .filter(|it| it.connection.as_ref().map(|it| it.attachment_number) == number)
        .collect();
    current.sort_by_key(|it| seniority(it));
    let entries: Vec<Entry> = current.into_iter().filter_map(entry).collect();
    let mut view = state.view(attachment).cloned().unwrap_or_default();
    let lag = SignedDuration::try_from(state.configuration().status_lag);
    if view.learn(entries, at, lag.unwrap_or(SignedDuration::MAX)) {
        state.keep_view(&attachment.to_string(), view);
    }
}

/// The endpoints an attachment's name knows of, those of an earlier one of that name included.
fn endpoints<'a>(
    state: &'a State,
    attachment: &'a ResourceId,
) -> impl Iterator<Item = &'a Resource> {
    state.of_kind(Kind::ForwardingRule).filter(move |it| {
        it.connection
            .as_ref()
            .is_some_and(|it| it.joined.is_some() && it.attachment == *attachment)
    })
}

fn entry(endpoint: &Resource) -> Option<Entry> {
    let connection = endpoint.connection.as_ref()?;
    Some(Entry {
        endpoint: endpoint.id.clone(),
        number: endpoint.number,
        connection: connection.number,
        network: document::text_or_empty(endpoint.body(), "/network").to_owned(),
        status: connection.status,
        nat_ips: connection.nat_ips.clone(),
    })
}

/// Who came first; the number settles ties.
fn seniority(endpoint: &Resource) -> (Option<Timestamp>, u64) {
    let joined = endpoint.connection.as_ref().and_then(|it| it.joined);
    (joined, endpoint.number)
}

fn status_of(endpoint: &Resource) -> Status {
    let connection: Option<&Connection> = endpoint.connection.as_ref();
    connection.map_or(Status::Pending, |it| it.status)
}

fn held(endpoint: &Resource) -> &[Ipv4Addr] {
    let connection = endpoint.connection.as_ref();
    connection.map_or(&[], |it| it.nat_ips.as_slice())
}

/// The ranges whose addresses an attachment gives to endpoints.
pub(super) fn nat_ranges(state: &State, service: &Resource) -> Vec<Ipv4Net> {
    document::texts(service.body(), "/natSubnets")
        .filter_map(|link| ResourceId::of_path(super::id::path_of(link)))
        .filter_map(|subnet| state.resource(&subnet))
        .filter_map(|subnet| {
            document::text_or_empty(subnet.body(), "/ipCidrRange")
                .parse()
                .ok()
        })
        .collect()
}

/// How many more endpoints each entry of the accept list lets in.
struct Room<'a> {
    lists: &'a Lists,
    /// Endpoints let in so far, by the position of the entry.
    used: Vec<u64>,
}

impl<'a> Room<'a> {
    fn new(lists: &'a Lists) -> Room<'a> {
        Room {
            lists,
            used: vec![0; lists.accept.len()],
        }
    }

    /// What the lists say about an endpoint, and the entry that would let it in.
    fn verdict(&self, candidate: &Candidate<'_>) -> (Verdict, Option<usize>) {
        if self.lists.rejects(candidate) {
            return (Verdict::Reject, None);
        }
        if self.lists.automatic {
            return (Verdict::Accept, None);
        }
        let mut named = self.lists.accepting(candidate);
        let entry = named.find(|position| {
            let used = self.used.get(*position).copied().unwrap_or_default();
            self.lists.limit(*position).is_none_or(|limit| used < limit)
        });
        match entry {
            Some(_) => (Verdict::Accept, entry),
            None => (Verdict::Nothing, None),
        }
    }

    fn take(&mut self, entry: Option<usize>) {
        if let Some(used) = entry.and_then(|position| self.used.get_mut(position)) {
            *used += 1;
        }
    }
}
