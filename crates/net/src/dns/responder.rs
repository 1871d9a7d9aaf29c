//! Responses from the current zone.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use tokio::sync::watch;
use underpass_model::zone::{Zone, ZoneChange};

use super::access::TransferRule;
use super::answer::Authority;
use super::clock;
use super::counts::{Counts, Refusal};
use super::delegation::Apex;
use super::journal::{Journal, Step};
use super::message::{self, Reply, Request, Transport};
use super::refusal_log::RefusalLog;
use super::snapshot::Snapshot;
use super::transfer_slots::TransferSlots;
use super::tsig::TsigKey;

/// The state of a server that its sockets and handles share.
#[derive(Debug)]
pub(super) struct Responder {
    /// The zone's own records.
    pub(super) apex: Apex,
    /// Keys of signed requests.
    keys: Vec<TsigKey>,
    transfers: Vec<TransferRule>,
    pub(super) slots: TransferSlots,
    refusals: RefusalLog,
    pub(super) counts: Counts,
    /// The zone served. A lock, so that a change of one name costs the same in a zone of any size;
    /// it is held for microseconds, never across a wait.
    served: RwLock<Served>,
    /// The latest copy for transfers, as long as one uses it.
    pub(super) copy: Mutex<Weak<Snapshot>>,
    /// The latest generation that can be transferred; 0: none yet.
    transferable: watch::Sender<u64>,
}

/// The zone and its latest changes.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) zone: Zone,
    pub(super) journal: Journal,
}

// === impl Responder ===

impl Responder {
    pub(super) fn new(
        apex: Apex,
        keys: Vec<TsigKey>,
        transfers: Vec<TransferRule>,
        zone: Zone,
    ) -> Self {
        let journal = Journal::default();
        Self {
            apex,
            keys,
            transfers,
            slots: TransferSlots::default(),
            refusals: RefusalLog::default(),
            counts: Counts::default(),
            served: RwLock::new(Served { zone, journal }),
            copy: Mutex::default(),
            transferable: watch::Sender::new(0),
        }
    }

    /// The zone, for reading.
    pub(super) fn served(&self) -> RwLockReadGuard<'_, Served> {
        // No code that changes the zone panics.
        self.served.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn served_mut(&self) -> RwLockWriteGuard<'_, Served> {
        self.served.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the latest generation that can be transferred.
    pub(super) fn transferable(&self) -> watch::Receiver<u64> {
        self.transferable.subscribe()
    }

    /// The packet to send for a request, or the transfer to perform, if any.
    pub(super) fn reply_to(&self, packet: &[u8], transport: Transport, peer: SocketAddr) -> Reply {
        let now = clock::now();
        let served = self.served();
        let responded = message::respond(&Request {
            authority: Authority {
                zone: &served.zone,
                apex: &self.apex,
            },
            keys: &self.keys,
            transfers: &self.transfers,
            packet,
            transport,
            peer: peer.ip(),
            now,
        });
        drop(served);
        if let Some(refused) = responded.refused {
            self.refuse(peer, refused.key.as_deref(), refused.reason, now);
        }
        responded.reply
    }

    /// Counts and logs a refused transfer.
    pub(super) fn refuse(&self, peer: SocketAddr, key: Option<&str>, reason: Refusal, now: u64) {
        self.counts.refuse(reason);
        self.refusals.note(peer, key, reason, now);
    }

    /// Replaces the zone as a whole, unless it is older than the current one.
    pub(super) fn publish(&self, zone: Zone) {
        let mut served = self.served_mut();
        // Two publishers may race: the newer generation must win in any order.
        if zone.generation < served.zone.generation {
            return;
        }
        let (generation, is_provisional) = (zone.generation, zone.is_provisional);
        served.zone = zone;
        served
            .journal
            .begin((!is_provisional).then_some(generation));
        drop(served);
        self.announce(generation, is_provisional);
    }

    /// Changes names of the zone, unless the change is older than it.
    pub(super) fn change(&self, change: ZoneChange) {
        let mut served = self.served_mut();
        let (before, after) = (served.zone.generation, change.generation);
        let is_confirmed = after == before && served.zone.is_provisional;
        if after <= before && !is_confirmed {
            return;
        }
        let is_provisional = change.is_provisional;
        if change.begins_history || is_provisional || served.zone.is_provisional {
            served.journal.begin((!is_provisional).then_some(after));
        } else {
            let records = &served.zone.records;
            let removed = change.removed.iter().filter_map(|name| {
                let address = records.get(name).copied();
                address.map(|address| (name.clone(), Some(address), None))
            });
            let written = change
                .written
                .iter()
                .map(|(name, address)| (name.clone(), records.get(name).copied(), Some(*address)));
            let changes = removed.chain(written).collect();
            served.journal.push(Step {
                generation: after,
                changes,
            });
        }
        served.zone.apply(change);
        drop(served);
        self.announce(after, is_provisional);
    }

    fn announce(&self, generation: u64, is_provisional: bool) {
        if !is_provisional {
            self.transferable.send_replace(generation);
        }
    }
}
