//! Links that are made again from their published service.

use underpass_clouds::{Depth, Scope};
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::NetworkPlacement;
use underpass_model::id::LinkId;
use underpass_model::name::{AccountName, ProjectName, ServiceName};
use underpass_model::orphan::Orphan;
use underpass_model::project::Project;
use underpass_model::published_network::NetworkMatch;
use underpass_model::recovery::{LinkDifference, PublishedService};
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::service::Service;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Expectation, Key, Kind, Lookup, Versioned};

use crate::api::error::Error;
use crate::api::privatelink::{draft_azure, draft_google};
use crate::app::App;

/// Makes the link of a published service again, under its ID. The service must exist.
pub(super) async fn make_again(
    app: &App,
    mut row: Versioned<LinkDifference>,
) -> Result<Change, Error> {
    let difference = &row.value;
    let unusable = || {
        let message = format!(
            "The published service of link {} was changed in the cloud, so the link cannot be made \
             again from it",
            difference.object
        );
        Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery)
    };
    let (Ok(WorkKey::Link(project, service, provider)), Ok(id), Some(published)) = (
        difference.managed.parse::<WorkKey>(),
        difference.object.parse::<LinkId>(),
        &difference.published,
    ) else {
        return Err(unusable().into());
    };
    let found = owner(app, &project, &service, provider, &id).await?;
    let (change, link) = match provider {
        Provider::Azure => {
            let subscriptions = published.subscriptions.clone();
            draft_azure(app, &found, &service, subscriptions, id.clone()).await?
        }
        Provider::Google => {
            draft_google(app, &found, &service, &published.nat_ranges, id.clone()).await?
        }
        Provider::Aws => return Err(unusable().into()),
    };
    let key = Key::vpc(&project, link.vpc);
    let lookup = Lookup::One(Kind::Vpc, key.clone());
    let vpc = app.store.fetch(&[lookup]).await?.one::<ProjectVpc>(&key)?;
    let Some(vpc) = vpc.filter(|vpc| vpc.value.account.as_ref() == Some(&difference.account))
    else {
        return Err(other_network(published, None, &service, &id).into());
    };
    check_network(app, published, &vpc.value, &service, &id)?;
    let change = keep(app, change, &row.value.account, &id).await?;
    row.value.is_known = true;
    row.value.published = None;
    Ok(if row.value.connections.is_empty() {
        change.delete(&row)
    } else {
        change.update(&row)?
    })
}

/// Returns the project of a link. The store must have it with the service.
async fn owner(
    app: &App,
    project: &ProjectName,
    service: &ServiceName,
    provider: Provider,
    id: &LinkId,
) -> Result<Project, Error> {
    let (project_key, service_key) = (Key::project(project), Key::service(project, service));
    let lookups = [
        Lookup::One(Kind::Project, project_key.clone()),
        Lookup::One(Kind::Service, service_key.clone()),
    ];
    let fetched = app.store.fetch(&lookups).await?;
    let Some(found) = fetched.one::<Project>(&project_key)? else {
        let message =
            format!("Link {id} belongs to project `{project}`, which the store does not have");
        let remedy = format!(
            "Create the project with `underpass project create {project}`, register the service, \
             and adopt again"
        );
        return Err(Refusal::conflict("project_missing", message)
            .with_remedy(Remedy::manual(remedy))
            .into());
    };
    let Some(registered) = fetched.one::<Service>(&service_key)? else {
        let message = format!(
            "Link {id} belongs to service `{service}` of project `{project}`, which the store does \
             not have"
        );
        let remedy = format!(
            "Register the service first, with the same name and in the same network, with \
             `underpass service create {service} --project {project}`, and adopt again"
        );
        return Err(Refusal::conflict("link_not_adoptable", message)
            .with_remedy(Remedy::manual(remedy))
            .into());
    };
    // The end of the hold would take such a node out of the load balancer.
    let mut nodes = registered.value.nodes.iter();
    if let Some(node) = nodes.find(|node| node.cloud.is_none()) {
        let message = format!(
            "Link {id} leads to nodes of service `{service}`, but node `{}` has no cloud resource ID \
             (NIC or instance) yet. `underpass up` finds it within seconds",
            node.name
        );
        let remedy = Remedy::RegisterNodeHandle {
            service: service.clone(),
            node: node.name.clone(),
            address: node.address,
            provider,
        };
        return Err(Refusal::conflict("link_not_adoptable", message)
            .with_remedy(remedy)
            .into());
    }
    Ok(found.value)
}

/// Adds the end of the orphan that a published service was, unless its removal is requested.
async fn keep(
    app: &App,
    change: Change,
    account: &AccountName,
    id: &LinkId,
) -> Result<Change, Error> {
    let key = Key::orphan(account, id);
    let lookup = Lookup::One(Kind::Orphan, key.clone());
    let found = app.store.fetch(&[lookup]).await?.one::<Orphan>(&key)?;
    match found {
        None => Ok(change.expect(Expectation::Absent(Kind::Orphan, key))),
        Some(orphan) if orphan.value.removal.is_none() => Ok(change.delete(&orphan)),
        Some(_) => {
            let message = format!(
                "Link {id} cannot be made again: an operator requested the removal of its \
                 published service"
            );
            Err(Refusal::conflict("orphan_being_removed", message)
                .with_remedy(Remedy::ListOrphans)
                .into())
        }
    }
}

/// Returns whether links of a project VPC are where a published service is.
fn is_in(published: &PublishedService, vpc: &ProjectVpc) -> bool {
    let placement = NetworkPlacement::of(vpc);
    let scope = placement
        .and_then(|placement| Scope::of(vpc.cloud.region(), &placement, Depth::Everything));
    scope.is_some_and(|scope| published.is_in(&scope.region, scope.group.as_deref()))
}

/// Refuses a published service that is in another network than links of a project VPC.
fn check_network(
    app: &App,
    published: &PublishedService,
    vpc: &ProjectVpc,
    service: &ServiceName,
    id: &LinkId,
) -> Result<(), Refusal> {
    if !is_in(published, vpc) {
        return Err(other_network(published, None, service, id));
    }
    let account = vpc.account.as_ref().and_then(|it| app.accounts.get(it));
    let native_id = account.map_or("", |account| account.native_id.as_str());
    match published.network.compare(vpc, native_id) {
        NetworkMatch::Same => Ok(()),
        NetworkMatch::Different { found, expected } => Err(other_network(
            published,
            Some((&found, &expected)),
            service,
            id,
        )),
        NetworkMatch::Unknown => {
            let message = format!(
                "No listing showed the network of the published service of link {id} yet, so the \
                 link cannot be made again. The next complete listing, within minutes, shows it. \
                 Then adopt again"
            );
            Err(Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery))
        }
    }
}

/// The refusal for a published service in another network; `ids` are the differing IDs that the
/// cloud shows and that the project VPC has.
fn other_network(
    published: &PublishedService,
    ids: Option<(&str, &str)>,
    service: &ServiceName,
    id: &LinkId,
) -> Refusal {
    let group = published.group.as_ref();
    let group = group.map_or_else(String::new, |group| format!("resource group `{group}` in "));
    let (place, registered) = if let Some((found, expected)) = ids {
        (format!("`{found}`"), format!("`{expected}`"))
    } else {
        let place = format!("{group}`{}`", published.region);
        (place, "another network".to_owned())
    };
    let message = format!(
        "Link {id} is published from {place}, but service `{service}` is registered in \
         {registered}, so the link cannot be made again. Register the service in the project VPC \
         of that network; if the store lost it, make it again with `underpass vpc create \
         --project-vpc-id`"
    );
    Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery)
}
