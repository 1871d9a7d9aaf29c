//! Open connections, ordered by the time for which they wait.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use tokio::sync::Notify;

use super::count::{ConnectionCounts, Ended};
use super::limits::ConnectionLimits;

/// Every open connection.
#[derive(Debug)]
pub(super) struct Registry {
    limits: ConnectionLimits,
    /// The next ID, and the next position in the order of waits.
    next: u64,
    open: BTreeMap<u64, Entry>,
    /// Connections that wait for their clients, the longest wait first.
    waiting: BTreeMap<u64, u64>,
    addresses: BTreeMap<IpAddr, usize>,
    /// Connections of other machines than this one, without those beside the limit.
    remote: usize,
    /// Connections beside the limit.
    reserved: usize,
    /// Connections that were told to close.
    closing: usize,
    counts: ConnectionCounts,
}

#[derive(Debug)]
struct Entry {
    client: IpAddr,
    /// Address for which it counts; of a proxy, the client of the request in progress.
    counted: Option<IpAddr>,
    is_proxy: bool,
    /// It is beside the limit: only probes are answered.
    is_reserved: bool,
    /// Position of its current wait in the order of all waits.
    since: u64,
    state: State,
    eviction: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Answering,
    Closing,
}

/// The decision about a new connection.
#[derive(Debug)]
pub(super) enum Admission {
    /// It has this ID, and is told through this to close.
    Admitted(u64, Arc<Notify>),
    /// Another one closes for it; ask again after its end.
    Closing,
    /// There is no place.
    Refused,
}

impl Registry {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            next: 0,
            open: BTreeMap::new(),
            waiting: BTreeMap::new(),
            addresses: BTreeMap::new(),
            remote: 0,
            reserved: 0,
            closing: 0,
            counts: ConnectionCounts {
                limit: limits.total,
                ..ConnectionCounts::default()
            },
        }
    }

    pub(super) fn admit(&mut self, client: IpAddr, is_proxy: bool, has_probes: bool) -> Admission {
        let client = counted(client);
        let remote = !client.is_loopback();
        let counted = (remote && !is_proxy).then_some(client);
        if counted.is_some_and(|client| self.is_full(client)) {
            return self.make_room(Ended::Address, |entry| entry.counted == counted);
        }
        let is_reserved = !self.has_room(client);
        if is_reserved {
            let spares_loopback = self.is_full_of_remote(client);
            let closes = |entry: &Entry| {
                !(entry.is_reserved || spares_loopback && entry.client.is_loopback())
            };
            if self.closes_one(closes) {
                return Admission::Closing;
            }
            if !has_probes {
                self.counts.add(Ended::Total);
                return Admission::Refused;
            }
            if self.reserved >= self.limits.probe_reserve {
                return self.make_room(Ended::Total, |entry| entry.is_reserved);
            }
            self.reserved += 1;
        }
        let id = self.step();
        let eviction = Arc::new(Notify::new());
        let entry = Entry {
            client,
            counted,
            is_proxy,
            is_reserved,
            since: id,
            state: State::Waiting,
            eviction: Arc::clone(&eviction),
        };
        self.open.insert(id, entry);
        self.waiting.insert(id, id);
        if remote && !is_reserved {
            self.remote += 1;
        }
        self.add(counted);
        Admission::Admitted(id, eviction)
    }

    /// Counts a connection of a proxy for the client of its request, from now until the next request is
    /// awaited. Returns false at the limit of that client, unless one that waits for it is closed.
    pub(super) fn forward(&mut self, id: u64, client: IpAddr) -> bool {
        let client = counted(client);
        self.unforward(id);
        if client.is_loopback() {
            return true;
        }
        if self.is_full(client) && !self.evict(|entry| entry.counted == Some(client)) {
            self.counts.add(Ended::Address);
            return false;
        }
        if let Some(entry) = self.open.get_mut(&id) {
            entry.counted = Some(client);
            self.add(Some(client));
        }
        true
    }

    /// A connection of a proxy counts for no client any more.
    fn unforward(&mut self, id: u64) {
        let entry = self.open.get_mut(&id).filter(|entry| entry.is_proxy);
        if let Some(counted) = entry.and_then(|entry| entry.counted.take()) {
            self.remove(counted);
        }
    }

    /// Returns whether a connection of a client is within the limit in all.
    fn has_room(&self, client: IpAddr) -> bool {
        self.open.len() - self.reserved < self.limits.total && !self.is_full_of_remote(client)
    }

    /// Returns whether a client is remote, and the rest is kept for loopback.
    fn is_full_of_remote(&self, client: IpAddr) -> bool {
        let of_remote = self.limits.total - self.limits.loopback_reserve;
        !client.is_loopback() && self.remote >= of_remote
    }

    fn is_full(&self, client: IpAddr) -> bool {
        self.addresses.get(&client).copied().unwrap_or(0) >= self.limits.per_address
    }

    fn add(&mut self, counted: Option<IpAddr>) {
        if let Some(client) = counted {
            *self.addresses.entry(client).or_default() += 1;
        }
    }

    fn remove(&mut self, counted: IpAddr) {
        if let Some(held) = self.addresses.get_mut(&counted) {
            *held -= 1;
            if *held == 0 {
                self.addresses.remove(&counted);
            }
        }
    }

    /// Tells one of the connections that `may_close` selects to close, if none of them does already.
    fn make_room(&mut self, reason: Ended, may_close: impl Fn(&Entry) -> bool) -> Admission {
        if self.closes_one(may_close) {
            return Admission::Closing;
        }
        self.counts.add(reason);
        Admission::Refused
    }

    /// Returns whether one of the connections that `may_close` selects closes, told now or before.
    fn closes_one(&mut self, may_close: impl Fn(&Entry) -> bool) -> bool {
        let closes = |entry: &Entry| entry.state == State::Closing && may_close(entry);
        (self.closing > 0 && self.open.values().any(closes)) || self.evict(may_close)
    }

    pub(super) fn evict_one(&mut self) {
        if self.closing == 0 {
            self.evict(|_| true);
        }
    }

    /// Tells the connection that has waited longest to close; those of loopback last.
    fn evict(&mut self, may_close: impl Fn(&Entry) -> bool) -> bool {
        let waiting = || {
            let entries = self.waiting.values();
            entries.filter_map(|id| self.open.get(id).map(|entry| (*id, entry)))
        };
        let found = waiting()
            .find(|(_, entry)| may_close(entry) && !entry.client.is_loopback())
            .or_else(|| waiting().find(|(_, entry)| may_close(entry)))
            .map(|(id, _)| id);
        let Some(entry) = found.and_then(|id| self.open.get_mut(&id)) else {
            return false;
        };
        self.waiting.remove(&entry.since);
        entry.state = State::Closing;
        entry.eviction.notify_one();
        self.closing += 1;
        self.counts.add(Ended::Evicted);
        true
    }

    pub(super) fn await_request(&mut self, id: u64) {
        self.unforward(id);
        let since = self.step();
        if let Some(entry) = self.open.get_mut(&id)
            && entry.state != State::Closing
        {
            self.waiting.remove(&entry.since);
            entry.since = since;
            entry.state = State::Waiting;
            self.waiting.insert(since, id);
        }
    }

    pub(super) fn await_rest(&mut self, id: u64) {
        if let Some(entry) = self.open.get_mut(&id)
            && entry.state == State::Answering
        {
            entry.state = State::Waiting;
            self.waiting.insert(entry.since, id);
        }
    }

    pub(super) fn await_reader(&mut self, id: u64) {
        let since = self.step();
        if let Some(entry) = self.open.get_mut(&id)
            && entry.state == State::Answering
        {
            entry.state = State::Waiting;
            entry.since = since;
            self.waiting.insert(since, id);
        }
    }

    pub(super) fn is_reserved(&self, id: u64) -> bool {
        self.open.get(&id).is_some_and(|entry| entry.is_reserved)
    }

    pub(super) fn answer(&mut self, id: u64) -> bool {
        self.promote(id);
        let Some(entry) = self.open.get_mut(&id) else {
            return false;
        };
        if entry.state == State::Waiting {
            entry.state = State::Answering;
            self.waiting.remove(&entry.since);
        }
        entry.state == State::Answering
    }

    /// Makes a connection beside the limit one within it, if there is room and its request begins.
    fn promote(&mut self, id: u64) {
        let entry = self.open.get(&id);
        let waits = |entry: &&Entry| entry.is_reserved && entry.state == State::Waiting;
        let Some(client) = entry.filter(waits).map(|entry| entry.client) else {
            return;
        };
        if !self.has_room(client) {
            return;
        }
        if let Some(entry) = self.open.get_mut(&id) {
            entry.is_reserved = false;
        }
        self.reserved -= 1;
        if !client.is_loopback() {
            self.remote += 1;
        }
    }

    pub(super) fn end(&mut self, id: u64) {
        let Some(entry) = self.open.remove(&id) else {
            return;
        };
        match entry.state {
            State::Waiting => {
                self.waiting.remove(&entry.since);
            }
            State::Answering => {}
            State::Closing => self.closing -= 1,
        }
        if entry.is_reserved {
            self.reserved -= 1;
        } else if !entry.client.is_loopback() {
            self.remote -= 1;
        }
        if let Some(client) = entry.counted {
            self.remove(client);
        }
    }

    pub(super) fn count(&mut self, ended: Ended) {
        self.counts.add(ended);
    }

    pub(super) fn counts(&self) -> ConnectionCounts {
        ConnectionCounts {
            open: self.open.len(),
            ..self.counts.clone()
        }
    }

    const fn step(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// The address that counts for a client: in IPv6 its /64 prefix, which one machine has to itself
/// (RFC 6177), and the IPv4 address that an IPv6 address stands for.
fn counted(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address => address,
    }
}
