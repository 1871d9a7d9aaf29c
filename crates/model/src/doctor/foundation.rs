//! The hops before the link's own objects: registration, desired state, account, network.

use super::hop::{Hop, HopKind, span};
use super::path_picture::{LinkPicture, Listing, PathPicture};
use crate::condition::{Condition, ConditionStatus, backend_registered, network_intact};
use crate::remedy::Remedy;

/// The registration. A component that is not open is a matter of the rules.
pub(super) fn service(path: &PathPicture<'_>) -> Hop {
    const KIND: HopKind = HopKind::Service;
    let service = path.service;
    let condition = backend_registered(service, path.provider, path.static_ips);
    if condition.status == ConditionStatus::False && condition.reason != "NoOpenComponent" {
        let remedy = condition.remedy.unwrap_or_else(|| path.check_again());
        return Hop::broken(KIND, condition.message, path.now, remedy);
    }
    let nodes: Vec<_> = service
        .nodes
        .iter()
        .map(|node| format!("{} ({})", node.name, node.address))
        .collect();
    let power = if service.powered {
        ""
    } else {
        ". It is shown as powered off, which stops no server"
    };
    Hop::ok(
        KIND,
        format!(
            "`{}` is registered on {}{power}",
            service.name,
            nodes.join(", ")
        ),
        path.now,
    )
}

/// The desired state of the link.
pub(super) fn link(path: &PathPicture<'_>) -> Hop {
    const KIND: HopKind = HopKind::Link;
    let (service, provider) = (&path.service.name, path.provider);
    let Some(LinkPicture { link, picture, .. }) = path.link else {
        return Hop::broken(
            KIND,
            format!(
                "`{service}` has no private link on {}",
                provider.description()
            ),
            path.now,
            Remedy::CreateLink(path.reference()),
        );
    };
    if link.deleting {
        return Hop::broken(
            KIND,
            format!(
                "The deletion of the private link was requested {} ago",
                span(link.updated_at, path.now)
            ),
            path.now,
            Remedy::AwaitLinkDeletion(path.reference()),
        );
    }
    if let Some(since) = picture.observed.held_since {
        let mut hop = Hop::not_checked(
            KIND,
            format!(
                "The account is on hold for {}: nothing is written to it until an operator has \
                 compared the store with the cloud",
                span(since, path.now)
            ),
        );
        hop.remedy = Some(Remedy::ShowRecovery);
        return hop;
    }
    Hop::ok(
        KIND,
        format!("A private link on {} is desired", provider.description()),
        path.now,
    )
}

/// The account, as its answer to a listing shows.
pub(super) fn account(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> Hop {
    const KIND: HopKind = HopKind::Account;
    let named = link
        .account
        .map_or_else(|| "The account".to_owned(), |it| format!("Account `{it}`"));
    let remedy = || match link.account {
        Some(account) => Remedy::CheckAccount {
            account: account.clone(),
        },
        None => path.check_again(),
    };
    if let Some(outage) = &link.resources.outage {
        return Hop::broken(
            KIND,
            format!(
                "{named} has not answered for {}: {}",
                span(outage.since, path.now),
                without_stop(&outage.error)
            ),
            path.now,
            remedy(),
        );
    }
    match link.listing {
        Listing::Done { at, .. } => Hop::ok(KIND, format!("{named} was listed"), *at),
        Listing::Failed(reason) => Hop::broken(
            KIND,
            format!("{named} could not be listed: {}", without_stop(reason)),
            path.now,
            remedy(),
        ),
        Listing::NotDone(reason) => Hop::not_checked(KIND, reason),
    }
}

/// The project VPC and the static IPs.
pub(super) fn network(path: &PathPicture<'_>, link: &LinkPicture<'_>) -> Hop {
    const KIND: HopKind = HopKind::Network;
    let conditions = link.resources.network.iter().map(network_intact);
    let (broken, other): (Vec<Condition>, Vec<Condition>) =
        conditions.partition(|it| it.status == ConditionStatus::False);
    if let Some(first) = broken.into_iter().next() {
        let remedy = first.remedy.unwrap_or(Remedy::ListVpcs);
        return Hop::broken(KIND, first.message, path.now, remedy);
    }
    if let Some(first) = other.into_iter().next() {
        return Hop::not_checked(KIND, first.message);
    }
    match link.networks {
        Listing::Done { at, .. } => {
            let what = match path.provider {
                crate::cloud::Provider::Azure => "The project VPC and the static IPs are",
                crate::cloud::Provider::Google | crate::cloud::Provider::Aws => {
                    "The project VPC is"
                }
            };
            Hop::ok(KIND, format!("{what} in the cloud as desired"), *at)
        }
        Listing::Failed(reason) => Hop::not_checked(
            KIND,
            format!(
                "The networks of the account could not be listed: {}",
                without_stop(reason)
            ),
        ),
        Listing::NotDone(reason) => Hop::not_checked(KIND, reason),
    }
}

/// A provider's text without its last full stop.
fn without_stop(text: &str) -> &str {
    text.trim_end().trim_end_matches('.')
}
