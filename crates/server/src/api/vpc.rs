//! Project VPCs of the compatible API.
//!
//! A change of a VPC's contents also writes the VPC's row, and so does the deletion of the VPC: of
//! two concurrent requests, the later one is repeated.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use ipnet::Ipv4Net;
use serde::Deserialize;
use serde_json::{Value, json};
use underpass_api_types::vpc::{
    AzureNetwork, CompatibleVpc, CompatibleVpcList, GoogleNetwork, VpcDetails,
};
use underpass_model::adoption_grant;
use underpass_model::cloud::{CloudName, Provider};
use underpass_model::excerpt::excerpt;
use underpass_model::id::{Generation, ProjectVpcId};
use underpass_model::link::Link;
use underpass_model::name::{AccountName, ProjectName};
use underpass_model::part::{GooglePart, Observed, Part};
use underpass_model::project_limits::Limited;
use underpass_model::refusal::Refusal;
use underpass_model::service::Service;
use underpass_model::vpc::{
    AdoptedAzure, AdoptedGoogle, NAT_SUBNET, NODE_SUBNET, ProjectVpc, VpcNetwork, VpcResident,
    vpc_exists, vpc_not_found,
};
use underpass_model::work::{Enqueue, Priority};
use underpass_store::{Change, Expectation, Fetched, Key, Kind, Lookup, ResourceHolder};

use super::body::JsonBody;
use super::cloud_resource::{ResourceUse, reserve};
use super::error::{Error, unreadable};
use super::extract::Member;
use super::history::Subject;
use super::network_condition::vpc_conditions;
use super::one_more::one_more;
use super::other_members::OtherMembers;
use super::part_failure::failures;
use super::refresh::{self, Refreshed};
use super::sorted::Sorted;
use super::wire_time::wire_time;
use crate::app::App;
use crate::unknown_residents::{self, unknown_residents, unreadable_resident};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/project/{project}/vpcs", get(list).post(create))
        .route("/v1/project/{project}/vpcs/{vpc}", get(show).delete(remove))
        .route("/v1/underpass/project/{project}/vpcs/{vpc}", get(inspect))
        .route(
            "/v1/underpass/project/{project}/vpcs/{vpc}/refresh",
            post(refresh),
        )
}

#[derive(Deserialize)]
struct NewVpc {
    cloud_name: String,
    network_cidr: String,
    #[serde(default)]
    peering_connections: Option<Vec<Value>>,
    #[serde(default)]
    underpass: NewNetwork,
    #[serde(flatten)]
    others: OtherMembers,
}

/// Ours: an existing network to adopt, and the ID of a project VPC that the store lost.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NewNetwork {
    azure: Option<AzureToAdopt>,
    google: Option<GoogleToAdopt>,
    byoc: bool,
    /// For operators: under its ID, the project VPC finds the network that Underpass made for it.
    project_vpc_id: Option<ProjectVpcId>,
}

/// Members of [`NewNetwork`].
const OWN_MEMBERS: [&str; 4] = ["azure", "google", "byoc", "project_vpc_id"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AzureToAdopt {
    account: Option<AccountName>,
    resource_group: String,
    vnet_id: String,
    node_subnet: String,
    nat_subnet: String,
}

impl AzureToAdopt {
    fn network(&self) -> AdoptedAzure {
        AdoptedAzure {
            resource_group: self.resource_group.clone(),
            vnet_id: self.vnet_id.clone(),
            node_subnet: self.node_subnet.clone(),
            nat_subnet: self.nat_subnet.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoogleToAdopt {
    account: Option<AccountName>,
    network: String,
    node_subnet: String,
}

impl GoogleToAdopt {
    fn network(&self) -> AdoptedGoogle {
        AdoptedGoogle {
            network: self.network.clone(),
            node_subnet: self.node_subnet.clone(),
        }
    }
}

async fn list(State(app): State<App>, member: Member) -> Result<Sorted<CompatibleVpcList>, Error> {
    let lookups = [
        Lookup::Under(Kind::Vpc, Key::project(member.name())),
        Lookup::Under(Kind::Observed, Key::observed_vpcs(member.name())),
    ];
    let fetched = app.store.fetch(&lookups).await?;
    let mut vpcs = fetched.readable::<ProjectVpc>();
    vpcs.sort_by_key(|row| row.value.created_at);
    let vpcs = vpcs.iter().map(|row| json_of(&row.value, &fetched));
    Ok(Sorted(CompatibleVpcList {
        vpcs: vpcs.collect(),
    }))
}

async fn create(
    State(app): State<App>,
    member: Member,
    JsonBody(desired): JsonBody<NewVpc>,
) -> Result<Json<CompatibleVpc>, Error> {
    desired.others.check(&OWN_MEMBERS)?;
    let cloud = app.settings.cloud(&desired.cloud_name)?;
    let cidr = desired.network_cidr.parse::<Ipv4Net>().map_err(|_| {
        Refusal::invalid(
            "vpc_cidr",
            format!(
                "`network_cidr` is `{}`, but must be an IPv4 range such as 10.64.0.0/24",
                excerpt(&desired.network_cidr)
            ),
        )
    })?;
    if desired
        .peering_connections
        .is_some_and(|peerings| !peerings.is_empty())
    {
        return Err(Refusal::invalid(
            "no_peering",
            "Underpass does not peer networks. Omit `peering_connections`",
        )
        .into());
    }
    let (account, network) = network(&app, member.name(), &cloud, &desired.underpass)?;
    // An operator adopts any network, other members what a grant covers.
    let granted = match &account {
        Some(account) if !member.principal.is_operator() => app
            .accounts
            .get(account)
            .map(|it| (account.clone(), network.granted_ids(&it.native_id))),
        Some(_) | None => None,
    };
    let lost = desired.underpass.project_vpc_id;
    if lost.is_some() {
        member.principal.authorize_operator()?;
    }
    let id = lost.unwrap_or_else(|| app.ids.vpc());
    let project = Key::project(member.name());
    app.transact(async || {
        let lookups = [
            Lookup::One(Kind::Project, project.clone()),
            Lookup::Under(Kind::Vpc, Key::root()),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let row = member.reread(&fetched)?;
        // By their keys, so that a VPC that cannot be read counts.
        let mut keys = fetched.records().iter().map(|row| row.key.as_str());
        if keys.any(|key| {
            key.split_once('/')
                .is_some_and(|(_, it)| it == id.to_string())
        }) {
            return Err(vpc_exists(id).into());
        }
        let is_own = |key: &&Key| project.is_above(key);
        if fetched.unreadable::<ProjectVpc>().iter().any(is_own) {
            // Its range is unknown.
            return Err(unreadable(Kind::Vpc.as_str()).into());
        }
        let mut others: Vec<_> = fetched
            .readable::<ProjectVpc>()
            .into_iter()
            .map(|row| row.value)
            .collect();
        others.retain(|vpc| vpc.project == *member.name());
        ProjectVpc::check_cidr(cidr, &others, &cloud)?;
        if let Some((account, ids)) = &granted {
            adoption_grant::check(&row.value.grants, member.name(), account, ids)?;
        }
        let now = app.clock.now();
        let vpc = ProjectVpc {
            id,
            project: member.name().clone(),
            cloud: cloud.clone(),
            cidr,
            account: account.clone(),
            place: network.clone(),
            byoc: desired.underpass.byoc,
            generation: Generation(1),
            deleting: false,
            created_at: now,
            updated_at: now,
        };
        let sentence = format!("Project VPC {id} (`{cidr}` in {cloud}) was requested");
        let event = member.event(now, &Subject::Vpc(id), "vpc.requested", sentence);
        let change = Change::new()
            // The project's row is written unchanged: of two concurrent requests, the later one is
            // compared with the earlier, and no VPC is created in a deleted project.
            .update(&row)?
            .insert(Key::vpc(member.name(), id), &vpc)?
            .enqueue(pass(&vpc))
            .event(event);
        let change = one_more(&app, &row.value, Limited::Vpcs, change).await?;
        let (resources, holder) = (vpc.cloud_resources(), ResourceHolder::Vpc(id));
        let new = ResourceUse::new(&holder, &resources);
        let change = reserve(&app, &member, change, new).await?;
        Ok((change, Json(json_of(&vpc, &fetched))))
    })
    .await
}

async fn show(State(app): State<App>, member: Member) -> Result<Json<CompatibleVpc>, Error> {
    let (vpc, fetched) = find(&app, &member).await?;
    Ok(Json(json_of(&vpc, &fetched)))
}

async fn remove(State(app): State<App>, member: Member) -> Result<Json<CompatibleVpc>, Error> {
    let id: ProjectVpcId = member.segment("vpc")?;
    let (project, key) = (Key::project(member.name()), Key::vpc(member.name(), id));
    app.transact(async || {
        let lookups = [
            Lookup::One(Kind::Vpc, key.clone()),
            Lookup::Under(Kind::Service, project.clone()),
            Lookup::Under(Kind::Link, project.clone()),
            Lookup::Under(Kind::VpcResident, key.clone()),
        ];
        let lookups = [&lookups[..], &unknown_residents::lookups()].concat();
        let fetched = member.fetch(&app, &lookups).await?;
        let mut row = fetched
            .one::<ProjectVpc>(&key)?
            .ok_or_else(|| vpc_not_found(id))?;
        if fetched
            .records()
            .iter()
            .any(|row| row.kind == Kind::VpcResident)
        {
            // One of the residents may be what cannot be read.
            fetched.all::<Service>()?;
        }
        fetched.all::<Link>()?;
        if let Some(kind) = unreadable_resident(&row.value, &fetched) {
            return Err(unreadable(kind.as_str()).into());
        }
        let services = fetched.readable::<Service>();
        let links = fetched.readable::<Link>();
        let now = app.clock.now();
        let services = services.iter().map(|row| &row.value as &dyn VpcResident);
        let links = links.iter().map(|row| &row.value as &dyn VpcResident);
        let unknown = unknown_residents(&app.accounts, &row.value, &fetched).into_iter();
        let is_operator = member.principal.is_operator();
        let unknown: Vec<_> = unknown
            .map(|it| if is_operator { it } else { it.for_member() })
            .collect();
        let unknown = unknown.iter().map(|it| it as &dyn VpcResident);
        let residents = services.chain(links).chain(unknown);
        let changed = row.value.delete(residents, now)?;
        let answer = Json(json_of(&row.value, &fetched));
        if !changed {
            return Ok((Change::new(), answer));
        }
        let sentence = format!("Deletion of project VPC {id} was requested");
        let event = member.event(now, &Subject::Vpc(id), "vpc.deleting", sentence);
        Ok((
            Change::new()
                .update(&row)?
                // A concurrent registration of a service in this VPC wins.
                .expect(Expectation::NoneUnder(Kind::VpcResident, key.clone()))
                .enqueue(pass(&row.value))
                .event(event),
            answer,
        ))
    })
    .await
}

/// Ours: the IDs in the cloud, for the operator who adds nodes to the network, and the failures.
async fn inspect(State(app): State<App>, member: Member) -> Result<Json<VpcDetails>, Error> {
    let (vpc, fetched) = find(&app, &member).await?;
    let observed = seen(&vpc, &fetched);
    let provider = vpc.cloud.provider();
    let on = |cloud| (provider == cloud).then_some(&vpc);
    Ok(Json(VpcDetails {
        account: vpc.account.as_ref().map(ToString::to_string),
        azure: on(Provider::Azure).and_then(|vpc| azure_names(vpc, &observed)),
        byoc: vpc.byoc,
        cloud_name: vpc.cloud.to_string(),
        conditions: vpc_conditions(&app, &vpc, &observed),
        failures: failures(&observed),
        google: on(Provider::Google).and_then(|vpc| google_names(vpc, &observed)),
        network_cidr: vpc.cidr.to_string(),
        project_vpc_id: vpc.id.to_string(),
        state: vpc.state(&observed),
    }))
}

/// Lists the networks of the cloud account immediately, with the static IPs of the project in it.
async fn refresh(State(app): State<App>, member: Member) -> Result<Json<Value>, Error> {
    let (vpc, _) = find(&app, &member).await?;
    let outcome = app.sweeps.fresh(&vpc.work_key(), refresh::PATIENCE).await;
    let message = refresh::describe(&outcome, vpc.cloud.provider(), Refreshed::Vpc);
    Ok(Json(json!({"message": message})))
}

fn azure_names(vpc: &ProjectVpc, observed: &Observed) -> Option<AzureNetwork> {
    match &vpc.place {
        VpcNetwork::Adopted(adopted) => Some(AzureNetwork {
            nat_subnet: adopted.nat_subnet_id(),
            node_subnet: adopted.node_subnet_id(),
            resource_group: adopted.resource_group.clone(),
            vnet_id: adopted.vnet_id.clone(),
        }),
        VpcNetwork::Made => {
            let vnet = observed.known(&Part::Network)?.facts.id.clone()?;
            Some(AzureNetwork {
                nat_subnet: format!("{vnet}/subnets/{NAT_SUBNET}"),
                node_subnet: format!("{vnet}/subnets/{NODE_SUBNET}"),
                resource_group: vpc.group_name(),
                vnet_id: vnet,
            })
        }
        VpcNetwork::AdoptedGoogle(_) => None,
    }
}

fn google_names(vpc: &ProjectVpc, observed: &Observed) -> Option<GoogleNetwork> {
    let id = |part: &Part| observed.known(part)?.facts.id.clone();
    match &vpc.place {
        VpcNetwork::AdoptedGoogle(adopted) => Some(GoogleNetwork {
            network: adopted.network.clone(),
            node_subnet: adopted.node_subnet.clone(),
        }),
        VpcNetwork::Made => Some(GoogleNetwork {
            network: id(&Part::Network)?,
            node_subnet: id(&Part::Google(GooglePart::Subnet))?,
        }),
        VpcNetwork::Adopted(_) => None,
    }
}

/// Returns the account and the network of a new VPC.
fn network(
    app: &App,
    project: &ProjectName,
    cloud: &CloudName,
    desired: &NewNetwork,
) -> Result<(Option<AccountName>, VpcNetwork), Refusal> {
    if desired.byoc {
        // Underpass does not create networks in the customer's own account.
        return Ok((None, VpcNetwork::Made));
    }
    match (&desired.azure, &desired.google) {
        (None, None) => match app.accounts.serving(cloud, Some(project)) {
            Some(serving) => Ok((Some(serving.clone()), VpcNetwork::Made)),
            None => Err(Refusal::invalid(
                "no_account",
                format!(
                    "No cloud account is configured for {cloud}, so no network can be created there. \
                     Use a cloud that `privatelink-availability` lists, or ask the operator to add \
                     an account"
                ),
            )),
        },
        (Some(adopted), None) => {
            check_adopter(cloud, Provider::Azure)?;
            let network = adopted.network();
            network.check()?;
            let account = adopting(app, project, cloud, adopted.account.as_ref())?;
            Ok((Some(account), VpcNetwork::Adopted(network)))
        }
        (None, Some(adopted)) => {
            check_adopter(cloud, Provider::Google)?;
            let network = adopted.network().check(cloud.region())?;
            let account = adopting(app, project, cloud, adopted.account.as_ref())?;
            if let Some(found) = app.accounts.get(&account) {
                network.check_project(&account, &found.native_id)?;
            }
            Ok((Some(account), VpcNetwork::AdoptedGoogle(network)))
        }
        (Some(_), Some(_)) => Err(Refusal::invalid(
            "adopted_vpc",
            "A project VPC is one network. Specify `underpass.azure` or `underpass.google`, not both",
        )),
    }
}

/// Refuses to adopt a network of one provider in a cloud of another.
fn check_adopter(cloud: &CloudName, provider: Provider) -> Result<(), Refusal> {
    if cloud.provider() == provider {
        return Ok(());
    }
    Err(Refusal::invalid(
        "adopted_vpc",
        format!(
            "A network on {} cannot be adopted as a project VPC in {cloud}",
            provider.description()
        ),
    ))
}

/// Returns the account with which a network is adopted.
fn adopting(
    app: &App,
    project: &ProjectName,
    cloud: &CloudName,
    named: Option<&AccountName>,
) -> Result<AccountName, Refusal> {
    let found = match named {
        None => app.accounts.serving(cloud, Some(project)).cloned(),
        Some(name) => app
            .accounts
            .granted(name, project)
            .filter(|account| account.provider == cloud.provider())
            .map(|_| name.clone()),
    };
    found.ok_or_else(|| {
        let provider = cloud.provider().description();
        Refusal::invalid(
            "no_account",
            match named {
                Some(name) => {
                    format!("No {provider} account `{name}` is configured for this project")
                }
                None => format!("No cloud account is configured for {cloud}"),
            } + ". The adoption of a network requires one",
        )
    })
}

async fn find(app: &App, member: &Member) -> Result<(ProjectVpc, Fetched), Error> {
    let id: ProjectVpcId = member.segment("vpc")?;
    let key = Key::vpc(member.name(), id);
    let lookups = [
        Lookup::One(Kind::Vpc, key.clone()),
        Lookup::Under(Kind::Observed, Key::observed_vpcs(member.name())),
    ];
    let fetched = app.store.fetch(&lookups).await?;
    let vpc = fetched
        .one::<ProjectVpc>(&key)?
        .ok_or_else(|| vpc_not_found(id))?;
    fetched.one::<Observed>(&Key::observed(&vpc.value.work_key()))?;
    Ok((vpc.value, fetched))
}

fn pass(vpc: &ProjectVpc) -> Enqueue {
    Enqueue {
        key: vpc.work_key(),
        due_at: vpc.updated_at,
        generation: vpc.generation,
        priority: Priority::User,
    }
}

fn seen(vpc: &ProjectVpc, fetched: &Fetched) -> Observed {
    let row = fetched.readable_one::<Observed>(&Key::observed(&vpc.work_key()));
    row.map(|row| row.value).unwrap_or_default()
}

fn json_of(vpc: &ProjectVpc, fetched: &Fetched) -> CompatibleVpc {
    CompatibleVpc {
        project_vpc_id: vpc.id.to_string(),
        cloud_name: vpc.cloud.to_string(),
        network_cidr: vpc.cidr.to_string(),
        state: vpc.state(&seen(vpc, fetched)),
        create_time: wire_time(vpc.created_at),
        update_time: wire_time(vpc.updated_at),
        // Peering is out of scope.
        peering_connections: Vec::new(),
        pending_build_only_peering_connections: None,
    }
}
