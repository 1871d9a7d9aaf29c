//! An account on hold.

use std::collections::{BTreeMap, BTreeSet};

use underpass_model::connection::Identity;
use underpass_model::decision_proof::{Attestation, ProvenDecision};
use underpass_model::id::ConnectionId;
use underpass_model::name::AccountName;
use underpass_model::recovery::{
    AccountHold, ConnectionDifference, HoldCause, LinkDifference, PublishedService,
};
use underpass_store::{Change, Key};

use crate::published::endpoint;
use crate::world::World;

pub(crate) const SUBSCRIPTION: &str = "8eefec94-5d63-40c9-983c-03ab083b411d";

/// A connection that the cloud shows as decided, and that the store does not have.
pub(crate) fn proven(
    id: &ConnectionId,
    decision: ProvenDecision,
    ordinal: u32,
) -> ConnectionDifference {
    ConnectionDifference {
        identity: Identity {
            name: "pe-1.guid".to_owned(),
            link_identifier: Some("536871".to_owned()),
            endpoint: endpoint(SUBSCRIPTION, "pe-1"),
            location: None,
            message: None,
        },
        proven: Attestation {
            connection: id.clone(),
            ordinal,
            decision,
            revision: 3,
            address: Some("10.1.2.3".parse().unwrap()),
        },
        stored: None,
        stored_address: None,
    }
}

/// Puts account `azure` on hold with one link that differs.
pub(crate) async fn hold(
    world: &World,
    link: &str,
    is_known: bool,
    difference: ConnectionDifference,
) {
    hold_account(world, "azure", link, is_known, difference).await;
}

/// Puts the account of a cloud on hold with one link that differs.
pub(crate) async fn hold_account(
    world: &World,
    cloud: &str,
    link: &str,
    is_known: bool,
    difference: ConnectionDifference,
) {
    let account: AccountName = cloud.parse().unwrap();
    let managed = format!("link/demo/pg-1/{cloud}");
    let published = PublishedService {
        subscriptions: BTreeSet::from([SUBSCRIPTION.parse().unwrap()]),
        nat_ranges: BTreeSet::new(),
        ..PublishedService::default()
    };
    let row = LinkDifference {
        account: account.clone(),
        object: link.to_owned(),
        managed: managed.clone(),
        is_known,
        published: (!is_known).then_some(published),
        connections: BTreeMap::from([(difference.proven.connection.clone(), difference)]),
        since: world.now(),
    };
    let hold = AccountHold {
        listed_at: None,
        account: account.clone(),
        since: world.now(),
        cause: HoldCause::Difference,
    };
    let change = Change::new()
        .put(Key::link_difference(&managed, link), &row)
        .unwrap()
        .put(Key::account_hold(&account), &hold)
        .unwrap();
    world.app.store.commit(change).await.unwrap();
}
