//! Conditions of project VPCs and static IPs, and of the links that depend on them.

use super::kind::{Condition, ConditionKind, ConditionStatus, Severity};
use super::of_account::{self, AccountOutage};
use super::reconciled::reconciled;
use crate::id::{ProjectVpcId, StaticIpId};
use crate::part::{Deviation, DeviationCause, Observed, Part};
use crate::remedy::Remedy;
use crate::static_ip::{StaticIp, StaticIpState};
use crate::vpc::{ProjectVpc, VpcState};

/// A project VPC or static IP that a link depends on, with its condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkProblem {
    /// The project VPC or static IP.
    pub subject: NetworkSubject,
    /// Its condition, which is not true.
    pub condition: Condition,
}

/// A project VPC or static IP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkSubject {
    /// A project VPC.
    Vpc(ProjectVpcId),
    /// A static IP.
    StaticIp(StaticIpId),
}

/// All conditions of a project VPC.
pub fn of_vpc(
    vpc: &ProjectVpc,
    observed: &Observed,
    outage: Option<&AccountOutage>,
) -> Vec<Condition> {
    let is_changing = vpc.deleting || vpc.state(observed) == VpcState::Approved;
    let deviations = if vpc.deleting {
        Vec::new()
    } else {
        deviations(observed, |part| lost_network(vpc, part))
    };
    with_others(deviations, is_changing, observed, outage)
}

/// All conditions of a static IP.
pub fn of_static_ip(
    ip: &StaticIp,
    observed: &Observed,
    outage: Option<&AccountOutage>,
) -> Vec<Condition> {
    let is_changing = ip.deleting || ip.state(observed, false) == StaticIpState::Creating;
    let deviations = if ip.deleting {
        Vec::new()
    } else {
        deviations(observed, |_| Some(lost_address(ip, observed)))
    };
    with_others(deviations, is_changing, observed, outage)
}

/// The first condition that keeps links from working, or may: false, or doubtful for a reason that
/// lasts.
pub fn problem(conditions: Vec<Condition>) -> Option<Condition> {
    let is_problem = |it: &Condition| {
        it.kind == ConditionKind::Reconciled
            && it.status != ConditionStatus::True
            && it.severity != Severity::Info
    };
    conditions.into_iter().find(is_problem)
}

/// The condition of a link whose project VPC or static IP has a problem.
pub(super) fn network_intact(problem: &NetworkProblem) -> Condition {
    let (subject, command) = match &problem.subject {
        NetworkSubject::Vpc(id) => (
            format!("Project VPC {id}"),
            format!("underpass vpc get --project-vpc-id {id}"),
        ),
        NetworkSubject::StaticIp(id) => (
            format!("Static IP {id}"),
            format!("underpass static-ip get {id}"),
        ),
    };
    let Condition {
        status,
        severity,
        reason,
        message,
        remedy,
        since,
        ..
    } = problem.condition.clone();
    Condition {
        kind: ConditionKind::NetworkIntact,
        status,
        severity,
        connection: None,
        reason,
        message: format!("{subject}: {message}"),
        remedy: remedy.or_else(|| Some(Remedy::manual(format!("See `{command}`")))),
        since,
    }
}

/// The conditions about changes outside Underpass come first; the others are those of any managed
/// object.
fn with_others(
    mut deviations: Vec<Condition>,
    is_changing: bool,
    observed: &Observed,
    outage: Option<&AccountOutage>,
) -> Vec<Condition> {
    let others = reconciled(is_changing, observed);
    let is_plain = |it: &Condition| it.severity == Severity::Info;
    let explains = !deviations.is_empty();
    deviations.extend(others.into_iter().filter(|it| !(explains && is_plain(it))));
    deviations.extend(outage.map(of_account::account_reachable));
    deviations.sort_by_key(|it| it.kind);
    deviations
}

/// `lost` describes a part that is not made again by itself.
fn deviations(
    observed: &Observed,
    lost: impl Fn(&Part) -> Option<(&'static str, String, Remedy)>,
) -> Vec<Condition> {
    let condition = |(part, deviation): (&Part, &Deviation)| {
        let name = part.display_name();
        let lost = lost(part).filter(|_| deviation.cause == DeviationCause::Deleted);
        let (status, severity, reason, message, remedy) = match (deviation.cause, lost) {
            (_, Some((reason, message, remedy))) => (
                ConditionStatus::False,
                Severity::Error,
                reason,
                message,
                Some(remedy),
            ),
            (DeviationCause::Deleted, None) => (
                ConditionStatus::Unknown,
                Severity::Warning,
                "BeingRestored",
                format!("The {name} was deleted outside Underpass. It is made again"),
                None,
            ),
            (DeviationCause::Changed, None) => (
                ConditionStatus::Unknown,
                Severity::Warning,
                "BeingRestored",
                format!("The {name} was changed outside Underpass. It is put right"),
                None,
            ),
        };
        Condition {
            kind: ConditionKind::Reconciled,
            status,
            severity,
            connection: None,
            reason: reason.to_owned(),
            message,
            remedy,
            since: Some(deviation.since),
        }
    };
    let all = observed.deviations.iter();
    // The group of a deleted network is not a second problem.
    let is_second = |part: &Part| {
        *part != Part::Network && part.is_network() && observed.is_lost(&Part::Network)
    };
    all.filter(|(part, _)| !is_second(part))
        .map(condition)
        .collect()
}

/// The reason, message and remedy for a deleted network.
fn lost_network(vpc: &ProjectVpc, part: &Part) -> Option<(&'static str, String, Remedy)> {
    part.is_network().then(|| {
        let message = format!(
            "The {} was deleted outside Underpass. It is made again only when no service is in the \
             project VPC: another network of the same name would lack the nodes, peerings and \
             routes of the deleted one",
            part.display_name()
        );
        let remedy = Remedy::manual(format!(
            "Create another project VPC with `underpass vpc create --cloud {} --network-cidr RANGE`, \
             and move the services and their nodes there with `underpass service update NAME \
             --project-vpc-id ID`. The network of this one is made again when its last service has \
             left",
            vpc.cloud
        ));
        ("NetworkDeleted", message, remedy)
    })
}

/// The reason, message and remedy for a deleted address.
fn lost_address(ip: &StaticIp, observed: &Observed) -> (&'static str, String, Remedy) {
    let address = ip.address(observed);
    let address = address.map_or_else(|| "it".to_owned(), |address| address.to_string());
    let message = format!(
        "The public IP address {address} was deleted outside Underpass. It is not made again: the \
         cloud would assign another one, which lists of allowed addresses do not contain"
    );
    let (id, cloud) = (&ip.id, &ip.cloud);
    let create = format!("Create another one with `underpass static-ip create --cloud {cloud}`");
    let remedy = match &ip.service {
        Some(service) => format!(
            "{create}, associate it with `underpass static-ip associate NEW --service {service}`, \
             and assign it to the node. Then remove this one with `underpass static-ip dissociate \
             {id}` and `underpass static-ip delete {id}`"
        ),
        None => format!("{create}. Delete this one with `underpass static-ip delete {id}`"),
    };
    ("AddressDeleted", message, Remedy::manual(remedy))
}

#[cfg(test)]
mod tests;
