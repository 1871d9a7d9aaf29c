//! Managed objects: their rows, parts and cloud targets.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use jiff::Timestamp;
use underpass_model::blueprint;
use underpass_model::cloud::CloudName;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::cloud_target::{CloudTarget, NetworkPlacement, OwnershipTag, Proofs};
use underpass_model::connection::Connection;
use underpass_model::ended_link::EndedLink;
use underpass_model::google::RejectList;
use underpass_model::id::{ConnectionId, Generation};
use underpass_model::link::Link;
use underpass_model::name::{AccountName, ProjectName};
use underpass_model::nat_range;
use underpass_model::part::{Desired, Observed, Part};
use underpass_model::project::{ExternalApproval, Project};
use underpass_model::service::{NodeHandle, Service};
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{
    Change, CloudResourceReservation, Error, Fetched, Key, Kind, Lookup, NatRangeReservation,
    ResourceHolder, Store, Versioned,
};

use super::link_connections::LinkConnections;
use super::managed_orphan::ManagedOrphan;
use crate::nat_pool::NatPool;
use crate::proof_key::ProofKey;

/// Managed object with everything that determines its parts.
pub(super) enum Managed {
    Link(Box<ManagedLink>),
    Vpc(Box<ManagedVpc>),
    StaticIp(Box<Versioned<StaticIp>>),
    Orphan(Box<ManagedOrphan>),
}

/// Link with its service, project VPC and connections.
pub(super) struct ManagedLink {
    pub(super) link: Versioned<Link>,
    service: Service,
    vpc: ProjectVpc,
    pub(super) policy: ExternalApproval,
    pub(super) connections: LinkConnections,
    /// Reservations of a pass that took other ranges.
    moved_ranges: Change,
}

/// Project VPC with what determines the repair of its network.
pub(super) struct ManagedVpc {
    pub(super) vpc: Versioned<ProjectVpc>,
    /// A service is in it.
    is_inhabited: bool,
}

fn load_link(
    fetched: &Fetched,
    link_key: &Key,
    service_key: &Key,
) -> Result<Option<Managed>, Error> {
    let Some(link) = fetched.one::<Link>(link_key)? else {
        return Ok(None);
    };
    let service = fetched.one::<Service>(service_key)?;
    let vpcs = fetched.all::<ProjectVpc>()?;
    let vpc = vpcs.into_iter().find(|vpc| vpc.value.id == link.value.vpc);
    let (Some(service), Some(vpc)) = (service, vpc) else {
        // Deletion of either is refused while the link exists.
        tracing::error!(link.id = %link.value.id, "failed to load a link: its service or project VPC is missing");
        return Ok(None);
    };
    let project: Option<Versioned<Project>> = fetched.one(&Key::project(&link.value.project))?;
    Ok(Some(Managed::Link(Box::new(ManagedLink {
        service: service.value,
        vpc: vpc.value,
        policy: project
            .map(|project| project.value.external_approval)
            .unwrap_or_default(),
        connections: LinkConnections::load(fetched, link_key, service_key)?,
        moved_ranges: Change::new(),
        link,
    }))))
}

impl ManagedLink {
    /// Returns the reservations of the link's NAT ranges, without those of `kept`. They exist as long
    /// as the link's row, so their removal expects that row.
    fn range_claims(&self, kept: &[Ipv4Net]) -> Vec<Key> {
        let Some(account) = &self.vpc.account else {
            return Vec::new();
        };
        let network = self.vpc.network_key();
        let ranges = self.link.value.nat_ranges.iter();
        let is_kept = |piece: &Ipv4Net| kept.iter().any(|range| range.contains(piece));
        ranges
            .flat_map(|range| nat_range::pieces(*range))
            .filter(|piece| !is_kept(piece))
            .map(|piece| Key::nat_range(account, &network, piece))
            .collect()
    }

    /// Takes another range in place of one that the cloud refused before it was ever used, and returns
    /// it; `None` if the range stays.
    pub(super) async fn replace_refused_range(
        &mut self,
        store: &dyn Store,
        refused: Ipv4Net,
        observed: &Observed,
    ) -> Result<Option<Ipv4Net>, Error> {
        let pool = NatPool::of(store, &self.vpc, &self.link.value.id).await?;
        let taken = pool.others(&self.link.value.nat_ranges);
        let link = &mut self.link.value;
        let Some(range) = link.replace_refused_range(refused, &taken, observed) else {
            return Ok(None);
        };
        let change = std::mem::take(&mut self.moved_ranges);
        self.moved_ranges = pool.replace(change, link, refused, range)?;
        Ok(Some(range))
    }

    /// Adds the link's row and reservations, if a range was replaced.
    pub(super) fn range_edits(&self, change: Change) -> Result<Change, Error> {
        if self.moved_ranges.is_empty() {
            return Ok(change);
        }
        let mut change = change.update(&self.link)?;
        let moved = self.moved_ranges.clone();
        change.writes.extend(moved.writes);
        change.expectations.extend(moved.expectations);
        Ok(change)
    }

    /// Adds the removal of every row of the link but its own and its observations.
    ///
    /// `kept`: NAT ranges that stay reserved.
    pub(super) fn removal_of_rest(
        &self,
        change: Change,
        key: &WorkKey,
        kept: &[Ipv4Net],
        now: Timestamp,
    ) -> Result<Change, Error> {
        let mut change = self.connections.removal(change)?;
        for claim in self.range_claims(kept) {
            change = change.remove::<NatRangeReservation>(claim);
        }
        let ended = EndedLink {
            managed: key.to_string(),
            ended_at: now,
        };
        change.put(Key::ended_link(self.link.value.id.as_str()), &ended)
    }
}

impl ManagedLink {
    /// Returns the proofs of the link and of its decisions.
    fn proofs(&self, key: &WorkKey, proof_key: &ProofKey) -> Proofs {
        let link = &self.link.value.id;
        let connections = self.connections.current.iter();
        let decisions = connections.filter_map(|connection| {
            let proof = proof_key.sign(link, connection)?;
            Some((connection.id.clone(), proof.to_string()))
        });
        Proofs {
            link: proof_key.sign_link(link.as_str(), &key.to_string()),
            decisions: decisions.collect(),
        }
    }
}

impl Managed {
    /// Reads a managed object and `with` in one snapshot; `None` if the object does not exist.
    pub(super) async fn load(
        store: &dyn Store,
        key: &WorkKey,
        with: &[Lookup],
    ) -> Result<Option<(Self, Fetched)>, Error> {
        Ok(match key {
            WorkKey::Link(project, service, provider) => {
                let link_key = Key::link(project, service, *provider);
                let service_key = Key::service(project, service);
                let link = Lookup::One(Kind::Link, link_key.clone());
                let fetched = store.fetch(std::slice::from_ref(&link)).await?;
                let Some(found) = fetched.one::<Link>(&link_key)? else {
                    return Ok(None);
                };
                // A link stays in its project VPC, so the key of the VPC is still right in the
                // snapshot below.
                let mut lookups = vec![
                    link,
                    Lookup::One(Kind::Service, service_key.clone()),
                    Lookup::One(Kind::Vpc, Key::vpc(project, found.value.vpc)),
                    Lookup::One(Kind::Project, Key::project(project)),
                ];
                lookups.extend_from_slice(with);
                lookups.extend(LinkConnections::lookups(&link_key, &service_key));
                let fetched = store.fetch(&lookups).await?;
                load_link(&fetched, &link_key, &service_key)?.map(|managed| (managed, fetched))
            }
            WorkKey::Vpc(project, id) => {
                let row = Key::vpc(project, *id);
                let mut lookups = vec![
                    Lookup::One(Kind::Vpc, row.clone()),
                    Lookup::Under(Kind::VpcResident, row.clone()),
                ];
                lookups.extend_from_slice(with);
                let fetched = store.fetch(&lookups).await?;
                let mut records = fetched.records().iter();
                let is_inhabited = records.any(|record| record.kind == Kind::VpcResident);
                fetched.one(&row)?.map(|vpc| {
                    let managed = ManagedVpc { vpc, is_inhabited };
                    (Self::Vpc(Box::new(managed)), fetched)
                })
            }
            WorkKey::Orphan(account, link) => ManagedOrphan::load(store, account, link, with)
                .await?
                .map(|(orphan, fetched)| (Self::Orphan(Box::new(orphan)), fetched)),
            WorkKey::StaticIp(project, id) => {
                let row = Key::static_ip(project, id);
                let mut lookups = vec![Lookup::One(Kind::StaticIp, row.clone())];
                lookups.extend_from_slice(with);
                let fetched = store.fetch(&lookups).await?;
                fetched
                    .one(&row)?
                    .map(|ip| (Self::StaticIp(Box::new(ip)), fetched))
            }
        })
    }

    /// Returns the cloud resources that belong to the project as long as the object exists. Those
    /// of nodes belong to the service.
    pub(super) fn uses(&self) -> Option<(ResourceHolder, BTreeSet<CloudResource>)> {
        match self {
            Self::Link(_) | Self::Orphan(_) => None,
            Self::Vpc(managed) => Some((
                ResourceHolder::Vpc(managed.vpc.value.id),
                managed.vpc.value.cloud_resources(),
            )),
            Self::StaticIp(ip) => Some((
                ResourceHolder::StaticIp(ip.value.id.clone()),
                ip.value.cloud_resource().into_iter().collect(),
            )),
        }
    }

    /// Reads the reservations to release with an object that is being deleted.
    pub(super) async fn reservations(
        &self,
        store: &dyn Store,
    ) -> Result<Vec<Versioned<CloudResourceReservation>>, Error> {
        let uses = self.uses().filter(|_| self.is_deleting());
        let lookups: Vec<_> = uses
            .iter()
            .flat_map(|(_, resources)| resources)
            .map(|resource| Lookup::One(Kind::CloudResource, Key::cloud_resource(resource)))
            .collect();
        if lookups.is_empty() {
            return Ok(Vec::new());
        }
        store.fetch(&lookups).await?.all()
    }

    /// Returns the project of the object's events; `None` for an orphan of a project that does not
    /// exist.
    pub(super) fn project(&self, key: &WorkKey) -> Option<ProjectName> {
        match self {
            Self::Orphan(orphan) => orphan.project().cloned(),
            Self::Link(_) | Self::Vpc(_) | Self::StaticIp(_) => key.project().cloned(),
        }
    }

    pub(super) fn generation(&self) -> Generation {
        match self {
            Self::Link(managed) => managed.link.value.generation,
            Self::Vpc(managed) => managed.vpc.value.generation,
            Self::StaticIp(ip) => ip.value.generation,
            Self::Orphan(orphan) => orphan.generation(),
        }
    }

    /// Returns the range of a project VPC's subnet in the cloud, and its own, if no write puts it right.
    pub(super) fn differing_range(&self, observed: &Observed) -> Option<(Ipv4Net, Ipv4Net)> {
        let Self::Vpc(managed) = self else {
            return None;
        };
        let vpc = &managed.vpc.value;
        Some((vpc.differing_range(observed)?, vpc.cidr))
    }

    /// Returns the version of the row that changed last, observations apart.
    pub(super) fn newest_version(&self) -> u64 {
        match self {
            Self::Link(managed) => managed
                .connections
                .newest_version()
                .max(managed.link.version),
            Self::Vpc(managed) => managed.vpc.version,
            Self::StaticIp(row) => row.version,
            Self::Orphan(orphan) => orphan.version(),
        }
    }

    pub(super) fn is_deleting(&self) -> bool {
        match self {
            Self::Link(managed) => managed.link.value.deleting,
            Self::Vpc(managed) => managed.vpc.value.deleting,
            Self::StaticIp(ip) => ip.value.deleting,
            // Loaded only if its removal is requested.
            Self::Orphan(_) => true,
        }
    }

    pub(super) fn desired(
        &self,
        observed: &Observed,
        reject_list: RejectList,
    ) -> BTreeMap<Part, Desired> {
        match self {
            Self::Link(managed) => blueprint::of_link(
                &managed.link.value,
                &managed.service,
                &managed.connections.current,
                observed,
                reject_list,
            ),
            Self::Vpc(managed) => {
                blueprint::of_vpc(&managed.vpc.value, managed.is_inhabited, observed)
            }
            Self::StaticIp(ip) => blueprint::of_static_ip(&ip.value, observed),
            Self::Orphan(_) => BTreeMap::new(),
        }
    }

    pub(super) fn target(&self, key: &WorkKey, proof_key: &ProofKey) -> Option<CloudTarget> {
        match self {
            Self::Orphan(orphan) => orphan.target(),
            Self::Link(managed) => {
                let vpc = &managed.vpc;
                let object = managed.link.value.id.to_string();
                let placement = NetworkPlacement::of(vpc)?;
                Some(CloudTarget {
                    members: members_of(&managed.service),
                    connections: names_of(&managed.connections.current),
                    proofs: managed.proofs(key, proof_key),
                    ..target_of(key, vpc.account.clone()?, &vpc.cloud, object, placement)
                })
            }
            Self::Vpc(managed) => target_of_vpc(&managed.vpc.value),
            Self::StaticIp(ip) => target_of_static_ip(&ip.value),
        }
    }
}

/// Returns the target of a project VPC; `None` if no account or driver serves it.
pub(super) fn target_of_vpc(vpc: &ProjectVpc) -> Option<CloudTarget> {
    let (account, placement) = (vpc.account.clone()?, NetworkPlacement::of(vpc)?);
    let object = vpc.id.to_string();
    Some(target_of(
        &vpc.work_key(),
        account,
        &vpc.cloud,
        object,
        placement,
    ))
}

/// Returns the target of a static IP; `None` if no account serves it.
pub(super) fn target_of_static_ip(ip: &StaticIp) -> Option<CloudTarget> {
    let (account, placement) = (ip.account.clone()?, NetworkPlacement::Account);
    let object = ip.id.to_string();
    Some(target_of(
        &ip.work_key(),
        account,
        &ip.cloud,
        object,
        placement,
    ))
}

fn target_of(
    key: &WorkKey,
    account: AccountName,
    cloud: &CloudName,
    object: String,
    placement: NetworkPlacement,
) -> CloudTarget {
    CloudTarget {
        account,
        region: cloud.region().to_owned(),
        ownership: OwnershipTag {
            managed: key.to_string(),
            incarnation: object.clone(),
        },
        object,
        placement,
        members: BTreeMap::new(),
        connections: BTreeMap::new(),
        proofs: Proofs::default(),
    }
}

fn members_of(service: &Service) -> BTreeMap<String, Option<String>> {
    service
        .nodes
        .iter()
        .filter_map(|node| match &node.cloud {
            Some(NodeHandle::Azure {
                nic_id,
                ip_configuration,
            }) => Some((nic_id.clone(), ip_configuration.clone())),
            Some(NodeHandle::Google { .. }) | None => None,
        })
        .collect()
}

fn names_of(connections: &[Connection]) -> BTreeMap<ConnectionId, String> {
    connections
        .iter()
        .map(|connection| (connection.id.clone(), connection.identity.name.clone()))
        .collect()
}
