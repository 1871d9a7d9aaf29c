//! A map of durable state that records its changes for the journal.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::change::{Change, RestoreError};

/// A key that the journal stores as text.
pub(crate) trait JournalKey: Ord + Clone {
    /// Reads a key; `None` if the text is not a key of this type.
    fn read(text: &str) -> Option<Self>;

    /// The text of the key.
    fn text(&self) -> String;
}

/// A map whose entries are journal records: the entry `id` has the record `prefix/id`.
///
/// Reads go through [`BTreeMap`]; every write records the change.
#[derive(Debug, Clone)]
pub(crate) struct JournaledMap<K, V> {
    prefix: &'static str,
    entries: BTreeMap<K, V>,
    /// Keys of entries changed since the changes were last taken.
    changed: BTreeSet<K>,
}

/// A [`JournaledMap`] of any key and value, to restore state that consists of several.
pub(crate) trait Journaled {
    /// Applies a change if it concerns this map; returns it otherwise.
    ///
    /// # Errors
    /// When the key or the value does not have the form that this map requires.
    fn apply(&mut self, change: Change) -> Result<Option<Change>, RestoreError>;
}

impl JournalKey for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn text(&self) -> String {
        self.clone()
    }
}

// === impl JournaledMap ===

impl<K: JournalKey, V> JournaledMap<K, V> {
    /// An empty map whose records have this prefix.
    pub(crate) const fn new(prefix: &'static str) -> Self {
        Self {
            prefix,
            entries: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }

    /// Sets an entry.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.changed.insert(key.clone());
        self.entries.insert(key, value);
    }

    /// Changes an entry in place, if it exists.
    pub(crate) fn change<Q>(&mut self, key: &Q, change: impl FnOnce(&mut V))
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(value) = self.entries.get_mut(key) {
            change(value);
            self.changed.insert(key.to_owned());
        }
    }

    /// Removes an entry and returns it, if it exists.
    pub(crate) fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        let (key, value) = self.entries.remove_entry(key)?;
        self.changed.insert(key);
        Some(value)
    }
}

impl<K: JournalKey, V: Serialize> JournaledMap<K, V> {
    /// Takes the changes since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        let changed = std::mem::take(&mut self.changed);
        changed.iter().map(|key| self.record(key)).collect()
    }

    /// Every entry as a change.
    pub(crate) fn snapshot(&self) -> Vec<Change> {
        self.entries.keys().map(|key| self.record(key)).collect()
    }

    fn record(&self, key: &K) -> Change {
        let value = self.entries.get(key).map(|value| {
            serde_json::to_value(value).expect("invariant: durable state has text keys only")
        });
        let key = format!("{}/{}", self.prefix, key.text());
        Change { key, value }
    }
}

impl<K, V> Deref for JournaledMap<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.entries
    }
}

impl<K: JournalKey, V: DeserializeOwned> Journaled for JournaledMap<K, V> {
    fn apply(&mut self, change: Change) -> Result<Option<Change>, RestoreError> {
        let Some(text) = change
            .key
            .strip_prefix(self.prefix)
            .and_then(|rest| rest.strip_prefix('/'))
        else {
            return Ok(Some(change));
        };
        let Some(id) = K::read(text) else {
            return Err(RestoreError::UnknownKey { key: change.key });
        };
        match change.value.map(serde_json::from_value).transpose() {
            Ok(Some(value)) => self.entries.insert(id, value),
            Ok(None) => self.entries.remove(&id),
            Err(source) => {
                let key = change.key;
                return Err(RestoreError::Value { key, source });
            }
        };
        Ok(None)
    }
}

/// Applies a change to the map that it concerns.
///
/// # Errors
/// When it concerns none of them, or its key or value does not have the form that map requires.
pub(crate) fn apply(
    maps: &mut [&mut dyn Journaled],
    mut change: Change,
) -> Result<(), RestoreError> {
    for map in maps {
        match map.apply(change)? {
            None => return Ok(()),
            Some(others) => change = others,
        }
    }
    Err(RestoreError::UnknownKey { key: change.key })
}
