//! Last answers of the clouds about the health of backends, in memory: after a start nothing is
//! checked until it was read again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use underpass_model::backend_health::{Backend, BackendStatus, HealthSubject, MemberHealth};
use underpass_model::cloud::Provider;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::link::Link;
use underpass_model::name::AccountName;
use underpass_model::service::Service;
use underpass_model::work::WorkKey;

/// Age of an answer from which a request for a link has it read before others: 1 minute.
const STALE: SignedDuration = SignedDuration::from_mins(1);

/// Name of the metric of backends.
const BACKENDS: &str = "underpass_backends";

/// Name of the metric of the age of answers.
const AGE: &str = "underpass_backend_health_age_seconds";

/// Health of the backends of all links; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct BackendHealth {
    state: Arc<Mutex<State>>,
    /// Number of requests.
    requested: watch::Sender<u64>,
    /// Number of recorded answers.
    recorded: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    links: BTreeMap<WorkKey, LinkHealth>,
    /// Links that were requested, and are read before others.
    requested: BTreeSet<WorkKey>,
    /// Accounts whose health is read.
    read: BTreeSet<AccountName>,
}

/// Health of the backends of one link.
#[derive(Debug, Clone)]
struct LinkHealth {
    /// ID of the link, which a later one of the same name does not share.
    link: String,
    account: AccountName,
    answers: BTreeMap<HealthSubject, BTreeMap<Member, Answer>>,
    /// Time before its last questions, and time after them.
    asked_at: Timestamp,
    read_at: Timestamp,
}

/// A member of a load balancer; the port only where the answer tells it.
type Member = (CloudResource, Option<u16>);

#[derive(Debug, Clone)]
struct Answer {
    is_healthy: bool,
    since: Timestamp,
    checked_at: Timestamp,
    reason: Option<String>,
}

/// The answers about a link.
pub(crate) struct Answers<'a> {
    /// The link.
    pub(crate) link: &'a Link,
    /// Its account.
    pub(crate) account: &'a AccountName,
    /// The answers by their subjects. Other subjects of the link are forgotten, except those in
    /// `unanswered`.
    pub(crate) known: BTreeMap<HealthSubject, Vec<MemberHealth>>,
    /// The subjects without an answer, whose last ones stay.
    pub(crate) unanswered: BTreeSet<HealthSubject>,
    /// The time before the questions.
    pub(crate) asked_at: Timestamp,
}

// === impl BackendHealth ===

impl BackendHealth {
    /// Records the answers about a link. Returns whether a backend turned healthy or unhealthy.
    pub(crate) fn record(&self, answers: Answers<'_>, now: Timestamp) -> bool {
        let Answers {
            link,
            account,
            known,
            unanswered,
            asked_at,
        } = answers;
        let mut state = self.state();
        let id = link.id.to_string();
        let before = state.links.remove(&link.work_key());
        let mut before = before
            .filter(|it| it.link == id)
            .map(|it| it.answers)
            .unwrap_or_default();
        let mut after: BTreeMap<HealthSubject, BTreeMap<Member, Answer>> = BTreeMap::new();
        let mut has_turned = false;
        for (subject, members) in known {
            let earlier = before.remove(&subject).unwrap_or_default();
            let members = members.into_iter().map(|member| {
                let resource = match link.provider {
                    Provider::Google => CloudResource::instance(&member.handle),
                    Provider::Azure | Provider::Aws => CloudResource::interface(&member.handle),
                };
                let key = (resource, member.port);
                let same = earlier
                    .get(&key)
                    .filter(|it| it.is_healthy == member.is_healthy);
                has_turned |= same.is_none();
                let answer = Answer {
                    is_healthy: member.is_healthy,
                    since: same.map_or(now, |it| it.since),
                    checked_at: now,
                    reason: member.reason,
                };
                (key, answer)
            });
            let members = members.collect();
            after.insert(subject, members);
        }
        let kept = before
            .into_iter()
            .filter(|(subject, _)| unanswered.contains(subject));
        after.extend(kept);
        let health = LinkHealth {
            link: id,
            account: account.clone(),
            answers: after,
            asked_at,
            read_at: now,
        };
        state.links.insert(link.work_key(), health);
        drop(state);
        self.recorded.send_modify(|number| *number += 1);
        has_turned
    }

    /// Forgets the links of an account that are not among these.
    pub(crate) fn retain(&self, account: &AccountName, links: &BTreeSet<WorkKey>) {
        let mut state = self.state();
        state
            .links
            .retain(|link, health| health.account != *account || links.contains(link));
    }

    /// Returns the backends of a link with their health.
    pub(crate) fn backends(&self, link: &Link, service: &Service) -> Vec<Backend> {
        let state = self.state();
        let health = state.links.get(&link.work_key());
        let health = health.filter(|it| it.link == link.id.to_string());
        let mut backends = Vec::new();
        for rule in link.open_rules(service) {
            for node in &service.nodes {
                if rule.node.as_ref().is_some_and(|it| *it != node.name) {
                    continue;
                }
                let resource = node
                    .cloud
                    .as_ref()
                    .map(underpass_model::service::NodeHandle::resource);
                let answer = health
                    .zip(resource)
                    .and_then(|(it, resource)| it.answer(&rule.name, &resource, rule.backend_port));
                backends.push(Backend {
                    node: node.name.clone(),
                    rule: rule.name.clone(),
                    port: rule.backend_port,
                    status: match answer.map(|it| it.is_healthy) {
                        None => BackendStatus::NotChecked,
                        Some(true) => BackendStatus::Healthy,
                        Some(false) => BackendStatus::Unhealthy,
                    },
                    since: answer.map(|it| it.since),
                    checked_at: answer.map(|it| it.checked_at),
                    reason: answer.and_then(|it| it.reason.clone()),
                });
            }
        }
        backends
    }

    /// Has a link read before others, unless it was read lately.
    pub(crate) fn request(&self, link: &Link, now: Timestamp) {
        let mut state = self.state();
        let work = link.work_key();
        let is_fresh = |it: &LinkHealth| now.duration_since(it.read_at) < STALE;
        if !state.links.get(&work).is_some_and(is_fresh) && state.requested.insert(work) {
            drop(state);
            self.requested.send_modify(|number| *number += 1);
        }
    }

    /// Notes that the health of the links of an account is read.
    pub(crate) fn begin(&self, account: &AccountName) {
        self.state().read.insert(account.clone());
    }

    /// Has a link read before others, and waits for answers to questions that were asked after `now`, but
    /// at most for `at_most`. Returns whether there are such answers.
    pub(crate) async fn fresh(
        &self,
        link: &Link,
        account: &AccountName,
        now: Timestamp,
        at_most: Duration,
    ) -> bool {
        let work = link.work_key();
        {
            let mut state = self.state();
            if !state.read.contains(account) {
                return false;
            }
            state.requested.insert(work.clone());
        }
        self.requested.send_modify(|number| *number += 1);
        let mut recorded = self.recorded.subscribe();
        let is_answered = |_: &u64| {
            let state = self.state();
            let health = state.links.get(&work);
            health.is_some_and(|it| it.asked_at >= now)
        };
        let answered = tokio::time::timeout(at_most, recorded.wait_for(is_answered)).await;
        matches!(answered, Ok(Ok(_)))
    }

    /// Takes a requested link of these.
    pub(crate) fn take_requested(&self, links: &BTreeSet<WorkKey>) -> Option<WorkKey> {
        let mut state = self.state();
        let work = state.requested.intersection(links).next().cloned()?;
        state.requested.remove(&work);
        Some(work)
    }

    /// Follows the requests.
    pub(crate) fn requests(&self) -> watch::Receiver<u64> {
        self.requested.subscribe()
    }

    /// Writes the backends of the accounts in the text exposition format, and the age of the oldest
    /// answer where there is one.
    pub(crate) fn metrics<'a>(
        &self,
        accounts: impl Iterator<Item = &'a AccountName>,
        now: Timestamp,
    ) -> String {
        let mut counts: BTreeMap<&AccountName, (u64, u64, Option<f64>)> =
            accounts.map(|account| (account, (0, 0, None))).collect();
        let state = self.state();
        for health in state.links.values() {
            let Some((healthy, unhealthy, age)) = counts.get_mut(&health.account) else {
                continue;
            };
            for answer in health.answers.values().flat_map(BTreeMap::values) {
                *(if answer.is_healthy {
                    &mut *healthy
                } else {
                    &mut *unhealthy
                }) += 1;
                let seconds = now.duration_since(answer.checked_at).as_secs_f64();
                *age = Some(age.unwrap_or_default().max(seconds));
            }
        }
        let mut backends = format!(
            "# HELP {BACKENDS} Backends of links by the last answer of the cloud's health probes.\n\
             # TYPE {BACKENDS} gauge\n"
        );
        let mut ages =
            format!("# HELP {AGE} Age of the oldest of these answers.\n# TYPE {AGE} gauge\n");
        for (account, (healthy, unhealthy, age)) in counts {
            // Writing to a string cannot fail.
            let _ok = writeln!(
                backends,
                "{BACKENDS}{{account=\"{account}\",health=\"healthy\"}} {healthy}\n\
                 {BACKENDS}{{account=\"{account}\",health=\"unhealthy\"}} {unhealthy}"
            );
            if let Some(age) = age {
                let _ok = writeln!(ages, "{AGE}{{account=\"{account}\"}} {age:.0}");
            }
        }
        backends + &ages
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that changes the answers panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl LinkHealth ===

impl LinkHealth {
    /// The answer about a node on the port of a rule. Google probes one port of each node, so the
    /// others are not checked.
    fn answer(&self, rule: &str, node: &CloudResource, port: u16) -> Option<&Answer> {
        let of_rule = HealthSubject::Rule(rule.to_owned());
        if let Some(members) = self.answers.get(&of_rule) {
            return members.get(&(node.clone(), None));
        }
        let mut zones = self
            .answers
            .iter()
            .filter(|(subject, _)| matches!(subject, HealthSubject::Zone(_)));
        zones.find_map(|(_, members)| members.get(&(node.clone(), Some(port))))
    }
}
