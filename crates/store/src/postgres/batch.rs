//! Changes that are evaluated in memory, one after the other, on what was read under the lock.

use std::collections::BTreeMap;

use serde_json::Value;
use underpass_model::event::Event;

use super::locked::Locked;
use crate::change::{Change, Expectation, Write};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::work::Row;

/// The rows that changes depend on, and what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) last: u64,
    pub(super) last_event: u64,
    /// Every row that a change names.
    pub(super) rows: BTreeMap<(Kind, String), Slot>,
    /// Numbers of stored rows below the keys that expectations name, up to what they need.
    pub(super) counts: BTreeMap<(Kind, String), usize>,
    /// Every row of work that a change names.
    pub(super) work: BTreeMap<String, WorkSlot>,
    pub(super) removals: Vec<(u64, Kind, String)>,
    pub(super) events: Vec<(u64, Event)>,
    pub(super) has_changed: bool,
}

/// A row before and after the changes.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) stored: Option<u64>,
    pub(super) version: Option<u64>,
    /// The new body, as it is stored.
    pub(super) body: Option<Body>,
}

/// The columns of a body.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) ended_at: Option<String>,
    pub(super) owner: Option<String>,
}

/// A row of work before and after the changes.
#[derive(Debug, Default)]
pub(super) struct WorkSlot {
    pub(super) was_stored: bool,
    pub(super) row: Option<Row>,
    pub(super) is_changed: bool,
}

// === impl Batch ===

impl Batch {
    /// Begins with the numbers that were read under the lock.
    pub(super) fn at(mut self, locked: &Locked) -> Self {
        (self.last, self.last_event) = (locked.last, locked.last_event);
        self
    }

    /// Returns whether nothing is to be written.
    pub(super) const fn is_empty(&self) -> bool {
        !self.has_changed && self.events.is_empty()
    }

    /// Draws a number that was never drawn before.
    pub(super) const fn draw(&mut self) -> u64 {
        self.has_changed = true;
        self.last += 1;
        self.last
    }

    /// Makes a change, or nothing of it.
    pub(super) fn apply(&mut self, cipher: &Cipher, change: &Change) -> Result<(), Error> {
        let broken = change.expectations.iter().find(|it| !self.holds(it));
        if let Some(expectation) = broken {
            return Err(Error::Conflict {
                expectation: expectation.to_string(),
            });
        }
        // Before the first effect.
        let mut bodies = Vec::new();
        for write in &change.writes {
            bodies.push(match write {
                Write::Put(kind, key, body) => Some(Body::new(cipher, *kind, key, body)?),
                Write::Remove(..) => None,
            });
        }
        for (write, body) in change.writes.iter().zip(bodies) {
            let (Write::Put(kind, key, _) | Write::Remove(kind, key)) = write;
            self.write(*kind, key, body);
        }
        for edit in &change.work {
            let slot = self.work.entry(edit.key().to_string()).or_default();
            if let Some(row) = slot.row.take() {
                let next = row.clone().after_edit(edit);
                slot.is_changed |= next.as_ref() != Some(&row);
                slot.row = next;
            }
        }
        for request in &change.enqueue {
            let slot = self.work.entry(request.key.to_string()).or_default();
            slot.row = Some(Row::after_request(slot.row.take(), request));
            slot.is_changed = true;
        }
        if !change.work.is_empty() || !change.enqueue.is_empty() {
            self.has_changed = true;
        }
        for event in &change.events {
            self.last_event += 1;
            self.events.push((self.last_event, event.clone()));
        }
        Ok(())
    }

    fn write(&mut self, kind: Kind, key: &Key, body: Option<Body>) {
        let number = match &body {
            Some(_) => self.draw(),
            None if self.version(kind, key).is_some() => {
                let number = self.draw();
                self.removals.push((number, kind, key.to_string()));
                number
            }
            None => return,
        };
        let slot = self.rows.entry((kind, key.to_string())).or_default();
        slot.version = body.is_some().then_some(number);
        slot.body = body;
    }

    fn holds(&self, expectation: &Expectation) -> bool {
        match expectation {
            Expectation::Absent(kind, key) => self.version(*kind, key).is_none(),
            Expectation::Version(kind, key, version) => self.version(*kind, key) == Some(*version),
            Expectation::NoneUnder(kind, key) => self.is_fewer(*kind, key, 1),
            Expectation::FewerUnder(kind, key, number) => self.is_fewer(*kind, key, *number),
            Expectation::Lease(key, epoch) => self
                .work
                .get(&key.to_string())
                .and_then(|slot| slot.row.as_ref())
                .is_some_and(|row| row.is_leased_as(*epoch)),
        }
    }

    fn version(&self, kind: Kind, key: &Key) -> Option<u64> {
        self.rows.get(&(kind, key.to_string()))?.version
    }

    /// The rows below a key are those that are stored, and those that earlier changes of the batch
    /// added, without those that they removed.
    fn is_fewer(&self, kind: Kind, key: &Key, number: usize) -> bool {
        let stored = self.counts.get(&(kind, key.to_string())).copied();
        let (mut added, mut removed) = (0, 0);
        for slot in self.touched_below(kind, key) {
            match (slot.stored, slot.version) {
                (None, Some(_)) => added += 1,
                (Some(_), None) => removed += 1,
                _ => {}
            }
        }
        stored.unwrap_or_default() + added < number.saturating_add(removed)
    }

    fn touched_below(&self, kind: Kind, above: &Key) -> impl Iterator<Item = &Slot> {
        self.rows
            .range((kind, String::new())..)
            .take_while(move |((of, _), _)| *of == kind)
            .filter(move |((_, key), _)| above.is_above(&Key::stored(key.clone())))
            .map(|(_, slot)| slot)
    }
}

// === impl Body ===

impl Body {
    fn new(cipher: &Cipher, kind: Kind, key: &Key, body: &Value) -> Result<Self, Error> {
        let member = |name: Option<&str>| {
            let text = body.get(name?)?.as_str()?;
            Some(text.to_owned())
        };
        let text = if kind.is_encrypted() {
            cipher
                .encrypt(kind.as_str(), key.as_str(), body)
                .map_err(|source| Error::Encryption {
                    kind: kind.as_str(),
                    key: key.to_string(),
                    source,
                })?
                .to_string()
        } else {
            body.to_string()
        };
        Ok(Self {
            text,
            ended_at: member(kind.end_member()),
            owner: member(kind.owner_member()),
        })
    }
}
