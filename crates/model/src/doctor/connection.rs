//! The connection: its approval, its endpoint, its name.

use super::difference::{AGREEING_ANSWERS, DifferenceKind, differences};
use super::hop::{Hop, HopKind, HopStatus, span};
use super::path_picture::{Asked, LinkPicture, Listing, PathPicture};
use crate::condition::{ConditionKind, of_connection, remedy_for_link};
use crate::connection::{Connection, Decision};
use crate::link::{ConnectionState, shown_connection};
use crate::part::{Part, Phase};
use crate::remedy::{ConnectionRef, Remedy};

/// Approval, endpoint and name of the connection that is checked.
pub(super) fn connection(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> [Hop; 3] {
    match path.connection {
        Some(Asked::Ended(ended)) => {
            let endpoint = &ended.connection.identity.endpoint;
            let evidence = format!(
                "The cloud has not shown endpoint `{endpoint}` for {}, so its connection ended",
                span(ended.ended_at, path.now)
            );
            without_endpoint(path, evidence)
        }
        Some(Asked::Known(connection)) => of(path, link, connection),
        None => match most_pressing(path, link) {
            Some(connection) => of(path, link, connection),
            None => none(path, link),
        },
    }
}

/// The connection that a check without a name is about: the first with a broken hop, then the first.
/// Rejected ones and those whose endpoint is gone count only if there is no other.
pub(super) fn most_pressing<'a>(
    path: &PathPicture<'_>,
    link: &LinkPicture<'a>,
) -> Option<&'a Connection> {
    let observed = &link.picture.observed;
    let is_alive = |it: &&Connection| match shown_connection(link.link, it, observed) {
        ConnectionState::Rejected | ConnectionState::Disconnected => false,
        ConnectionState::PendingUserApproval
        | ConnectionState::UserApproved
        | ConnectionState::Connected
        | ConnectionState::Active => true,
    };
    let is_broken = |it: &&Connection| {
        let hops = of(path, link, it);
        hops.iter().any(|hop| hop.status == HopStatus::Broken)
    };
    let alive = || link.connections.iter().filter(is_alive);
    alive()
        .find(is_broken)
        .or_else(|| alive().next())
        .or_else(|| link.connections.first())
}

/// The hops of a link without connections.
fn none(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> [Hop; 3] {
    let remedy = if link.link.deleting {
        None
    } else {
        remedy_for_link(
            path.service,
            link.link,
            link.connections,
            &link.picture.observed,
            link.resources.static_ips,
        )
    };
    let remedy = match remedy {
        Some(remedy @ Remedy::AllowSubscription(_)) => remedy,
        Some(_) | None => Remedy::ShareTarget(path.reference()),
    };
    let evidence = "No endpoint has requested a connection";
    [
        Hop::broken(HopKind::Approval, evidence, path.now, remedy),
        Hop::not_checked(HopKind::Endpoint, "There is no connection"),
        Hop::not_checked(HopKind::Name, "There is no connection"),
    ]
}

/// The hops of a connection whose endpoint is gone.
fn without_endpoint(path: &PathPicture<'_>, evidence: String) -> [Hop; 3] {
    [
        Hop::not_checked(
            HopKind::Approval,
            "The endpoint is gone, and with it the request",
        ),
        Hop::broken(
            HopKind::Endpoint,
            evidence,
            path.now,
            Remedy::ShareTarget(path.reference()),
        ),
        Hop::not_checked(HopKind::Name, "A connection that ended has no name"),
    ]
}

fn of(path: &PathPicture<'_>, link: &LinkPicture<'_>, connection: &Connection) -> [Hop; 3] {
    let observed = &link.picture.observed;
    let state = shown_connection(link.link, connection, observed);
    if state == ConnectionState::Disconnected {
        let evidence = format!(
            "The cloud shows endpoint `{}` as disconnected, which is final",
            connection.identity.endpoint
        );
        let mut hops = without_endpoint(path, evidence);
        hops[1].remedy = Some(Remedy::RecreateEndpoint);
        return hops;
    }
    [
        approval(path, link, connection, state),
        endpoint(path, link, connection),
        name(path, link, connection, state),
    ]
}

fn approval(
    path: &PathPicture<'_>,
    link: &LinkPicture<'_>,
    connection: &Connection,
    state: ConnectionState,
) -> Hop {
    const KIND: HopKind = HopKind::Approval;
    let id = &connection.id;
    let reference = || ConnectionRef::new(path.provider, &path.service.name, id);
    let broken = |evidence: String, remedy| Hop::broken(KIND, evidence, path.now, remedy);
    match &connection.decision {
        Decision::Undecided => {
            return broken(
                format!(
                    "{id} waits for a decision for {}",
                    span(connection.first_seen_at, path.now)
                ),
                Remedy::ApproveConnection(reference()),
            );
        }
        Decision::Rejected(reason) => {
            return broken(
                format!("{id} is rejected: {}", reason.explain()),
                Remedy::RestoreConnection(reference()),
            );
        }
        Decision::Approved => {}
    }
    let observed = &link.picture.observed;
    let condition = of_connection(link.link, connection, link.connections, observed);
    if let Some(condition) = condition.filter(|it| it.kind == ConditionKind::Established) {
        let remedy = condition.remedy.unwrap_or_else(|| path.check_again());
        return broken(format!("{id}: {}", condition.message), remedy);
    }
    let part = Part::Admission(id.clone());
    if let Some(failure) = observed.failures.get(&part) {
        if !failure.is_lasting() {
            return Hop::not_checked(
                KIND,
                format!(
                    "{id} is approved. The last step on it failed and is repeated: {}",
                    failure.message.trim_end_matches('.')
                ),
            );
        }
        let remedy = match &failure.remedy {
            Some(text) => Remedy::manual(text),
            None => path.check_again(),
        };
        return broken(
            format!(
                "{id} is approved, but the decision could not be written: {}",
                failure.message.trim_end_matches('.')
            ),
            remedy,
        );
    }
    if state == ConnectionState::UserApproved {
        return broken(
            format!(
                "{id} is approved, and {} has not confirmed it yet",
                path.provider.description()
            ),
            Remedy::AwaitConfirmation(path.reference()),
        );
    }
    if observed.is_contradicted(&part) {
        return Hop::not_checked(
            KIND,
            format!(
                "{id} is approved. A read since shows it as not approved, and may be older than the \
                 approval; Underpass has it confirmed again"
            ),
        );
    }
    let is_lacking = differences(link.picture, path.now).into_iter().any(|it| {
        matches!(it.kind, DifferenceKind::AcceptList { lacks }
            if lacks.contains(&connection.identity.name))
    });
    if is_lacking {
        return broken(
            format!("{id} is approved, and the cloud's list of accepted endpoints lacks it"),
            path.check_again(),
        );
    }
    let evidence = format!("{id} is approved, and the cloud confirms it");
    match link.listing {
        Listing::Done { at, .. } => Hop::ok(KIND, evidence, *at),
        Listing::Failed(_) | Listing::NotDone(_) => {
            Hop::not_checked(KIND, format!("{evidence}, as last read and not now"))
        }
    }
}

fn endpoint(path: &PathPicture<'_>, link: &LinkPicture<'_>, connection: &Connection) -> Hop {
    const KIND: HopKind = HopKind::Endpoint;
    let observed = &link.picture.observed;
    let seen = observed.parts.get(&Part::Admission(connection.id.clone()));
    if let Some(Phase::Missing { since, reads, .. }) = seen.map(|it| &it.phase) {
        let endpoint = &connection.identity.endpoint;
        let since = span(*since, path.now);
        // The listing of the check is none of them: wrong lists and wrong reads come together.
        if *reads < AGREEING_ANSWERS {
            return Hop::not_checked(
                KIND,
                format!(
                    "An answer of {since} ago lacks endpoint `{endpoint}`, and no two reads of it agree \
                     yet"
                ),
            );
        }
        return Hop::broken(
            KIND,
            format!("The cloud does not show endpoint `{endpoint}`, for {since}"),
            path.now,
            Remedy::ShareTarget(path.reference()),
        );
    }
    match (connection.address, &connection.decision) {
        (Some(address), _) => Hop {
            checked_at: None,
            ..Hop::not_checked(
                KIND,
                format!(
                    "Its address is set to {address}. {} does not tell whether that is the \
                     address of the endpoint",
                    path.provider.description()
                ),
            )
        },
        (None, Decision::Approved) => Hop::broken(
            KIND,
            "The address of the endpoint is not set, so the connection has no name",
            path.now,
            Remedy::SetEndpointAddress(ConnectionRef::new(
                path.provider,
                &path.service.name,
                &connection.id,
            )),
        ),
        (None, Decision::Undecided | Decision::Rejected(_)) => {
            Hop::not_checked(KIND, "Its address is set after the approval")
        }
    }
}

fn name(
    path: &PathPicture<'_>,
    link: &LinkPicture<'_>,
    connection: &Connection,
    state: ConnectionState,
) -> Hop {
    const KIND: HopKind = HopKind::Name;
    let (zone, label) = (link.zone, &path.service.host_label);
    let Some(serial) = zone.serial() else {
        return Hop::not_checked(KIND, "This process serves no zone");
    };
    let name = label.privatelink(connection.ordinal, zone.domain());
    let broken = |evidence: String| Hop::broken(KIND, evidence, path.now, path.check_again());
    let (Some(address), ConnectionState::Active) = (connection.address, state) else {
        return broken(format!(
            "`{name}` is not in the zone, because the connection is not active"
        ));
    };
    match zone.address(&name) {
        None => return broken(format!("`{name}` is not in the zone (serial {serial})")),
        Some(found) if found != address => {
            return broken(format!(
                "`{name}` is {found} in the zone (serial {serial}), and {address} is desired"
            ));
        }
        Some(_) => {}
    }
    let brokers = label.brokers(zone.domain());
    if !link.link.broker_ports.is_empty() && zone.address(&brokers).is_none() {
        return broken(format!(
            "`{brokers}`, which brokers advertise, is not in the zone (serial {serial})"
        ));
    }
    Hop::ok(
        KIND,
        format!("`{name}` is {address} in the zone (serial {serial})"),
        path.now,
    )
}
