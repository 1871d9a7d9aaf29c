//! Turns the approved endpoints of a cloud into listeners that carry bytes.
//!
//! A model says which listeners must exist; [`Endpoints::set_desired`] takes the whole list, under the
//! model's lock and without waiting. One task makes the sockets equal to the newest list:
//!
//! 1. It waits until the journal holds the state the list comes from.
//! 2. It closes what left the list, and only then looks at what is new, so that taking an approval
//!    back never waits for anything else.
//! 3. Before a new listener opens it asks whether somebody already answers there: a server bound
//!    to `0.0.0.0` answers on every loopback address, past any approval.
//!
//! A reply waits, by [`Endpoints::synced`], for the list that was newest when it was made. So no
//! flow is accepted after the reply to a rejection, and the reply to an approval finds the
//! listener open, or its refusal recorded. What could not be opened is tried again with the next
//! change and every [`limits::LISTEN_RETRY`].

mod status;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::Ipv4Net;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time;
use underpass_net::{ForwardingTable, ListenAddr, RelaySet, Route, probe};

use crate::binding::Binding;
use crate::journal::{Journal, Position};
use crate::limits;
use crate::shutdown::shutdown_requested;
pub(crate) use status::{RelayState, Status};

/// A whole list of wanted listeners.
#[derive(Debug, Clone, Default)]
struct DesiredListeners {
    /// Grows with each list.
    generation: u64,
    /// What the journal must hold before the list may show.
    position: Position,
    listeners: Vec<Binding>,
}

/// What became of a [`DesiredListeners`].
#[derive(Debug, Clone, Default)]
struct Report {
    generation: u64,
    statuses: Vec<Status>,
}

/// The side that wishes and asks.
#[derive(Debug)]
pub(crate) struct Endpoints {
    desired: watch::Sender<DesiredListeners>,
    report: watch::Receiver<Report>,
}

/// The side that holds the sockets; see [`EndpointRelay::run`].
pub(crate) struct EndpointRelay {
    desired: watch::Receiver<DesiredListeners>,
    report: watch::Sender<Report>,
    journal: Arc<Journal>,
    /// Endpoint addresses outside it carry no bytes.
    consumers: Option<Ipv4Net>,
    relays: RelaySet,
    /// Counts the tables given to `relays`.
    tables: u64,
    /// What `relays` listens on, and for which connection.
    open: BTreeMap<ListenAddr, String>,
}

/// The task that holds the sockets has ended.
#[derive(Debug, thiserror::Error)]
#[error("wait for the endpoints' listeners: they are closed because the emulator is stopping")]
pub(crate) struct Stopped;

/// Connects the two sides. Only addresses inside `consumers` are listened on.
pub(crate) fn endpoints(
    journal: Arc<Journal>,
    consumers: Option<Ipv4Net>,
) -> (Endpoints, EndpointRelay) {
    let (desired, desired_receiver) = watch::channel(DesiredListeners::default());
    let (reporter, report) = watch::channel(Report::default());
    let relay = EndpointRelay {
        desired: desired_receiver,
        report: reporter,
        journal,
        consumers,
        relays: RelaySet::new(),
        tables: 0,
        open: BTreeMap::new(),
    };
    (Endpoints { desired, report }, relay)
}

// === impl Endpoints ===

impl Endpoints {
    /// Replaces the list of listeners; call it under the model's lock.
    ///
    /// They change once the journal holds `position`.
    pub(crate) fn set_desired(&self, listeners: Vec<Binding>, position: Position) {
        self.desired.send_if_modified(|desired| {
            if desired.listeners == listeners {
                return false;
            }
            *desired = DesiredListeners {
                generation: desired.generation + 1,
                position,
                listeners,
            };
            true
        });
    }

    /// The generation of the newest list, to wait for with [`Endpoints::synced`].
    pub(crate) fn newest(&self) -> u64 {
        self.desired.borrow().generation
    }

    /// Waits until the sockets are what the list `generation`, or a newer one, asks for.
    pub(crate) async fn synced(&self, generation: u64) -> Result<(), Stopped> {
        let mut report = self.report.clone();
        let synced = report
            .wait_for(|report| report.generation >= generation)
            .await;
        synced.map(|_| ()).map_err(|_| Stopped)
    }

    /// What each wanted listener is doing, in the order of the list.
    pub(crate) fn statuses(&self) -> Vec<Status> {
        self.report.borrow().statuses.clone()
    }
}

// === impl EndpointRelay ===

impl EndpointRelay {
    /// Keeps the sockets equal to the newest list until `stop` turns true, then closes them all.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let refused = self
                .report
                .borrow()
                .statuses
                .iter()
                .any(|it| it.refusal().is_some());
            tokio::select! {
                () = shutdown_requested(&mut stop) => break,
                changed = self.desired.changed() => if changed.is_err() { break },
                () = time::sleep(limits::LISTEN_RETRY), if refused => {}
            }
            let desired = self.desired.borrow_and_update().clone();
            if let Err(error) = self.journal.durable(desired.position).await {
                tracing::error!(%error, "the endpoints stop: their state may not survive a crash");
                break;
            }
            let statuses = self.reconcile(&desired.listeners).await;
            log_new_refusals(&self.report.borrow().statuses, &statuses);
            self.report.send_replace(Report {
                generation: desired.generation,
                statuses,
            });
        }
        self.relays.shutdown().await;
    }

    /// Makes the sockets equal to `desired`.
    async fn reconcile(&mut self, desired: &[Binding]) -> Vec<Status> {
        let mut refusals = BTreeMap::new();
        let chosen = self.choose(desired, &mut refusals);

        let unchanged: BTreeSet<ListenAddr> = chosen
            .iter()
            .filter(|(listen, desired)| self.open.get(listen) == Some(&desired.connection))
            .map(|(listen, _)| *listen)
            .collect();
        if self.open.keys().any(|listen| !unchanged.contains(listen)) {
            self.apply(&chosen, &unchanged, &mut refusals).await;
        }

        let fresh = chosen
            .keys()
            .filter(|listen| !unchanged.contains(listen))
            .copied()
            .collect();
        let taken = addresses_in_use(fresh).await;
        let opens = chosen
            .keys()
            .filter(|listen| !taken.contains(listen))
            .copied()
            .collect();
        self.apply(&chosen, &opens, &mut refusals).await;
        for listen in taken {
            if let Some(desired) = chosen.get(&listen) {
                refusals.insert(key(desired), status::answered_by_another(listen));
            }
        }

        desired
            .iter()
            .map(|desired| {
                let refusal = refusals.remove(&key(desired));
                Status::new(desired, refusal.unwrap_or(RelayState::Listening))
            })
            .collect()
    }

    /// Picks at most one listener for each address and says why the others carry nothing.
    fn choose<'a>(
        &self,
        desired: &'a [Binding],
        refusals: &mut BTreeMap<Key, RelayState>,
    ) -> BTreeMap<ListenAddr, &'a Binding> {
        let mut chosen: BTreeMap<ListenAddr, &Binding> = BTreeMap::new();
        // Who has the address already keeps it; `false` sorts first.
        let mut candidates: Vec<&Binding> = desired.iter().collect();
        candidates
            .sort_by_key(|desired| self.open.get(&desired.listen) != Some(&desired.connection));
        for desired in candidates {
            if !self.is_relayed(desired.listen.ip()) {
                refusals.insert(key(desired), status::elsewhere(self.consumers));
            } else if let Some(first) = chosen.get(&desired.listen) {
                refusals.insert(key(desired), status::taken_by(&first.endpoint));
            } else {
                chosen.insert(desired.listen, desired);
            }
        }
        chosen
    }

    fn is_relayed(&self, address: IpAddr) -> bool {
        match (address, self.consumers) {
            (IpAddr::V4(address), Some(network)) => network.contains(&address),
            (IpAddr::V6(_), _) | (_, None) => false,
        }
    }

    /// Gives the relays those of `chosen` that are in `listens`, and records what did not open.
    async fn apply(
        &mut self,
        chosen: &BTreeMap<ListenAddr, &Binding>,
        listens: &BTreeSet<ListenAddr>,
        refusals: &mut BTreeMap<Key, RelayState>,
    ) {
        self.tables += 1;
        let given = || chosen.iter().filter(|(listen, _)| listens.contains(listen));
        let routes = given().map(|(listen, desired)| {
            let route = Route {
                owner: desired.connection.clone(),
                backends: desired.backends.clone(),
            };
            (*listen, route)
        });
        let table = ForwardingTable {
            generation: self.tables,
            routes: routes.collect(),
        };
        let failures = self.relays.apply(table).await;

        self.open = given()
            .map(|(listen, it)| (*listen, it.connection.clone()))
            .collect();
        for failure in failures {
            self.open.remove(&failure.listen);
            if let Some(desired) = chosen.get(&failure.listen) {
                let reason = error_reporter::Report::new(&failure).to_string();
                refusals.insert(key(desired), RelayState::Refused { reason });
            }
        }
    }
}

/// Logs what is refused now and was not before, as refused listeners are tried again and again.
fn log_new_refusals(before: &[Status], now: &[Status]) {
    let before: BTreeSet<_> = before.iter().filter_map(Status::refusal).collect();
    for (listen, reason) in now.iter().filter_map(Status::refusal) {
        if !before.contains(&(listen, reason)) {
            tracing::warn!(endpoint.addr = %listen, reason, "a private endpoint carries no bytes");
        }
    }
}

/// Tells listeners apart: two endpoints may have the same address.
type Key = (ListenAddr, String);

fn key(desired: &Binding) -> Key {
    (desired.listen, desired.connection.clone())
}

/// Those of `addresses` on which somebody answers.
async fn addresses_in_use(addresses: Vec<ListenAddr>) -> BTreeSet<ListenAddr> {
    let mut addresses_in_use = BTreeSet::new();
    for group in addresses.chunks(limits::CONCURRENT_PROBES) {
        let mut probes = JoinSet::new();
        for listen in group.iter().copied() {
            probes.spawn(async move {
                probe::answers(listen.socket_addr(), limits::PROBE_TIMEOUT)
                    .await
                    .then_some(listen)
            });
        }
        addresses_in_use.extend(probes.join_all().await.into_iter().flatten());
    }
    addresses_in_use
}
