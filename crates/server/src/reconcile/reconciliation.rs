//! Reconciliation: one managed object loaded with its desired and observed state.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use underpass_clouds::{Error as CloudError, ErrorKind, Report};
use underpass_model::cloud_target::CloudTarget;
use underpass_model::discovery::{self, Discovery, Known};
use underpass_model::ended_connection::EndedLimits;
use underpass_model::event::{Event, SYSTEM_ACTOR};
use underpass_model::google::RejectList;
use underpass_model::link::{ConnectionState, LinkState, shown_connection, shown_link};
use underpass_model::nat_range::OVERLAPPED;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::{Confirmed, Desired, GooglePart, Observed, Part, Phase};
use underpass_model::reconcile::{self, Next, Picture, Step};
use underpass_model::work::WorkKey;
use underpass_store::{
    Change, CloudResourceReservation, Error, Expectation, Key, Kind, Lookup, Store, Versioned,
};

use super::account_hold::{self, Holds};
use super::deviation_news::NotedDeviations;
use super::engine::Engine;
use super::managed::Managed;
use crate::ids::Ids;
use crate::proof_key::ProofKey;
use crate::reservations::release;
use crate::unknown_residents::{self, unknown_residents, unreadable_resident};

/// Pause between two looks for links that the store does not have, in a project VPC that is being
/// deleted: 30 seconds.
const ORPHAN_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Managed object with the changes of a pass in memory.
pub(super) struct Reconciliation {
    /// Key of the object's work.
    pub(super) key: WorkKey,
    /// Desired and observed state.
    pub(super) picture: Picture,
    /// Target of the steps; `None` if no account serves the object, which then has no parts.
    pub(super) target: Option<CloudTarget>,
    managed: Managed,
    reject_list: RejectList,
    /// Reservations to release with the object; read only while it is being deleted.
    reservations: Vec<Versioned<CloudResourceReservation>>,
    /// Row as read; the picture contains the current observations.
    observed: Option<Versioned<Observed>>,
    events: Vec<Event>,
    holds: Holds,
    /// A project VPC that is being deleted contains a link that the store does not have.
    has_unknown_link: bool,
    proof_key: ProofKey,
    ended_limits: EndedLimits,
}

impl Reconciliation {
    /// Loads an object; `None` if it does not exist.
    pub(super) async fn load(engine: &Engine, key: &WorkKey) -> Result<Option<Self>, Error> {
        let observed_key = Key::observed(key);
        let mut with = vec![Lookup::One(Kind::Observed, observed_key.clone())];
        with.extend(Holds::lookups(key));
        let store = &*engine.store;
        let Some((managed, fetched)) = Managed::load(store, key, &with).await? else {
            return Ok(None);
        };
        let reservations = managed.reservations(store).await?;
        let has_unknown_link = match &managed {
            Managed::Vpc(managed) if managed.vpc.value.deleting => {
                let vpc = &managed.vpc.value;
                let shown = store.fetch(&unknown_residents::lookups()).await?;
                // In doubt, the network stays.
                unreadable_resident(vpc, &shown).is_some()
                    || !unknown_residents(&engine.accounts, vpc, &shown).is_empty()
            }
            Managed::Vpc(_) | Managed::Link(_) | Managed::StaticIp(_) | Managed::Orphan(_) => false,
        };
        let observed: Option<Versioned<Observed>> = fetched.one(&observed_key)?;
        let mut reconciliation = Self {
            key: key.clone(),
            picture: Picture {
                generation: managed.generation(),
                desired: BTreeMap::new(),
                observed: observed
                    .as_ref()
                    .map(|row| row.value.clone())
                    .unwrap_or_default(),
                absence: engine.absence,
            },
            target: None,
            managed,
            reject_list: engine.reject_list,
            reservations,
            observed,
            events: Vec::new(),
            holds: Holds::load(&fetched)?,
            has_unknown_link,
            proof_key: engine.proof_key.clone(),
            ended_limits: engine.limits.get().retention.ended,
        };
        reconciliation.replan();
        Ok(Some(reconciliation))
    }

    /// Recomputes the desired state and the target from connections and observations.
    fn replan(&mut self) {
        self.picture.desired = self
            .managed
            .desired(&self.picture.observed, self.reject_list);
        self.picture.adopt_replacements();
        self.picture.end_idle_failures();
        self.target = self.managed.target(&self.key, &self.proof_key);
        let target = self.target.as_ref();
        self.picture.observed.held_since =
            target.and_then(|target| self.holds.since(&target.account));
    }

    /// Returns why a step may not be performed: the network of a link that the store does not have stays,
    /// also if it became known after the deletion of its project VPC began.
    pub(super) fn refuse(&self, step: &Step) -> Option<CloudError> {
        let is_refused = self.has_unknown_link && matches!(step, Step::Delete(_));
        is_refused.then(|| CloudError {
            kind: ErrorKind::Retry {
                after: Some(ORPHAN_PAUSE),
            },
            action: format!("delete {}", step.part().display_name()),
            code: "OrphanInside".to_owned(),
            message: "the project VPC contains a link that the cloud shows and Underpass does not \
                      have; its connections need the network"
                .to_owned(),
            remedy: Some(
                "Ask an operator to remove it: `underpass recovery orphans` lists it. Then the \
                 deletion goes on by itself"
                    .to_owned(),
            ),
            status: None,
            source: None,
        })
    }

    /// Returns whether nothing may be written, because the store is older than the account.
    pub(super) fn is_held(&self) -> bool {
        self.picture.observed.held_since.is_some()
    }

    /// Records the report or the failure of a step.
    pub(super) fn fold(
        &mut self,
        step: &Step,
        answer: &Result<Report, CloudError>,
        ids: &Ids,
        now: Timestamp,
    ) {
        let before = self.shown();
        let deviations = NotedDeviations::of(&self.picture.observed);
        let attachment = self.picture.observed.last(&Part::Attachment).cloned();
        match answer {
            Ok(report) => {
                self.picture.record(step, report.outcome.clone(), now);
                if let Some(listed) = &report.connections {
                    self.take_in(listed, ids, now);
                }
                self.end_connections(now);
            }
            Err(error) => {
                let failure = error.failure();
                let generation = self.picture.generation;
                self.picture
                    .observed
                    .fail(step, &failure, generation, now, ids.jitter());
                self.report_failure(step, now);
            }
        }
        self.replan();
        self.report_moves(&before, now);
        self.report_deviations(&deviations, now);
        self.report_replacement(attachment.as_ref(), now);
    }

    /// Takes another NAT range in place of one that the cloud refuses as overlapping, if it was never
    /// used.
    pub(super) async fn replace_refused_range(
        &mut self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Managed::Link(managed) = &mut self.managed else {
            return Ok(());
        };
        let observed = &self.picture.observed;
        let refused = observed.failures.iter().find_map(|(part, failure)| {
            let Part::Google(GooglePart::NatSubnet(range)) = part else {
                return None;
            };
            (failure.code == OVERLAPPED).then_some(*range)
        });
        let Some(refused) = refused else {
            return Ok(());
        };
        let Some(range) = managed
            .replace_refused_range(store, refused, observed)
            .await?
        else {
            return Ok(());
        };
        let message = format!(
            "The cloud refuses NAT range {refused}, because something else in the network overlaps \
             it. The link takes {range} instead"
        );
        // It is read, and deleted if it exists.
        let part = Part::Google(GooglePart::NatSubnet(refused));
        self.picture.observed.failures.remove(&part);
        self.replan();
        self.events.retain(|event| event.code != "failure");
        self.add_event(
            subject_of(&self.key),
            "link.nat_range_replaced",
            message,
            now,
        );
        Ok(())
    }

    /// Adds an event about an attachment that was made again outside Underpass.
    fn report_replacement(&mut self, before: Option<&Confirmed>, now: Timestamp) {
        let Managed::Link(_) = &self.managed else {
            return;
        };
        let (Some(before), Some(found)) = (before, self.picture.observed.last(&Part::Attachment))
        else {
            return;
        };
        if !before.facts.is_replaced_by(&found.facts) {
            return;
        }
        let message = match (&before.facts.alias, &found.facts.alias) {
            (Some(before), Some(alias)) if before != alias => format!(
                "The published service was made again outside Underpass. Give consumers the new \
                 alias `{alias}`: their endpoints at `{before}` no longer connect"
            ),
            _ => {
                "The published service was made again outside Underpass. Connections to the former \
                  one have ended: consumers create their endpoints again"
                    .to_owned()
            }
        };
        self.add_event(subject_of(&self.key), "link.published_again", message, now);
    }

    /// Records a listed state of a part that was ready. A changed tag alone is not recorded; an outdated
    /// tag only costs another read.
    pub(super) fn record_listed(&mut self, part: &Part, found: &Confirmed, now: Timestamp) {
        let believed_from = self.picture.believed_from(part, found, now);
        let observed = &mut self.picture.observed;
        let Some(known) = observed.parts.get_mut(part) else {
            return;
        };
        if let Some(last) = &mut known.last {
            // Only a read takes over another object: a listing may show an earlier one.
            if last.facts.is_replaced_by(&found.facts) {
                observed.mark_unknown(part, now);
                return;
            }
            if last.spec.agrees_with(&found.spec) {
                last.facts.is_shared = found.facts.is_shared;
                if last.facts.instance.is_none() {
                    last.facts.instance.clone_from(&found.facts.instance);
                }
                return;
            }
        }
        // The worker reads it until it is certain.
        if believed_from.is_some() {
            observed.mark_unknown(part, now);
            return;
        }
        let before = known.last.replace(found.clone());
        let deviations = NotedDeviations::before(observed, part, before.as_ref());
        self.picture.note_change(part, before.as_ref(), now);
        self.report_deviations(&deviations, now);
    }

    /// Returns whether a part that was deleted or changed outside Underpass can be made again.
    pub(super) fn can_repair(&self, now: Timestamp) -> bool {
        let is_repair = |step: &Step| self.picture.observed.deviations.contains_key(step.part());
        matches!(reconcile::next(&self.picture, now), Next::Do(step) if is_repair(&step))
    }

    /// Adds events about parts of networks and addresses that were deleted or changed outside
    /// Underpass, and about those that are as desired again.
    fn report_deviations(&mut self, before: &NotedDeviations, now: Timestamp) {
        let subject = subject_of(&self.key);
        for (code, message) in before.news(&self.managed, &self.picture) {
            self.add_event(subject.clone(), &code, message, now);
        }
    }

    /// Records a complete listing of a link's connections.
    ///
    /// While the account is on hold, connections stay as they are: a person compares first.
    pub(super) fn take_in(&mut self, listed: &[ObservedConnection], ids: &Ids, now: Timestamp) {
        self.compare(listed, now);
        if self.is_held() {
            return;
        }
        if let Managed::Orphan(orphan) = &mut self.managed {
            orphan.take_in(listed, &mut self.picture.observed, ids, now);
            self.replan();
            return;
        }
        let Managed::Link(managed) = &mut self.managed else {
            return;
        };
        let known = Known {
            link: &managed.link.value,
            policy: managed.policy,
            connections: &managed.connections.current,
            ended: &managed.connections.ended,
        };
        let discovery = discovery::take_in(
            &known,
            &mut self.picture.observed,
            &mut managed.connections.ordinals,
            listed,
            &mut || ids.connection(),
            now,
        );
        self.adopt(discovery, now);
        self.replan();
    }

    /// Compares the decisions that the provider shows with those of the store.
    fn compare(&mut self, listed: &[ObservedConnection], now: Timestamp) {
        let (Managed::Link(managed), Some(target)) = (&self.managed, &self.target) else {
            return;
        };
        let link = &managed.link.value.id;
        let found = account_hold::compare(
            &self.proof_key,
            link,
            &managed.connections.current,
            &managed.connections.ended,
            listed,
        );
        if !found.is_empty() {
            self.holds.add(&target.account, link, &self.key, found, now);
            self.replan();
        }
    }

    fn end_connections(&mut self, now: Timestamp) {
        if self.is_held() {
            return;
        }
        let Managed::Link(managed) = &self.managed else {
            return;
        };
        let mut discovery = Discovery::default();
        discovery.end(&managed.connections.current, &mut self.picture.observed);
        self.adopt(discovery, now);
    }

    fn adopt(&mut self, mut discovery: Discovery, now: Timestamp) {
        let Managed::Link(managed) = &mut self.managed else {
            return;
        };
        let news = std::mem::take(&mut discovery.news);
        managed
            .connections
            .adopt(discovery, &self.ended_limits, now);
        let project = managed.link.value.project.clone();
        let subject = subject_of(&self.key);
        for (code, id, message) in news {
            self.events.push(Event {
                at: now,
                project: project.clone(),
                subject: format!("{subject}/connection/{id}"),
                actor: SYSTEM_ACTOR.to_owned(),
                code: code.to_owned(),
                message,
                details: json!({"privatelink_connection_id": id}),
            });
        }
    }

    fn add_event(&mut self, subject: String, code: &str, message: String, now: Timestamp) {
        let Some(project) = self.managed.project(&self.key) else {
            return;
        };
        self.events.push(Event {
            at: now,
            project,
            subject,
            actor: SYSTEM_ACTOR.to_owned(),
            code: code.to_owned(),
            message,
            details: serde_json::Value::Null,
        });
    }

    fn report_failure(&mut self, step: &Step, now: Timestamp) {
        let Some(failure) = self.picture.observed.failures.get(step.part()) else {
            return;
        };
        let delay = failure.retry_at.duration_since(now);
        // Failures that are retried within a minute cause no event.
        if failure.attempts == 1 && delay >= jiff::SignedDuration::from_mins(1) {
            let message = format!("{}: {}", step.part().display_name(), failure.message);
            self.add_event(subject_of(&self.key), "failure", message, now);
        }
    }

    fn shown(&self) -> Shown {
        match &self.managed {
            Managed::Link(managed) => Shown {
                link: Some(shown_link(&managed.link.value, &self.picture.observed)),
                connections: managed
                    .connections
                    .current
                    .iter()
                    .map(|connection| {
                        let link = &managed.link.value;
                        let state = shown_connection(link, connection, &self.picture.observed);
                        (connection.id.to_string(), state)
                    })
                    .collect(),
            },
            Managed::Vpc(_) | Managed::StaticIp(_) | Managed::Orphan(_) => Shown::default(),
        }
    }

    fn report_moves(&mut self, before: &Shown, now: Timestamp) {
        let after = self.shown();
        let subject = subject_of(&self.key);
        if after.link == Some(LinkState::Active) && before.link != after.link {
            let message = "The link is published. Consumers can create endpoints".to_owned();
            self.add_event(subject.clone(), "link.active", message, now);
        }
        for (id, state) in &after.connections {
            let was = before.connections.get(id);
            if was.is_some() && was != Some(state) {
                let message = format!("The connection's state is now `{}`", state.as_str());
                let code = format!("connection.{}", state.as_str());
                self.add_event(format!("{subject}/connection/{id}"), &code, message, now);
            }
        }
    }

    /// Returns whether a step failed and was not repeated with success since.
    pub(super) fn has_failures(&self) -> bool {
        !self.picture.observed.failures.is_empty()
    }

    /// Marks a part as unknown, before it is written.
    pub(super) fn mark_unknown(&mut self, part: &Part, now: Timestamp) {
        self.picture.observed.mark_unknown(part, now);
    }

    /// Returns a desired part that was never observed: an adopted link has none that was.
    pub(super) fn unread_part(&self) -> Option<&Part> {
        let observed = &self.picture.observed.parts;
        let mut desired = self.picture.desired.iter();
        let unread = desired
            .find(|(part, desired)| **desired != Desired::Leave && !observed.contains_key(*part));
        unread.map(|(part, _)| part)
    }

    /// Returns the time of the next read that the absence of a part is proven by.
    pub(super) fn next_absence_read(&self, now: Timestamp) -> Option<Timestamp> {
        let parts = self.picture.observed.parts.values();
        let due = parts.filter_map(|seen| match seen.phase {
            Phase::Missing { check_after, .. } => Some(check_after),
            _ => None,
        });
        due.filter(|due| *due > now).min()
    }

    /// Returns whether nothing may be deleted yet: every part of an orphan is read first, so that
    /// nothing is deleted beside one that proves not to be ours.
    pub(super) fn is_unread_orphan(&self) -> bool {
        let parts = &self.picture.observed.parts;
        matches!(self.managed, Managed::Orphan(_))
            && parts.iter().any(|(part, seen)| {
                seen.last.is_none()
                    && matches!(seen.phase, Phase::Unknown { .. })
                    && !matches!(part, Part::Admission(_))
            })
    }

    /// Returns the version of the row that changed last.
    pub(super) fn newest_version(&self) -> u64 {
        let observed = self.observed.as_ref().map(|row| row.version);
        self.managed.newest_version().max(observed.unwrap_or(0))
    }

    /// Returns whether the object is being deleted and has no parts left.
    pub(super) fn is_over(&self) -> bool {
        self.managed.is_deleting() && self.picture.is_settled()
    }

    /// Returns the changes of the pass; the commit fails after a concurrent change.
    pub(super) fn change(&self, now: Timestamp) -> Result<Change, Error> {
        let mut change = self.holds.edits(Change::new(), now)?;
        change = match &self.observed {
            Some(row) if row.value == self.picture.observed => change,
            Some(row) => change.update(&Versioned {
                value: self.picture.observed.clone(),
                key: row.key.clone(),
                version: row.version,
            })?,
            None if self.picture.observed == Observed::default() => change,
            None => change.insert(Key::observed(&self.key), &self.picture.observed)?,
        };
        match &self.managed {
            Managed::Link(managed) => {
                change = managed.connections.edits(&managed.link.value, change)?;
                change = managed.range_edits(change)?;
            }
            Managed::Orphan(orphan) => change = orphan.edits(change)?,
            Managed::Vpc(_) | Managed::StaticIp(_) => {}
        }
        change.events.extend(self.events.iter().cloned());
        Ok(change)
    }

    /// Returns the removal of all rows of a deleted object.
    pub(super) fn removal(&self, now: Timestamp) -> Result<Change, Error> {
        let observed = Key::observed(&self.key);
        let mut change = Change::new();
        if let Some(row) = &self.observed {
            change = change.delete(row);
        } else {
            change = change.expect(Expectation::Absent(Kind::Observed, observed));
        }
        let code = match &self.managed {
            Managed::Link(managed) => {
                change = change.delete(&managed.link);
                change = managed.removal_of_rest(change, &self.key, &[], now)?;
                "link.deleted"
            }
            Managed::Vpc(managed) => {
                change = change.delete(&managed.vpc);
                "vpc.deleted"
            }
            Managed::StaticIp(row) => {
                change = change.delete(row);
                "static_ip.deleted"
            }
            Managed::Orphan(orphan) => {
                change = orphan.removal(change, now)?;
                "orphan.removed"
            }
        };
        if let (Some((holder, _)), Some(project)) = (self.managed.uses(), self.key.project()) {
            for row in &self.reservations {
                change = release(change, row.clone(), project, &holder)?;
            }
        }
        change.events.extend(self.events.iter().cloned());
        let Some(project) = self.managed.project(&self.key) else {
            return Ok(change);
        };
        Ok(change.event(Event {
            at: now,
            project,
            subject: subject_of(&self.key),
            actor: SYSTEM_ACTOR.to_owned(),
            code: code.to_owned(),
            message: "All of its cloud resources are deleted".to_owned(),
            details: serde_json::Value::Null,
        }))
    }
}

#[derive(Default, PartialEq, Eq)]
struct Shown {
    link: Option<LinkState>,
    connections: BTreeMap<String, ConnectionState>,
}

/// Returns the subject of the object's events.
fn subject_of(key: &WorkKey) -> String {
    match key {
        WorkKey::Link(_, service, provider) => format!("service/{service}/privatelink/{provider}"),
        WorkKey::Orphan(_, link) => format!("orphan/{link}"),
        WorkKey::StaticIp(_, id) => format!("static-ip/{id}"),
        WorkKey::Vpc(_, id) => format!("vpc/{id}"),
    }
}
