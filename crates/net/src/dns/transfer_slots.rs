//! Bounds on transfers at the same time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::{MAX_TRANSFERS, MAX_TRANSFERS_PER_ADDRESS};

/// Transfers in progress. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct TransferSlots(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// A place for one transfer, free again when it is dropped.
#[derive(Debug)]
pub(super) struct TransferSlot {
    slots: TransferSlots,
    peer: IpAddr,
}

impl TransferSlots {
    /// Takes a place; `None` if there is none left.
    pub(super) fn take(&self, peer: IpAddr) -> Option<TransferSlot> {
        let peer = peer.to_canonical();
        let mut taken = self.lock();
        let in_all: usize = taken.values().sum();
        let of_peer = taken.get(&peer).copied().unwrap_or(0);
        if in_all >= MAX_TRANSFERS || of_peer >= MAX_TRANSFERS_PER_ADDRESS {
            return None;
        }
        taken.insert(peer, of_peer + 1);
        drop(taken);
        Some(TransferSlot {
            slots: self.clone(),
            peer,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TransferSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(count) = taken.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_per_address_and_in_all() {
        let slots = TransferSlots::default();
        let peer = |number: u8| IpAddr::from([10, 0, 0, number]);
        let one = slots.take(peer(1)).unwrap();
        let _two = slots.take(peer(1)).unwrap();
        assert!(slots.take(peer(1)).is_none());
        drop(one);
        let _again = slots.take(peer(1)).unwrap();
        let others: Vec<_> = (2..).map_while(|number| slots.take(peer(number))).collect();
        assert_eq!(others.len(), MAX_TRANSFERS - 2);
        drop(others);
        assert_eq!(slots.lock().len(), 1);
    }
}
