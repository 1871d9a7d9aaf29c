//! States of links and connections, derived from the desired and the observed state.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::desired::Link;
use crate::cloud::Provider;
use crate::connection::{Connection, Decision};
use crate::excerpt::excerpt;
use crate::part::{Admission, Facts, Observed, Part, Spec};
use crate::refusal::Refusal;

/// The states of a link that the compatible API shows; a finished deletion is a 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// Not published yet.
    Creating,
    /// Published; its name is known.
    Active,
    /// Being deleted.
    Deleting,
}

impl LinkState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Active => "active",
            Self::Deleting => "deleting",
        }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The states of a connection: four documented ones, and two that only our own routes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionState {
    /// Awaits a decision.
    PendingUserApproval,
    /// Approved here; the provider has not confirmed it yet.
    UserApproved,
    /// Confirmed by the provider; its address is not known yet.
    Connected,
    /// Confirmed, with an address: its name is answered, and bytes flow.
    Active,
    /// Rejected.
    Rejected,
    /// Permanently removed in the cloud.
    Disconnected,
}

impl ConnectionState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::PendingUserApproval,
        Self::UserApproved,
        Self::Connected,
        Self::Active,
        Self::Rejected,
        Self::Disconnected,
    ];

    /// The word on our own routes, and on the compatible ones where it is documented.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingUserApproval => "pending-user-approval",
            Self::UserApproved => "user-approved",
            Self::Connected => "connected",
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Disconnected => "disconnected",
        }
    }

    /// Reports whether the compatible API lists connections in this state.
    pub const fn is_documented(self) -> bool {
        match self {
            Self::PendingUserApproval | Self::UserApproved | Self::Connected | Self::Active => true,
            Self::Rejected | Self::Disconnected => false,
        }
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ConnectionState {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| {
            Refusal::invalid(
                "unknown_connection_state",
                format!(
                    "`{}` is not a state of a connection. Valid values: {}",
                    excerpt(text),
                    Self::ALL.map(Self::as_str).join(", ")
                ),
            )
        })
    }
}

/// The trigger of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// A member approves it.
    Approve,
    /// The provider confirms the approval.
    Confirm,
    /// A member sets the endpoint's address.
    SetAddress,
    /// A member rejects it, or its subscription leaves the list while it waits.
    Reject,
    /// A member approves it again.
    Restore,
    /// The provider removes it permanently.
    Disconnect,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 6] = [
        Self::Approve,
        Self::Confirm,
        Self::SetAddress,
        Self::Reject,
        Self::Restore,
        Self::Disconnect,
    ];
}

/// A transition of a connection: from, trigger, to.
type Move = (ConnectionState, Trigger, ConnectionState);

/// Returns every transition that changes the shown state of a connection.
///
/// Any other trigger changes nothing or is refused; a test replays all transitions against
/// [`shown_connection`].
pub const fn moves(provider: Provider) -> &'static [Move] {
    match provider {
        Provider::Azure => AZURE_MOVES,
        Provider::Google | Provider::Aws => GOOGLE_MOVES,
    }
}

/// The address is set by the approval, so a confirmation leads directly to active. Only a
/// connection that was rejected before its address was set is restored without one and waits for
/// it.
const GOOGLE_MOVES: &[Move] = {
    use ConnectionState::{
        Active, Connected, Disconnected, PendingUserApproval, Rejected, UserApproved,
    };
    use Trigger::{Approve, Confirm, Disconnect, Reject, Restore, SetAddress};
    &[
        (PendingUserApproval, Approve, UserApproved),
        (PendingUserApproval, Reject, Rejected),
        (PendingUserApproval, Disconnect, Disconnected),
        (UserApproved, Confirm, Active),
        (UserApproved, Confirm, Connected),
        (UserApproved, Reject, Rejected),
        (UserApproved, Disconnect, Disconnected),
        (Connected, Approve, Active),
        (Connected, SetAddress, Active),
        (Connected, Reject, Rejected),
        (Connected, Disconnect, Disconnected),
        (Active, Reject, Rejected),
        (Active, Disconnect, Disconnected),
        (Rejected, Restore, UserApproved),
    ]
};

/// The address is set after the approval.
const AZURE_MOVES: &[Move] = {
    use ConnectionState::{
        Active, Connected, Disconnected, PendingUserApproval, Rejected, UserApproved,
    };
    use Trigger::{Approve, Confirm, Disconnect, Reject, Restore, SetAddress};
    &[
        (PendingUserApproval, Approve, UserApproved),
        (PendingUserApproval, Reject, Rejected),
        (PendingUserApproval, Disconnect, Disconnected),
        (UserApproved, Confirm, Connected),
        (UserApproved, Reject, Rejected),
        (UserApproved, Disconnect, Disconnected),
        (Connected, SetAddress, Active),
        (Connected, Reject, Rejected),
        (Connected, Disconnect, Disconnected),
        (Active, Reject, Rejected),
        (Active, Disconnect, Disconnected),
        (Rejected, Restore, UserApproved),
    ]
};

/// Returns the state of a link.
///
/// The attachment is built last, so its confirmed name means that all other parts existed. The link
/// stays active while parts are unknown or changing: opening a port does not make it "creating".
pub fn shown_link(link: &Link, observed: &Observed) -> LinkState {
    if link.deleting {
        return LinkState::Deleting;
    }
    let published = observed
        .last(&Part::Attachment)
        .is_some_and(|last| last.facts.id.is_some() && has_name(link.provider, &last.facts));
    if published {
        LinkState::Active
    } else {
        LinkState::Creating
    }
}

/// Reports whether consumers have the name that they need.
const fn has_name(provider: Provider, facts: &Facts) -> bool {
    match provider {
        Provider::Azure => facts.alias.is_some(),
        Provider::Google | Provider::Aws => true,
    }
}

/// Returns the state of a connection.
pub fn shown_connection(
    link: &Link,
    connection: &Connection,
    observed: &Observed,
) -> ConnectionState {
    let admission = match observed
        .last(&Part::Admission(connection.id.clone()))
        .map(|c| &c.spec)
    {
        Some(Spec::Admission(admission)) => *admission,
        _ => Admission::Pending,
    };
    if admission == Admission::Disconnected {
        return ConnectionState::Disconnected;
    }
    match &connection.decision {
        Decision::Rejected(_) => ConnectionState::Rejected,
        Decision::Undecided => ConnectionState::PendingUserApproval,
        Decision::Approved if admission != Admission::Approved => ConnectionState::UserApproved,
        Decision::Approved if connection.address.is_none() || link.deleting => {
            ConnectionState::Connected
        }
        Decision::Approved => ConnectionState::Active,
    }
}

/// Returns the connection's transitions as a Mermaid state diagram.
pub fn diagram(provider: Provider) -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> pending_user_approval\n");
    for (from, trigger, to) in moves(provider) {
        let (from, to) = (
            from.as_str().replace('-', "_"),
            to.as_str().replace('-', "_"),
        );
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "    {from} --> {to}: {trigger:?}");
    }
    text
}
