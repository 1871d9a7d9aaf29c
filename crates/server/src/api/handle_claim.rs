//! Check of the cloud resources that the new nodes of a service name.

use std::collections::BTreeSet;

use underpass_model::cloud::Provider;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::handle_claim::{HandleClaims, VpcInAccount, check_spelling};
use underpass_model::service::{Node, NodeHandle, Service};
use underpass_model::vpc::ProjectVpc;
use underpass_store::{CloudResourceReservation, Key, Kind, Lookup};

use super::error::Error;
use super::extract::Member;
use crate::app::App;

/// Checks the nodes of a service whose cloud resources it did not use `before`.
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
) -> Result<(), Error> {
    let resource = |node: &Node| node.cloud.as_ref().map(NodeHandle::resource);
    let mut nodes: Vec<_> = service
        .nodes
        .iter()
        .filter(|node| resource(node).is_some_and(|it| !before.contains(&it)))
        .collect();
    if nodes.is_empty() {
        return Ok(());
    }
    let project = Key::project(&service.project);
    let below = match service.cloud.provider() {
        // Another project's networks matter only where resources have no group.
        Provider::Google => Key::root(),
        Provider::Azure | Provider::Aws => project.clone(),
    };
    let mut lookups = vec![
        Lookup::One(Kind::Project, project),
        Lookup::Under(Kind::Vpc, below),
    ];
    let keys: Vec<_> = nodes
        .iter()
        .filter_map(|node| resource(node))
        .map(|it| Key::cloud_resource(&it))
        .collect();
    lookups.extend(
        keys.into_iter()
            .map(|it| Lookup::One(Kind::CloudResource, it)),
    );
    let fetched = app.store.fetch(&lookups).await?;
    let stored = fetched.readable::<ProjectVpc>();
    let vpcs: Vec<_> = stored
        .iter()
        .filter_map(|row| in_account(app, &row.value))
        .collect();
    let home = vpcs
        .iter()
        .copied()
        .find(|it| Some(it.vpc.id) == service.project_vpc_id && it.vpc.project == service.project);
    for node in &nodes {
        check_spelling(node, home.map(|it| it.native_id))?;
    }
    if member.principal.is_operator() {
        return Ok(());
    }
    let own: BTreeSet<_> = fetched
        .readable::<CloudResourceReservation>()
        .into_iter()
        .filter(|row| row.value.project == service.project)
        .map(|row| row.value.resource)
        .collect();
    nodes.retain(|node| resource(node).is_some_and(|it| !own.contains(&it)));
    let row = member.reread(&fetched)?;
    let claims = HandleClaims {
        service,
        home,
        vpcs: &vpcs,
        grants: &row.value.grants,
    };
    Ok(nodes.into_iter().try_for_each(|node| claims.check(node))?)
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
