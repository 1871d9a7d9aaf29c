//! A link with the conditions of its parts, and what the workers will do next.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ipnet::Ipv4Net;
use serde::Serialize;
use serde_json::Value;
use underpass_model::advice;
use underpass_model::blueprint;
use underpass_model::broker_port::BrokerPorts;
use underpass_model::cloud::Provider;
use underpass_model::connection::{Connection, Decision};
use underpass_model::link::{Link, Topology, shown_link};
use underpass_model::nat_range;
use underpass_model::part::{Observed, Part, Phase};
use underpass_model::plan::plan;
use underpass_model::reconcile::{Next, Picture, Step, WaitReason, next};
use underpass_model::service::Service;

use crate::api::failure::failure;
use crate::api::privatelink::provider;
use crate::api::service_snapshot::{LinkSnapshot, ServiceSnapshot};
use crate::api::wire_time::wire_time;
use crate::api::{Error, Member};
use crate::app::App;

pub(super) fn routes() -> Router<App> {
    const LINK: &str = "/v1/underpass/project/{project}/service/{service}/privatelink/{provider}";
    Router::new()
        .route(LINK, get(show))
        .route(&format!("{LINK}/plan"), get(show_plan))
}

/// A link as we know it.
#[derive(Serialize)]
struct LinkView {
    state: &'static str,
    generation: u64,
    topology: &'static str,
    /// What becomes of established flows when a connection is rejected or a port closed.
    established_flow_revocation: &'static str,
    #[serde(flatten)]
    published: PublishedView,
    open_ports: Vec<PortView>,
    /// Ports kept for the link's life, open or not, by component.
    reserved_ports: BTreeMap<String, u16>,
    /// Ports of single brokers kept for the link's life, open or not, by listener and node.
    #[serde(skip_serializing_if = "BrokerPorts::is_empty")]
    broker_ports: BrokerPorts,
    /// In build order; a part that is wanted and was never seen is `absent`.
    parts: Vec<PartView>,
    /// Whether everything is as wanted.
    settled: bool,
    next_step: Option<String>,
    next_action: Option<String>,
    create_time: String,
    update_time: String,
}

/// How consumers find the link, and what else is the cloud's own.
#[derive(Serialize)]
#[serde(untagged)]
enum PublishedView {
    Azure {
        azure_service_alias: Option<String>,
        azure_service_id: Option<String>,
        user_subscription_ids: Vec<String>,
    },
    Google {
        google_service_attachment: Option<String>,
        /// The ranges that consumers' addresses are translated to.
        nat_ranges: Vec<NatRangeView>,
        /// How many connections the ranges serve, one address each.
        nat_capacity: usize,
        /// How many are let in.
        nat_in_use: usize,
    },
}

#[derive(Serialize)]
struct NatRangeView {
    range: String,
    capacity: usize,
}

#[derive(Serialize)]
struct PortView {
    component: String,
    link_port: u16,
    backend_port: u16,
    /// The only node it leads to, if not to all.
    #[serde(skip_serializing_if = "Option::is_none")]
    node_name: Option<String>,
}

#[derive(Serialize)]
struct PartView {
    part: String,
    phase: &'static str,
    desired: bool,
    satisfied: bool,
    since: Option<String>,
    failure: Option<Value>,
}

/// What the workers will do, if all goes well.
#[derive(Serialize)]
struct PlanView {
    generation: u64,
    steps: Vec<StepView>,
}

#[derive(Serialize)]
struct StepView {
    action: &'static str,
    part: String,
}

// === impl LinkView ===

impl LinkView {
    fn new(service: &Service, link: &LinkSnapshot, now: jiff::Timestamp) -> Self {
        let picture = picture(service, link);
        let connections = link.bare_connections();
        let (wish, observed) = (&link.link.value, &link.observed);
        let topology = match wish.topology {
            Topology::Direct => "direct",
        };
        Self {
            state: shown_link(wish, observed).as_str(),
            generation: wish.generation.0,
            topology,
            established_flow_revocation: match wish.topology {
                // The cloud carries the bytes; what it does to them is its own.
                Topology::Direct => "unverified",
            },
            published: PublishedView::new(wish, &connections, observed),
            open_ports: wish
                .open_rules(service)
                .into_iter()
                .map(|rule| PortView {
                    component: rule.name,
                    link_port: rule.link_port,
                    backend_port: rule.backend_port,
                    node_name: rule.node.map(|node| node.to_string()),
                })
                .collect(),
            reserved_ports: wish.ports.clone(),
            broker_ports: wish.broker_ports.clone(),
            parts: parts(&picture),
            settled: picture.is_settled(),
            next_step: describe(&next(&picture, now)),
            next_action: advice::for_link(service, wish, &connections, observed),
            create_time: wire_time(wish.created_at),
            update_time: wire_time(wish.updated_at),
        }
    }
}

// === impl PublishedView ===

impl PublishedView {
    fn new(link: &Link, connections: &[Connection], observed: &Observed) -> Self {
        let facts = observed.last(&Part::Attachment).map(|last| &last.facts);
        let id = facts.and_then(|facts| facts.id.clone());
        match link.provider {
            Provider::Google => {
                let view = |range: &Ipv4Net| NatRangeView {
                    range: range.to_string(),
                    capacity: nat_range::capacity(&[*range]),
                };
                let let_in = |it: &&Connection| it.decision == Decision::Approved;
                Self::Google {
                    google_service_attachment: id,
                    nat_ranges: link.nat_ranges.iter().map(view).collect(),
                    nat_capacity: nat_range::capacity(&link.nat_ranges),
                    nat_in_use: connections.iter().filter(let_in).count(),
                }
            }
            // Links on Amazon Web Services are refused at creation.
            Provider::Azure | Provider::Aws => Self::Azure {
                azure_service_alias: facts.and_then(|facts| facts.alias.clone()),
                azure_service_id: id,
                user_subscription_ids: link.subscriptions.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

/// What is wanted of a link and what was seen of it.
pub(super) fn picture(service: &Service, link: &LinkSnapshot) -> Picture {
    let connections = link.bare_connections();
    Picture {
        generation: link.link.value.generation,
        desired: blueprint::of_link(&link.link.value, service, &connections, &link.observed),
        observed: link.observed.clone(),
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
            None => ("absent", None),
            Some(Phase::Gone) => ("gone", None),
            Some(Phase::Unknown { since }) => ("unknown", Some(*since)),
            Some(Phase::Making { since, .. }) => ("making", Some(*since)),
            Some(Phase::Ready) => ("ready", None),
            Some(Phase::Awaited { since, .. }) => ("awaited", Some(*since)),
            Some(Phase::Failed) => ("failed", None),
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
        Next::Do(step) => Some(step.to_string()),
        Next::Wait {
            until,
            why: WaitReason::Making(part),
        } => Some(format!(
            "wait for the provider to finish {part}, ask at {}",
            wire_time(*until)
        )),
        Next::Wait {
            until,
            why: WaitReason::Turning(part),
        } => Some(format!(
            "wait for the provider to show {part} as decided, look at {}",
            wire_time(*until)
        )),
        Next::Wait {
            until,
            why: WaitReason::PartFailure(part),
        } => Some(format!("try {part} again at {}", wire_time(*until))),
        Next::Rest => None,
    }
}

// === impl StepView ===

impl StepView {
    fn new(step: &Step) -> Self {
        let action = match step {
            Step::Read(_) => "read",
            Step::Put { .. } => "put",
            Step::Delete(_) => "delete",
            Step::Poll { .. } => "poll",
        };
        Self {
            action,
            part: step.part().to_string(),
        }
    }
}

async fn show(State(app): State<App>, member: Member) -> Result<Json<LinkView>, Error> {
    let snapshot = ServiceSnapshot::load(&app, member.name(), &member.service()?).await?;
    let link = snapshot.link(provider(&member)?)?;
    Ok(Json(LinkView::new(
        &snapshot.service.value,
        link,
        app.clock.now(),
    )))
}

async fn show_plan(State(app): State<App>, member: Member) -> Result<Json<PlanView>, Error> {
    let snapshot = ServiceSnapshot::load(&app, member.name(), &member.service()?).await?;
    let link = snapshot.link(provider(&member)?)?;
    let steps = plan(picture(&snapshot.service.value, link), app.clock.now());
    let generation = link.link.value.generation.0;
    Ok(Json(PlanView {
        generation,
        steps: steps.iter().map(StepView::new).collect(),
    }))
}
