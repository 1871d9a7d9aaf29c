//! Change of services and of the parts of their links.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use underpass_api_types::compatible_service::CompatibleServiceAnswer;
use underpass_model::bounded_text::{LONGEST_PLAN, check_length};
use underpass_model::credentials::{Credentials, Secrecy};
use underpass_model::id::ProjectVpcId;
use underpass_model::link::{Neighbours, check_change, check_scale_out, is_scaled_out};
use underpass_model::part::Rule;
use underpass_model::service::{Service, check_components};
use underpass_model::user_config;
use underpass_model::work::{Enqueue, Priority};
use underpass_store::{Change, ResourceHolder, Versioned};

use super::service_vpc::ServiceVpc;
use super::view::service_view;
use super::wire::{Edit, OWN_MEMBERS, UpdateBody};
use super::{bypass, registration};
use crate::api::body::JsonBody;
use crate::api::cloud_resource::{ResourceUse, reserve};
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::handle_claim;
use crate::api::history::Subject;
use crate::api::neighbours::neighbours;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::static_ip_counts::StaticIpCounts;
use crate::app::App;
use crate::settings::Settings;

pub(super) async fn update(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<UpdateBody>,
) -> Result<Json<CompatibleServiceAnswer>, Error> {
    body.others.check(&OWN_MEMBERS)?;
    let name = member.service()?;
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &name).await?;
    let desired = DesiredService::of(&body, &snapshot, &app.settings, app.clock.now())?;
    bypass::check(
        &app.settings,
        &snapshot.service.value.components,
        &desired.service.components,
    )
    .await?;
    app.transact(|| async {
        let snapshot = ServiceSnapshot::load(&app, &member.project.value, &name).await?;
        let desired = DesiredService::of(&body, &snapshot, &app.settings, app.clock.now())?;
        Ok((desired.check(&app, &member, &snapshot).await?, ()))
    })
    .await?;
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &name).await?;
    let service = service_view(&snapshot, &app.settings.domain, Secrecy::Told);
    Ok(Json(CompatibleServiceAnswer { service }))
}

/// Desired service.
struct DesiredService {
    service: Service,
    credentials: Credentials,
}

impl DesiredService {
    fn of(
        body: &UpdateBody,
        snapshot: &ServiceSnapshot,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let mut service = snapshot.service.value.clone();
        let mut credentials = snapshot
            .credentials
            .as_ref()
            .map(|row| row.value.clone())
            .unwrap_or_default();
        let facts = registration::find_type(&service.service_type)?;
        if let Some(plan) = &body.plan {
            check_length("plan", plan, LONGEST_PLAN)?;
            plan.clone_into(&mut service.plan);
        }
        if let Some(cloud) = &body.cloud {
            // The stored region may be one that only an earlier version knew.
            if *cloud != service.cloud.to_string() {
                service.cloud = settings.cloud(cloud)?;
            }
        }
        match &body.project_vpc_id {
            Edit::Keep => {}
            Edit::Clear => service.project_vpc_id = None,
            Edit::Set(id) => service.project_vpc_id = Some(id.parse::<ProjectVpcId>()?),
        }
        if let Some(change) = &body.user_config {
            service.user_config = user_config::merge(facts, &service.user_config, change)?;
        }
        if let Some(protected) = body.termination_protection {
            service.termination_protection = protected;
        }
        if let Some(powered) = body.powered {
            service.powered = powered;
        }
        if let Some(change) = &body.maintenance {
            service.maintenance = change.apply(&service.maintenance)?;
        }
        if let Some(registration) = &body.underpass {
            registration.apply(&mut service, &mut credentials)?;
        }
        check_components(facts, &service.components)?;
        service.check_options()?;
        if service != snapshot.service.value {
            service.updated_at = now;
        }
        Ok(Self {
            service,
            credentials,
        })
    }

    /// Returns the change to the desired service; empty if there is no difference.
    async fn check(
        &self,
        app: &App,
        member: &Member,
        snapshot: &ServiceSnapshot,
    ) -> Result<Change, Error> {
        let before = &snapshot.service.value;
        let after = &self.service;
        let links: Vec<_> = snapshot.links.iter().map(|link| &link.link.value).collect();
        check_change(before, after, &links)?;
        // The row of the service is written, as by each association, so the count stays true.
        if is_scaled_out(before, after, &links) {
            let static_ips = StaticIpCounts::of_service(app, member.name(), &after.name).await?;
            check_scale_out(before, after, &links, static_ips)?;
        }
        let service_vpc = match after.project_vpc_id {
            Some(id) => Some(ServiceVpc::load(app, &after.project, id).await?),
            None => None,
        };
        let mut change = Change::new();
        let moved = before.cloud != after.cloud || before.project_vpc_id != after.project_vpc_id;
        if let (Some(left), true) = (before.project_vpc_id, moved) {
            change = ServiceVpc::move_out(change, &before.project, left, &before.name);
        }
        if let (Some(service_vpc), true) = (&service_vpc, moved) {
            service_vpc.admit(&after.cloud)?;
            change = service_vpc.move_in(change, after)?;
        }
        if let (Some(service_vpc), false) = (&service_vpc, moved || before.nodes == after.nodes) {
            change = service_vpc.note_nodes(change, after)?;
        }
        let replaced = before.nodes != after.nodes || before.components != after.components;
        if moved || replaced {
            let vpc = service_vpc
                .as_ref()
                .map(|service_vpc| &service_vpc.vpc.value);
            registration::check(after, vpc, &app.settings)?;
        }
        if before.nodes != after.nodes {
            let released = before.cloud_resources();
            let located = handle_claim::check(app, member, &released, after).await?;
            let required = after.cloud_resources();
            let holder = ResourceHolder::Service(after.name.clone());
            let used = ResourceUse {
                before: &released,
                located: &located,
                ..ResourceUse::new(&holder, &required)
            };
            change = reserve(app, member, change, used).await?;
        }
        let now = app.clock.now();
        // Only new ports on a machine can conflict with a neighbour.
        let appears = replaced || after.broker_listeners().next().is_some();
        let neighbours = if appears && !snapshot.links.is_empty() {
            neighbours(app, after).await?
        } else {
            Neighbours::default()
        };
        for link in &snapshot.links {
            let mut link = link.link.clone();
            if link.value.deleting {
                continue;
            }
            let ports = link.value.ports.clone();
            let brokers = link.value.broker_ports.clone();
            link.value.reserve(after, &neighbours)?;
            if replaced {
                link.value.check_room(after, before, &neighbours)?;
            }
            let rebuilt = !after.is_published_like(before) || brokers != link.value.broker_ports;
            if rebuilt {
                link.value.touch(now);
                change = change.enqueue(Enqueue {
                    key: link.value.work_key(),
                    due_at: now,
                    generation: link.value.generation,
                    priority: Priority::User,
                });
            }
            if rebuilt || ports != link.value.ports {
                change = change.update(&link)?;
            }
        }
        if *after == *before && snapshot.users() == self.credentials.users {
            // No change, unless a link of an older version has no broker ports yet.
            return Ok(change);
        }
        if snapshot.users() != self.credentials.users {
            change = replace_credentials(change, snapshot, self.credentials.clone())?;
        }
        let row = Versioned {
            value: after.clone(),
            ..snapshot.service.clone()
        };
        let subject = Subject::Service(&after.name);
        let event = member.event(now, &subject, "service.updated", describe(before, after));
        Ok(change.update(&row)?.event(event))
    }
}

/// Replaces the logins of a service.
pub(super) fn replace_credentials(
    change: Change,
    snapshot: &ServiceSnapshot,
    credentials: Credentials,
) -> Result<Change, Error> {
    Ok(match &snapshot.credentials {
        Some(row) => change.update(&Versioned {
            value: credentials,
            ..row.clone()
        })?,
        None => change.insert(snapshot.service.key.clone(), &credentials)?,
    })
}

/// Describes the change for the event: opened and closed ports by name, other changes by kind.
fn describe(before: &Service, after: &Service) -> String {
    let (was, is) = (before.open_rules(), after.open_rules());
    let name_all = |rules: &mut dyn Iterator<Item = &Rule>| -> Vec<String> {
        rules
            .map(|rule| format!("{} (port {})", rule.name, rule.link_port))
            .collect()
    };
    let opened = name_all(&mut is.difference(&was));
    let closed = name_all(&mut was.difference(&is));
    let mut parts = Vec::new();
    if !opened.is_empty() {
        parts.push(format!("open on privatelinks: {}", opened.join(", ")));
    }
    if !closed.is_empty() {
        parts.push(format!(
            "no longer open on privatelinks: {}",
            closed.join(", ")
        ));
    }
    if before.nodes != after.nodes {
        let nodes: Vec<_> = after.nodes.iter().map(|node| node.name.as_str()).collect();
        parts.push(format!("nodes: {}", nodes.join(", ")));
    }
    if before.powered != after.powered {
        parts.push(
            if after.powered {
                "powered on"
            } else {
                "powered off"
            }
            .to_owned(),
        );
    }
    if parts.is_empty() {
        return format!("Service `{}` was changed", after.name);
    }
    format!("Service `{}` was changed: {}", after.name, parts.join("; "))
}
