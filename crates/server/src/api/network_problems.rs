//! Problems of the project VPCs and static IPs that the links of a project depend on.

use std::collections::{BTreeMap, BTreeSet};

use underpass_model::cloud::Provider;
use underpass_model::condition::{self, NetworkProblem, NetworkSubject};
use underpass_model::id::ProjectVpcId;
use underpass_model::link::Link;
use underpass_model::name::{ProjectName, ServiceName};
use underpass_model::part::Observed;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_model::work::WorkKey;
use underpass_store::{Fetched, Key, Kind, Lookup};

use super::error::Error;
use super::service_snapshot::ServiceSnapshot;
use crate::app::App;

/// Problems by what depends on them.
#[derive(Default)]
pub(super) struct NetworkProblems {
    vpcs: BTreeMap<ProjectVpcId, NetworkProblem>,
    /// Of the static IPs by their service.
    static_ips: BTreeMap<Option<ServiceName>, Vec<NetworkProblem>>,
}

// === impl NetworkProblems ===

impl NetworkProblems {
    /// Loads those of the links of these services, which are of one project.
    pub(super) async fn load(
        app: &App,
        project: &ProjectName,
        snapshots: &[ServiceSnapshot],
    ) -> Result<Self, Error> {
        let links = snapshots.iter().flat_map(|it| &it.links);
        let links: Vec<_> = links.map(|it| &it.link.value).collect();
        if links.is_empty() {
            return Ok(Self::default());
        }
        let vpcs: BTreeSet<_> = links.iter().map(|link| link.vpc).collect();
        let mut lookups: Vec<_> = vpcs
            .iter()
            .map(|id| Lookup::One(Kind::Vpc, Key::vpc(project, *id)))
            .collect();
        let on_azure = links.iter().filter(|link| link.provider == Provider::Azure);
        let services: BTreeSet<_> = on_azure.map(|link| &link.service).collect();
        if !services.is_empty() {
            lookups.push(Lookup::Under(Kind::StaticIp, Key::project(project)));
        }
        let fetched = app.store.fetch(&lookups).await?;
        let mut ips = fetched.readable::<StaticIp>();
        ips.retain(|ip| {
            ip.value
                .service
                .as_ref()
                .is_some_and(|it| services.contains(it))
        });
        // Observed states are read only for these.
        let works = vpcs.iter().map(|id| WorkKey::Vpc(project.clone(), *id));
        let works = works.chain(ips.iter().map(|ip| ip.value.work_key()));
        let lookups: Vec<_> = works
            .map(|work| Lookup::One(Kind::Observed, Key::observed(&work)))
            .collect();
        let seen = app.store.fetch(&lookups).await?;
        let observed = observed(&seen);
        let vpcs = fetched.readable().into_iter().map(|row| row.value);
        Ok(Self::new(
            vpcs,
            ips.into_iter().map(|row| row.value),
            &observed,
        ))
    }

    /// Loads those of all project VPCs and static IPs of a project.
    pub(super) async fn load_all(app: &App, project: &ProjectName) -> Result<Self, Error> {
        let lookups = [
            Lookup::Under(Kind::Vpc, Key::project(project)),
            Lookup::Under(Kind::StaticIp, Key::project(project)),
            Lookup::Under(Kind::Observed, Key::observed_vpcs(project)),
            Lookup::Under(Kind::Observed, Key::observed_static_ips(project)),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let vpcs = fetched.readable().into_iter().map(|row| row.value);
        let ips = fetched.readable().into_iter().map(|row| row.value);
        Ok(Self::new(vpcs, ips, &observed(&fetched)))
    }

    fn new(
        vpcs: impl Iterator<Item = ProjectVpc>,
        static_ips: impl Iterator<Item = StaticIp>,
        observed: &BTreeMap<Key, Observed>,
    ) -> Self {
        let of = |work: &WorkKey| observed.get(&Key::observed(work));
        let mut problems = Self::default();
        for vpc in vpcs {
            let found = of(&vpc.work_key())
                .and_then(|seen| condition::problem(condition::of_vpc(&vpc, seen, None)));
            if let Some(condition) = found {
                let subject = NetworkSubject::Vpc(vpc.id);
                let problem = NetworkProblem { subject, condition };
                problems.vpcs.insert(vpc.id, problem);
            }
        }
        for ip in static_ips {
            let found = of(&ip.work_key())
                .and_then(|seen| condition::problem(condition::of_static_ip(&ip, seen, None)));
            if let Some(condition) = found {
                let subject = NetworkSubject::StaticIp(ip.id);
                let problem = NetworkProblem { subject, condition };
                problems
                    .static_ips
                    .entry(ip.service)
                    .or_default()
                    .push(problem);
            }
        }
        problems
    }

    /// Returns the problems that concern none of these links.
    pub(super) fn without_link<'a>(
        &self,
        links: impl Iterator<Item = &'a Link>,
    ) -> Vec<NetworkProblem> {
        let (mut vpcs, mut services) = (BTreeSet::new(), BTreeSet::new());
        for link in links {
            vpcs.insert(link.vpc);
            if link.provider == Provider::Azure {
                services.insert(&link.service);
            }
        }
        let of_vpcs = self.vpcs.iter().filter(|(id, _)| !vpcs.contains(id));
        let of_static_ips = self.static_ips.iter().filter(|(service, _)| {
            service
                .as_ref()
                .is_none_or(|service| !services.contains(service))
        });
        let of_vpcs = of_vpcs.map(|(_, problem)| problem);
        of_vpcs
            .chain(of_static_ips.flat_map(|(_, problems)| problems))
            .cloned()
            .collect()
    }

    /// Returns the problems that concern a link.
    pub(super) fn of(&self, link: &Link) -> Vec<NetworkProblem> {
        let addresses = self.static_ips.get(&Some(link.service.clone()));
        let addresses = addresses.filter(|_| link.provider == Provider::Azure);
        let all = self.vpcs.get(&link.vpc).into_iter();
        all.chain(addresses.into_iter().flatten())
            .cloned()
            .collect()
    }
}

/// Returns the observed states by their keys, each read once.
fn observed(fetched: &Fetched) -> BTreeMap<Key, Observed> {
    let rows = fetched.readable::<Observed>().into_iter();
    rows.map(|row| (row.key, row.value)).collect()
}
