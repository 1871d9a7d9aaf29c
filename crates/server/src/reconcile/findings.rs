//! Findings of a listing, applied to the objects that they are about.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use underpass_clouds::{Coverage, Finding, Listing};
use underpass_model::doctor::{Difference, differences};
use underpass_model::part::{Confirmed, Part, Phase, RepeatedWrite};
use underpass_model::reconcile::{self, Next, Outcome};
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::Error;

use super::engine::Engine;
use super::listed_object::{Listed, ListedObject};
use super::reconciliation::Reconciliation;
use super::wakeup::Wakeup;

/// Time after which parts that cannot be listed count as not checked: 10 minutes, two full sweeps
/// at the default interval.
const UNCHECKED: SignedDuration = SignedDuration::from_mins(10);

/// The treatment of findings that changed nothing when they were last applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    Skip,
    Apply,
}

/// Effect of a listing.
#[derive(Debug, Default)]
pub(super) struct Swept {
    /// Objects whose rows changed after its position, for which it is void.
    pub(super) void: BTreeSet<WorkKey>,
    /// Parts that it shows otherwise than desired, of the requested objects for which it is not void.
    pub(super) differences: Differences,
}

/// Parts that are not as desired, by their object.
pub(super) type Differences = BTreeMap<WorkKey, Vec<Difference>>;

/// Applies a listing to the objects that it shows.
pub(super) async fn record(
    engine: &Engine,
    wakeup: &Wakeup,
    mut listing: Listing,
    objects: &[ListedObject],
    position: u64,
    only: &BTreeSet<WorkKey>,
    repeated: Repeated,
) -> Result<Swept, Error> {
    let mut by_object: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    for finding in std::mem::take(&mut listing.findings) {
        let of_object = by_object.entry(finding.object.clone()).or_default();
        of_object.push(finding);
    }
    let mut swept = Swept::default();
    for ListedObject { work, object } in objects {
        let listed = Listed {
            findings: by_object.remove(object).unwrap_or_default(),
            foreign_ranges: listing.foreign_ranges.remove(object),
        };
        let is_requested = only.contains(work);
        let is_left_out = listing.unlisted.contains_key(object);
        let now = engine.clock.now();
        let unlisted_since = engine.links.note_listing(work, is_left_out, now);
        // The same findings of another coverage may show more.
        let skips = repeated == Repeated::Skip && !is_left_out;
        if skips && !is_requested && engine.links.is_settled(work, &listed) {
            continue;
        }
        let reconciliation = match Reconciliation::load(engine, work).await {
            Ok(Some(reconciliation)) => reconciliation,
            Ok(None) => continue,
            // It is set aside, and all other objects go on.
            Err(error) if error.is_unreadable() => continue,
            Err(error) => return Err(error),
        };
        if reconciliation.newest_version() > position {
            swept.void.insert(work.clone());
            continue;
        }
        let shown = Shown {
            object,
            listed: &listed,
            coverage: &listing.coverage,
            unlisted_since,
        };
        let differing = if is_requested {
            reconciliation.listed_differences(&shown, now)
        } else {
            Vec::new()
        };
        // Only a later listing shows that it is kept.
        let is_final = !reconciliation.has_unkept_write();
        match apply(engine, wakeup, reconciliation, &shown, is_requested).await? {
            Applied::Nothing if skips && is_final => {
                engine.links.settle(work, listed, position);
            }
            Applied::Nothing | Applied::Recorded => {}
            Applied::Void => {
                swept.void.insert(work.clone());
                continue;
            }
        }
        if is_requested {
            swept.differences.insert(work.clone(), differing);
        }
    }
    Ok(swept)
}

/// The part of a listing that is about one link.
struct Shown<'a> {
    object: &'a str,
    listed: &'a Listed,
    coverage: &'a Coverage,
    unlisted_since: Option<Timestamp>,
}

/// Effect of the findings of one link.
enum Applied {
    /// They show nothing new.
    Nothing,
    /// They were recorded.
    Recorded,
    /// The link changed during the listing.
    Void,
}

/// Records the findings of one link, and enqueues a reconcile pass if a step is due.
async fn apply(
    engine: &Engine,
    wakeup: &Wakeup,
    mut reconciliation: Reconciliation,
    shown: &Shown<'_>,
    is_requested: bool,
) -> Result<Applied, Error> {
    let now = engine.clock.now();
    if reconciliation.target.is_none() {
        return Ok(Applied::Nothing);
    }
    for part in reconciliation.settled_parts(shown) {
        match shown.find(&part) {
            Some(finding) => reconciliation.refresh(&part, &finding.outcome, now),
            // The worker reads a part that is no longer listed, until its absence is proven.
            None => reconciliation.picture.observed.suspect(&part, now),
        }
    }
    let is_absent = |finding: &&Finding| matches!(finding.outcome, Outcome::Absent(_));
    for finding in shown.listed.findings.iter().filter(|it| !is_absent(it)) {
        reconciliation.doubt_absence(&finding.part, now);
    }
    if let Some(listed) = shown
        .find(&Part::Attachment)
        .and_then(|found| found.connections.as_ref())
    {
        reconciliation.take_in(listed, &engine.ids, now);
    }
    reconciliation.note_unlisted(shown.unlisted_since, now);
    if let Some(ranges) = &shown.listed.foreign_ranges {
        let observed = &mut reconciliation.picture.observed;
        observed.foreign_ranges.clone_from(ranges);
    }
    for part in reconciliation.settled_parts(shown) {
        let picture = &mut reconciliation.picture;
        picture.observed.note_kept(&part, picture.absence, now);
    }
    if is_requested {
        reconciliation.picture.observed.hurry_absence(now);
        reconciliation.picture.observed.attempt_now(now);
    }
    let mut change = reconciliation.change(now)?;
    if change.is_empty() && !reconciliation.can_repair(now) {
        return Ok(Applied::Nothing);
    }
    // While the account is on hold, it is only read.
    let busy = match reconcile::next(&reconciliation.picture, now) {
        Next::Rest => false,
        Next::Do(step) => !(step.is_write() && reconciliation.is_held()),
        Next::Wait { .. } => true,
    };
    if busy {
        change = change.enqueue(Enqueue {
            key: reconciliation.key.clone(),
            due_at: now,
            generation: reconciliation.picture.generation,
            priority: Priority::Background,
        });
    }
    match engine.store.commit(change).await {
        Ok(()) => {
            if busy {
                wakeup.notify();
            }
            Ok(Applied::Recorded)
        }
        Err(error) if error.is_conflict() => {
            tracing::debug!(work = %reconciliation.key, "discarding an outdated finding");
            Ok(Applied::Void)
        }
        Err(error) => Err(error),
    }
}

impl Shown<'_> {
    fn find(&self, part: &Part) -> Option<&Finding> {
        let mut findings = self.listed.findings.iter();
        findings.find(|finding| finding.part.is_same(part))
    }
}

impl Reconciliation {
    /// Returns the desired parts that were ready at the last observation, and that a listing shows
    /// otherwise than desired, or not at all.
    fn listed_differences(&self, shown: &Shown<'_>, now: Timestamp) -> Vec<Difference> {
        let mut picture = self.picture.clone();
        for part in self.settled_parts(shown) {
            let observed = &mut picture.observed;
            match shown.find(&part).map(|it| &it.outcome) {
                Some(Outcome::Ready(found) | Outcome::Found(found)) => {
                    let Some(known) = observed.parts.get_mut(&part) else {
                        continue;
                    };
                    // A listing may show less than a read.
                    let is_same = |it: &Confirmed| it.spec.agrees_with(&found.spec);
                    if !known.last.as_ref().is_some_and(is_same) {
                        known.last = Some(found.clone());
                    }
                }
                Some(Outcome::Failed(_)) => {
                    if let Some(known) = observed.parts.get_mut(&part) {
                        known.phase = Phase::Failed;
                    }
                }
                Some(Outcome::Making { .. }) => {}
                Some(Outcome::Gone | Outcome::Absent(_) | Outcome::Empty) | None => {
                    observed.suspect(&part, now);
                }
            }
        }
        // What was suspected to be absent and is listed is there.
        for finding in &shown.listed.findings {
            if let Outcome::Ready(found) | Outcome::Found(found) = &finding.outcome
                && picture.observed.is_suspected(&finding.part)
                && let Some(known) = picture.observed.parts.get_mut(&finding.part)
            {
                known.phase = Phase::Ready;
                known.last = Some(found.clone());
            }
        }
        differences(&picture, now)
    }

    /// Returns whether a write counts as not kept by the provider.
    fn has_unkept_write(&self) -> bool {
        let mut writes = self.picture.observed.repeated_writes.values();
        writes.any(RepeatedWrite::is_not_kept)
    }

    /// Returns the parts that were ready at the last observation and that the listing covers.
    fn settled_parts(&self, shown: &Shown<'_>) -> Vec<Part> {
        let parts = &self.picture.observed.parts;
        let covers = |part: &Part| shown.coverage.covers(shown.object, part);
        parts
            .iter()
            .filter(|(part, observed)| observed.phase == Phase::Ready && covers(part))
            .map(|(part, _)| part.clone())
            .collect()
    }

    /// Notes since when the parts cannot be listed, once that has lasted; forgets it when they are.
    fn note_unlisted(&mut self, since: Option<Timestamp>, now: Timestamp) {
        let observed = &mut self.picture.observed;
        observed.unchecked_since = since.and_then(|since| {
            let lasts = now.duration_since(since) >= UNCHECKED;
            observed.unchecked_since.or(lasts.then_some(since))
        });
    }

    /// Marks a part as unknown that is listed, though no observation of it is recorded or it was gone:
    /// another program made it, or made it again. The worker reads it.
    fn doubt_absence(&mut self, part: &Part, now: Timestamp) {
        let parts = &self.picture.observed.parts;
        let known = parts.iter().find(|(known, _)| known.is_same(part));
        match known {
            None => self.mark_unknown(&part.clone(), now),
            Some((known, seen)) if seen.phase == Phase::Gone => {
                self.mark_unknown(&known.clone(), now);
            }
            Some(_) => {}
        }
    }

    /// Records a finding about a ready part.
    fn refresh(&mut self, part: &Part, outcome: &Outcome, now: Timestamp) {
        match outcome {
            Outcome::Ready(found) | Outcome::Found(found) => {
                self.record_listed(part, found, now);
            }
            Outcome::Gone
            | Outcome::Absent(_)
            | Outcome::Empty
            | Outcome::Failed(_)
            | Outcome::Making { .. } => {
                self.mark_unknown(part, now);
            }
        }
    }
}
