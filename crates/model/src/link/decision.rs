//! Decisions of members about a link's connections.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::desired::Link;
use super::lifecycle::{ConnectionState, shown_connection};
use crate::connection::{Connection, Decision, RejectReason};
use crate::part::Observed;
use crate::refusal::Refusal;
use crate::remedy::Remedy;

impl Link {
    /// Approves a connection; a second approval changes nothing. Returns whether anything changed.
    ///
    /// # Errors
    /// * `link_deleting`: the link is being deleted.
    /// * `connection_rejected`: the connection is rejected; it can be restored.
    /// * `connection_disconnected`: the provider removed the connection.
    pub fn approve(
        &mut self,
        connection: &mut Connection,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        self.refuse_while_deleting()?;
        match shown_connection(self, connection, observed) {
            ConnectionState::PendingUserApproval => {}
            ConnectionState::UserApproved
            | ConnectionState::Connected
            | ConnectionState::Active => {
                return Ok(false);
            }
            ConnectionState::Rejected => {
                return Err(Refusal::conflict(
                    "connection_rejected",
                    format!("Connection {} is rejected", connection.id),
                )
                .with_remedy(Remedy::RestoreConnection(self.reference_to(&connection.id))));
            }
            ConnectionState::Disconnected => return Err(disconnected(connection)),
        }
        self.decide(connection, Decision::Approved, now);
        Ok(true)
    }

    /// Approves a connection with the address of its endpoint, which the clouds do not report. A
    /// second approval with the same address changes nothing; one with another address corrects it.
    ///
    /// # Errors
    /// The codes of [`Self::approve`].
    pub fn approve_at(
        &mut self,
        connection: &mut Connection,
        address: Ipv4Addr,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let decided = self.approve(connection, observed, now)?;
        if connection.address == Some(address) {
            return Ok(decided);
        }
        connection.address = Some(address);
        self.touch(now);
        Ok(true)
    }

    /// Rejects a connection, cutting its flows if the topology can. A second rejection changes
    /// nothing.
    ///
    /// # Errors
    /// * `link_deleting`: the link is being deleted.
    pub fn reject(&mut self, connection: &mut Connection, now: Timestamp) -> Result<bool, Refusal> {
        self.refuse_while_deleting()?;
        let decision = Decision::Rejected(RejectReason::ByUser);
        if connection.decision == decision {
            return Ok(false);
        }
        self.decide(connection, decision, now);
        Ok(true)
    }

    /// Approves a rejected connection again: the provider cannot return it to pending.
    ///
    /// # Errors
    /// * `link_deleting`: the link is being deleted.
    /// * `connection_pending`: the connection is not decided yet.
    /// * `connection_disconnected`: the provider removed the connection.
    /// * `subscription_not_allowed`: its subscription is not on the link's list.
    pub fn restore(
        &mut self,
        connection: &mut Connection,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        self.refuse_while_deleting()?;
        match shown_connection(self, connection, observed) {
            ConnectionState::Rejected => {}
            ConnectionState::Disconnected => return Err(disconnected(connection)),
            ConnectionState::PendingUserApproval => {
                return Err(Refusal::conflict(
                    "connection_pending",
                    format!("Connection {} is pending approval", connection.id),
                )
                .with_remedy(Remedy::ApproveConnection(self.reference_to(&connection.id))));
            }
            ConnectionState::UserApproved
            | ConnectionState::Connected
            | ConnectionState::Active => {
                return Ok(false);
            }
        }
        if !self.admits(&connection.identity) {
            return Err(Refusal::conflict(
                "subscription_not_allowed",
                format!(
                    "Connection {} comes from a subscription that is not on the link's list of \
                     allowed subscriptions",
                    connection.id
                ),
            )
            .with_remedy(Remedy::AllowSubscription(self.reference())));
        }
        self.decide(connection, Decision::Approved, now);
        Ok(true)
    }

    /// Sets the address of the consumer's endpoint, once the connection is approved.
    ///
    /// # Errors
    /// * `link_deleting`: the link is being deleted.
    /// * `connection_pending`: the connection is not decided yet.
    /// * `connection_not_approved`: the connection is rejected or disconnected.
    pub fn set_address(
        &mut self,
        connection: &mut Connection,
        address: Ipv4Addr,
        observed: &Observed,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.refuse_while_deleting()?;
        match shown_connection(self, connection, observed) {
            ConnectionState::UserApproved
            | ConnectionState::Connected
            | ConnectionState::Active => {}
            ConnectionState::PendingUserApproval => {
                return Err(Refusal::conflict(
                    "connection_pending",
                    format!(
                        "Connection {} is pending approval, so it cannot have an address yet",
                        connection.id
                    ),
                )
                .with_remedy(Remedy::ApproveConnection(self.reference_to(&connection.id))));
            }
            ConnectionState::Rejected | ConnectionState::Disconnected => {
                return Err(Refusal::conflict(
                    "connection_not_approved",
                    format!(
                        "Connection {} is not approved, so it has no address",
                        connection.id
                    ),
                ));
            }
        }
        connection.address = Some(address);
        self.touch(now);
        Ok(())
    }

    fn decide(&mut self, connection: &mut Connection, decision: Decision, now: Timestamp) {
        connection.decide(decision, now);
        self.touch(now);
    }
}

fn disconnected(connection: &Connection) -> Refusal {
    Refusal::conflict(
        "connection_disconnected",
        format!(
            "Connection {} was removed in the cloud and cannot be restored",
            connection.id
        ),
    )
    .with_remedy(Remedy::RecreateEndpoint)
}
