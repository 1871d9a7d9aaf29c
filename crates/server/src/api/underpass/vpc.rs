//! Project VPCs of a project with their services and failures.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use underpass_api_types::vpc::{VpcList, VpcView};
use underpass_model::part::Observed;
use underpass_model::vpc::{ProjectVpc, VpcResident as _};
use underpass_store::{Key, Kind, Lookup, VpcResident};

use crate::api::error::Error;
use crate::api::network_condition::vpc_conditions;
use crate::api::part_failure::failures;
use crate::api::whole_project::{WholeProject, on_own_threads};
use crate::app::App;
use crate::unknown_residents::{self, unknown_residents};

pub(super) fn routes() -> Router<App> {
    Router::new().route(
        "/v1/underpass/project/{project}/vpcs",
        on_own_threads(get(list)),
    )
}

async fn list(
    State(app): State<App>,
    WholeProject(member): WholeProject,
) -> Result<Json<VpcList>, Error> {
    let project = Key::project(member.name());
    // Residents have rows of their own, so services are not read.
    let lookups = [
        Lookup::Under(Kind::Vpc, project.clone()),
        Lookup::Under(Kind::VpcResident, project),
        Lookup::Under(Kind::Observed, Key::observed_vpcs(member.name())),
    ];
    let lookups = [&lookups[..], &unknown_residents::lookups()].concat();
    let fetched = app.store.fetch(&lookups).await?;
    let mut residents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in fetched.readable::<VpcResident>() {
        let Some(vpc) = row.key.vpc_of_resident() else {
            continue;
        };
        let service = row.value.service.to_string();
        residents.entry(vpc.to_owned()).or_default().push(service);
    }
    let mut rows = fetched.readable::<ProjectVpc>();
    rows.sort_by_key(|row| row.value.created_at);
    let is_operator = member.principal.is_operator();
    let mut vpcs = Vec::new();
    for vpc in rows.into_iter().map(|row| row.value) {
        let seen = fetched.readable_one::<Observed>(&Key::observed(&vpc.work_key()));
        let observed = seen.map(|row| row.value).unwrap_or_default();
        let id = vpc.id.to_string();
        vpcs.push(VpcView {
            cloud_name: vpc.cloud.to_string(),
            network_cidr: vpc.cidr.to_string(),
            state: vpc.state(&observed),
            services: residents.remove(&id).unwrap_or_default(),
            unknown_links: unknown_residents(&app.accounts, &vpc, &fetched)
                .into_iter()
                .map(|it| if is_operator { it } else { it.for_member() })
                .map(|it| it.describe())
                .collect(),
            failures: failures(&observed),
            conditions: vpc_conditions(&app, &vpc, &observed),
            project_vpc_id: id,
        });
    }
    Ok(Json(VpcList { vpcs }))
}
