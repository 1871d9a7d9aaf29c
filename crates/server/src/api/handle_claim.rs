//! Check of the cloud resources that the new nodes of a service name.

use std::collections::BTreeSet;

use underpass_model::cloud_resource::CloudResource;
use underpass_model::handle_claim::{HandleClaim, HandleClaims, VpcInAccount, check_spelling};
use underpass_model::service::{Node, NodeHandle, Service};
use underpass_model::vpc::ProjectVpc;
use underpass_store::{CloudResourceReservation, Key, Kind, Lookup, Versioned};

use super::cloud_resource::reservations_of;
use super::error::Error;
use super::extract::Member;
use crate::app::App;

/// Checks the nodes of a service whose cloud resources it did not use `before`. Returns those that
/// belong to the project only by their place in the cloud, and so are not reserved.
///
/// An operator registers any resource. Other callers register what belongs to their project already.
///
/// # Errors
/// * `handle_not_granted`: the project may not take the resource without an operator.
/// * `node_handle`: the resource has another spelling.
pub(super) async fn check(
    app: &App,
    member: &Member,
    before: &BTreeSet<CloudResource>,
    service: &Service,
) -> Result<BTreeSet<CloudResource>, Error> {
    let resource = |node: &Node| node.cloud.as_ref().map(NodeHandle::resource);
    let mut nodes: Vec<_> = service
        .nodes
        .iter()
        .filter(|node| resource(node).is_some_and(|it| !before.contains(&it)))
        .collect();
    if nodes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let project = Key::project(&service.project);
    let mut lookups = vec![
        Lookup::One(Kind::Project, project.clone()),
        Lookup::Under(Kind::Vpc, project),
    ];
    for it in nodes.iter().filter_map(|node| resource(node)) {
        lookups.extend(reservations_of(&service.project, &it));
    }
    let fetched = app.store.fetch(&lookups).await?;
    let stored = fetched.readable::<ProjectVpc>();
    let vpcs: Vec<_> = stored
        .iter()
        .filter_map(|row| in_account(app, &row.value))
        .collect();
    let mut of_service = vpcs.iter().copied();
    let home = of_service.find(|it| Some(it.vpc.id) == service.project_vpc_id);
    for node in &nodes {
        check_spelling(node, home.map(|it| it.native_id))?;
    }
    if member.principal.is_operator() {
        return Ok(BTreeSet::new());
    }
    let reserved = fetched.readable::<CloudResourceReservation>().into_iter();
    let (own, of_others): (Vec<_>, Vec<_>) =
        reserved.partition(|row| row.value.project == service.project);
    let resources_of = |rows: Vec<Versioned<CloudResourceReservation>>| -> BTreeSet<_> {
        rows.into_iter().map(|row| row.value.resource).collect()
    };
    let (own, of_others) = (resources_of(own), resources_of(of_others));
    nodes.retain(|node| resource(node).is_some_and(|it| !own.contains(&it)));
    let row = member.reread(&fetched)?;
    let claims = HandleClaims {
        service,
        home,
        vpcs: &vpcs,
        grants: &row.value.grants,
    };
    let mut located = BTreeSet::new();
    for node in nodes {
        let Some(resource) = resource(node) else {
            continue;
        };
        match claims.check(node, of_others.contains(&resource))? {
            HandleClaim::Reserved => {}
            HandleClaim::Located => {
                located.insert(resource);
            }
        }
    }
    Ok(located)
}

fn in_account<'a>(app: &'a App, vpc: &'a ProjectVpc) -> Option<VpcInAccount<'a>> {
    let account = vpc.account.as_ref()?;
    let native_id = &app.accounts.get(account)?.native_id;
    Some(VpcInAccount {
        vpc,
        account,
        native_id,
    })
}
