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
use crate::project::Feature;
use crate::refusal::Refusal;
use crate::service::check_link_ports;

/// The type whose links on Google are a separate feature.
const POSTGRES: &str = "pg";

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
        let range = nat_range::next(&self.nat_ranges, &all)?;
        self.nat_ranges.push(range);
        self.touch(now);
        Ok(Some(range))
    }
}
