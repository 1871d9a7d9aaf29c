//! Documents of recovery.

use serde_json::json;
use underpass_api_types::recovery::{
    AbsentLinkView, ConnectionDifferenceView, HeldAccountView, LeftLinkView, LinkDifferenceView,
    PlannedWriteView, SettledConnectionView, StoredLinkView,
};
use underpass_model::connection::{Connection, Decision};
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::recovery::{ConnectionDifference, LinkDifference, Presence};
use underpass_web::fingerprint::fingerprint;

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
        Self::of_key(&difference.managed)
    }

    fn of_key(key: &str) -> Self {
        let mut names = key.split('/').skip(1).map(str::to_owned);
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
    let objects = planned(&*app.store, hold, reject_list, now).await?;
    let links = row.links.iter();
    let mut view = HeldAccountView {
        account: hold.account.to_string(),
        since: wire_time(hold.since),
        cause: hold.cause.as_str().to_owned(),
        links: links.map(|link| link_view(&link.value, &objects)).collect(),
        fully_read: hold.listed_at.is_some() && objects.iter().all(|object| object.is_read),
        writes: objects.iter().flat_map(write_views).collect(),
        absent_links: objects.iter().filter_map(absent_view).collect(),
        plan: String::new(),
    };
    view.plan = plan_of(&view);
    Ok(view)
}

/// Returns the fingerprint of what the end of a hold does.
///
/// Reasons of failures and the progress of reads are not part of it: they change by themselves, and
/// not what is done.
fn plan_of(view: &HeldAccountView) -> String {
    let mut shown = view.clone();
    for link in &mut shown.links {
        link.stored_link = None;
    }
    for write in &mut shown.writes {
        write.expected_failure = None;
    }
    let HeldAccountView {
        links,
        fully_read,
        writes,
        ..
    } = &shown;
    let text = json!([links, fully_read, writes]).to_string();
    fingerprint([text.as_str()])
}

/// Returns a link that the cloud does not show.
fn absent_view(object: &PlannedObject) -> Option<AbsentLinkView> {
    let link = object.link.as_ref()?;
    let is_proven = match link.presence {
        Presence::Present | Presence::Unread => return None,
        Presence::Suspected => false,
        Presence::Absent => true,
    };
    let names = LinkNames::of_key(&object.key.to_string());
    Some(AbsentLinkView {
        link_id: link.id.to_string(),
        project_name: names.project,
        service_name: names.service,
        provider: names.provider,
        connections: link.connections,
        is_proven,
    })
}

/// Returns the other link that the store has for the service of a link.
fn stored_view(difference: &LinkDifference, objects: &[PlannedObject]) -> Option<StoredLinkView> {
    let is_of_service = |object: &&PlannedObject| object.key.to_string() == difference.managed;
    let link = objects.iter().find(is_of_service)?.link.as_ref()?;
    (link.id.as_str() != difference.object).then(|| StoredLinkView {
        link_id: link.id.to_string(),
        presence: link.presence.as_str().to_owned(),
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
        expected_failure: object.failures.get(&write.part).cloned(),
    })
}

fn link_view(difference: &LinkDifference, objects: &[PlannedObject]) -> LinkDifferenceView {
    let names = LinkNames::of(difference);
    LinkDifferenceView {
        link_id: difference.object.clone(),
        project_name: names.project,
        service_name: names.service,
        provider: names.provider,
        in_store: difference.is_known,
        stored_link: stored_view(difference, objects),
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
