//! Registration of services.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use serde_json::Map;
use underpass_api_types::compatible_service::CompatibleServiceAnswer;
use underpass_model::bounded_text::{LONGEST_PLAN, check_length};
use underpass_model::credentials::{Credentials, Secrecy};
use underpass_model::id::{ProjectVpcId, StaticIpId};
use underpass_model::name::{HostLabel, ServiceName};
use underpass_model::ordinals::RetiredOrdinals;
use underpass_model::project_limits::Limited;
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::service::{Maintenance, Service, check_components};
use underpass_model::static_ip::StaticIp;
use underpass_model::tag::check_tags;
use underpass_model::user_config;
use underpass_store::{Change, HostLabelReservation, Key, Kind, Lookup, ResourceHolder};

use super::service_vpc::ServiceVpc;
use super::view::service_view;
use super::wire::{CreateBody, OWN_MEMBERS};
use super::{bypass, registration};
use crate::api::body::JsonBody;
use crate::api::cloud_resource::{ResourceUse, reserve};
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::handle_claim;
use crate::api::history::Subject;
use crate::api::one_more::one_more;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::app::App;

/// Default plan; other names are accepted and stored.
const DEFAULT_PLAN: &str = "startup-4";

pub(super) async fn create(
    State(app): State<App>,
    member: Member,
    JsonBody(body): JsonBody<CreateBody>,
) -> Result<Json<CompatibleServiceAnswer>, Error> {
    body.others.check(&OWN_MEMBERS)?;
    let draft = Draft::read(body, &app, &member).await?;
    bypass::check(&app.settings, &[], &draft.service.components).await?;
    app.transact(|| async { Ok((draft.check(&app, &member).await?, ())) })
        .await?;
    let snapshot = ServiceSnapshot::load(&app, &member.project.value, &draft.service.name).await?;
    let service = service_view(&snapshot, &app.settings.domain, Secrecy::Told);
    Ok(Json(CompatibleServiceAnswer { service }))
}

/// Validated service; conflicts with other objects are checked in each attempt.
struct Draft {
    service: Service,
    credentials: Credentials,
    static_ips: BTreeSet<StaticIpId>,
}

impl Draft {
    async fn read(body: CreateBody, app: &App, member: &Member) -> Result<Self, Error> {
        let name: ServiceName = body.service_name.parse()?;
        let facts = registration::find_type(&body.service_type)?;
        let vpc = match &body.project_vpc_id {
            Some(id) => Some(id.parse::<ProjectVpcId>()?),
            None => None,
        };
        let cloud = match (&body.cloud, vpc) {
            (Some(cloud), _) => app.settings.cloud(cloud)?,
            (None, Some(id)) => {
                ServiceVpc::load(app, member.name(), id)
                    .await?
                    .vpc
                    .value
                    .cloud
            }
            (None, None) => {
                return Err(Refusal::invalid(
                    "cloud_missing",
                    format!(
                        "Service `{name}` needs a cloud. Set `cloud`, for example azure-westeurope, \
                         or its project VPC"
                    ),
                )
                .into());
            }
        };
        let static_ips = body.static_ips.unwrap_or_default();
        let static_ips = static_ips
            .iter()
            .map(|id| id.parse())
            .collect::<Result<_, _>>()?;
        let maintenance = Maintenance::default();
        let now = app.clock.now();
        let mut service = Service {
            project: member.name().clone(),
            host_label: HostLabel::new(&name, member.name())?,
            name,
            service_type: body.service_type,
            plan: body.plan.unwrap_or_else(|| DEFAULT_PLAN.to_owned()),
            cloud,
            project_vpc_id: vpc,
            user_config: user_config::merge(
                facts,
                &Map::new(),
                &body.user_config.unwrap_or_default(),
            )?,
            nodes: Vec::new(),
            components: Vec::new(),
            ca_pem: None,
            tags: body.tags.unwrap_or_default(),
            termination_protection: body.termination_protection.unwrap_or(false),
            powered: true,
            maintenance: match body.maintenance {
                Some(change) => change.apply(&maintenance)?,
                None => maintenance,
            },
            certificate: None,
            created_at: now,
            updated_at: now,
        };
        check_length("plan", &service.plan, LONGEST_PLAN)?;
        check_tags(&service.tags)?;
        let mut credentials = Credentials::default();
        if let Some(registration) = body.underpass {
            registration.apply(&mut service, &mut credentials)?;
        }
        check_components(facts, &service.components)?;
        service.check_options()?;
        Ok(Self {
            service,
            credentials,
            static_ips,
        })
    }

    async fn check(&self, app: &App, member: &Member) -> Result<Change, Error> {
        let service = &self.service;
        let (project, name) = (&service.project, &service.name);
        let key = Key::service(project, name);
        let claim = Key::host_label(&service.host_label);
        let mut lookups = vec![
            Lookup::One(Kind::Project, Key::project(project)),
            Lookup::One(Kind::Service, key.clone()),
            Lookup::One(Kind::HostLabel, claim.clone()),
            Lookup::One(Kind::RetiredOrdinals, claim.clone()),
        ];
        let ips = self.static_ips.iter().map(|id| Key::static_ip(project, id));
        lookups.extend(ips.map(|key| Lookup::One(Kind::StaticIp, key)));
        let fetched = app.store.fetch(&lookups).await?;
        if fetched.one::<Service>(&key)?.is_some() {
            return Err(Refusal::conflict(
                "service_exists",
                format!("Service `{name}` already exists in project `{project}`"),
            )
            .with_remedy(Remedy::UpdateService {
                service: name.clone(),
            })
            .into());
        }
        if fetched.one::<HostLabelReservation>(&claim)?.is_some() {
            return Err(Refusal::conflict(
                "host_label_taken",
                format!(
                    "Service `{name}` would have the host label `{}`, which a service of \
                     another project already has. Choose another name",
                    service.host_label.as_str()
                ),
            )
            .into());
        }
        // A service cannot be registered in a project that is deleted concurrently.
        let home = member.reread(&fetched)?;
        let mut change = Change::new().expect_unchanged(&home);
        change = one_more(app, &home.value, Limited::Services, change).await?;
        if let Some(retired) = fetched.one::<RetiredOrdinals>(&claim)? {
            change = change.put(key.clone(), &retired.value.0)?;
        }
        let service_vpc = match service.project_vpc_id {
            Some(id) => Some(ServiceVpc::load(app, project, id).await?),
            None => None,
        };
        if let Some(service_vpc) = &service_vpc {
            service_vpc.admit(&service.cloud)?;
            change = service_vpc.move_in(change, service)?;
        }
        registration::check(
            service,
            service_vpc
                .as_ref()
                .map(|service_vpc| &service_vpc.vpc.value),
            &app.settings,
        )?;
        for id in &self.static_ips {
            let row = fetched.one::<StaticIp>(&Key::static_ip(project, id))?;
            let mut row = row.ok_or_else(|| {
                Refusal::invalid(
                    "unknown_static_ip",
                    format!("Project `{project}` has no static IP {id}"),
                )
                .with_remedy(Remedy::ListStaticIps)
            })?;
            row.value.associate(name, &service.cloud)?;
            change = change.update(&row)?;
        }
        let located = handle_claim::check(app, member, &BTreeSet::new(), service).await?;
        let resources = service.cloud_resources();
        let user = ResourceHolder::Service(name.clone());
        let new = ResourceUse {
            located: &located,
            ..ResourceUse::new(&user, &resources)
        };
        change = reserve(app, member, change, new).await?;
        let holder = HostLabelReservation {
            project: project.clone(),
            service: name.clone(),
        };
        let message = format!(
            "Service `{name}` of type `{}` was registered in {} with {} node(s)",
            service.service_type,
            service.cloud,
            service.nodes.len()
        );
        let subject = Subject::Service(name);
        let event = member.event(service.created_at, &subject, "service.created", message);
        Ok(change
            .insert(key.clone(), service)?
            .insert(claim, &holder)?
            .insert(key, &self.credentials)?
            .event(event))
    }
}
