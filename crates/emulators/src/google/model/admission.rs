//! Admission of an endpoint by the accept and reject lists of a service attachment.

use super::connection::ConnectionStatus;

/// The decision of the current lists on an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// An entry of the accept list names it, or the attachment accepts automatically.
    Accept,
    /// An entry of the reject list names it.
    Reject,
    /// No entry names it, or the connection limit of the entry is reached.
    Undecided,
}

/// Connection reconciliation (`reconcileConnections`): changes of the lists apply to accepted and
/// rejected connections (`On`) or to pending ones only (`Off`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionReconciliation {
    On,
    Off,
}

/// Returns the next status of a connection, before NAT addresses are allocated; a new connection
/// is `Pending`.
pub(super) const fn next_status(
    before: ConnectionStatus,
    decision: Decision,
    reconciliation: ConnectionReconciliation,
) -> ConnectionStatus {
    match (before, reconciliation) {
        (ConnectionStatus::Closed, _) => return ConnectionStatus::Closed,
        (
            ConnectionStatus::Accepted | ConnectionStatus::NeedsAttention,
            ConnectionReconciliation::Off,
        ) => return ConnectionStatus::Accepted,
        (ConnectionStatus::Rejected, ConnectionReconciliation::Off) => {
            return ConnectionStatus::Rejected;
        }
        (ConnectionStatus::Pending, ConnectionReconciliation::Off)
        | (_, ConnectionReconciliation::On) => {}
    }
    match decision {
        Decision::Accept => ConnectionStatus::Accepted,
        Decision::Reject => ConnectionStatus::Rejected,
        Decision::Undecided => ConnectionStatus::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_status_and_decision_has_a_next_status() {
        use ConnectionStatus::{Accepted, Closed, NeedsAttention, Pending, Rejected};
        use Decision::{Accept, Reject, Undecided};
        // (before, decision, next without reconciliation, next with it)
        let table = [
            (Pending, Accept, Accepted, Accepted),
            (Pending, Reject, Rejected, Rejected),
            (Pending, Undecided, Pending, Pending),
            (Accepted, Accept, Accepted, Accepted),
            (Accepted, Reject, Accepted, Rejected),
            (Accepted, Undecided, Accepted, Pending),
            (NeedsAttention, Accept, Accepted, Accepted),
            (NeedsAttention, Reject, Accepted, Rejected),
            (NeedsAttention, Undecided, Accepted, Pending),
            (Rejected, Accept, Rejected, Accepted),
            (Rejected, Reject, Rejected, Rejected),
            (Rejected, Undecided, Rejected, Pending),
            (Closed, Accept, Closed, Closed),
            (Closed, Reject, Closed, Closed),
            (Closed, Undecided, Closed, Closed),
        ];
        for (before, decision, off, on) in table {
            let next = |reconciliation| next_status(before, decision, reconciliation);
            assert_eq!(
                next(ConnectionReconciliation::Off),
                off,
                "{before:?} {decision:?} off"
            );
            assert_eq!(
                next(ConnectionReconciliation::On),
                on,
                "{before:?} {decision:?} on"
            );
        }
    }
}
