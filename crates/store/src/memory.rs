//! The engine in memory, for simulations and for tests of the crates that use the store.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use underpass_model::event::Event;
use underpass_model::name::{AccountName, ProjectName};
use underpass_model::work::WorkKey;

use crate::change::{Change, Expectation, Write};
use crate::changed_row::{ChangedRow, ChangedRows, REMEMBERED};
use crate::claim::Claim;
use crate::error::Error;
use crate::fetched::Fetched;
use crate::history::{HistoryOrder, HistoryPage};
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::record::Record;
use crate::retention::{EndedRows, EventLimits, service_of_event};
use crate::room::Room;
use crate::still_unreadable::still_unreadable;
use crate::store::Store;
use crate::stored_timestamp::StoredTimestamp;
use crate::unreadable::UnreadableRows;
use crate::unreadable_row::UnreadableRow;
use crate::work::{ClaimRequest, Row, project_of};

/// A store in memory. Its futures are ready when first polled, so they need no particular executor.
#[derive(Default)]
pub struct Memory {
    state: Mutex<State>,
    unreadable: UnreadableRows,
}

#[derive(Clone, Default)]
struct State {
    records: BTreeMap<Kind, BTreeMap<String, Stored>>,
    /// By the text of the key, as other engines order it.
    work: BTreeMap<String, (WorkKey, Row)>,
    /// By position.
    events: BTreeMap<u64, Event>,
    last_position: u64,
    /// The rows by the numbers of their last changes; removed ones stay for a while.
    changed: BTreeMap<u64, ChangedRow>,
    last_number: u64,
}

#[derive(Clone)]
struct Stored {
    version: u64,
    /// The body as text, as in other engines.
    body: String,
}

// === impl Stored ===

impl Stored {
    /// Returns the text of a member of the body.
    fn member(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_str(&self.body).ok()?;
        Some(body.get(name)?.as_str()?.to_owned())
    }
}

// === impl Memory ===

impl Memory {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every lease, as reopening a file does after its process has ended.
    pub fn end_leases(&self) {
        for (_, row) in self.state().work.values_mut() {
            *row = row.clone().after_loss();
        }
    }

    /// Replaces everything by what another store has.
    pub fn copy_from(&self, other: &Self) {
        let copied = other.state().clone();
        *self.state() = copied;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code between the first and the last edit of a change panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Memory {
    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        let state = self.state();
        let records = lookups
            .iter()
            .flat_map(|lookup| state.look_up(lookup))
            .collect();
        Ok(Fetched::new(records, self.unreadable.clone()))
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Option<ChangedRows>, Error> {
        Ok(self.state().changes(after, limit))
    }

    async fn unreadable(&self) -> Result<Vec<UnreadableRow>, Error> {
        still_unreadable(&self.unreadable, self).await
    }

    async fn commit(&self, change: Change) -> Result<(), Error> {
        self.unreadable.protect(&change)?;
        let mut state = self.state();
        if let Some(broken) = change
            .expectations
            .iter()
            .find(|expected| !state.holds(expected))
        {
            return Err(Error::Conflict {
                expectation: broken.to_string(),
            });
        }
        state.apply(change);
        Ok(())
    }

    async fn claim(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        room: &Room,
    ) -> Result<Vec<Claim>, Error> {
        let request = ClaimRequest {
            owner: owner.to_owned(),
            now: now.into(),
            until: lease_until.into(),
        };
        Ok(self.state().claim(&request, room))
    }

    async fn next_due(&self, room: &Room) -> Result<Option<Timestamp>, Error> {
        let state = self.state();
        let next = state
            .work
            .values()
            .filter(|(_, row)| room.of_account(row.account.as_ref()) > 0)
            .filter_map(|(_, row)| row.ready_at())
            .min();
        Ok(next.map(StoredTimestamp::timestamp))
    }

    async fn history(
        &self,
        project: &ProjectName,
        page: &HistoryPage,
    ) -> Result<Vec<(u64, Event)>, Error> {
        let state = self.state();
        let within = state
            .events
            .iter()
            .filter(|(position, event)| {
                event.project == *project && page.holds(**position, &event.subject)
            })
            .map(|(position, event)| (*position, event.clone()));
        Ok(match page.order {
            HistoryOrder::Oldest => within.take(page.limit).collect(),
            HistoryOrder::Newest => {
                let mut all: Vec<_> = within.collect();
                all.reverse();
                all.truncate(page.limit);
                all
            }
        })
    }

    async fn trim_events(&self, limits: &EventLimits, limit: usize) -> Result<bool, Error> {
        let mut state = self.state();
        for _ in 0..limit {
            match state.surplus_event(limits) {
                Some(position) => state.events.remove(&position),
                None => return Ok(false),
            };
        }
        Ok(state.surplus_event(limits).is_some())
    }

    async fn count(&self, kind: Kind, key: &Key) -> Result<usize, Error> {
        Ok(self.state().below(kind, key).count())
    }

    async fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

// === impl State ===

impl State {
    fn look_up(&self, lookup: &Lookup) -> Vec<Record> {
        let record = |kind: Kind, key: &str, stored: &Stored| Record {
            kind,
            key: Key::stored(key.to_owned()),
            version: stored.version,
            body: stored.body.clone(),
            format: kind.format(),
            is_decrypted: true,
        };
        match lookup {
            Lookup::One(kind, key) => {
                let stored = self.stored(*kind, key);
                stored
                    .map(|stored| record(*kind, key.as_str(), stored))
                    .into_iter()
                    .collect()
            }
            Lookup::Under(kind, key) => self
                .below(*kind, key)
                .map(|(key, stored)| record(*kind, key, stored))
                .collect(),
            Lookup::Owned(rows) => self
                .below(rows.kind(), rows.below())
                .filter(|(_, stored)| stored.member(rows.member()).as_deref() == Some(rows.owner()))
                .map(|(key, stored)| record(rows.kind(), key, stored))
                .collect(),
            Lookup::Ended(rows) => self
                .ended(rows)
                .into_iter()
                .map(|(key, stored)| record(rows.kind, key, stored))
                .collect(),
        }
    }

    fn ended(&self, rows: &EndedRows) -> Vec<(&str, &Stored)> {
        let Some(member) = rows.kind.end_member() else {
            return Vec::new();
        };
        let (now, oldest) = (rows.now.to_string(), rows.oldest.to_string());
        let mut ended: Vec<_> = self
            .below(rows.kind, &Key::root())
            .filter_map(|(key, stored)| {
                let end = stored.member(member)?;
                (end < now).then_some((end, key, stored))
            })
            .collect();
        ended.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let early = ended.iter().filter(|(end, ..)| *end < oldest).count();
        ended.truncate(rows.surplus(ended.len(), early));
        ended
            .into_iter()
            .map(|(_, key, stored)| (key, stored))
            .collect()
    }

    /// Returns the position of an event that is no longer kept.
    fn surplus_event(&self, limits: &EventLimits) -> Option<u64> {
        let mut projects: BTreeMap<&ProjectName, u64> = BTreeMap::new();
        let mut services: BTreeMap<(&ProjectName, &str), u64> = BTreeMap::new();
        for event in self.events.values() {
            *projects.entry(&event.project).or_default() += 1;
            if let Some(service) = service_of_event(&event.subject) {
                *services.entry((&event.project, service)).or_default() += 1;
            }
        }
        let oldest = StoredTimestamp::from(limits.oldest).timestamp();
        let is_surplus = |(number, event): (usize, &Event)| {
            let of_project = projects.get(&event.project).copied().unwrap_or_default();
            let of_service = service_of_event(&event.subject)
                .and_then(|service| services.get(&(&event.project, service)).copied())
                .unwrap_or_default();
            of_project > limits.per_project
                || of_service > limits.per_service
                || (number == 0 && event.at < oldest)
        };
        let mut events = self.events.iter().enumerate();
        events
            .find(|(number, (_, event))| is_surplus((*number, *event)))
            .map(|(_, (position, _))| *position)
    }

    fn stored(&self, kind: Kind, key: &Key) -> Option<&Stored> {
        self.records.get(&kind)?.get(key.as_str())
    }

    fn below(&self, kind: Kind, key: &Key) -> impl Iterator<Item = (&str, &Stored)> {
        let (from, to) = key.range_below().unzip();
        let from = from.unwrap_or_default();
        self.records
            .get(&kind)
            .into_iter()
            .flat_map(move |records| records.range(from.clone()..))
            .take_while(move |(key, _)| to.as_ref().is_none_or(|to| *key < to))
            .map(|(key, stored)| (key.as_str(), stored))
    }

    fn holds(&self, expectation: &Expectation) -> bool {
        match expectation {
            Expectation::Absent(kind, key) => self.stored(*kind, key).is_none(),
            Expectation::Version(kind, key, version) => self
                .stored(*kind, key)
                .is_some_and(|stored| stored.version == *version),
            Expectation::NoneUnder(kind, key) => self.below(*kind, key).next().is_none(),
            Expectation::FewerUnder(kind, key, number) => self.below(*kind, key).count() < *number,
            Expectation::Lease(key, epoch) => self
                .work
                .get(&key.to_string())
                .is_some_and(|(_, row)| row.is_leased_as(*epoch)),
        }
    }

    fn apply(&mut self, change: Change) {
        for write in change.writes {
            match write {
                Write::Put(kind, key, body) => {
                    let version = self.next_number();
                    let stored = Stored {
                        version,
                        body: body.to_string(),
                    };
                    let rows = self.records.entry(kind).or_default();
                    if let Some(before) = rows.insert(key.to_string(), stored) {
                        self.changed.remove(&before.version);
                    }
                    let number = version;
                    self.changed
                        .insert(number, ChangedRow { kind, key, number });
                }
                Write::Remove(kind, key) => {
                    let rows = self.records.entry(kind).or_default();
                    if let Some(before) = rows.remove(key.as_str()) {
                        self.changed.remove(&before.version);
                        let number = self.next_number();
                        self.changed
                            .insert(number, ChangedRow { kind, key, number });
                    }
                }
            }
        }
        for edit in change.work {
            let text = edit.key().to_string();
            if let Some((key, row)) = self.work.remove(&text)
                && let Some(row) = row.after_edit(&edit)
            {
                self.work.insert(text, (key, row));
            }
        }
        for request in change.enqueue {
            let text = request.key.to_string();
            let row = self.work.remove(&text).map(|(_, row)| row);
            let row = Row::after_request(row, &request);
            self.work.insert(text, (request.key, row));
        }
        for event in change.events {
            let at = StoredTimestamp::from(event.at).timestamp();
            self.last_position += 1;
            self.events
                .insert(self.last_position, Event { at, ..event });
        }
    }

    fn changes(&self, after: u64, limit: usize) -> Option<ChangedRows> {
        if after > 0 && after.saturating_add(REMEMBERED) < self.last_number {
            return None;
        }
        let is_listed = |row: &ChangedRow| after > 0 || self.stored(row.kind, &row.key).is_some();
        let mut later = self
            .changed
            .range(after.saturating_add(1)..)
            .filter(|(_, row)| is_listed(row));
        let listed: Vec<_> = later.by_ref().take(limit).collect();
        let has_more = later.next().is_some();
        let position = match listed.last() {
            Some((number, _)) if has_more => **number,
            _ => self.last_number,
        };
        Some(ChangedRows {
            rows: listed.into_iter().map(|(_, row)| row.clone()).collect(),
            position,
            has_more,
            lineage: None,
        })
    }

    fn claim(&mut self, request: &ClaimRequest, room: &Room) -> Vec<Claim> {
        let mut due: Vec<_> = self
            .work
            .iter()
            .filter_map(|(text, (_, row))| {
                let ready_at = row
                    .ready_at()
                    .filter(|ready_at| request.is_due(*ready_at))?;
                Some((Reverse(row.priority), ready_at, text.clone(), &row.account))
            })
            .collect();
        due.sort();
        // The projects of an account take turns.
        let mut places: BTreeMap<_, usize> = BTreeMap::new();
        let in_order = due.into_iter().map(|(priority, ready_at, text, account)| {
            let project = project_of(&text).to_owned();
            let running = room.running_of(&project);
            let place = places
                .entry((priority, account, project))
                .or_insert(running);
            *place += 1;
            (priority, *place, ready_at, text, account)
        });
        let mut due: Vec<_> = in_order.collect();
        due.sort();
        let mut taken: BTreeMap<&Option<AccountName>, usize> = BTreeMap::new();
        let fitting = due.into_iter().filter(|(.., account)| {
            let taken = taken.entry(*account).or_default();
            *taken += 1;
            *taken <= room.of_account(account.as_ref())
        });
        let fitting: Vec<_> = fitting
            .take(room.total())
            .map(|(_, _, _, text, _)| text)
            .collect();
        let mut claims = Vec::new();
        for text in fitting {
            if let Some((key, row)) = self.work.remove(&text) {
                let epoch = self.next_number();
                let (row, claim) = row.after_claim(key.clone(), request, epoch);
                self.work.insert(text, (key, row));
                claims.push(claim);
            }
        }
        claims
    }

    const fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}
