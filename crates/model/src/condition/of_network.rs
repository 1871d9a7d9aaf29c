//! Conditions of project VPCs and static IPs, and of the links that depend on them.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::kind::{Condition, ConditionKind, ConditionStatus, Severity};
use super::of_account::{self, AccountOutage};
use super::reconciled::reconciled;
use crate::id::{ProjectVpcId, StaticIpId};
use crate::part::{Deviation, DeviationCause, Observed, Part, RepeatedWrite};
use crate::remedy::Remedy;
use crate::static_ip::{StaticIp, StaticIpState};
use crate::vpc::{ProjectVpc, SUBNET_RANGE_DIFFERS, VpcState};

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
        deviations(observed, |part, deviation| match deviation.cause {
            DeviationCause::Deleted => lost_network(vpc, part),
            DeviationCause::Changed if observed.is_replaced(part) => {
                Some(replaced_network(vpc, part))
            }
            DeviationCause::Changed => other_range(vpc, part, observed),
        })
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
        deviations(observed, |part, deviation| match deviation.cause {
            DeviationCause::Deleted => Some(lost_address(ip, observed)),
            DeviationCause::Changed => {
                let (before, now) = observed.changed_address(part)?;
                Some(changed_address(ip, before, now))
            }
        })
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
pub(crate) fn network_intact(problem: &NetworkProblem) -> Condition {
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

/// The condition of a project VPC or static IP whose parts cannot be listed.
fn not_checked(since: Timestamp) -> Condition {
    let remedy = "See the log for the list call that is refused, and give the account's identity the \
                  right to list it";
    Condition {
        kind: ConditionKind::Reconciled,
        status: ConditionStatus::Unknown,
        severity: Severity::Warning,
        connection: None,
        reason: "NotChecked".to_owned(),
        message: format!(
            "Not checked since {since}: the cloud refuses to list it, so changes outside Underpass \
             are not noticed"
        ),
        remedy: Some(Remedy::manual(remedy)),
        since: Some(since),
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
    deviations.extend(observed.unchecked_since.map(not_checked));
    let explains = !deviations.is_empty();
    deviations.extend(others.into_iter().filter(|it| !(explains && is_plain(it))));
    deviations.extend(outage.map(of_account::account_reachable));
    deviations.sort_by_key(|it| it.kind);
    deviations
}

/// `lasting` describes a change that is not put right by itself.
fn deviations(
    observed: &Observed,
    lasting: impl Fn(&Part, &Deviation) -> Option<(&'static str, String, Remedy)>,
) -> Vec<Condition> {
    let condition = |(part, deviation): (&Part, &Deviation)| {
        let name = part.display_name();
        let lasting = lasting(part, deviation);
        let (status, severity, reason, message, remedy) = match (deviation.cause, lasting) {
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
                format!(
                    "The {name} was deleted outside Underpass. {}",
                    repair(part, "made again", observed)
                ),
                None,
            ),
            (DeviationCause::Changed, None) => (
                ConditionStatus::Unknown,
                Severity::Warning,
                "BeingRestored",
                format!(
                    "The {name} was changed outside Underpass. {}",
                    repair(part, "put right", observed)
                ),
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
    // The group of a deleted network is not a second problem, nor is anything in a replaced one.
    let is_second = |part: &Part| {
        let is_lost = part.is_network() && observed.is_lost(&Part::Network);
        *part != Part::Network && (is_lost || observed.is_replaced(&Part::Network))
    };
    // The failure tells the ranges, and what to do.
    let is_explained = |part: &Part| {
        let failure = observed.failures.get(part);
        failure.is_some_and(|it| it.code == SUBNET_RANGE_DIFFERS)
    };
    all.filter(|(part, _)| !is_second(part) && !is_explained(part))
        .map(condition)
        .collect()
}

/// Tells whether a part is repaired: nothing is promised that fails or is not done.
fn repair(part: &Part, verb: &str, observed: &Observed) -> String {
    if observed.held_since.is_some() {
        format!("It is not {verb} while nothing is written to the account")
    } else if observed.failures.contains_key(part) {
        format!("That it is {verb} failed, and is tried again")
    } else if observed
        .repeated_writes
        .get(part)
        .is_some_and(RepeatedWrite::is_not_kept)
    {
        format!("It was {verb}, and the cloud did not keep it")
    } else {
        format!("It is {verb}")
    }
}

/// The reason, message and remedy for a subnet that was made again with another range.
fn other_range(
    vpc: &ProjectVpc,
    part: &Part,
    observed: &Observed,
) -> Option<(&'static str, String, Remedy)> {
    let found = vpc.differing_range(observed).filter(|_| part.is_subnet())?;
    let message = format!(
        "The {} was made again outside Underpass, with range {found} instead of {}. A range can only \
         be expanded, so it is not put right by itself",
        part.display_name(),
        vpc.cidr
    );
    let remedy = "Delete the subnet when nothing is in it: Underpass makes it again with its range. \
                  While services are in it, move them to another project VPC first with `underpass \
                  service update NAME --project-vpc-id ID`";
    Some((SUBNET_RANGE_DIFFERS, message, Remedy::manual(remedy)))
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
            "{}. The network of this one is made again when its last service has left",
            move_services(vpc)
        ));
        ("NetworkDeleted", message, remedy)
    })
}

/// The reason, message and remedy for a network that is another one than before.
fn replaced_network(vpc: &ProjectVpc, part: &Part) -> (&'static str, String, Remedy) {
    let message = format!(
        "The {} was deleted and made again outside Underpass. Nodes, peerings and routes of the \
         deleted one are not in it, so nothing is written to it while services are in the project VPC",
        part.display_name()
    );
    let remedy = format!(
        "Find in the cloud's activity log who made it. {}. The present network is used when the last \
         service has left; if it is not yours, delete it and then this project VPC",
        move_services(vpc)
    );
    ("NetworkReplaced", message, Remedy::manual(remedy))
}

/// The steps that move the services of a project VPC to another one.
fn move_services(vpc: &ProjectVpc) -> String {
    format!(
        "Create another project VPC with `underpass vpc create --cloud {} --network-cidr RANGE`, and \
         move the services and their nodes there with `underpass service update NAME \
         --project-vpc-id ID`",
        vpc.cloud
    )
}

/// The reason, message and remedy for a deleted address.
fn lost_address(ip: &StaticIp, observed: &Observed) -> (&'static str, String, Remedy) {
    let address = ip.address(observed);
    let address = address.map_or_else(|| "it".to_owned(), |address| address.to_string());
    let message = format!(
        "The public IP address {address} was deleted outside Underpass. It is not made again: the \
         cloud would assign another one, which lists of allowed addresses do not contain"
    );
    (
        "AddressDeleted",
        message,
        Remedy::manual(replace_address(ip)),
    )
}

/// The reason, message and remedy for an address that is another one than before.
fn changed_address(
    ip: &StaticIp,
    before: Ipv4Addr,
    now: Ipv4Addr,
) -> (&'static str, String, Remedy) {
    let message = format!(
        "The public IP address was made again outside Underpass: it was {before} and is now {now}, \
         which lists of allowed addresses do not contain"
    );
    let remedy = format!(
        "Tell those who allow {before} in their lists that it is no longer yours. {}",
        replace_address(ip)
    );
    ("AddressChanged", message, Remedy::manual(remedy))
}

/// The steps that replace a static IP by another one.
fn replace_address(ip: &StaticIp) -> String {
    let (id, cloud) = (&ip.id, &ip.cloud);
    let create = format!("Create another one with `underpass static-ip create --cloud {cloud}`");
    match &ip.service {
        Some(service) => format!(
            "{create}, associate it with `underpass static-ip associate NEW --service {service}`, \
             and assign it to the node. Then remove this one with `underpass static-ip dissociate \
             {id}` and `underpass static-ip delete {id}`"
        ),
        None => format!("{create}. Delete this one with `underpass static-ip delete {id}`"),
    }
}

#[cfg(test)]
mod tests;
