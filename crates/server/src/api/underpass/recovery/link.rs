//! Links that are made again from their published service.

use underpass_clouds::{Depth, Scope};
use underpass_model::cloud::Provider;
use underpass_model::cloud_target::NetworkPlacement;
use underpass_model::id::LinkId;
use underpass_model::link::Link;
use underpass_model::name::{AccountName, ProjectName, ServiceName};
use underpass_model::orphan::Orphan;
use underpass_model::project::Project;
use underpass_model::published_network::NetworkMatch;
use underpass_model::recovery::{LinkDifference, Presence, PublishedService};
use underpass_model::refusal::Refusal;
use underpass_model::remedy::Remedy;
use underpass_model::service::Service;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Expectation, Key, Kind, Lookup, Versioned};

use crate::api::error::Error;
use crate::api::privatelink::{draft_azure, draft_google};
use crate::app::App;
use crate::reconcile::link_removal;
use crate::recovery::{HeldAccount, find_stored_link, link_event, merge};

/// Makes the link of a published service again, under its ID. The service must exist.
///
/// `replace`: consent to the replacement of another link of the service that the cloud does not have.
pub(super) async fn make_again(
    app: &App,
    mut row: Versioned<LinkDifference>,
    replace: bool,
    actor: &str,
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
    let work = WorkKey::Link(project.clone(), service.clone(), provider);
    let replaced = replaced_link(app, difference, &work, replace).await?;
    let replaced = replaced.as_ref();
    let (change, link) = match provider {
        Provider::Azure => {
            let subscriptions = published.subscriptions.clone();
            draft_azure(app, &found, &service, subscriptions, id.clone(), replaced).await?
        }
        Provider::Google => {
            let ranges = &published.nat_ranges;
            draft_google(app, &found, &service, ranges, id.clone(), replaced).await?
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
    let mut change = keep(app, change, &row.value.account, &id).await?;
    if let Some(replaced) = replaced {
        change = remove_replaced(app, change, &work, replaced, &link, actor).await?;
    }
    row.value.is_known = true;
    row.value.published = None;
    Ok(if row.value.connections.is_empty() {
        change.delete(&row)
    } else {
        change.update(&row)?
    })
}

/// Returns the other link that the store has for the service, which the new one replaces: it was
/// deleted in the cloud, and created again.
///
/// # Errors
/// * `link_not_adoptable`: the cloud has both links, or it is not proven that it has not.
/// * `replacement_unconfirmed`: the request has no consent.
async fn replaced_link(
    app: &App,
    difference: &LinkDifference,
    work: &WorkKey,
    replace: bool,
) -> Result<Option<LinkId>, Error> {
    let account = &difference.account;
    let Some(held) = HeldAccount::of(&*app.store, account).await? else {
        return Ok(None);
    };
    let reject_list = app.settings.reject_list;
    let stored = find_stored_link(&*app.store, &held.hold.value, work, reject_list).await?;
    let Some(stored) = stored.filter(|it| it.id.as_str() != difference.object) else {
        return Ok(None);
    };
    let (id, old) = (&difference.object, &stored.id);
    let refusal = match stored.presence {
        Presence::Absent if replace => return Ok(Some(stored.id)),
        Presence::Absent => {
            let message = format!(
                "The store has link {old} in place of link {id}. The cloud does not have {old} any \
                 more: the link was deleted and created again after the backup. The adoption \
                 replaces it with its connections, and needs consent"
            );
            let remedy =
                format!("`underpass recovery adopt {account} --link {id}` shows both and asks");
            Refusal::conflict("replacement_unconfirmed", message)
                .with_remedy(Remedy::manual(remedy))
        }
        Presence::Suspected => {
            let message = format!(
                "The store has link {old} in place of link {id}. The cloud does not show {old}, but \
                 this is not proven yet, which takes minutes. Then adopt again"
            );
            Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery)
        }
        Presence::Unread => {
            let message = format!(
                "The store has link {old} in place of link {id}. The cloud was not read completely \
                 yet, so it may have both. Adopt again in some seconds"
            );
            Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::ShowRecovery)
        }
        Presence::Present => {
            let message = format!(
                "The cloud has both link {id} and link {old}. The store has {old} for the service, \
                 and a service has one link only in a cloud"
            );
            let remedy = format!(
                "`underpass recovery resume {account} --overrule` leaves {id} in the cloud as an \
                 orphan, with its endpoints"
            );
            Refusal::conflict("link_not_adoptable", message).with_remedy(Remedy::manual(remedy))
        }
    };
    Err(refusal.into())
}

/// Adds the removal of the rows of a replaced link.
async fn remove_replaced(
    app: &App,
    change: Change,
    work: &WorkKey,
    replaced: &LinkId,
    link: &Link,
    actor: &str,
) -> Result<Change, Error> {
    let now = app.clock.now();
    let removal = link_removal(&*app.store, work, &link.nat_ranges, now).await?;
    let Some((_, removal)) = removal.filter(|(row, _)| row.value.id == *replaced) else {
        return Err(Error::Contended);
    };
    let message = format!(
        "Link {} of the cloud replaced link {replaced} of the store, which the cloud does not have \
         any more",
        link.id
    );
    let change = merge(change, removal);
    Ok(
        match link_event(work, "link.replaced", message, actor, now) {
            Some(event) => change.event(event),
            None => change,
        },
    )
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
