//! Documents of recovery.

use underpass_api_types::recovery::{
    ConnectionDifferenceView, HeldAccountView, LeftLinkView, LinkDifferenceView, PlannedWriteView,
    SettledConnectionView,
};
use underpass_model::connection::{Connection, Decision};
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::recovery::{ConnectionDifference, LinkDifference};

use crate::api::error::Error;
use crate::api::wire_time::wire_time;
use crate::app::App;
use crate::recovery::{HeldAccount, PlannedObject, planned};

/// The project, the service and the provider of a link, as its work key names them.
pub(super) struct LinkNames {
    pub(super) project: String,
    pub(super) service: String,
    pub(super) provider: String,
}

impl LinkNames {
    pub(super) fn of(difference: &LinkDifference) -> Self {
        let mut names = difference.managed.split('/').skip(1).map(str::to_owned);
        let mut next = || names.next().unwrap_or_default();
        Self {
            project: next(),
            service: next(),
            provider: next(),
        }
    }
}

pub(super) fn settled_views(
    link: &LinkDifference,
    connections: &[Connection],
) -> Vec<SettledConnectionView> {
    let view = |connection: &Connection| {
        let names = LinkNames::of(link);
        SettledConnectionView {
            project_name: names.project,
            service_name: names.service,
            provider: names.provider,
            privatelink_connection_id: connection.id.to_string(),
            endpoint: connection.identity.endpoint.clone(),
            decision: decision_text(&connection.decision).to_owned(),
            user_ip_address: connection.address.map(|address| address.to_string()),
        }
    };
    connections.iter().map(view).collect()
}

pub(super) fn left_view(difference: &LinkDifference) -> LeftLinkView {
    let names = LinkNames::of(difference);
    let is_approved = |it: &&ConnectionDifference| it.proven.decision == ProvenDecision::Approved;
    LeftLinkView {
        link_id: difference.object.clone(),
        project_name: names.project,
        service_name: names.service,
        provider: names.provider,
        approved_connections: difference.connections.values().filter(is_approved).count(),
    }
}

/// Shows an account on hold with what its end writes.
pub(super) async fn account_view(app: &App, row: &HeldAccount) -> Result<HeldAccountView, Error> {
    let hold = &row.hold.value;
    let reject_list = app.settings.reject_list;
    let now = app.clock.now();
    let objects = planned(&*app.store, &hold.account, reject_list, now).await?;
    Ok(HeldAccountView {
        account: hold.account.to_string(),
        since: wire_time(hold.since),
        cause: hold.cause.as_str().to_owned(),
        links: row
            .links
            .iter()
            .map(|link| link_view(&link.value))
            .collect(),
        fully_read: hold.listed_at.is_some() && objects.iter().all(|object| object.is_read),
        writes: objects.iter().flat_map(write_views).collect(),
    })
}

fn write_views(object: &PlannedObject) -> impl Iterator<Item = PlannedWriteView> {
    object.writes.iter().map(|write| PlannedWriteView {
        object: object.key.to_string(),
        action: write.action.to_string(),
        part: write.part.to_string(),
        part_name: write.part.display_name(),
        adds: write.adds.clone(),
        cuts: write.cuts.clone(),
    })
}

fn link_view(difference: &LinkDifference) -> LinkDifferenceView {
    let names = LinkNames::of(difference);
    LinkDifferenceView {
        link_id: difference.object.clone(),
        project_name: names.project,
        service_name: names.service,
        provider: names.provider,
        in_store: difference.is_known,
        connections: difference
            .connections
            .values()
            .map(connection_view)
            .collect(),
    }
}

fn connection_view(difference: &ConnectionDifference) -> ConnectionDifferenceView {
    ConnectionDifferenceView {
        privatelink_connection_id: difference.proven.connection.to_string(),
        ordinal: difference.proven.ordinal,
        endpoint: difference.identity.endpoint.clone(),
        cloud_decision: match difference.proven.decision {
            ProvenDecision::Approved => "approved",
            ProvenDecision::Rejected => "rejected",
        }
        .to_owned(),
        stored_decision: difference
            .stored
            .as_ref()
            .map(|decision| decision_text(decision).to_owned()),
        user_ip_address: difference.address().map(|address| address.to_string()),
    }
}

const fn decision_text(decision: &Decision) -> &'static str {
    match decision {
        Decision::Undecided => "undecided",
        Decision::Approved => "approved",
        Decision::Rejected(_) => "rejected",
    }
}
