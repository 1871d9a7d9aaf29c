//! The check of a path from a client to a service, hop by hop.
//!
//! [`examine`] is a pure function of everything that was found out: it says of each hop whether it
//! works, does not work, or was not checked, with evidence, and what mends a broken one. A hop that
//! was not checked is never shown as working. What only the client's own place shows is left to the
//! client.

mod backends;
mod change;
mod connection;
mod difference;
mod foundation;
mod hop;
mod objects;
mod path_picture;

pub use self::change::{Change, ChangeKind, Deviating};
pub use self::difference::{AGREEING_ANSWERS, Difference, DifferenceKind, differences};
pub use self::hop::{Hop, HopKind, HopStatus, first_broken};
pub use self::path_picture::{Asked, LinkPicture, Listing, PathPicture, ServedZone};
use crate::connection::Connection;
use crate::part::Rule;
use crate::remedy::Remedy;

/// The hops of a path in the order of [`HopKind::ALL`]: one of each kind.
pub fn examine(path: &PathPicture<'_>) -> Vec<Hop> {
    let mut hops = vec![foundation::service(path), foundation::link(path)];
    match &path.link {
        None => {}
        Some(link) if link.link.deleting => hops.push(foundation::account(path, link)),
        Some(link) => {
            hops.push(foundation::account(path, link));
            hops.push(foundation::network(path, link));
            hops.push(objects::objects(path, link));
            hops.push(objects::rules(path, link));
            hops.push(backends::backends(path, link));
            hops.extend(connection::connection(path, link));
        }
    }
    let reason = match &path.link {
        None => "There is no private link",
        Some(_) => "The private link is being deleted",
    };
    for kind in HopKind::ALL {
        if kind.is_of_client() {
            hops.push(client_hop(path, kind));
        } else if !hops.iter().any(|hop| hop.kind == kind) {
            hops.push(Hop::not_checked(kind, reason));
        }
    }
    hops.sort_by_key(|hop| hop.kind);
    hops
}

/// The connection that [`examine`] checks; `None` if there is none, or the one that ended.
pub fn examined_connection<'a>(path: &PathPicture<'a>) -> Option<&'a Connection> {
    match (path.connection, &path.link) {
        (Some(Asked::Known(connection)), _) => Some(connection),
        (Some(Asked::Ended(_)), _) | (None, None) => None,
        (None, Some(link)) => connection::most_pressing(path, link),
    }
}

/// A hop that only the client's place shows, except that this machine may answer in its place.
fn client_hop(path: &PathPicture<'_>, kind: HopKind) -> Hop {
    let shadowed = path.link.and_then(|it| it.shadowed.first());
    match shadowed {
        Some(rule) if kind == HopKind::Listener => shadow(path, rule),
        Some(_) | None => {
            Hop::not_checked(kind, "Only a machine in the consumer's network shows it")
        }
    }
}

fn shadow(path: &PathPicture<'_>, rule: &Rule) -> Hop {
    let port = rule.link_port;
    Hop::broken(
        HopKind::Listener,
        format!(
            "A server on this machine answers on port {port} (`{}`) of every loopback address, in \
             place of the endpoint",
            rule.name
        ),
        path.now,
        Remedy::Run {
            instruction: "Bind that server to 127.0.0.1, or register the component with another \
                          link_port. Its process is shown by"
                .to_owned(),
            line: format!("ss -ltnp 'sport = :{port}'"),
        },
    )
}

#[cfg(test)]
mod tests;
