//! Listeners of approved private endpoints.
//!
//! The model computes the list of desired listeners. [`Endpoints::set_desired`] takes the whole list
//! under the lock of the model, without waiting. One task, [`EndpointRelay::run`], makes the sockets
//! equal to the newest list:
//!
//! 1. It waits until the journal contains the state from which the list was computed.
//! 2. It closes the listeners that are not in the list. Only then it opens new ones, so a revoked
//!    approval takes effect without waiting.
//! 3. Before it opens a listener, it probes the address: a server bound to `0.0.0.0` answers on every
//!    loopback address, and consumers would reach it without approval.
//!
//! A reply waits in [`Endpoints::synced`] for the list that was newest when the reply was computed.
//! Therefore no flow is accepted after the reply to a rejection; at the reply to an approval the
//! listener is open, or its refusal is recorded. Refused listeners are retried at the next change and
//! every [`limits::LISTEN_RETRY`].

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
use underpass_net::{FlowLimit, ForwardingTable, ListenAddr, RelaySet, Route, probe};

use crate::binding::Binding;
use crate::journal::{Journal, Position};
use crate::limits;
use crate::shutdown::shutdown_requested;
pub(crate) use status::{RelayState, Status};

/// A complete list of desired listeners.
#[derive(Debug, Clone, Default)]
struct DesiredListeners {
    /// Grows with each list.
    generation: u64,
    /// Position that the journal must reach before the list takes effect.
    position: Position,
    listeners: Vec<Binding>,
}

/// The state of each listener of a [`DesiredListeners`].
#[derive(Debug, Clone, Default)]
struct Report {
    generation: u64,
    statuses: Vec<Status>,
}

/// Sets the desired listeners and reports their state.
#[derive(Debug)]
pub(crate) struct Endpoints {
    desired: watch::Sender<DesiredListeners>,
    report: watch::Receiver<Report>,
}

/// Owns the sockets; see [`EndpointRelay::run`].
pub(crate) struct EndpointRelay {
    desired: watch::Receiver<DesiredListeners>,
    report: watch::Sender<Report>,
    journal: Arc<Journal>,
    /// Range of the endpoint addresses that carry bytes.
    consumers: Option<Ipv4Net>,
    relays: RelaySet,
    /// Number of tables given to `relays`.
    tables: u64,
    /// Addresses on which `relays` listens, each with its connection.
    open: BTreeMap<ListenAddr, String>,
}

/// The task that owns the sockets has ended.
#[derive(Debug, thiserror::Error)]
#[error("the listeners of the endpoints are closed because the emulator is stopping")]
pub(crate) struct Stopped;

/// Creates both halves; only addresses inside `consumers` get listeners.
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
    /// Replaces the list of desired listeners; to be called under the lock of the model.
    ///
    /// The list takes effect when the journal has reached `position`.
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

    /// Waits until the sockets are equal to the list `generation` or a newer one.
    ///
    /// # Errors
    /// When the task that owns the sockets has ended.
    pub(crate) async fn synced(&self, generation: u64) -> Result<(), Stopped> {
        let mut report = self.report.clone();
        let synced = report
            .wait_for(|report| report.generation >= generation)
            .await;
        synced.map(|_| ()).map_err(|_| Stopped)
    }

    /// The state of each desired listener, in the order of the list.
    pub(crate) fn statuses(&self) -> Vec<Status> {
        self.report.borrow().statuses.clone()
    }
}

// === impl EndpointRelay ===

impl EndpointRelay {
    /// Counts flows among those of `limit`; to be called before the first listener opens.
    pub(crate) fn share(&mut self, limit: FlowLimit) {
        self.relays = RelaySet::with_limit(limit);
    }

    /// Keeps the sockets equal to the newest list until `stop` turns true; then closes them.
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
                tracing::error!(%error, "failed to wait for the journal; closing the listeners of all endpoints");
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

    /// Selects at most one listener for each address; records a refusal for the others.
    fn choose<'a>(
        &self,
        desired: &'a [Binding],
        refusals: &mut BTreeMap<Key, RelayState>,
    ) -> BTreeMap<ListenAddr, &'a Binding> {
        let mut chosen: BTreeMap<ListenAddr, &Binding> = BTreeMap::new();
        // The connection that has the address keeps it; `false` sorts first.
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

    /// Gives the relays those of `chosen` that are in `listens`, and records listeners that fail to
    /// open.
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

/// Logs refusals that are new, because refused listeners are retried.
fn log_new_refusals(before: &[Status], now: &[Status]) {
    let before: BTreeSet<_> = before.iter().filter_map(Status::refusal).collect();
    for (listen, reason) in now.iter().filter_map(Status::refusal) {
        if !before.contains(&(listen, reason)) {
            tracing::warn!(endpoint.addr = %listen, reason, "failed to open the listener of a private endpoint");
        }
    }
}

/// The identity of a listener: two endpoints may have the same address.
type Key = (ListenAddr, String);

fn key(desired: &Binding) -> Key {
    (desired.listen, desired.connection.clone())
}

/// Those of `addresses` on which a server answers.
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
