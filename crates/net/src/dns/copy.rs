//! Copies of the zone for transfers, made while it is served and changed.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Bound;
use std::sync::{Arc, PoisonError};

use super::responder::Responder;
use super::snapshot::Snapshot;
use crate::limits::{COPY_ATTEMPTS, NAMES_PER_COPY};

/// A zone that cannot be transferred now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Untransferable;

/// Copies the zone; transfers of the same generation share a copy.
///
/// The names are copied in pieces, between which they may change. The journal has what changed since the
/// first piece, and makes the copy one of the last generation.
pub(super) async fn copy(responder: &Responder) -> Result<Arc<Snapshot>, Untransferable> {
    for _ in 0..COPY_ATTEMPTS {
        let begun = responder.served().zone.generation;
        if let Some(kept) = kept(responder, begun) {
            return Ok(kept);
        }
        let mut records = BTreeMap::new();
        let mut last: Option<String> = None;
        loop {
            let piece = piece(responder, last.as_deref());
            last = piece.last().map(|(name, _)| name.clone());
            let is_last = piece.len() < NAMES_PER_COPY;
            records.extend(piece);
            if is_last {
                break;
            }
            // Queries go first.
            tokio::task::yield_now().await;
        }
        let (generation, steps) = {
            let served = responder.served();
            if served.zone.is_provisional || served.zone.generation == 0 {
                return Err(Untransferable);
            }
            (served.zone.generation, served.journal.since(begun))
        };
        // `None`: the zone was replaced meanwhile.
        let Some(steps) = steps else { continue };
        for (name, _, after) in steps.iter().flat_map(|step| &step.changes) {
            match after {
                Some(address) => records.insert(name.clone(), *address),
                None => records.remove(name),
            };
        }
        let copy = Arc::new(Snapshot {
            generation,
            records,
        });
        *responder
            .copy
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&copy);
        return Ok(copy);
    }
    Err(Untransferable)
}

/// The copy of a generation that another transfer uses.
fn kept(responder: &Responder, generation: u64) -> Option<Arc<Snapshot>> {
    let copy = responder
        .copy
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    copy.upgrade().filter(|copy| copy.generation == generation)
}

/// The names after one, as many as are copied together.
fn piece(responder: &Responder, after: Option<&str>) -> Vec<(String, Ipv4Addr)> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let served = responder.served();
    let names = served
        .zone
        .records
        .range::<str, _>((from, Bound::Unbounded));
    names
        .take(NAMES_PER_COPY)
        .map(|(name, address)| (name.clone(), *address))
        .collect()
}
