//! Link with the conditions of its parts, and the plan.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ipnet::Ipv4Net;
use underpass_api_types::link::{
    BackendView, LinkView, NatRange, OpenPort, PlanView, PublishedLink, StepAction, StepView,
};
use underpass_api_types::part::{PartPhase, PartView};
use underpass_api_types::remedy;
use underpass_model::backend_health::Backend;
use underpass_model::blueprint;
use underpass_model::cloud::Provider;
use underpass_model::condition::{self, ServiceResources};
use underpass_model::connection::{Connection, Decision};
use underpass_model::google::RejectList;
use underpass_model::link::{Link, Topology, shown_link};
use underpass_model::nat_range;
use underpass_model::part::{Observed, Part, Phase};
use underpass_model::plan::plan;
use underpass_model::reconcile::{AbsenceRule, Next, Picture, Step, WaitReason, next};
use underpass_model::service::Service;

use crate::api::account_outages::AccountOutages;
use crate::api::condition::condition_view;
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::network_problems::NetworkProblems;
use crate::api::part_failure::failure;
use crate::api::privatelink::provider;
use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use crate::api::shared_interfaces::SharedInterfaces;
use crate::api::static_ip_counts::StaticIpCounts;
use crate::api::wire_time::wire_time;
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    const LINK: &str = "/v1/underpass/project/{project}/service/{service}/privatelink/{provider}";
    Router::new()
        .route(LINK, get(show))
        .route(&format!("{LINK}/plan"), get(show_plan))
}

fn link_view(
    service: &Service,
    snapshot: &LinkSnapshot,
    resources: &ServiceResources,
    reject_list: RejectList,
    now: jiff::Timestamp,
) -> LinkView {
    let picture = picture(service, snapshot, reject_list);
    let connections = snapshot.bare_connections();
    let (link, observed) = (&snapshot.link.value, &snapshot.observed);
    let conditions = condition::of_link(service, link, &connections, observed, resources);
    let static_ips = resources.static_ips;
    let remedy = condition::remedy_for_link(service, link, &connections, observed, static_ips);
    LinkView {
        state: shown_link(link, observed),
        generation: link.generation.0,
        topology: link.topology,
        established_flow_revocation: match link.topology {
            // The cloud relays the bytes; the effect on established flows is unknown.
            Topology::Direct => "unverified".to_owned(),
        },
        published: published(link, &connections, observed),
        open_ports: link
            .open_rules(service)
            .into_iter()
            .map(|rule| OpenPort {
                component: rule.name,
                link_port: rule.link_port,
                backend_port: rule.backend_port,
                node_name: rule.node.map(|node| node.to_string()),
            })
            .collect(),
        backends: resources.backends.iter().map(backend_view).collect(),
        reserved_ports: link.ports.clone(),
        broker_ports: link.broker_ports.clone(),
        parts: parts(&picture),
        settled: picture.is_settled(),
        next_step: describe(&next(&picture, now)),
        conditions: conditions.into_iter().map(condition_view).collect(),
        next_action: remedy.as_ref().map(remedy::sentence),
        create_time: wire_time(link.created_at),
        update_time: wire_time(link.updated_at),
    }
}

fn backend_view(backend: &Backend) -> BackendView {
    BackendView {
        node_name: backend.node.to_string(),
        component: backend.rule.clone(),
        port: backend.port,
        health: backend.status,
        since: backend.since.map(wire_time),
        checked_at: backend.checked_at.map(wire_time),
        reason: backend.reason.clone(),
    }
}

fn published(link: &Link, connections: &[Connection], observed: &Observed) -> PublishedLink {
    let facts = observed.last(&Part::Attachment).map(|last| &last.facts);
    let id = facts.and_then(|facts| facts.id.clone());
    match link.provider {
        Provider::Google => {
            let view = |range: &Ipv4Net| NatRange {
                range: range.to_string(),
                capacity: nat_range::capacity(&[*range]),
            };
            let is_approved = |it: &&Connection| it.decision == Decision::Approved;
            PublishedLink::Google {
                google_service_attachment: id,
                nat_ranges: link.nat_ranges.iter().map(view).collect(),
                nat_capacity: nat_range::capacity(&link.nat_ranges),
                nat_in_use: connections.iter().filter(is_approved).count(),
            }
        }
        // Links on Amazon Web Services are refused at creation.
        Provider::Azure | Provider::Aws => PublishedLink::Azure {
            azure_service_alias: facts.and_then(|facts| facts.alias.clone()),
            azure_service_id: id,
            user_subscription_ids: link.subscriptions.iter().map(ToString::to_string).collect(),
        },
    }
}

/// Returns the desired and the observed state of a link.
pub(super) fn picture(service: &Service, link: &LinkSnapshot, reject_list: RejectList) -> Picture {
    let connections = link.bare_connections();
    let (desired, observed) = (&link.link.value, &link.observed);
    Picture {
        generation: link.link.value.generation,
        desired: blueprint::of_link(desired, service, &connections, observed, reject_list),
        observed: link.observed.clone(),
        absence: AbsenceRule::default(),
    }
}

fn parts(picture: &Picture) -> Vec<PartView> {
    let observed = &picture.observed;
    let all: std::collections::BTreeSet<&Part> = picture
        .desired
        .keys()
        .chain(observed.parts.keys())
        .collect();
    let view = |part: &Part| {
        let (phase, since) = match observed.parts.get(part).map(|seen| &seen.phase) {
            None => (PartPhase::Absent, None),
            Some(Phase::Gone) => (PartPhase::Gone, None),
            Some(Phase::Unknown { since }) => (PartPhase::Unknown, Some(*since)),
            Some(Phase::Making { since, .. }) => (PartPhase::Making, Some(*since)),
            Some(Phase::Ready) => (PartPhase::Ready, None),
            Some(Phase::Awaited { since, .. }) => (PartPhase::Awaited, Some(*since)),
            Some(Phase::Failed) => (PartPhase::Failed, None),
            Some(Phase::Missing { since, .. }) => (PartPhase::Missing, Some(*since)),
        };
        PartView {
            part: part.to_string(),
            phase,
            desired: picture.desired.contains_key(part),
            satisfied: picture.is_satisfied(part),
            since: since.map(wire_time),
            failure: observed.failures.get(part).map(|it| failure(part, it)),
        }
    };
    all.into_iter().map(view).collect()
}

fn describe(next: &Next) -> Option<String> {
    match next {
        Next::Do(step) => Some(step_sentence(step)),
        Next::Wait {
            until,
            why: WaitReason::Making(part),
        } => Some(format!(
            "wait for the cloud to finish the {}, ask at {}",
            part.display_name(),
            wire_time(*until)
        )),
        Next::Wait {
            until,
            why: WaitReason::Awaited(part),
        } => Some(format!(
            "wait for the cloud to show the {} as decided, look at {}",
            part.display_name(),
            wire_time(*until)
        )),
        Next::Wait {
            until,
            why: WaitReason::Absence(part),
        } => Some(format!(
            "read the {} again at {}, because the cloud did not show it",
            part.display_name(),
            wire_time(*until)
        )),
        Next::Wait {
            until,
            why: WaitReason::Emptiness(part),
        } => Some(format!(
            "list the contents of the {} again at {}, because the cloud deletes them with it",
            part.display_name(),
            wire_time(*until)
        )),
        Next::Wait {
            until,
            why: WaitReason::Repair(part),
        } => Some(format!(
            "write the {} again at {}, because the cloud does not keep it",
            part.display_name(),
            wire_time(*until)
        )),
        Next::Wait {
            until,
            why: WaitReason::PartFailure(part),
        } => Some(format!(
            "try the {} again at {}",
            part.display_name(),
            wire_time(*until)
        )),
        Next::Rest => None,
    }
}

fn step_sentence(step: &Step) -> String {
    let name = step.part().display_name();
    match step {
        Step::Put {
            part: Part::Admission(_),
            ..
        } => format!("write the decision about the {name}"),
        Step::Put { .. } => format!("create or update the {name}"),
        Step::Read(_) => format!("read the {name}"),
        Step::Survey(_) => format!("list the contents of the {name}"),
        Step::Delete(_) => format!("delete the {name}"),
        Step::Poll { .. } => format!("ask for the progress of the {name}"),
    }
}

fn step_view(step: &Step) -> StepView {
    StepView {
        action: match step {
            Step::Read(_) | Step::Survey(_) => StepAction::Read,
            Step::Put { .. } => StepAction::Put,
            Step::Delete(_) => StepAction::Delete,
            Step::Poll { .. } => StepAction::Poll,
        },
        part: step.part().to_string(),
    }
}

async fn show(State(app): State<App>, member: Member) -> Result<Json<LinkView>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let link = snapshot.link(provider(&member)?)?;
    let service = &snapshot.service.value;
    let static_ips = StaticIpCounts::of_service(&app, member.name(), &service.name).await?;
    let shared = SharedInterfaces::load(&app, std::slice::from_ref(&snapshot)).await?;
    let outages = AccountOutages::load(&app, member.name()).await?;
    let networks =
        NetworkProblems::load(&app, member.name(), std::slice::from_ref(&snapshot)).await?;
    let resources = ServiceResources {
        static_ips,
        shared_interfaces: shared.get(&service.name),
        outage: outages.of(&link.link.value),
        network: networks.of(&link.link.value),
        backends: app.health.backends(&link.link.value, service),
    };
    app.health.request(&link.link.value, app.clock.now());
    Ok(Json(link_view(
        service,
        link,
        &resources,
        app.settings.reject_list,
        app.clock.now(),
    )))
}

async fn show_plan(State(app): State<App>, member: Member) -> Result<Json<PlanView>, Error> {
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &member.service()?).await?;
    let link = snapshot.link(provider(&member)?)?;
    let picture = picture(&snapshot.service.value, link, app.settings.reject_list);
    let steps = plan(picture, app.clock.now());
    let generation = link.link.value.generation.0;
    Ok(Json(PlanView {
        generation,
        steps: steps.iter().map(step_view).collect(),
    }))
}
