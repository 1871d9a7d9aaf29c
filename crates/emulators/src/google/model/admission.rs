//! What becomes of a consumer's endpoint, by what the provider's lists say and by what was before.

use super::connection::Status;

/// What the lists of a service attachment say about an endpoint right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is to be let in.
    Accept,
    /// It is to be turned away.
    Reject,
    /// No entry names it, or the one that does has no room left.
    Nothing,
}

/// Whether a decision made once follows later changes of the lists (`reconcileConnections`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reconcile {
    On,
    Off,
}

/// The status an endpoint comes to, before NAT addresses are looked at; a new one starts `Pending`.
///
/// Without reconciling, only what still waits is decided on.
pub(super) const fn decide(before: Status, verdict: Verdict, reconcile: Reconcile) -> Status {
    match (before, reconcile) {
        (Status::Closed, _) => return Status::Closed,
        (Status::Accepted | Status::NeedsAttention, Reconcile::Off) => return Status::Accepted,
        (Status::Rejected, Reconcile::Off) => return Status::Rejected,
        (Status::Pending, Reconcile::Off) | (_, Reconcile::On) => {}
    }
    match verdict {
        Verdict::Accept => Status::Accepted,
        Verdict::Reject => Status::Rejected,
        Verdict::Nothing => Status::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_status_and_verdict_has_its_answer() {
        use Status::{Accepted, Closed, NeedsAttention, Pending, Rejected};
        use Verdict::{Accept, Nothing, Reject};
        // (before, what the lists say, without reconciling, with it)
        let table = [
            (Pending, Accept, Accepted, Accepted),
            (Pending, Reject, Rejected, Rejected),
            (Pending, Nothing, Pending, Pending),
            (Accepted, Accept, Accepted, Accepted),
            (Accepted, Reject, Accepted, Rejected),
            (Accepted, Nothing, Accepted, Pending),
            (NeedsAttention, Accept, Accepted, Accepted),
            (NeedsAttention, Reject, Accepted, Rejected),
            (NeedsAttention, Nothing, Accepted, Pending),
            (Rejected, Accept, Rejected, Accepted),
            (Rejected, Reject, Rejected, Rejected),
            (Rejected, Nothing, Rejected, Pending),
            (Closed, Accept, Closed, Closed),
            (Closed, Reject, Closed, Closed),
            (Closed, Nothing, Closed, Closed),
        ];
        for (before, verdict, off, on) in table {
            let decided = |reconcile| decide(before, verdict, reconcile);
            assert_eq!(decided(Reconcile::Off), off, "{before:?} {verdict:?} off");
            assert_eq!(decided(Reconcile::On), on, "{before:?} {verdict:?} on");
        }
    }
}
