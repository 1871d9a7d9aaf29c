//! Changes a service, and with it what its links are built of.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use underpass_api_types::compatible_service::CompatibleServiceAnswer;
use underpass_model::cloud::CloudName;
use underpass_model::credentials::{Credentials, Secrecy};
use underpass_model::id::ProjectVpcId;
use underpass_model::link::{Neighbours, check_change};
use underpass_model::part::Rule;
use underpass_model::refusal::Refusal;
use underpass_model::service::{Service, check_components};
use underpass_model::user_config;
use underpass_model::work::{Enqueue, Priority};
use underpass_store::{Change, Versioned};

use super::place::Place;
use super::view::service_view;
use super::wire::{Edit, UpdateBody};
use super::{bypass, registration};
use crate::api::history::Subject;
use crate::api::neighbours::neighbours;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::api::{Error, JsonBody, Member};
use crate::app::App;

pub(super) async fn update(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<UpdateBody>,
) -> Result<Json<CompatibleServiceAnswer>, Error> {
    let name = member.service()?;
    let snapshot = ServiceSnapshot::load(&app, member.name(), &name).await?;
    let wished = Wished::of(&body, &snapshot, app.clock.now())?;
    bypass::check(
        &app.settings,
        &snapshot.service.value.components,
        &wished.service.components,
    )
    .await?;
    app.transact(|| async {
        let snapshot = ServiceSnapshot::load(&app, member.name(), &name).await?;
        let wished = Wished::of(&body, &snapshot, app.clock.now())?;
        Ok((wished.judge(&app, &member, &snapshot).await?, ()))
    })
    .await?;
    let snapshot = ServiceSnapshot::load(&app, member.name(), &name).await?;
    let service = service_view(&snapshot, &app.settings.domain, Secrecy::Told);
    Ok(Json(CompatibleServiceAnswer { service }))
}

/// A service as it is to be.
struct Wished {
    service: Service,
    credentials: Credentials,
}

impl Wished {
    fn of(body: &UpdateBody, snapshot: &ServiceSnapshot, now: Timestamp) -> Result<Self, Error> {
        let mut service = snapshot.service.value.clone();
        let mut credentials = snapshot
            .credentials
            .as_ref()
            .map(|row| row.value.clone())
            .unwrap_or_default();
        let facts = registration::find_type(&service.service_type)?;
        if let Some(plan) = &body.plan {
            plan.clone_into(&mut service.plan);
        }
        if let Some(cloud) = &body.cloud {
            service.cloud = cloud.parse::<CloudName>().map_err(Refusal::from)?;
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

    /// The change that makes the service so; nothing when it is so already.
    async fn judge(
        &self,
        app: &App,
        member: &Member,
        snapshot: &ServiceSnapshot,
    ) -> Result<Change, Error> {
        let before = &snapshot.service.value;
        let after = &self.service;
        let links: Vec<_> = snapshot.links.iter().map(|link| &link.link.value).collect();
        check_change(before, after, &links)?;
        let place = match after.project_vpc_id {
            Some(id) => Some(Place::load(app, &after.project, id).await?),
            None => None,
        };
        let mut change = Change::new();
        let moved = before.cloud != after.cloud || before.project_vpc_id != after.project_vpc_id;
        if let (Some(left), true) = (before.project_vpc_id, moved) {
            change = Place::move_out(change, &before.project, left, &before.name);
        }
        if let (Some(place), true) = (&place, moved) {
            place.admit(&after.cloud)?;
            change = place.move_in(change, &after.name)?;
        }
        let replaced = before.nodes != after.nodes || before.components != after.components;
        if moved || replaced {
            let vpc = place.as_ref().map(|place| &place.vpc.value);
            registration::check(after, vpc, &app.settings)?;
        }
        let now = app.clock.now();
        // Only what is new on a machine can be in a neighbour's way.
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
                link.value.check_room(after, &neighbours)?;
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
            // Nothing, unless a link of an older version has no broker ports yet.
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
        let event = member.told(now, &subject, "service.updated", describe(before, after));
        Ok(change.update(&row)?.event(event))
    }
}

/// Writes the logins of a service over those that were read.
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

/// What changed, for the history: ports that opened and closed by name, the rest in a word.
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
    format!("Service `{}` was changed; {}", after.name, parts.join("; "))
}
