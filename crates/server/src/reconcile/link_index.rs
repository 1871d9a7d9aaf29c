//! Index of links by the scope that lists them, and of project VPCs and static IPs by their account,
//! kept by following the changes of the store.
//!
//! A sweep of many links would otherwise read every link, and a listing that shows nothing new would
//! cost a read of each. The index also remembers which findings changed nothing when they were last
//! applied: until a row of the link changes, the same findings need not be applied again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use underpass_clouds::{Depth, Scope};
use underpass_model::cloud_target::{CloudTarget, NetworkPlacement};
use underpass_model::id::ProjectVpcId;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{ChangedRow, Error, Fetched, Key, Kind, Lookup, Store};

use super::compared::AccountScope;
use super::listed_object::{Listed, ListedObject, SettledFindings};
use super::managed::{target_of_static_ip, target_of_vpc};
use super::network_index::NetworkIndex;

/// Most changed rows of one read: 1,000.
const PAGE: usize = 1_000;

/// Index of links; cheap to clone.
#[derive(Clone, Default)]
pub struct LinkIndex {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Position in the changes of the store.
    position: u64,
    links: BTreeMap<String, IndexedLink>,
    /// IDs of the links.
    objects: BTreeSet<String>,
    /// Keys of the links of each project VPC.
    by_vpc: BTreeMap<ProjectVpcId, BTreeSet<String>>,
    vpcs: BTreeMap<String, ProjectVpc>,
    networks: NetworkIndex,
    /// Texts of the work keys of links that cannot be read, whose objects are therefore unknown.
    unreadable_links: BTreeSet<String>,
    /// Keys of project VPCs that cannot be read: project and ID.
    unreadable_vpcs: BTreeSet<String>,
}

/// A link of the index.
#[derive(Debug, Clone)]
struct IndexedLink {
    work: WorkKey,
    object: String,
    vpc: ProjectVpcId,
    settled: SettledFindings,
}

// === impl LinkIndex ===

impl LinkIndex {
    /// Takes in the changes of the store; returns their position. Rows with a higher version changed
    /// later.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(super) async fn refresh(&self, store: &dyn Store) -> Result<u64, Error> {
        loop {
            let after = self.state().position;
            let Some(changes) = store.changes(after, PAGE).await? else {
                let mut state = self.state();
                if state.position == after {
                    *state = State::default();
                }
                continue;
            };
            let lookups: Vec<_> = changes
                .rows
                .iter()
                .filter(|row| matches!(row.kind, Kind::Link | Kind::StaticIp | Kind::Vpc))
                .map(|row| Lookup::One(row.kind, row.key.clone()))
                .collect();
            let fetched = if lookups.is_empty() {
                Fetched::default()
            } else {
                store.fetch(&lookups).await?
            };
            let mut state = self.state();
            // Another sweep may have taken them in meanwhile.
            if state.position == after {
                state.position = changes.position;
                for row in &changes.rows {
                    state.take_in(row, &fetched);
                }
            }
            if !changes.has_more {
                return Ok(changes.position);
            }
        }
    }

    /// Returns the scopes of an account that contain links, each with its links. At full depth, also
    /// those of project VPCs without links, which may contain links that the store does not know.
    pub(super) fn scopes(
        &self,
        account: &AccountName,
        depth: Depth,
    ) -> BTreeMap<AccountScope, Vec<ListedObject>> {
        let state = self.state();
        let mut of_vpcs: BTreeMap<ProjectVpcId, AccountScope> = BTreeMap::new();
        let mut scopes: BTreeMap<AccountScope, Vec<ListedObject>> = BTreeMap::new();
        for vpc in state.vpcs.values() {
            let Some(scope) = scope_of(vpc, depth).filter(|scope| scope.0 == *account) else {
                continue;
            };
            if depth == Depth::Everything && !vpc.deleting {
                scopes.entry(scope.clone()).or_default();
            }
            of_vpcs.insert(vpc.id, scope);
        }
        for link in state.links.values() {
            if let Some(scope) = of_vpcs.get(&link.vpc) {
                scopes.entry(scope.clone()).or_default().push(link.listed());
            }
        }
        scopes
    }

    /// Returns the scope in which a link is listed.
    pub(super) fn scope_of_link(&self, work: &WorkKey, depth: Depth) -> Option<AccountScope> {
        let state = self.state();
        let link = state.links.get(link_key(work)?.as_str())?;
        let mut vpcs = state.vpcs.values();
        scope_of(vpcs.find(|vpc| vpc.id == link.vpc)?, depth)
    }

    /// Returns the links of a scope.
    pub(super) fn links_in(&self, scope: &AccountScope) -> Vec<ListedObject> {
        let state = self.state();
        let depth = scope.1.depth;
        let vpcs = state.vpcs.values();
        let vpcs = vpcs.filter(|vpc| scope_of(vpc, depth).as_ref() == Some(scope));
        let keys = vpcs.filter_map(|vpc| state.by_vpc.get(&vpc.id)).flatten();
        let links = keys.filter_map(|key| state.links.get(key));
        links.map(IndexedLink::listed).collect()
    }

    /// Returns the project VPCs and static IPs of an account, with the targets that their parts are
    /// listed for.
    pub(super) fn networks(&self, account: &AccountName) -> (Vec<ListedObject>, Vec<CloudTarget>) {
        self.state().networks.of_account(account)
    }

    /// Returns the account that lists a project VPC or static IP.
    pub(super) fn account_of_network(&self, work: &WorkKey) -> Option<AccountName> {
        self.state().networks.account(work)
    }

    /// Returns the full scopes of project VPCs that are not being deleted.
    pub(super) fn scopes_of_vpcs(&self) -> BTreeSet<AccountScope> {
        let state = self.state();
        let vpcs = state.vpcs.values().filter(|vpc| !vpc.deleting);
        vpcs.filter_map(|vpc| scope_of(vpc, Depth::Everything))
            .collect()
    }

    /// Returns the texts of the work keys of links that cannot be read. Cloud objects that name one
    /// of them are not orphans.
    pub(super) fn unreadable_links(&self) -> BTreeSet<String> {
        self.state().unreadable_links.clone()
    }

    /// Returns whether a link that cannot be read may be in this scope. Its key names its project and its
    /// cloud; it is in one of the project VPCs of that project, each of which has its scope.
    pub(super) fn has_unreadable_link(&self, account: &AccountName, scope: &Scope) -> bool {
        let state = self.state();
        let is_in = |vpc: &ProjectVpc| {
            let placed = scope_of(vpc, scope.depth);
            placed.is_some_and(|(of, placed)| of == *account && is_same_place(&placed, scope))
        };
        state.unreadable_links.iter().any(|work| {
            let Ok(WorkKey::Link(project, _, provider)) = work.parse() else {
                return true;
            };
            let below = format!("{project}/");
            let mut unreadable = state.unreadable_vpcs.iter();
            let of_link =
                |vpc: &&ProjectVpc| vpc.project == project && vpc.cloud.provider() == provider;
            let vpcs: Vec<_> = state.vpcs.values().filter(of_link).collect();
            // Without any, its place is unknown.
            vpcs.is_empty()
                || unreadable.any(|key| key.starts_with(&below))
                || vpcs.into_iter().any(is_in)
        })
    }

    /// Returns whether this is the ID of a link or a project VPC.
    pub(super) fn owns(&self, object: &str) -> bool {
        let state = self.state();
        state.objects.contains(object)
            || state.vpcs.values().any(|vpc| vpc.id.to_string() == object)
            || state
                .unreadable_vpcs
                .iter()
                .any(|key| key.split_once('/').is_some_and(|(_, id)| id == object))
    }

    /// Returns whether applying this again would change nothing.
    pub(super) fn is_settled(&self, work: &WorkKey, listed: &Listed) -> bool {
        let state = self.state();
        let settled = match link_key(work) {
            Some(key) => state.links.get(key.as_str()).map(|link| &link.settled),
            None => state.networks.settled(work),
        };
        settled.is_some_and(|settled| settled.is(listed))
    }

    /// Remembers what changed nothing in rows that were read at this position or before. A
    /// change that another sweep took in since stays in force.
    pub(super) fn settle(&self, work: &WorkKey, listed: Listed, position: u64) {
        let mut state = self.state();
        let settled = match link_key(work) {
            Some(key) => state.links.get_mut(key.as_str()).map(|it| &mut it.settled),
            None => state.networks.settled_mut(work),
        };
        if let Some(settled) = settled {
            settled.settle(listed, position);
        }
    }

    /// Notes whether a listing left a project VPC or static IP out; returns the time since when all
    /// of them do.
    pub(super) fn note_listing(
        &self,
        work: &WorkKey,
        is_left_out: bool,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let networks = &mut self.state().networks;
        networks.note_listing(work, is_left_out, now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that changes the index panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl IndexedLink ===

impl IndexedLink {
    fn listed(&self) -> ListedObject {
        ListedObject {
            work: self.work.clone(),
            object: self.object.clone(),
        }
    }
}

// === impl State ===

impl State {
    /// Takes in a changed row. A row that cannot be read is remembered as such, so that what it owns
    /// belongs to no other object.
    fn take_in(&mut self, row: &ChangedRow, fetched: &Fetched) {
        let (key, changed) = (row.key.as_str(), self.position);
        match row.kind {
            Kind::Link => {
                let work = format!("link/{key}");
                if fetched.is_unreadable::<Link>(&row.key) {
                    self.unreadable_links.insert(work);
                } else {
                    self.unreadable_links.remove(&work);
                }
                match fetched.readable_one::<Link>(&row.key) {
                    Some(link) => {
                        let link = link.value;
                        let indexed = IndexedLink {
                            work: link.work_key(),
                            object: link.id.to_string(),
                            vpc: link.vpc,
                            settled: SettledFindings::at(changed),
                        };
                        self.remove_link(key);
                        self.insert_link(key, indexed);
                    }
                    None => self.remove_link(key),
                }
            }
            Kind::Vpc => {
                if fetched.is_unreadable::<ProjectVpc>(&row.key) {
                    self.unreadable_vpcs.insert(key.to_owned());
                } else {
                    self.unreadable_vpcs.remove(key);
                }
                let vpc = fetched.readable_one::<ProjectVpc>(&row.key);
                let target = vpc.as_ref().map(|vpc| &vpc.value);
                let target = target.filter(|vpc| !vpc.deleting).and_then(target_of_vpc);
                self.networks.set(format!("vpc/{key}"), target, changed);
                match vpc {
                    Some(vpc) => drop(self.vpcs.insert(key.to_owned(), vpc.value)),
                    None => drop(self.vpcs.remove(key)),
                }
                // Its links are in the same project.
                self.unsettle(segments(key, 1));
            }
            Kind::StaticIp => {
                let ip = fetched.readable_one::<StaticIp>(&row.key);
                let target = ip.as_ref().map(|ip| &ip.value);
                let target = target
                    .filter(|ip| !ip.deleting)
                    .and_then(target_of_static_ip);
                let work = format!("static-ip/{key}");
                self.networks.set(work, target, changed);
            }
            Kind::VpcResident => {
                let vpc = format!("vpc/{}", segments(key, 2));
                self.networks.unsettle(&vpc, changed);
            }
            Kind::Observed => {
                if let Some(key) = key.strip_prefix("link/") {
                    self.unsettle(key);
                }
                self.networks.unsettle(key, changed);
            }
            Kind::Connection | Kind::EndedConnection => self.unsettle(segments(key, 3)),
            Kind::ConnectionOrdinals | Kind::Project | Kind::Service => self.unsettle(key),
            // Rare, and of every link of an account.
            Kind::AccountHold | Kind::LinkDifference => {
                for link in self.links.values_mut() {
                    link.settled = SettledFindings::at(changed);
                }
                self.networks.unsettle_all(changed);
            }
            Kind::CaKey
            | Kind::CloudResource
            | Kind::Credentials
            | Kind::EndedLink
            | Kind::HostLabel
            | Kind::NatRange
            | Kind::Orphan
            | Kind::RetiredOrdinals
            | Kind::SerialBase
            | Kind::Token
            | Kind::User => {}
        }
    }

    fn insert_link(&mut self, key: &str, link: IndexedLink) {
        self.objects.insert(link.object.clone());
        let of_vpc = self.by_vpc.entry(link.vpc).or_default();
        of_vpc.insert(key.to_owned());
        self.links.insert(key.to_owned(), link);
    }

    fn remove_link(&mut self, key: &str) {
        let Some(link) = self.links.remove(key) else {
            return;
        };
        self.objects.remove(&link.object);
        if let Some(of_vpc) = self.by_vpc.get_mut(&link.vpc) {
            of_vpc.remove(key);
            if of_vpc.is_empty() {
                self.by_vpc.remove(&link.vpc);
            }
        }
    }

    /// Forgets what changed nothing, for the link with this key or the links below it.
    fn unsettle(&mut self, key: &str) {
        if let Some(link) = self.links.get_mut(key) {
            link.settled = SettledFindings::at(self.position);
        }
        // `0` is the character after `/`.
        for (_, link) in self.links.range_mut(format!("{key}/")..format!("{key}0")) {
            link.settled = SettledFindings::at(self.position);
        }
    }
}

/// Returns the first segments of a key.
fn segments(key: &str, count: usize) -> &str {
    let end = key.match_indices('/').nth(count - 1);
    end.map_or(key, |(end, _)| &key[..end])
}

fn link_key(work: &WorkKey) -> Option<Key> {
    match work {
        WorkKey::Link(project, service, provider) => Some(Key::link(project, service, *provider)),
        WorkKey::Orphan(..) | WorkKey::StaticIp(..) | WorkKey::Vpc(..) => None,
    }
}

/// Returns whether both are the same region or resource group; Azure does not keep the case.
fn is_same_place(one: &Scope, other: &Scope) -> bool {
    match (&one.group, &other.group) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (None, None) => one.region.eq_ignore_ascii_case(&other.region),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Returns the scope in which the links of a project VPC are listed.
fn scope_of(vpc: &ProjectVpc, depth: Depth) -> Option<AccountScope> {
    let placement = NetworkPlacement::of(vpc)?;
    let scope = Scope::of(vpc.cloud.region(), &placement, depth)?;
    Some((vpc.account.clone()?, scope))
}
