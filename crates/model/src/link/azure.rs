//! Links on Azure: Private Link.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::azure_rules;
use super::brokers::first_brokers;
use super::create::{CreateContext, already_exists, check_publishable, check_vpc};
use super::desired::{Link, Topology, reserve};
use crate::cloud::Provider;
use crate::connection::{Connection, Decision, Identity, RejectReason};
use crate::id::{Generation, LinkId, SubscriptionId};
use crate::project::Feature;
use crate::refusal::Refusal;
use crate::remedy::Remedy;
use crate::static_ip;

/// The maximum of subscriptions on a link's list (Azure: visibility takes 100).
pub const MAX_SUBSCRIPTIONS: usize = 100;

impl Link {
    /// Validates a new link on Azure and creates its desired state.
    ///
    /// # Errors
    /// * `feature_off`: the project does not have the feature.
    /// * `link_exists`, `link_deleting`: the service has a link already.
    /// * `wrong_cloud`, `type_not_offered`: see [`check_publishable`].
    /// * `no_project_vpc`, `byoc`, `region_differs`, `vpc_deleting`, `no_account`: the service's project
    ///   VPC is missing or not suitable.
    /// * `static_ips_missing`: the service does not have enough static IPs in use.
    /// * `too_many_subscriptions`, `too_many_rules`, `broker_ports_exhausted`: a limit is exceeded.
    /// * `interface_in_use`: another link uses the interface of a node.
    pub fn create_azure(
        context: CreateContext<'_>,
        subscriptions: BTreeSet<SubscriptionId>,
        id: LinkId,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let CreateContext {
            project,
            service,
            vpc,
            static_ips,
            existing,
            neighbours,
        } = context;
        project.require(Feature::PrivatelinkAzure)?;
        if let Some(link) = existing {
            return Err(already_exists(link));
        }
        check_publishable(service, Provider::Azure)?;
        let vpc = check_vpc(service, vpc)?;
        // Before static IPs are provided in vain.
        azure_rules::check_interfaces(service, None, neighbours)?;
        static_ip::check_enough(service, static_ips)?;
        check_subscriptions(&subscriptions)?;
        azure_rules::check(service)?;
        Ok(Self {
            id,
            project: project.name.clone(),
            service: service.name.clone(),
            provider: Provider::Azure,
            vpc: vpc.id,
            topology: Topology::Direct,
            subscriptions,
            nat_ranges: Vec::new(),
            refused_ranges: Vec::new(),
            ports: reserve(&service.components),
            broker_ports: first_brokers(service, neighbours)?,
            generation: Generation(1),
            deleting: false,
            created_at: now,
            updated_at: now,
        })
    }

    /// Replaces the list of subscriptions.
    ///
    /// Returns, changed, the undecided connections whose subscription leaves the list: they are
    /// rejected. Approved connections are never cut this way: the change is refused.
    ///
    /// # Errors
    /// * `link_deleting`: the link is being deleted.
    /// * `too_many_subscriptions`: the list is too long.
    /// * `would_cut_connections`: the subscription of an approved connection is not on the list.
    pub fn allow(
        &mut self,
        subscriptions: BTreeSet<SubscriptionId>,
        connections: &[Connection],
        now: Timestamp,
    ) -> Result<Vec<Connection>, Refusal> {
        self.refuse_while_deleting()?;
        check_subscriptions(&subscriptions)?;
        let leaves = |connection: &&Connection| {
            connection
                .identity
                .azure_subscription()
                .is_none_or(|subscription| !subscriptions.contains(&subscription))
        };
        let cut: Vec<_> = connections
            .iter()
            .filter(leaves)
            .filter(|connection| connection.decision == Decision::Approved)
            .map(|connection| format!("{} ({})", connection.id, connection.identity.endpoint))
            .collect();
        if !cut.is_empty() {
            return Err(Refusal::conflict(
                "would_cut_connections",
                format!(
                    "The new list would cut approved connections: {}. Keep their subscriptions on \
                     the list",
                    cut.join(", "),
                ),
            )
            .with_remedy(Remedy::RejectConnections(self.reference())));
        }
        let turned_away = connections
            .iter()
            .filter(leaves)
            .filter(|connection| connection.decision == Decision::Undecided)
            .cloned()
            .map(|mut connection| {
                connection.decide(Decision::Rejected(RejectReason::NotAllowed), now);
                connection
            })
            .collect();
        if self.subscriptions != subscriptions {
            self.subscriptions = subscriptions;
        }
        self.touch(now);
        Ok(turned_away)
    }

    /// Adds the subscription of a connection that the cloud shows as approved, which is the rule of
    /// [`Self::restore`]. Returns whether the list changed; a full one does not.
    pub fn allow_adopted(&mut self, identity: &Identity, now: Timestamp) -> bool {
        let is_full = self.subscriptions.len() >= MAX_SUBSCRIPTIONS;
        let Some(subscription) = identity.azure_subscription().filter(|_| !is_full) else {
            return false;
        };
        if self.admits(identity) || !self.subscriptions.insert(subscription) {
            return false;
        }
        self.touch(now);
        true
    }
}

fn check_subscriptions(subscriptions: &BTreeSet<SubscriptionId>) -> Result<(), Refusal> {
    if subscriptions.len() > MAX_SUBSCRIPTIONS {
        return Err(Refusal::invalid(
            "too_many_subscriptions",
            format!(
                "{} subscriptions are more than the {MAX_SUBSCRIPTIONS} that Azure accepts for \
                 one link",
                subscriptions.len()
            ),
        ));
    }
    Ok(())
}
