//! Links on Google: Private Service Connect.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use jiff::Timestamp;

use super::brokers::{check_brokers, first_brokers};
use super::create::{CreateContext, already_exists, check_publishable, check_vpc};
use super::desired::{Link, Topology, reserve};
use crate::cloud::Provider;
use crate::connection::{Connection, Decision};
use crate::id::{Generation, LinkId};
use crate::nat_range;
use crate::part::{GooglePart, GoogleSpec, Observed, Part, Spec};
use crate::project::Feature;
use crate::refusal::Refusal;
use crate::service::check_link_ports;

/// The type whose links on Google are a separate feature.
const POSTGRES: &str = "pg";

/// The most ranges that are replaced in the life of a link: 64.
const MOST_REFUSED: usize = 64;

impl Link {
    /// Validates a new link on Google and creates its desired state.
    ///
    /// `taken`: the NAT ranges of other links in the same network.
    ///
    /// # Errors
    /// * `feature_off`: the project does not have the feature.
    /// * `link_exists`, `link_deleting`: the service has a link already.
    /// * `wrong_cloud`, `type_not_offered`: see [`check_publishable`].
    /// * `no_project_vpc`, `byoc`, `region_differs`, `vpc_deleting`, `no_account`: the service's project
    ///   VPC is missing or not suitable.
    /// * `link_port_differs`, `brokers_not_told_apart`: Google cannot forward the service's ports.
    /// * `nat_ranges_exhausted`, `broker_ports_exhausted`: no range or port is left.
    pub fn create_google(
        context: CreateContext<'_>,
        taken: &[Ipv4Net],
        id: LinkId,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let CreateContext {
            project,
            service,
            vpc,
            existing,
            static_ips: _,
            neighbours,
        } = context;
        project.require(Feature::PrivatelinkGoogle)?;
        if let Some(link) = existing {
            return Err(already_exists(link));
        }
        check_publishable(service, Provider::Google)?;
        if service.service_type == POSTGRES {
            project.require(Feature::PrivatelinkGooglePg)?;
        }
        let vpc = check_vpc(service, vpc)?;
        check_link_ports(Provider::Google, &service.components)?;
        check_brokers(Provider::Google, service)?;
        Ok(Self {
            id,
            project: project.name.clone(),
            service: service.name.clone(),
            provider: Provider::Google,
            vpc: vpc.id,
            topology: Topology::Direct,
            subscriptions: BTreeSet::new(),
            nat_ranges: vec![nat_range::next(&[], taken)?],
            refused_ranges: Vec::new(),
            ports: reserve(&service.components),
            broker_ports: first_brokers(service, neighbours)?,
            generation: Generation(1),
            deleting: false,
            created_at: now,
            updated_at: now,
        })
    }

    /// Reserves a further NAT range if the approved connections need it, and returns it.
    ///
    /// A range is never released while the link exists: endpoints may have addresses in it.
    ///
    /// # Errors
    /// * `nat_ranges_exhausted`: no range is left.
    pub fn make_room(
        &mut self,
        connections: &[Connection],
        taken: &[Ipv4Net],
        now: Timestamp,
    ) -> Result<Option<Ipv4Net>, Refusal> {
        let approved = connections
            .iter()
            .filter(|connection| connection.decision == Decision::Approved)
            .count();
        if self.provider != Provider::Google || !nat_range::is_short(&self.nat_ranges, approved) {
            return Ok(None);
        }
        let mut all = taken.to_vec();
        all.extend(&self.nat_ranges);
        let range = nat_range::next_but(&self.refused_ranges, &self.nat_ranges, &all)?;
        self.nat_ranges.push(range);
        self.touch(now);
        Ok(Some(range))
    }

    /// Reserves another range in place of one that the cloud refused because something else overlaps it,
    /// and returns it. `None` if the range stays: it was the link's already, or none is left.
    ///
    /// `taken`: the NAT ranges of other links in the same network, and what its listing showed.
    pub fn replace_refused_range(
        &mut self,
        refused: Ipv4Net,
        taken: &[Ipv4Net],
        observed: &Observed,
    ) -> Option<Ipv4Net> {
        if self.deleting
            || self.refused_ranges.len() >= MOST_REFUSED
            || was_confirmed(refused, observed)
        {
            return None;
        }
        let place = self.nat_ranges.iter().position(|it| *it == refused)?;
        let mut all = taken.to_vec();
        all.extend(&self.nat_ranges);
        let before = self.refused_ranges.iter().copied();
        let avoided: Vec<_> = before.chain([refused]).collect();
        let range = nat_range::next_but(&avoided, self.nat_ranges.get(..place)?, &all).ok()?;
        self.refused_ranges = avoided;
        *self.nat_ranges.get_mut(place)? = range;
        Some(range)
    }
}

/// Returns whether the subnet of a range existed once: it was confirmed, or a confirmed part refers to
/// it.
fn was_confirmed(range: Ipv4Net, observed: &Observed) -> bool {
    let subnet = Part::Google(GooglePart::NatSubnet(range));
    let refers = |part: &Part| match observed.last(part).map(|last| &last.spec) {
        Some(Spec::Google(
            GoogleSpec::Firewall {
                sources: ranges, ..
            }
            | GoogleSpec::ServiceAttachment { nat: ranges, .. },
        )) => ranges.contains(&range),
        _ => false,
    };
    let holders = [
        Part::Google(GooglePart::Allow),
        Part::Google(GooglePart::Deny),
        Part::Attachment,
    ];
    observed.last(&subnet).is_some() || holders.iter().any(refers)
}
